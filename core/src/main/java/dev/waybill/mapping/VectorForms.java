package dev.waybill.mapping;

import dev.waybill.model.HalfFloat;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Vectors, and lists of numbers, as one another and as bytes. On their way the elements are bits of
 * a number type, so that nothing is rounded unseen.
 */
final class VectorForms {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private VectorForms() {}

  /** The kind of a vector's or list's elements if vectors can have such, else null. */
  static @Nullable Kind elementOf(LogicalType type) {
    LogicalType element = type.element();
    return element == null || !isNumber(element.kind()) ? null : element.kind();
  }

  private static boolean isNumber(Kind kind) {
    return switch (kind) {
      case BOOLEAN, INT64, FLOAT32, FLOAT64 -> true;
      default -> false;
    };
  }

  private static boolean isConvertible(Kind from, Kind to) {
    return from == to || isFloat(from) && isFloat(to);
  }

  private static boolean isFloat(Kind kind) {
    return kind == Kind.FLOAT32 || kind == Kind.FLOAT64;
  }

  /** An element of a vector of integers. */
  static long int64At(RecordBatch batch, int at, int element) {
    return bitsAt(batch.bytes(), batch.payloadAt(at) + 1 + element * Long.BYTES, Kind.INT64);
  }

  /** Between vectors and lists of numbers; null where the elements have nothing to do. */
  static @Nullable Transformation convert(LogicalType from, LogicalType to) {
    Kind of = elementOf(from);
    Kind element = elementOf(to);
    return of == null || element == null || !isConvertible(of, element)
        ? null
        : (in, at, out) -> write(to, element, read(in, at, element), out);
  }

  /** The elements as bytes, each in the encoded kind; null where they are no numbers. */
  static @Nullable Transformation toBytes(LogicalType from, @Nullable Kind encoded, boolean isBig) {
    Kind element = elementOf(from);
    if (element == null || encoded == null || !isConvertible(element, encoded)) {
      return null;
    }
    int width = encoded.fixedLength();
    if (from.kind() == Kind.VECTOR && element == encoded) {
      return (in, at, out) -> {
        requireConvertible(in.vectorElementAt(at), encoded);
        int length = in.payloadLengthAt(at) - 1;
        int first = out.beginBytes(length);
        copy(in.bytes(), in.payloadAt(at) + 1, out.bytes(), first, length, isBig ? 1 : width);
      };
    }
    return (in, at, out) -> {
      long[] bits = read(in, at, encoded);
      byte[] bytes = new byte[bits.length * width];
      for (int i = 0; i < bits.length; i++) {
        put(bytes, i * width, width, isBig, bits[i]);
      }
      out.putBytes(bytes);
    };
  }

  /** The inverse of {@link #toBytes}. */
  static @Nullable Transformation fromBytes(LogicalType to, @Nullable Kind encoded, boolean isBig) {
    Kind element = elementOf(to);
    if (element == null || encoded == null || !isConvertible(encoded, element)) {
      return null;
    }
    int width = encoded.fixedLength();
    return (in, at, out) -> {
      int length = in.payloadLengthAt(at);
      if (length % width != 0) {
        throw new ValueRefusal(
            ValueLoss.NOT_A_VECTOR,
            "is not a whole number of elements of " + width + " bytes long");
      }
      if (to.kind() == Kind.VECTOR && element == encoded) {
        int first = out.beginVector(element, length / width);
        copy(in.bytes(), in.payloadAt(at), out.bytes(), first, length, isBig ? 1 : width);
        requireUsual(encoded, out.bytes(), first, length);
        return;
      }
      long[] bits = new long[length / width];
      int from = in.payloadAt(at);
      for (int i = 0; i < bits.length; i++) {
        long raw = get(in.bytes(), from + i * width, width, isBig);
        requireUsual(encoded, raw);
        bits[i] = convert(encoded, raw, element);
      }
      write(to, element, bits, out);
    };
  }

  /** Copies, the bytes of every {@code unit} of them in reverse order. */
  private static void copy(byte[] from, int at, byte[] to, int first, int length, int unit) {
    switch (unit) {
      case Integer.BYTES -> {
        for (int i = 0; i < length; i += Integer.BYTES) {
          INT.set(to, first + i, Integer.reverseBytes((int) INT.get(from, at + i)));
        }
      }
      case Long.BYTES -> {
        for (int i = 0; i < length; i += Long.BYTES) {
          LONG.set(to, first + i, Long.reverseBytes((long) LONG.get(from, at + i)));
        }
      }
      default -> System.arraycopy(from, at, to, first, length);
    }
  }

  private static void put(byte[] bytes, int at, int width, boolean isBig, long bits) {
    for (int i = 0; i < width; i++) {
      bytes[isBig ? at + width - 1 - i : at + i] = (byte) (bits >> 8 * i);
    }
  }

  private static long get(byte[] bytes, int at, int width, boolean isBig) {
    long bits = 0;
    for (int i = 0; i < width; i++) {
      bits |= (bytes[isBig ? at + width - 1 - i : at + i] & 0xFFL) << 8 * i;
    }
    return bits;
  }

  private static void requireUsual(Kind kind, byte[] bytes, int from, int length)
      throws ValueRefusal {
    int width = kind.fixedLength();
    for (int i = from; i < from + length; i += width) {
      // Only what has all bits of its exponent set is looked at closely, for speed.
      if (kind != Kind.FLOAT32 || ((int) INT.get(bytes, i) & 0x7F800000) == 0x7F800000) {
        requireUsual(kind, bitsAt(bytes, i, kind));
      }
    }
  }

