package dev.waybill.stores.postgres;

import dev.waybill.model.HalfFloat;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts values of PostgreSQL's binary form into batches. Not thread-safe. */
final class BinaryDecoder {
  static final long EPOCH_2000_SECONDS = 946_684_800L;
  static final int EPOCH_2000_DAYS = 10_957;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private static final int NEGATIVE = 0x4000;
  private static final byte[] NAN = ascii("NaN");
  private static final byte[] INFINITY = ascii("Infinity");
  private static final byte[] MINUS_INFINITY = ascii("-Infinity");
  private static final long MOST_INTERVAL_MICROS = Long.MAX_VALUE / 1000;

  private final List<RecordBatch> lists = new ArrayList<>();
  private byte[] digits = new byte[64];
  private byte[] vector = new byte[0];

  /** A value that the model cannot carry. */
  static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final String code;

    Unreadable(String code, String reason) {
      super(reason, null, false, false);
      this.code = code;
    }
  }

  static int int32(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  static short int16(byte[] bytes, int at) {
    return (short) SHORT.get(bytes, at);
  }

  static long int64(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  /**
   * Appends one value that is not null. May overwrite bytes of the source.
   *
   * @throws Unreadable if the model has no place for it
   */
  void value(ColumnType type, byte[] bytes, int at, int length, RecordBatch into) {
    switch (type.form()) {
      case BOOL -> into.putBoolean(bytes[at] != 0);
      case INT2 -> into.putInt64(int16(bytes, at));
      case INT4 -> into.putInt64(int32(bytes, at));
      case INT8 -> into.putInt64(int64(bytes, at));
      case OID -> into.putInt64(int32(bytes, at) & 0xFFFF_FFFFL);
      case FLOAT4 -> into.putFloat32(Float.intBitsToFloat(int32(bytes, at)));
      case FLOAT8 -> into.putFloat64(Double.longBitsToDouble(int64(bytes, at)));
      case NUMERIC -> numeric(bytes, at, into);
      case TEXT, NAME, BPCHAR, CAST -> into.putVariable(Kind.TEXT, bytes, at, length);
      case BYTEA -> into.putVariable(Kind.BYTES, bytes, at, length);
      case UUID -> into.putUuid(int64(bytes, at), int64(bytes, at + 8));
      case DATE -> {
        int days = int32(bytes, at);
        into.putDate(
            days == Integer.MAX_VALUE
                ? RecordBatch.INFINITY
                : days == Integer.MIN_VALUE
                    ? RecordBatch.MINUS_INFINITY
                    : (long) days + EPOCH_2000_DAYS);
      }
      case TIME -> into.putTime(int64(bytes, at) * 1000, RecordBatch.NO_OFFSET);
      // The server counts the zone westward.
      case TIMETZ -> into.putTime(int64(bytes, at) * 1000, -int32(bytes, at + 8));
      case TIMESTAMP -> {
        long micros = int64(bytes, at);
        into.putTimestamp(seconds(micros), nanos(micros));
      }
      case TIMESTAMPTZ -> {
        long micros = int64(bytes, at);
        into.putInstant(seconds(micros), nanos(micros), RecordBatch.NO_OFFSET);
      }
      case INTERVAL -> interval(bytes, at, into);
      case JSON -> into.putVariable(Kind.JSON, bytes, at, length);
      // One byte of version stands before the text.
      case JSONB -> into.putVariable(Kind.JSON, bytes, at + 1, length - 1);
      case VECTOR -> {
        // Dimension and a reserved word, then floats as the batch has them, behind the kind's tag.
        bytes[at + 3] = Kind.FLOAT32.tag();
        into.putVariable(Kind.VECTOR, bytes, at + 3, length - 3);
      }
      case HALFVEC -> halves(bytes, at, into);
      case SPARSEVEC -> sparse(bytes, at, into);
      case BIT -> bits(bytes, at, into);
      case ARRAY -> array(type.elementType(), bytes, at, into);
    }
  }

  /** Dimension and a reserved word, then two bytes an element. */
  private void halves(byte[] bytes, int at, RecordBatch into) {
    int dimension = int16(bytes, at);
    byte[] payload = vector(Kind.FLOAT32, 4 * dimension);
    for (int i = 0; i < dimension; i++) {
      float element = HalfFloat.toFloat(int16(bytes, at + 4 + 2 * i));
      INT.set(payload, 1 + 4 * i, Float.floatToRawIntBits(element));
    }
    into.putVariable(Kind.VECTOR, payload, 0, 1 + 4 * dimension);
  }

  /** Dimension, how many are not zero, a reserved word; then their places, then their values. */
  private void sparse(byte[] bytes, int at, RecordBatch into) {
    int dimension = int32(bytes, at);
    int count = int32(bytes, at + 4);
    byte[] payload = vector(Kind.FLOAT32, 4 * dimension);
    Arrays.fill(payload, 1, 1 + 4 * dimension, (byte) 0);
    for (int i = 0; i < count; i++) {
      int place = int32(bytes, at + 12 + 4 * i);
      INT.set(payload, 1 + 4 * place, int32(bytes, at + 12 + 4 * (count + i)));
    }
    into.putVariable(Kind.VECTOR, payload, 0, 1 + 4 * dimension);
  }

  /** How many there are, then eight a byte, the first one the highest. */
  private void bits(byte[] bytes, int at, RecordBatch into) {
    int length = int32(bytes, at);
    byte[] payload = vector(Kind.BOOLEAN, length);
    for (int i = 0; i < length; i++) {
      payload[1 + i] = (byte) (bytes[at + 4 + i / 8] >> 7 - i % 8 & 1);
    }
    into.putVariable(Kind.VECTOR, payload, 0, 1 + length);
  }

  private byte[] vector(Kind element, int length) {
    if (vector.length < 1 + length) {
      vector = new byte[1 + length];
    }
    vector[0] = element.tag();
    return vector;
  }

  private static long seconds(long micros) {
    if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
      return micros == Long.MAX_VALUE ? RecordBatch.INFINITY : RecordBatch.MINUS_INFINITY;
    }
    return Math.floorDiv(micros, 1_000_000L) + EPOCH_2000_SECONDS;
  }

  private static int nanos(long micros) {
    return micros == Long.MAX_VALUE || micros == Long.MIN_VALUE
        ? 0
        : (int) Math.floorMod(micros, 1_000_000L) * 1000;
  }

  private static void interval(byte[] bytes, int at, RecordBatch into) {
    long micros = int64(bytes, at);
    if (micros > MOST_INTERVAL_MICROS || micros < -MOST_INTERVAL_MICROS) {
      throw new Unreadable(
          "INTERVAL_TOO_LARGE", "is an infinite interval or has more than 292 years in hours");
    }
    into.putInterval(int32(bytes, at + 12), int32(bytes, at + 8), micros * 1000);
  }

  private void numeric(byte[] bytes, int at, RecordBatch into) {
    int groups = int16(bytes, at);
    int weight = int16(bytes, at + 2);
    int sign = int16(bytes, at + 4) & 0xFFFF;
    int scale = int16(bytes, at + 6) & 0x3FFF;
    if (sign >= 0xC000) {
      byte[] special = sign == 0xC000 ? NAN : sign == 0xD000 ? INFINITY : MINUS_INFINITY;
      into.putVariable(Kind.DECIMAL, special, 0, special.length);
      return;
    }
    int needed = Math.max(weight + 1, 1) * 4 + scale + 8;
    if (digits.length < needed) {
      digits = new byte[needed];
    }
    int size = 0;
    if (sign == NEGATIVE) {
      digits[size++] = '-';
    }
    int first = size;
    for (int group = 0; group <= weight; group++) {
      size = group(bytes, at, group, groups, size);
    }
    int significant = first;
    while (significant < size && digits[significant] == '0') {
      significant++;
    }
    System.arraycopy(digits, significant, digits, first, size - significant);
    size -= significant - first;
    if (size == first) {
      digits[size++] = '0';
    }
    if (scale > 0) {
      digits[size++] = '.';
      int end = size + scale;
      for (int group = weight + 1; size < end; group++) {
        if (group < 0) {
          Arrays.fill(digits, size, size + 4, (byte) '0');
          size += 4;
        } else {
          size = group(bytes, at, group, groups, size);
        }
      }
      size = end;
    }
    into.putVariable(Kind.DECIMAL, digits, 0, size);
  }

  private int group(byte[] bytes, int at, int group, int groups, int size) {
    int value = group < groups ? int16(bytes, at + 8 + 2 * group) : 0;
    digits[size] = (byte) ('0' + value / 1000);
    digits[size + 1] = (byte) ('0' + value / 100 % 10);
    digits[size + 2] = (byte) ('0' + value / 10 % 10);
    digits[size + 3] = (byte) ('0' + value % 10);
    return size + 4;
  }

  private void array(ColumnType element, byte[] bytes, int at, RecordBatch into) {
    int dimensions = int32(bytes, at);
    if (dimensions == 0) {
      into.putList(list(0));
      return;
    }
    int[] lengths = new int[dimensions];
    for (int i = 0; i < dimensions; i++) {
      lengths[i] = int32(bytes, at + 12 + 8 * i);
      if (int32(bytes, at + 16 + 8 * i) != 1) {
        throw new Unreadable(
            "ARRAY_LOWER_BOUND", "is an array that does not begin at 1, which a list cannot keep");
      }
    }
    dimension(element, bytes, at + 12 + 8 * dimensions, lengths, 0, into);
  }

  private int dimension(
      ColumnType element, byte[] bytes, int from, int[] lengths, int dimension, RecordBatch into) {
    RecordBatch list = list(dimension);
    int at = from;
    for (int i = 0; i < lengths[dimension]; i++) {
      if (dimension + 1 < lengths.length) {
        at = dimension(element, bytes, at, lengths, dimension + 1, list);
        continue;
      }
      int length = int32(bytes, at);
      at += 4;
      if (length < 0) {
        list.putNull();
      } else {
        value(element, bytes, at, length, list);
        at += length;
      }
    }
    into.putList(list);
    return at;
  }

  private RecordBatch list(int depth) {
    while (lists.size() <= depth) {
      lists.add(new RecordBatch(1));
    }
    RecordBatch list = lists.get(depth);
    list.clear();
    return list;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
