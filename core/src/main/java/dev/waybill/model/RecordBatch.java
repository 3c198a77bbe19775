package dev.waybill.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Records packed into one growing byte buffer, without an object per value.
 *
 * <p>A batch has a fixed width (fields per record). Values are appended one after the other in
 * field order; every {@code width} values make a record. Each value is a tag byte ({@link Kind})
 * and a payload, big-endian, preceded by a four-byte length where the kind has no fixed one. The
 * bytes of a record are contiguous, so the same bytes serve digests, before-images, spill and the
 * wire.
 *
 * <p>A value is addressed by its <em>offset</em> in {@link #bytes()}: {@link #at} gives it for a
 * record and field, {@link #firstElement} and {@link #next} walk the elements of a list. Accessors
 * do not check the kind; ask {@link #kindAt} first.
 *
 * <p>Not thread-safe. A batch may be handed from one thread to another by a safe publication.
 */
public final class RecordBatch {
  /** The offset stored with a {@link Kind#TIME} or {@link Kind#INSTANT} that has none. */
  public static final int NO_OFFSET = Integer.MIN_VALUE;

  /** Seconds of an infinite timestamp or instant, days of an infinite date. */
  public static final long INFINITY = Long.MAX_VALUE;

  public static final long MINUS_INFINITY = Long.MIN_VALUE;

  private static final int DEEPEST_LIST = 500;

  private static final int LARGE = 16 << 20;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int width;
  private byte[] bytes;
  private int size;
  private int[] offsets;
  private int values;

  /** An empty batch of records of {@code width} fields. */
  public RecordBatch(int width) {
    this(width, 64);
  }

  /** An empty batch with room for so many bytes before it must grow. */
  public RecordBatch(int width, int capacity) {
    if (width < 1) {
      throw new IllegalArgumentException("width " + width);
    }
    this.width = width;
    this.bytes = new byte[capacity];
    this.offsets = new int[width * 4];
  }

  public int width() {
    return width;
  }

  /** Complete records in this batch. */
  public int records() {
    return values / width;
  }

  public boolean isEmpty() {
    return values < width;
  }

  /** Bytes used. */
  public int size() {
    return size;
  }

  /** The buffer itself, valid up to {@link #size()}; replaced when the batch grows. */
  public byte[] bytes() {
    return bytes;
  }

  /** Forgets all records but keeps the buffer, unless a large record has made it large. */
  public void clear() {
    if (bytes.length > LARGE) {
      bytes = new byte[64];
    }
    size = 0;
    values = 0;
  }

  /** Forgets the values of a record that was begun and not completed. */
  public void dropPartialRecord() {
    int complete = records() * width;
    if (complete < values) {
      size = offsets[complete];
      values = complete;
    }
  }

  /** Forgets everything after the first records. */
  public void keep(int records) {
    if (records * width < values) {
      size = offsets[records * width];
      values = records * width;
    }
  }

  // --- appending

  public void putNull() {
    begin(Kind.NULL, 0);
  }

  public void putAbsent() {
    begin(Kind.ABSENT, 0);
  }

  public void putBoolean(boolean value) {
    int at = begin(Kind.BOOLEAN, 1);
    bytes[at] = (byte) (value ? 1 : 0);
  }

  public void putInt64(long value) {
    int at = begin(Kind.INT64, 8);
    LONG.set(bytes, at, value);
  }

  /** Appends a float; every NaN becomes the one canonical NaN. */
  public void putFloat32(float value) {
    int at = begin(Kind.FLOAT32, 4);
    INT.set(bytes, at, Float.floatToIntBits(value));
  }

  /** Appends a double; every NaN becomes the one canonical NaN. */
  public void putFloat64(double value) {
    int at = begin(Kind.FLOAT64, 8);
    LONG.set(bytes, at, Double.doubleToLongBits(value));
  }

  public void putText(String value) {
    putText(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Appends UTF-8 bytes unchanged; whether they are valid is the reader's and writer's matter. */
  public void putText(byte[] utf8) {
    putVariable(Kind.TEXT, utf8, 0, utf8.length);
  }

  /** Appends decimal notation such as {@code -12.50}, {@code NaN} or {@code Infinity}. */
  public void putDecimal(String value) {
    byte[] ascii = value.getBytes(StandardCharsets.US_ASCII);
    putVariable(Kind.DECIMAL, ascii, 0, ascii.length);
  }

  public void putBytes(byte[] value) {
    putVariable(Kind.BYTES, value, 0, value.length);
  }

  public void putJson(byte[] utf8) {
    putVariable(Kind.JSON, utf8, 0, utf8.length);
  }

  /** Appends bytes that the caller then writes into {@link #bytes} from the offset returned on. */
  public int beginBytes(int length) {
    int payload = begin(Kind.BYTES, 4 + length);
    INT.set(bytes, payload, length);
    return payload + 4;
  }

  /**
   * Appends a vector whose elements the caller then writes into {@link #bytes}, big-endian, from
   * the offset returned on.
   */
  public int beginVector(Kind element, int dimension) {
    int length = 1 + dimension * element.fixedLength();
    int payload = begin(Kind.VECTOR, 4 + length);
    INT.set(bytes, payload, length);
    bytes[payload + 4] = element.tag();
    return payload + 5;
  }

  /** Appends a payload of a kind without fixed length, copied from {@code source}. */
  public void putVariable(Kind kind, byte[] source, int from, int length) {
    int at = begin(kind, 4 + length);
    INT.set(bytes, at, length);
    System.arraycopy(source, from, bytes, at + 4, length);
  }

  public void putUuid(UUID value) {
    putUuid(value.getMostSignificantBits(), value.getLeastSignificantBits());
  }

  public void putUuid(long high, long low) {
    int at = begin(Kind.UUID, 16);
    LONG.set(bytes, at, high);
    LONG.set(bytes, at + 8, low);
  }

  /** Appends a date as days since 1970-01-01. */
  public void putDate(long epochDay) {
    int at = begin(Kind.DATE, 8);
    LONG.set(bytes, at, epochDay);
  }

  /** Appends a time of day; {@code offsetSeconds} is {@link #NO_OFFSET} for a local one. */
  public void putTime(long nanosOfDay, int offsetSeconds) {
    int at = begin(Kind.TIME, 12);
    LONG.set(bytes, at, nanosOfDay);
    INT.set(bytes, at + 8, offsetSeconds);
  }

  public void putTimestamp(long seconds, int nanos) {
    int at = begin(Kind.TIMESTAMP, 12);
    LONG.set(bytes, at, seconds);
    INT.set(bytes, at + 8, nanos);
  }

  /** Appends an instant; the offset the source wrote is kept beside it, or {@link #NO_OFFSET}. */
  public void putInstant(long epochSecond, int nanos, int offsetSeconds) {
    int at = begin(Kind.INSTANT, 16);
    LONG.set(bytes, at, epochSecond);
    INT.set(bytes, at + 8, nanos);
    INT.set(bytes, at + 12, offsetSeconds);
  }

  public void putInterval(int months, int days, long nanos) {
    int at = begin(Kind.INTERVAL, 16);
    INT.set(bytes, at, months);
    INT.set(bytes, at + 4, days);
    LONG.set(bytes, at + 8, nanos);
  }

  public void putVector(float[] elements) {
    int at = begin(Kind.VECTOR, 5 + 4 * elements.length);
    INT.set(bytes, at, 1 + 4 * elements.length);
    bytes[at + 4] = Kind.FLOAT32.tag();
    for (int i = 0; i < elements.length; i++) {
      INT.set(bytes, at + 5 + 4 * i, Float.floatToIntBits(elements[i]));
    }
  }

  public void putPoint(int srid, double... coordinates) {
    int at = begin(Kind.POINT, 8 + 8 * coordinates.length);
    INT.set(bytes, at, 4 + 8 * coordinates.length);
    INT.set(bytes, at + 4, srid);
    for (int i = 0; i < coordinates.length; i++) {
      LONG.set(bytes, at + 8 + 8 * i, Double.doubleToLongBits(coordinates[i]));
    }
  }

  /** Appends a list whose elements are all the values of {@code elements}, in order. */
  public void putList(RecordBatch elements) {
    putList(elements.bytes, elements.size, elements.values);
  }

  private void putList(byte[] encoded, int length, int count) {
    int at = begin(Kind.LIST, 8 + length);
    INT.set(bytes, at, 4 + length);
    INT.set(bytes, at + 4, count);
    System.arraycopy(encoded, 0, bytes, at + 8, length);
  }

  /** Appends the value at {@code offset} of {@code source} as it is. */
  public void putValue(RecordBatch source, int offset) {
    int length = source.lengthAt(offset);
    reserve(length);
    System.arraycopy(source.bytes, offset, bytes, size, length);
    size += length;
  }

  /** Appends the value at {@code offset} with the same payload under another kind of like form. */
  public void putValueAs(Kind kind, RecordBatch source, int offset) {
    int start = size;
    putValue(source, offset);
    bytes[start] = kind.tag();
  }

  /** Appends a whole record of a batch of the same width. */
  public void putRecord(RecordBatch source, int record) {
    if (source.width != width) {
      throw new IllegalArgumentException("width " + source.width + " into " + width);
    }
    int first = record * width;
    int from = source.offsets[first];
    int length = source.endOf(record) - from;
    ensureBytes(length);
    ensureOffsets(width);
    System.arraycopy(source.bytes, from, bytes, size, length);
    int shift = size - from;
    for (int i = 0; i < width; i++) {
      offsets[values + i] = source.offsets[first + i] + shift;
    }
    values += width;
    size += length;
  }

  /**
   * Appends a record from its encoded bytes, as {@link #recordBytes} gave them.
   *
   * @throws IllegalArgumentException if the bytes are not {@code width} whole values, lists nested
   *     at most {@value #DEEPEST_LIST} deep; the batch is then as before
   */
  public void putRecord(byte[] encoded) {
    ensureBytes(encoded.length);
    ensureOffsets(width);
    System.arraycopy(encoded, 0, bytes, size, encoded.length);
    int end = size + encoded.length;
    int start = size;
    for (int i = 0; i < width; i++) {
      offsets[values + i] = start;
      start = endOfValue(start, end, 0);
    }
    if (start != end) {
      throw new IllegalArgumentException("damaged record: " + (end - start) + " bytes too many");
    }
    values += width;
    size = end;
  }

  /** Where the value at {@code start}, well-formed within {@code end}, ends. */
  private int endOfValue(int start, int end, int depth) {
    if (start >= end || bytes[start] < 0 || bytes[start] > Kind.POINT.tag()) {
      throw new IllegalArgumentException("damaged record: no value at byte " + (start - size));
    }
    Kind kind = kindAt(start);
    int head = kind.fixedLength() >= 0 ? 1 : 5;
    if (end - start < head) {
      throw new IllegalArgumentException("damaged record: cut at byte " + (end - size));
    }
    int length = kind.fixedLength() >= 0 ? kind.fixedLength() : intAt(start + 1);
    if (length < 0 || length > end - start - head) {
      throw new IllegalArgumentException("damaged record: length of the " + kind);
    }
    int payload = start + head;
    boolean isWhole =
        switch (kind) {
          case VECTOR -> length >= 1 && isVector(payload, length);
          case POINT -> length >= 4 && (length - 4) % 8 == 0;
          case LIST -> length >= 4 && isList(payload, length, depth);
          default -> true;
        };
    if (!isWhole) {
      throw new IllegalArgumentException("damaged record: content of the " + kind);
    }
    return payload + length;
  }

  private boolean isVector(int payload, int length) {
    byte tag = bytes[payload];
    if (tag < Kind.BOOLEAN.tag() || tag > Kind.FLOAT64.tag()) {
      return false;
    }
    int each = Kind.ofTag(tag).fixedLength();
    return each > 0 && (length - 1) % each == 0;
  }

  private boolean isList(int payload, int length, int depth) {
    if (depth >= DEEPEST_LIST) {
      return false;
    }
    int end = payload + length;
    int at = payload + 4;
    for (int left = intAt(payload); left != 0; left--) {
      at = endOfValue(at, end, depth + 1);
    }
    return at == end;
  }

  /** Beware: may replace {@link #bytes}, so call it in a statement of its own. */
  private int begin(Kind kind, int length) {
    reserve(1 + length);
    bytes[size] = kind.tag();
    int payload = size + 1;
    size += 1 + length;
    return payload;
  }

  private void reserve(int length) {
    ensureBytes(length);
    ensureOffsets(1);
    offsets[values++] = size;
  }

  private void ensureBytes(int more) {
    long needed = (long) size + more;
    if (needed > bytes.length) {
      if (needed > Integer.MAX_VALUE - 64) {
        throw new IllegalStateException("a batch of " + needed + " bytes");
      }
      bytes =
          Arrays.copyOf(
              bytes, (int) Math.min(Integer.MAX_VALUE - 64, Math.max(needed, bytes.length * 2L)));
    }
  }

  private void ensureOffsets(int more) {
    if (values + more > offsets.length) {
      offsets = Arrays.copyOf(offsets, Math.max(values + more, offsets.length * 2));
    }
  }

  // --- reading

  /** The offset of a value. */
  public int at(int record, int field) {
    return offsets[record * width + field];
  }

  /** The offset of the value that was appended last. */
  public int lastValue() {
    return offsets[values - 1];
  }

  private int endOf(int record) {
    int next = (record + 1) * width;
    return next < values ? offsets[next] : size;
  }

  /** A copy of the contiguous bytes of a record; {@link #putRecord(byte[])} takes them back. */
  public byte[] recordBytes(int record) {
    return Arrays.copyOfRange(bytes, offsets[record * width], endOf(record));
  }

  /** Bytes that a record takes. */
  public int recordLength(int record) {
    return endOf(record) - offsets[record * width];
  }

  public Kind kindAt(int offset) {
    return Kind.ofTag(bytes[offset]);
  }

  public Kind kind(int record, int field) {
    return kindAt(at(record, field));
  }

  /** True if the value is null or absent. */
  public boolean isMissingAt(int offset) {
    return bytes[offset] <= Kind.ABSENT.tag();
  }

  /** The whole encoded length of the value at an offset, tag included. */
  public int lengthAt(int offset) {
    int fixed = kindAt(offset).fixedLength();
    return fixed >= 0 ? 1 + fixed : 5 + intAt(offset + 1);
  }

  /** Where the payload of a value without fixed length begins. */
  public int payloadAt(int offset) {
    return offset + 5;
  }

  /** How long the payload of a value without fixed length is. */
  public int payloadLengthAt(int offset) {
    return intAt(offset + 1);
  }

  public boolean booleanAt(int offset) {
    return bytes[offset + 1] != 0;
  }

  public long int64At(int offset) {
    return longAt(offset + 1);
  }

  public float float32At(int offset) {
    return Float.intBitsToFloat(intAt(offset + 1));
  }

  public double float64At(int offset) {
    return Double.longBitsToDouble(longAt(offset + 1));
  }

  /** Text, decimal or JSON as a string; invalid UTF-8 is replaced, so for showing only. */
  public String textAt(int offset) {
    return new String(bytes, payloadAt(offset), payloadLengthAt(offset), StandardCharsets.UTF_8);
  }

  /** A copy of the payload of a value without fixed length. */
  public byte[] payloadBytesAt(int offset) {
    int from = payloadAt(offset);
    return Arrays.copyOfRange(bytes, from, from + payloadLengthAt(offset));
  }

  public long uuidHighAt(int offset) {
    return longAt(offset + 1);
  }

  public long uuidLowAt(int offset) {
    return longAt(offset + 9);
  }

  public long dateAt(int offset) {
    return longAt(offset + 1);
  }

  public long timeNanosAt(int offset) {
    return longAt(offset + 1);
  }

  public int timeOffsetAt(int offset) {
    return intAt(offset + 9);
  }

  /** Seconds of a timestamp or an instant. */
  public long secondsAt(int offset) {
    return longAt(offset + 1);
  }

  /** Nanoseconds of a timestamp or an instant, 0 to 999,999,999. */
  public int nanosAt(int offset) {
    return intAt(offset + 9);
  }

  public int instantOffsetAt(int offset) {
    return intAt(offset + 13);
  }

  public int intervalMonthsAt(int offset) {
    return intAt(offset + 1);
  }

  public int intervalDaysAt(int offset) {
    return intAt(offset + 5);
  }

  public long intervalNanosAt(int offset) {
    return longAt(offset + 9);
  }

  public Kind vectorElementAt(int offset) {
    return Kind.ofTag(bytes[offset + 5]);
  }

  public int vectorDimensionAt(int offset) {
    return (payloadLengthAt(offset) - 1) / vectorElementAt(offset).fixedLength();
  }

  /** An element of a vector as a number, for looking at only. */
  public double vectorNumberAt(int offset, int element) {
    Kind kind = vectorElementAt(offset);
    int at = offset + 6 + element * kind.fixedLength();
    return switch (kind) {
      case FLOAT32 -> Float.intBitsToFloat(intAt(at));
      case FLOAT64 -> Double.longBitsToDouble((long) LONG.get(bytes, at));
      case INT64 -> (long) LONG.get(bytes, at);
      default -> bytes[at];
    };
  }

  public float[] float32VectorAt(int offset) {
    float[] elements = new float[vectorDimensionAt(offset)];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = Float.intBitsToFloat(intAt(offset + 6 + 4 * i));
    }
    return elements;
  }

  public int pointSridAt(int offset) {
    return intAt(offset + 5);
  }

  public double[] pointAt(int offset) {
    double[] coordinates = new double[(payloadLengthAt(offset) - 4) / 8];
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] = Double.longBitsToDouble(longAt(offset + 9 + 8 * i));
    }
    return coordinates;
  }

  public int listSizeAt(int offset) {
    return intAt(offset + 5);
  }

  /** The offset of a list's first element, if it has any. */
  public int firstElement(int offset) {
    return offset + 9;
  }

  /** The offset that follows the value at an offset: the next element of the same list. */
  public int next(int offset) {
    return offset + lengthAt(offset);
  }

  private long longAt(int index) {
    return (long) LONG.get(bytes, index);
  }

  private int intAt(int index) {
    return (int) INT.get(bytes, index);
  }

  /** The chosen fields of the chosen record, appended to {@code into} as one record. */
  public void project(int record, int[] fields, RecordBatch into) {
    for (int field : fields) {
      into.putValue(this, at(record, field));
    }
  }

  /** A new batch with the records from {@code from} to before {@code to}. */
  public RecordBatch slice(int from, int to) {
    RecordBatch slice = new RecordBatch(width);
    for (int record = from; record < to; record++) {
      slice.putRecord(this, record);
    }
    return slice;
  }
}
