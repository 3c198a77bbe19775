package dev.waybill.stores.postgres;

import dev.waybill.model.HalfFloat;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.Utf8;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes rows in PostgreSQL's binary COPY form into one reused buffer. Whatever the server would
 * round, cut or pad in silence is refused here. Not thread-safe.
 */
final class BinaryEncoder {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[] SIGNATURE =
      "PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1);

  private static final long LEAST_TIMESTAMP = -211_813_488_000_000_000L;
  private static final long MOST_TIMESTAMP = 9_223_371_331_200_000_000L;
  private static final long LEAST_DATE = -2_451_545L;
  private static final long MOST_DATE = 2_145_031_949L;
  private static final int MOST_DIMENSIONS = 6;
  private static final int LARGEST_SCALE = 16_383;
  private static final int MOST_WHOLE_DIGITS = 131_072;
  private static final int[] NANOS_OF_DIGIT = {
    1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000
  };

  private final JsonbGuard jsonb = new JsonbGuard();
  private byte[] buffer = new byte[1 << 16];
  private int size;
  private byte[] decimal = new byte[64];

  /** Why a value cannot go; the caller knows the record and the field. */
  static final class Unencodable extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final String code;

    Unencodable(String code, String reason) {
      super(reason, null, false, false);
      this.code = code;
    }
  }

  byte[] buffer() {
    return buffer;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /** What stands before the first row. */
  void header() {
    reserve(19);
    System.arraycopy(SIGNATURE, 0, buffer, size, 11);
    Arrays.fill(buffer, size + 11, size + 19, (byte) 0);
    size += 19;
  }

  /** What stands behind the last row. */
  void trailer() {
    int16(-1);
  }

  void beginRow(int columns) {
    int16(columns);
  }

  void integer(int value) {
    reserve(8);
    INT.set(buffer, size, 4);
    INT.set(buffer, size + 4, value);
    size += 8;
  }

  /**
   * Appends one value.
   *
   * @throws Unencodable if the column cannot hold it as it is; the buffer is then to be cleared
   */
  void value(ColumnType type, RecordBatch batch, int at) {
    if (batch.isMissingAt(at)) {
      if (batch.kindAt(at) == Kind.ABSENT) {
        throw new Unencodable("ABSENT_FIELD", "is absent, and a column knows only null");
      }
      reserve(4);
      INT.set(buffer, size, -1);
      size += 4;
      return;
    }
    reserve(4);
    int length = size;
    size += 4;
    payload(type, batch, at);
    INT.set(buffer, length, size - length - 4);
  }

  private void payload(ColumnType type, RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    switch (type.form()) {
      case BOOL -> {
        expect(kind, Kind.BOOLEAN);
        reserve(1);
        buffer[size++] = (byte) (batch.booleanAt(at) ? 1 : 0);
      }
      case INT2 -> int16((int) integer(batch, at, kind, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT4 -> int32((int) integer(batch, at, kind, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case INT8 -> int64(integer(batch, at, kind, Long.MIN_VALUE, Long.MAX_VALUE));
      case OID -> int32((int) integer(batch, at, kind, 0, 0xFFFF_FFFFL));
      case FLOAT4 -> int32(Float.floatToRawIntBits(float32(batch, at, kind)));
      case FLOAT8 -> {
        double value =
            kind == Kind.FLOAT32
                ? batch.float32At(at)
                : expected(kind, Kind.FLOAT64) ? batch.float64At(at) : 0;
        int64(Double.doubleToRawLongBits(value));
      }
      case NUMERIC -> numeric(type, batch, at, kind);
      case TEXT, CAST -> text(batch, at, kind, Kind.TEXT, type.limit(), false);
      case BPCHAR -> text(batch, at, kind, Kind.TEXT, type.limit(), true);
      case NAME -> {
        if (expected(kind, Kind.TEXT) && batch.payloadLengthAt(at) > 63) {
          throw new Unencodable("TEXT_TOO_LONG", "is longer than the 63 bytes of a name");
        }
        text(batch, at, kind, Kind.TEXT, -1, false);
      }
      case BYTEA -> {
        expect(kind, Kind.BYTES);
        copy(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
      }
      case UUID -> {
        expect(kind, Kind.UUID);
        int64(batch.uuidHighAt(at));
        int64(batch.uuidLowAt(at));
      }
      case DATE -> {
        expect(kind, Kind.DATE);
        int32(date(batch.dateAt(at)));
      }
      case TIME -> {
        expect(kind, Kind.TIME);
        if (batch.timeOffsetAt(at) != RecordBatch.NO_OFFSET) {
          throw new Unencodable("TIME_HAS_OFFSET", "has an offset, which a time has no place for");
        }
        int64(micros(batch.timeNanosAt(at), type.limit(), "TIME_TOO_FINE"));
      }
      case TIMETZ -> {
        expect(kind, Kind.TIME);
        if (batch.timeOffsetAt(at) == RecordBatch.NO_OFFSET) {
          throw new Unencodable(
              "TIME_WITHOUT_OFFSET", "has no offset, and a time with time zone needs one");
        }
        int64(micros(batch.timeNanosAt(at), type.limit(), "TIME_TOO_FINE"));
        int32(-batch.timeOffsetAt(at));
      }
      case TIMESTAMP -> {
        expect(kind, Kind.TIMESTAMP);
        int64(timestamp(batch.secondsAt(at), batch.nanosAt(at), type.limit()));
      }
      case TIMESTAMPTZ -> {
        expect(kind, Kind.INSTANT);
        int64(timestamp(batch.secondsAt(at), batch.nanosAt(at), type.limit()));
      }
      case INTERVAL -> {
        expect(kind, Kind.INTERVAL);
        interval(type, batch, at);
      }
      case JSON -> text(batch, at, kind, Kind.JSON, -1, false);
      case JSONB -> {
        expect(kind, Kind.JSON);
        jsonb.check(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
        reserve(1);
        buffer[size++] = 1;
        text(batch, at, kind, Kind.JSON, -1, false);
      }
      case VECTOR -> vector(type, batch, at, kind);
      case HALFVEC -> halves(type, batch, at, kind);
      case SPARSEVEC -> sparse(type, batch, at, kind);
      case BIT -> bits(type, batch, at, kind);
      case ARRAY -> array(type.elementType(), batch, at, kind);
    }
  }

  private static void expect(Kind kind, Kind expected) {
    if (kind != expected) {
      throw new Unencodable(
          "WRONG_KIND",
          "is of kind "
              + name(kind)
              + " where the column holds "
              + name(expected)
              + "; the mapping must say how one becomes the other");
    }
  }

  private static String name(Kind kind) {
    return kind.name().toLowerCase(java.util.Locale.ROOT);
  }

  private static boolean expected(Kind kind, Kind expected) {
    expect(kind, expected);
    return true;
  }

  private static long integer(RecordBatch batch, int at, Kind kind, long least, long most) {
    expect(kind, Kind.INT64);
    long value = batch.int64At(at);
    if (value < least || value > most) {
      throw new Unencodable("INTEGER_TOO_LARGE", "is outside the range of the column's type");
    }
    return value;
  }

  private static float float32(RecordBatch batch, int at, Kind kind) {
    if (kind == Kind.FLOAT32) {
      return batch.float32At(at);
    }
    expect(kind, Kind.FLOAT64);
    double value = batch.float64At(at);
    float narrow = (float) value;
    if (Double.doubleToLongBits(narrow) != Double.doubleToLongBits(value)) {
      throw new Unencodable("FLOAT_NOT_EXACT", "is not exactly a 32-bit float");
    }
    return narrow;
  }

  private void text(RecordBatch batch, int at, Kind kind, Kind expected, int limit, boolean pads) {
    expect(kind, expected);
    int from = batch.payloadAt(at);
    int length = batch.payloadLengthAt(at);
    byte[] bytes = batch.bytes();
    if (!Utf8.isPlainAscii(bytes, from, length)) {
      if (Utf8.containsNul(bytes, from, length)) {
        throw new Unencodable("NUL_IN_TEXT", "has the character NUL, which PostgreSQL cannot hold");
      }
      if (!Utf8.isValid(bytes, from, length)) {
        throw Utf8.isWtf8(bytes, from, length)
            ? new Unencodable("LONE_SURROGATE", "has half a surrogate pair")
            : new Unencodable("INVALID_UTF8", "is no valid UTF-8");
      }
    }
    if (limit >= 0 && (length > limit || pads)) {
      int points = codePoints(bytes, from, length);
      if (points > limit) {
        throw new Unencodable(
            "TEXT_TOO_LONG", "has " + points + " characters where the column takes " + limit);
      }
      if (pads && points < limit) {
        throw new Unencodable(
            "TEXT_WOULD_BE_PADDED",
            "has " + points + " characters and would be padded to " + limit);
      }
    }
    copy(bytes, from, length);
  }

  private static int codePoints(byte[] bytes, int from, int length) {
    int points = 0;
    for (int i = from; i < from + length; i++) {
      if ((bytes[i] & 0xC0) != 0x80) {
        points++;
      }
    }
    return points;
  }

  private static int date(long epochDay) {
    if (Temporals.isInfinite(epochDay)) {
      return epochDay == RecordBatch.INFINITY ? Integer.MAX_VALUE : Integer.MIN_VALUE;
    }
    long days = epochDay - BinaryDecoder.EPOCH_2000_DAYS;
    if (days < LEAST_DATE || days >= MOST_DATE || epochDay < Long.MIN_VALUE + 20_000) {
      throw new Unencodable("DATE_OUT_OF_RANGE", "is outside PostgreSQL's range of dates");
    }
    return (int) days;
  }

  private static long timestamp(long seconds, int nanos, int digits) {
    if (Temporals.isInfinite(seconds)) {
      return seconds == RecordBatch.INFINITY ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
    if (nanos % NANOS_OF_DIGIT[digits] != 0) {
      throw new Unencodable(
          "TIMESTAMP_TOO_FINE", "has more than " + digits + " digits of the second");
    }
    long whole = seconds - BinaryDecoder.EPOCH_2000_SECONDS;
    long most = MOST_TIMESTAMP / 1_000_000;
    if (whole < LEAST_TIMESTAMP / 1_000_000
        || whole >= most
        || seconds < Long.MIN_VALUE + 2_000_000_000L) {
      throw new Unencodable("TIMESTAMP_OUT_OF_RANGE", "is outside PostgreSQL's range of times");
    }
    return whole * 1_000_000 + nanos / 1000;
  }

  private static long micros(long nanos, int digits, String code) {
    if (nanos % NANOS_OF_DIGIT[digits] != 0) {
      throw new Unencodable(code, "has more than " + digits + " digits of the second");
    }
    return nanos / 1000;
  }

  private void interval(ColumnType type, RecordBatch batch, int at) {
    int months = batch.intervalMonthsAt(at);
    int days = batch.intervalDaysAt(at);
    long nanos = batch.intervalNanosAt(at);
    long micros = micros(nanos, type.limit(), "INTERVAL_TOO_FINE");
    if (type.scale() != 0 && !IntervalRange.holds(type.scale(), months, days, micros)) {
      throw new Unencodable("INTERVAL_TOO_FINE", "has parts that the column's fields leave out");
    }
    if (months == Integer.MAX_VALUE && days == Integer.MAX_VALUE
        || months == Integer.MIN_VALUE && days == Integer.MIN_VALUE) {
      throw new Unencodable("INTERVAL_TOO_LARGE", "would be read as an infinite interval");
    }
    int64(micros);
    int32(days);
    int32(months);
  }

  private static int dimension(
      ColumnType type, RecordBatch batch, int at, Kind kind, Kind element) {
    expect(kind, Kind.VECTOR);
    if (batch.vectorElementAt(at) != element) {
      throw new Unencodable(
          "WRONG_KIND",
          "is a vector of " + name(batch.vectorElementAt(at)) + ", not of " + name(element));
    }
    int dimension = batch.vectorDimensionAt(at);
    if (type.limit() > 0 && dimension != type.limit()) {
      throw new Unencodable(
          "VECTOR_DIMENSION",
          "has " + dimension + " dimensions where the column takes " + type.limit());
    }
    if (type.limit() <= 0 && (dimension < 1 || dimension > PostgresTypes.LONGEST_VECTOR)) {
      throw new Unencodable(
          "VECTOR_DIMENSION",
          "has " + dimension + " dimensions; pgvector takes 1 to " + PostgresTypes.LONGEST_VECTOR);
    }
    return dimension;
  }

  private static float finite(byte[] bytes, int at) {
    float element = Float.intBitsToFloat(BinaryDecoder.int32(bytes, at));
    if (!Float.isFinite(element)) {
      throw new Unencodable("VECTOR_NOT_FINITE", "has an element that is NaN or infinite");
    }
    return element;
  }

  /** As vector_recv() of pgvector's src/vector.c takes it. */
  private void vector(ColumnType type, RecordBatch batch, int at, Kind kind) {
    int dimension = dimension(type, batch, at, kind, Kind.FLOAT32);
    int16(dimension);
    int16(0);
    int from = batch.payloadAt(at) + 1;
    byte[] bytes = batch.bytes();
    for (int i = 0; i < dimension; i++) {
      finite(bytes, from + 4 * i);
    }
    copy(bytes, from, 4 * dimension);
  }

  /** As halfvec_recv() of pgvector's src/halfvec.c takes it. */
  private void halves(ColumnType type, RecordBatch batch, int at, Kind kind) {
    int dimension = dimension(type, batch, at, kind, Kind.FLOAT32);
    int16(dimension);
    int16(0);
    int from = batch.payloadAt(at) + 1;
    for (int i = 0; i < dimension; i++) {
      float element = finite(batch.bytes(), from + 4 * i);
      if (!HalfFloat.isExact(element)) {
        throw new Unencodable(
            "HALF_NOT_EXACT",
            "has an element that half precision cannot hold exactly; \"as: half\" takes the nearest");
      }
      int16(HalfFloat.nearest(element));
    }
  }

  /** As sparsevec_recv() of pgvector's src/sparsevec.c takes it. */
  private void sparse(ColumnType type, RecordBatch batch, int at, Kind kind) {
    int dimension = dimension(type, batch, at, kind, Kind.FLOAT32);
    int from = batch.payloadAt(at) + 1;
    byte[] bytes = batch.bytes();
    int count = 0;
    for (int i = 0; i < dimension; i++) {
      if (finite(bytes, from + 4 * i) != 0) {
        count++;
      } else if (BinaryDecoder.int32(bytes, from + 4 * i) != 0) {
        throw new Unencodable(
            "MINUS_ZERO", "has an element that is -0.0, which a sparse vector leaves out");
      }
    }
    int32(dimension);
    int32(count);
    int32(0);
    for (int i = 0; i < dimension; i++) {
      if (BinaryDecoder.int32(bytes, from + 4 * i) != 0) {
        int32(i);
      }
    }
    for (int i = 0; i < dimension; i++) {
      int element = BinaryDecoder.int32(bytes, from + 4 * i);
      if (element != 0) {
        int32(element);
      }
    }
  }

  /** As bit_recv() of PostgreSQL's varbit.c takes it. */
  private void bits(ColumnType type, RecordBatch batch, int at, Kind kind) {
    int dimension = dimension(type, batch, at, kind, Kind.BOOLEAN);
    int32(dimension);
    int from = batch.payloadAt(at) + 1;
    byte[] bytes = batch.bytes();
    for (int i = 0; i < dimension; i += 8) {
      int eight = 0;
      for (int bit = i; bit < Math.min(i + 8, dimension); bit++) {
        eight |= bytes[from + bit] << 7 - bit % 8;
      }
      reserve(1);
      buffer[size++] = (byte) eight;
    }
  }

  private void array(ColumnType element, RecordBatch batch, int at, Kind kind) {
    expect(kind, Kind.LIST);
    int[] lengths = new int[MOST_DIMENSIONS];
    int dimensions = 0;
    int first = at;
    while (batch.kindAt(first) == Kind.LIST) {
      int length = batch.listSizeAt(first);
      if (dimensions == MOST_DIMENSIONS) {
        throw new Unencodable("LIST_TOO_DEEP", "is nested deeper than six lists");
      }
      if (length == 0 && dimensions > 0) {
        throw new Unencodable("LIST_NOT_EVEN", "holds an empty list, which no array can");
      }
      lengths[dimensions++] = length;
      if (length == 0) {
        dimensions = 0;
        break;
      }
      first = batch.firstElement(first);
    }
    int32(dimensions);
    int hasNulls = size;
    int32(0);
    int32((int) element.oid());
    for (int i = 0; i < dimensions; i++) {
      int32(lengths[i]);
      int32(1);
    }
    if (dimensions > 0 && elements(element, batch, at, lengths, 0, dimensions)) {
      INT.set(buffer, hasNulls, 1);
    }
  }

  private boolean elements(
      ColumnType element, RecordBatch batch, int list, int[] lengths, int depth, int dimensions) {
    boolean hasNulls = false;
    int at = batch.firstElement(list);
    for (int i = 0; i < lengths[depth]; i++) {
      boolean isList = batch.kindAt(at) == Kind.LIST;
      if (isList != depth + 1 < dimensions
          || isList && batch.listSizeAt(at) != lengths[depth + 1]) {
        throw new Unencodable(
            "LIST_NOT_EVEN", "holds lists of unlike length or beside single values");
      }
      if (isList) {
        hasNulls |= elements(element, batch, at, lengths, depth + 1, dimensions);
      } else {
        hasNulls |= batch.isMissingAt(at);
        value(element, batch, at);
      }
      at = batch.next(at);
    }
    return hasNulls;
  }

  private void numeric(ColumnType type, RecordBatch batch, int at, Kind kind) {
    expect(kind, Kind.DECIMAL);
    int from = batch.payloadAt(at);
    int end = from + batch.payloadLengthAt(at);
    byte[] ascii = batch.bytes();
    if (end > from && (ascii[end - 1] == 'N' || ascii[end - 1] == 'y')) {
      special(type, batch.textAt(at));
      return;
    }
    int i = from;
    boolean isNegative = i < end && ascii[i] == '-';
    if (i < end && (ascii[i] == '-' || ascii[i] == '+')) {
      i++;
    }
    if (decimal.length < end - from) {
      decimal = new byte[end - from];
    }
    int count = 0;
    long point = -1;
    for (; i < end && (ascii[i] >= '0' && ascii[i] <= '9' || ascii[i] == '.' && point < 0); i++) {
      if (ascii[i] == '.') {
        point = count;
      } else {
        decimal[count++] = (byte) (ascii[i] - '0');
      }
    }
    point = point < 0 ? count : point;
    if (count == 0) {
      throw notDecimal();
    }
    point += exponent(ascii, i, end);
    finite(type, isNegative, count, point);
  }

  private static long exponent(byte[] ascii, int from, int end) {
    if (from == end) {
      return 0;
    }
    if (ascii[from] != 'e' && ascii[from] != 'E' || end - from > 9) {
      throw notDecimal();
    }
    try {
      return Integer.parseInt(
          new String(ascii, from + 1, end - from - 1, StandardCharsets.US_ASCII));
    } catch (NumberFormatException noNumber) {
      throw notDecimal();
    }
  }

  private static Unencodable notDecimal() {
    return new Unencodable("NOT_A_DECIMAL", "is no decimal number that PostgreSQL can hold");
  }

  private void special(ColumnType type, String text) {
    int sign =
        switch (text) {
          case "NaN" -> 0xC000;
          case "Infinity" -> 0xD000;
          case "-Infinity" -> 0xF000;
          default -> throw notDecimal();
        };
    if (sign != 0xC000 && type.limit() > 0) {
      throw new Unencodable("DECIMAL_TOO_LARGE", "is infinite and the column has a precision");
    }
    int16(0);
    int16(0);
    int16(sign);
    int16(0);
  }

  /** The digits 0 to {@code count} of {@link #decimal}, {@code point} of them before the point. */
  private void finite(ColumnType type, boolean isNegative, int count, long point) {
    long scale = Math.max(0, count - point);
    int first = 0;
    int last = count;
    while (first < last && decimal[first] == 0) {
      first++;
    }
    while (last > first && decimal[last - 1] == 0) {
      last--;
    }
    int significant = last - first;
    long whole = significant == 0 ? 0 : point - first;
    if (significant > 0 && type.limit() > 0) {
      if (Math.max(0, whole) > Math.max(0, type.limit() - type.scale())
          || significant - whole > type.scale()
          || whole > type.limit() - type.scale()) {
        throw new Unencodable(
            "DECIMAL_TOO_LARGE",
            "does not fit numeric(" + type.limit() + "," + type.scale() + ") without rounding");
      }
    }
    if (scale > LARGEST_SCALE || whole > MOST_WHOLE_DIGITS) {
      // Zeros behind the last digit say nothing that a decimal of this scale could not.
      scale = Math.max(0, significant - whole);
      if (scale > LARGEST_SCALE || whole > MOST_WHOLE_DIGITS) {
        throw new Unencodable("DECIMAL_TOO_LARGE", "has more digits than numeric holds");
      }
    }
    if (significant == 0) {
      int16(0);
      int16(0);
      int16(0);
      int16((int) scale);
      return;
    }
    int weight = Math.toIntExact(Math.floorDiv(whole + 3, 4) - 1);
    int padding = Math.toIntExact((weight + 1L) * 4 - whole);
    int groups = (padding + significant + 3) / 4;
    int16(groups);
    int16(weight);
    int16(isNegative ? 0x4000 : 0);
    int16((int) scale);
    for (int group = 0; group < groups; group++) {
      int value = 0;
      for (int k = 0; k < 4; k++) {
        int digit = group * 4 + k - padding;
        value = value * 10 + (digit >= 0 && digit < significant ? decimal[first + digit] : 0);
      }
      int16(value);
    }
  }

  private void copy(byte[] bytes, int from, int length) {
    reserve(length);
    System.arraycopy(bytes, from, buffer, size, length);
    size += length;
  }

  void bytes(byte[] bytes, int from, int length) {
    int32(length);
    copy(bytes, from, length);
  }

  private void int16(int value) {
    reserve(2);
    SHORT.set(buffer, size, (short) value);
    size += 2;
  }

  void int32(int value) {
    reserve(4);
    INT.set(buffer, size, value);
    size += 4;
  }

  void int64(long value) {
    reserve(8);
    LONG.set(buffer, size, value);
    size += 8;
  }

  private void reserve(int more) {
    long needed = (long) size + more;
    if (needed > buffer.length) {
      if (needed > Integer.MAX_VALUE - 64) {
        throw new Unencodable("RECORD_TOO_LARGE", "makes its record larger than COPY can carry");
      }
      buffer =
          Arrays.copyOf(
              buffer, (int) Math.min(Integer.MAX_VALUE - 64, Math.max(needed, buffer.length * 2L)));
    }
  }
}
