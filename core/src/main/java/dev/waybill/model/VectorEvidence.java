package dev.waybill.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the values of a field, being bytes, are vectors of little-endian floats; or, being text,
 * JSON arrays of numbers. Every value must speak for it: one length, nothing but finite numbers; of
 * bytes, numbers of a size that embeddings have, and most of them of one order of magnitude, which
 * neither text, digests, compressed data nor floats of another width keep up. Not thread-safe while
 * it is being filled.
 */
public final class VectorEvidence {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final double MOST = 1e6;
  private static final double LEAST = 1e-20;
  private static final int MOST_BITS = Float.floatToIntBits((float) MOST);
  private static final int LEAST_BITS = Float.floatToIntBits((float) LEAST);

  /** What is less than this part of a vector's largest element is of another order. */
  private static final double NEAR = 2e-3;

  private static final double MOSTLY = 0.9;

  /** Fewer numbers than these may be plausible by chance. */
  private static final long ENOUGH = 64;

  private final Width single = new Width(Float.BYTES);
  private final Width twice = new Width(Double.BYTES);
  private final NumberArrays texts = new NumberArrays();
  private boolean hasTexts;
  private boolean hasBytes;
  private boolean isRuledOut;
  private boolean isAllText = true;
  private int length;
  private long values;
  private long nulls;

  /** What the values are as floats of one width. */
  private static final class Width {
    final int bytes;
    boolean isPossible = true;
    boolean hasFirstHalves;
    long elements;
    long near;

    Width(int bytes) {
      this.bytes = bytes;
    }

    void add(byte[] from, int at, int length) {
      if (!isPossible || length % bytes != 0 || length < 2 * bytes) {
        isPossible = false;
        return;
      }
      isPossible =
          bytes == Float.BYTES ? addFloats(from, at, length) : addDoubles(from, at, length);
    }

    /** Sizes of floats without their signs are ordered as their bits are. */
    private boolean addFloats(byte[] from, int at, int length) {
      int largest = 0;
      for (int i = at; i < at + length; i += Float.BYTES) {
        int size = (int) INT.get(from, i) & Integer.MAX_VALUE;
        if (size > MOST_BITS || size != 0 && size < LEAST_BITS) {
          return false;
        }
        largest = Math.max(largest, size);
      }
      int least = Float.floatToIntBits((float) (Float.intBitsToFloat(largest) * NEAR));
      int there = 0;
      int close = 0;
      for (int i = at; i < at + length; i += Float.BYTES) {
        int size = (int) INT.get(from, i) & Integer.MAX_VALUE;
        there += size != 0 ? 1 : 0;
        close += size != 0 && size >= least ? 1 : 0;
      }
      for (int i = at; i < at + length && !hasFirstHalves; i += 2 * Float.BYTES) {
        hasFirstHalves = ((int) INT.get(from, i) & Integer.MAX_VALUE) != 0;
      }
      elements += there;
      near += close;
      return true;
    }

    private boolean addDoubles(byte[] from, int at, int length) {
      double largest = 0;
      for (int i = at; i < at + length; i += Double.BYTES) {
        double element = Math.abs(Double.longBitsToDouble((long) LONG.get(from, i)));
        if (!(element <= MOST) || element != 0 && element < LEAST) {
          return false;
        }
        largest = Math.max(largest, element);
      }
      for (int i = at; i < at + length; i += Double.BYTES) {
        double element = Math.abs(Double.longBitsToDouble((long) LONG.get(from, i)));
        elements += element != 0 ? 1 : 0;
        near += element != 0 && element >= largest * NEAR ? 1 : 0;
      }
      return true;
    }

    boolean isLikely(long enough) {
      return isPossible && elements >= enough && near >= MOSTLY * elements;
    }
  }

  /** Takes note of the value at an offset: bytes, or nothing. */
  public void add(RecordBatch batch, int offset) {
    if (batch.isMissingAt(offset)) {
      nulls++;
      return;
    }
    values++;
    Kind kind = batch.kindAt(offset);
    hasTexts |= kind == Kind.TEXT;
    hasBytes |= kind == Kind.BYTES;
    if (isRuledOut || kind != Kind.BYTES && kind != Kind.TEXT || hasTexts && hasBytes) {
      isRuledOut = true;
      return;
    }
    if (hasTexts) {
      texts.add(batch.bytes(), batch.payloadAt(offset), batch.payloadLengthAt(offset));
      isRuledOut = !texts.isPossible();
      return;
    }
    int from = batch.payloadAt(offset);
    int here = batch.payloadLengthAt(offset);
    isRuledOut = values > 1 && here != length;
    length = here;
    isAllText = isAllText && isText(batch.bytes(), from, here);
    single.add(batch.bytes(), from, here);
    twice.add(batch.bytes(), from, here);
    isRuledOut |= !single.isPossible && !twice.isPossible;
  }

  private static boolean isText(byte[] bytes, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (bytes[i] < ' ' || bytes[i] == 0x7F) {
        return false;
      }
    }
    return true;
  }

  /**
   * The vectors that the values may be: one type, or two where either reading of bytes is as
   * plausible.
   *
   * @param isHinted whether something beside the values says so too; else there must be many, and
   *     texts are no vectors
   */
  public List<LogicalType> types(boolean isHinted) {
    long enough = isHinted ? 1 : ENOUGH;
    if (isRuledOut || values == 0) {
      return List.of();
    }
    if (hasTexts) {
      return isHinted && texts.dimension() > 0
          ? List.of(LogicalType.vector(LogicalType.FLOAT32, texts.dimension()))
          : List.of();
    }
    List<LogicalType> found = new ArrayList<>();
    // Of whole numbers as doubles every first half is zero.
    if (!isAllText && single.isLikely(enough) && single.hasFirstHalves) {
      found.add(LogicalType.vector(LogicalType.FLOAT32, length / Float.BYTES));
    }
    // Low halves of doubles are any bits: so many of them that are plausible floats are floats.
    boolean isSure = !found.isEmpty() && single.elements >= ENOUGH;
    if (!isAllText && !isSure && twice.isLikely(enough)) {
      found.add(LogicalType.vector(LogicalType.FLOAT64, length / Double.BYTES));
    }
    return found;
  }

  /** True if the values are texts. */
  public boolean isOfTexts() {
    return hasTexts;
  }

  /** How many values were looked at, null and absent ones left aside. */
  public long values() {
    return values;
  }

  public long nulls() {
    return nulls;
  }
}
