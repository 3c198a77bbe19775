package dev.waybill.stores.chroma;

/**
 * What Chroma's server makes of a vector under the cosine space: its index holds it divided by its
 * length, and what is asked for is multiplied by that again, which is not always what it was.
 *
 * <p>All in floats and in the order of the server's own build (hnswlib compiled with SSE2 and
 * -Ofast): four sums of every fourth square, added crosswise, then the squares that are left over.
 * Another order gives other last bits.
 */
final class CosineForm {
  private static final int LANES = 4;
  private static final float LEAST = 1e-30f;

  private CosineForm() {}

  /** Turns a vector as it was sent into what the server answers, in place. */
  static void apply(float[] vector) {
    float length = length(vector);
    float factor = 1.0f / (length + LEAST);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = vector[i] * factor * length;
    }
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
