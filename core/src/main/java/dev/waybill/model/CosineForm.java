package dev.waybill.model;

import org.jspecify.annotations.Nullable;

/**
 * What Chroma's server makes of a vector under the cosine space: its index holds it divided by its
 * length, and what is asked for is multiplied by that again, which is not always what it was.
 *
 * <p>All in floats and in the order of the server's own build (hnswlib compiled with SSE2 and
 * -Ofast): four sums of every fourth square, added crosswise, then the squares that are left over.
 * Another order gives other last bits.
 */
public final class CosineForm {
  private static final int LANES = 4;
  private static final float LEAST = 1e-30f;
  private static final int STEPS = 17;
  private static final int NEIGHBOURS = 3;
  private static final int TURNS = 16;

  private CosineForm() {}

  /** Turns a vector as it was sent into what the server answers, in place. */
  public static void apply(float[] vector) {
    float length = length(vector);
    float factor = 1.0f / (length + LEAST);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = vector[i] * factor * length;
    }
  }

  /** What is answered for a vector that is sent as well as can be: itself, if that can be. */
  public static float[] nearest(float[] vector) {
    if (sentFor(vector) != null) {
      return vector;
    }
    float[] answered = vector.clone();
    apply(answered);
    return answered;
  }

  /**
   * A vector of which the server answers just this one: any that it has answered is such, and stays
   * what it is when it is copied. Null if none is found.
   *
   * <p>Each element's factor and length being known, an element can only be one of a few
   * neighbours. With all of them as small as may be the length comes out too small or right, with
   * all as large as may be too large or right, and one element more or less changes it by little.
   */
  public static float @Nullable [] sentFor(float[] answered) {
    float about = length(answered);
    for (int i = 0; i < STEPS; i++) {
      float length = about;
      for (int step = 0; step < (i + 1) / 2; step++) {
        length = i % 2 == 0 ? Math.nextDown(length) : Math.nextUp(length);
      }
      float[] found = sentFor(answered, length);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static float @Nullable [] sentFor(float[] answered, float length) {
    float factor = 1.0f / (length + LEAST);
    float[] least = new float[answered.length];
    float[] most = new float[answered.length];
    for (int i = 0; i < answered.length; i++) {
      boolean isFound = false;
      float each = answered[i];
      for (int step = 0; step < NEIGHBOURS; step++) {
        each = nearer(each);
      }
      for (int step = -NEIGHBOURS; step <= NEIGHBOURS; step++) {
        if (Float.floatToIntBits(each * factor * length) == Float.floatToIntBits(answered[i])) {
          least[i] = isFound ? least[i] : each;
          most[i] = each;
          isFound = true;
        }
        each = farther(each);
      }
      if (!isFound) {
        return null;
      }
    }
    return between(least, most, length);
  }

  private static float nearer(float value) {
    return value > 0 ? Math.nextDown(value) : value < 0 ? Math.nextUp(value) : value;
  }

  private static float farther(float value) {
    return value > 0 ? Math.nextUp(value) : value < 0 ? Math.nextDown(value) : value;
  }

  /** The least vector with ever more of its elements as large as they may be. */
  private static float @Nullable [] between(float[] least, float[] most, float length) {
    for (int turn = 0; turn < TURNS; turn++) {
      float[] found = between(least, most, length, turn * least.length / TURNS);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static float @Nullable [] between(float[] least, float[] most, float length, int first) {
    int low = 0;
    int high = least.length;
    while (low <= high) {
      int larger = (low + high) >>> 1;
      float[] vector = least.clone();
      for (int i = 0; i < larger; i++) {
        int at = (first + i) % vector.length;
        vector[at] = most[at];
      }
      float found = length(vector);
      if (found == length) {
        return vector;
      }
      if (found < length) {
        low = larger + 1;
      } else {
        high = larger - 1;
      }
    }
    return null;
  }

  private static float length(float[] vector) {
    float[] sums = new float[LANES];
    int whole = vector.length / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        sums[lane] += vector[i + lane] * vector[i + lane];
      }
    }
    float sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    for (int i = whole; i < vector.length; i++) {
      sum += vector[i] * vector[i];
    }
    return (float) Math.sqrt(sum);
  }
}