  /** What would not come back: a NaN with a payload, a truth value of 7. */
  private static void requireUsual(Kind kind, long bits) throws ValueRefusal {
    boolean isUsual =
        switch (kind) {
          case FLOAT32 -> !Float.isNaN(Float.intBitsToFloat((int) bits)) || bits == 0x7FC00000L;
          case FLOAT64 ->
              !Double.isNaN(Double.longBitsToDouble(bits)) || bits == 0x7FF8000000000000L;
          case BOOLEAN -> bits == 0 || bits == 1;
          default -> true;
        };
    if (!isUsual) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "has a NaN with a payload, which would not come back");
    }
  }

  private static double value(Kind kind, long bits) {
    return kind == Kind.FLOAT32 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
  }

  private static long convert(Kind from, long bits, Kind to) throws ValueRefusal {
    if (from == to) {
      return bits;
    }
    double value = value(from, bits);
    if (to == Kind.FLOAT64) {
      return Double.doubleToLongBits(value);
    }
    if (Double.compare((float) value, value) != 0) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "has an element that a float32 cannot hold exactly");
    }
    return Float.floatToIntBits((float) value) & 0xFFFFFFFFL;
  }

  private static long bitsAt(byte[] bytes, int at, Kind kind) {
    return switch (kind.fixedLength()) {
      case 1 -> bytes[at];
      case 4 -> (int) INT.get(bytes, at) & 0xFFFFFFFFL;
      default -> (long) LONG.get(bytes, at);
    };
  }

  /** The bits of the elements of a vector or list, brought to one kind. */
  private static long[] read(RecordBatch in, int at, Kind element) throws ValueRefusal {
    if (in.kindAt(at) == Kind.VECTOR) {
      Kind kind = in.vectorElementAt(at);
      requireConvertible(kind, element);
      long[] bits = new long[in.vectorDimensionAt(at)];
      int from = in.payloadAt(at) + 1;
      for (int i = 0; i < bits.length; i++) {
        bits[i] = convert(kind, bitsAt(in.bytes(), from + i * kind.fixedLength(), kind), element);
      }
      return bits;
    }
    long[] bits = new long[in.listSizeAt(at)];
    int next = in.firstElement(at);
    for (int i = 0; i < bits.length; i++) {
      Kind kind = in.kindAt(next);
      requireConvertible(kind, element);
      bits[i] = convert(kind, bitsAt(in.bytes(), next + 1, kind), element);
      next = in.next(next);
    }
    return bits;
  }

  private static void requireConvertible(Kind kind, Kind element) throws ValueRefusal {
    if (!isConvertible(kind, element)) {
      throw new ValueRefusal(
          ValueLoss.NOT_A_VECTOR,
          "has an element of type " + kind.name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  private static void write(LogicalType to, Kind element, long[] bits, RecordBatch out) {
    if (to.kind() == Kind.VECTOR) {
      int width = element.fixedLength();
      byte[] payload = new byte[1 + bits.length * width];
      payload[0] = element.tag();
      for (int i = 0; i < bits.length; i++) {
        put(payload, 1 + i * width, width, true, bits[i]);
      }
      out.putVariable(Kind.VECTOR, payload, 0, payload.length);
      return;
    }
    RecordBatch elements = new RecordBatch(1, bits.length * (1 + element.fixedLength()) + 1);
    for (long each : bits) {
      switch (element) {
        case BOOLEAN -> elements.putBoolean(each != 0);
        case INT64 -> elements.putInt64(each);
        case FLOAT32 -> elements.putFloat32(Float.intBitsToFloat((int) each));
        default -> elements.putFloat64(Double.longBitsToDouble(each));
      }
    }
    out.putList(elements);
  }

  /** The vector at {@code at}, 0.0 for each negative zero. */
  static void putWithoutMinusZero(RecordBatch in, int at, RecordBatch out) {
    out.putValue(in, at);
    int vector = out.lastValue();
    Kind kind = out.vectorElementAt(vector);
    for (int i = 0; isFloat(kind) && i < out.vectorDimensionAt(vector); i++) {
      if (out.vectorNumberAt(vector, i) == 0) {
        int width = kind.fixedLength();
        put(out.bytes(), out.payloadAt(vector) + 1 + i * width, width, true, 0);
      }
    }
  }

  /** Each element of a vector of float32 the nearest that half precision has. */
  static void half(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    out.putValue(in, at);
    int first = out.payloadAt(out.lastValue()) + 1;
    for (int i = 0; i < in.vectorDimensionAt(at); i++) {
      float element = Float.intBitsToFloat((int) INT.get(out.bytes(), first + 4 * i));
      float nearest = HalfFloat.toFloat(HalfFloat.nearest(element));
      if (Float.isInfinite(nearest) && !Float.isInfinite(element)) {
        throw new ValueRefusal(
            ValueLoss.OUT_OF_RANGE, "has an element that is too large for half precision");
      }
      INT.set(out.bytes(), first + 4 * i, Float.floatToIntBits(nearest));
    }
  }

  /** A vector of nothing but zeros. */
  static void putZero(LogicalType type, RecordBatch out) {
    Kind element = elementOf(type);
    write(type, element == null ? Kind.FLOAT32 : element, new long[type.size()], out);
  }

  /** A JSON array of numbers, in text or JSON, as a vector; null if vectors have no such. */
  static @Nullable Transformation fromJson(LogicalType to) {
    Kind element = elementOf(to);
    if (element == null) {
      return null;
    }
    Transformation toList =
        JsonText.textToList(LogicalType.list(java.util.Objects.requireNonNull(to.element())));
    return (in, at, out) -> {
      RecordBatch list = new RecordBatch(1);
      toList.apply(in, at, list);
      write(to, element, read(list, list.at(0, 0), element), out);
    };
  }
}
