package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.DateTimeException;
import java.util.Optional;
import java.util.UUID;

/**
 * Makes a value of one kind out of one of another. Null and absent stay what they are and never
 * reach a transformation. Stateless and thread-safe.
 */
@FunctionalInterface
interface Transformation {
  /**
   * Appends the other form of the value at {@code at} to {@code out}.
   *
   * @throws ValueRefusal if the value has no other form from which it comes back the same
   */
  void apply(RecordBatch in, int at, RecordBatch out) throws ValueRefusal;

  /** The transformation as it is: the value is copied. */
  Transformation COPY = (in, at, out) -> out.putValue(in, at);

  /**
   * The transformation between two types.
   *
   * @return empty if there is none
   */
  static Optional<Transformation> between(LogicalType from, LogicalType to) {
    if (from.kind() == Kind.DYNAMIC && to.kind() == Kind.DECIMAL) {
      return Optional.of(Transformation::numberToDecimal);
    }
    if (from.kind() == Kind.DYNAMIC || to.kind() == Kind.DYNAMIC) {
      return to.kind() == Kind.DYNAMIC ? Optional.of(COPY) : Optional.empty();
    }
    Optional<Transformation> kinds = betweenKinds(from, to);
    if (kinds.isEmpty() || from.equals(to) || !isBounded(to)) {
      return kinds;
    }
    Transformation inner = kinds.get();
    return Optional.of(
        (in, at, out) -> {
          inner.apply(in, at, out);
          Bounds.require(to, out, out.lastValue());
        });
  }

  private static boolean isBounded(LogicalType to) {
    return to.kind() == Kind.INT64 && to.size() < 64
        || to.kind() == Kind.TEXT && to.size() > 0
        || to.kind() == Kind.VECTOR && to.size() > 0
        || to.kind() == Kind.DECIMAL && to.size() > 0
        || (to.kind() == Kind.TIME
                || to.kind() == Kind.TIMESTAMP
                || to.kind() == Kind.INSTANT
                || to.kind() == Kind.INTERVAL)
            && to.scale() < 9;
  }

  private static Optional<Transformation> betweenKinds(LogicalType from, LogicalType to) {
    if (from.kind() == to.kind()) {
      boolean sameElements =
          from.element() == null
              || to.element() == null
              || from.element().kind() == to.element().kind();
      return sameElements ? Optional.of(COPY) : Optional.empty();
    }
    switch (to.kind()) {
      case TEXT:
        return toText(from);
      case INT64:
        return switch (from.kind()) {
          case BOOLEAN -> Optional.of((in, at, out) -> out.putInt64(in.booleanAt(at) ? 1 : 0));
          case DECIMAL -> Optional.of(Transformation::decimalToInt64);
          case FLOAT64 -> Optional.of(Transformation::float64ToInt64);
          default -> Optional.empty();
        };
      case BOOLEAN:
        return from.kind() == Kind.INT64
            ? Optional.of(Transformation::int64ToBoolean)
            : Optional.empty();
      case FLOAT64:
        return switch (from.kind()) {
          case FLOAT32 -> Optional.of((in, at, out) -> out.putFloat64(in.float32At(at)));
          case INT64 -> Optional.of(Transformation::int64ToFloat64);
          default -> Optional.empty();
        };
      case FLOAT32:
        return from.kind() == Kind.FLOAT64
            ? Optional.of(Transformation::float64ToFloat32)
            : Optional.empty();
      case DECIMAL:
        return switch (from.kind()) {
          case INT64 -> Optional.of((in, at, out) -> out.putDecimal(Long.toString(in.int64At(at))));
          case TEXT -> Optional.of(Transformation::textToDecimal);
          default -> Optional.empty();
        };
      case UUID:
        return from.kind() == Kind.TEXT
            ? Optional.of(Transformation::textToUuid)
            : Optional.empty();
      case JSON:
        return from.kind() == Kind.TEXT ? Optional.of(JsonText::textToJson) : Optional.empty();
      case DATE:
        return fromText(from, (in, at, out) -> out.putDate(Temporals.parseDate(in.textAt(at))));
      case TIME:
        return fromText(from, (in, at, out) -> Temporals.parseTime(in.textAt(at), out));
      case TIMESTAMP:
        return fromText(from, TimestampText::parseTimestamp);
      case INSTANT:
        return fromText(from, TimestampText::parseInstant);
      case INTERVAL:
        return fromText(from, (in, at, out) -> Temporals.parseInterval(in.textAt(at), out));
      case BYTES:
        return from.kind() == Kind.VECTOR
            ? Optional.of(Transformation::vectorToBytes)
            : Optional.empty();
      case VECTOR:
        return switch (from.kind()) {
          case BYTES -> Optional.of(Transformation::bytesToVector);
          case LIST -> Optional.of(Transformation::listToVector);
          default -> Optional.empty();
        };
      case LIST:
        return switch (from.kind()) {
          case VECTOR -> Optional.of(Transformation::vectorToList);
          case TEXT ->
              JsonText.isOfOneKind(to) ? Optional.of(JsonText.textToList(to)) : Optional.empty();
          default -> Optional.empty();
        };
      case POINT:
        return from.kind() == Kind.TEXT ? Optional.of(JsonText::textToPoint) : Optional.empty();
      case NULL:
      case ABSENT:
      case DYNAMIC:
        return Optional.empty();
    }
    throw new AssertionError(to.kind());
  }

  private static Optional<Transformation> toText(LogicalType from) {
    return switch (from.kind()) {
      case DECIMAL, JSON -> Optional.of((in, at, out) -> out.putValueAs(Kind.TEXT, in, at));
      case UUID ->
          Optional.of(
              (in, at, out) ->
                  out.putText(new UUID(in.uuidHighAt(at), in.uuidLowAt(at)).toString()));
      case DATE -> Optional.of((in, at, out) -> out.putText(Temporals.date(in.dateAt(at))));
      case TIME ->
          Optional.of(
              (in, at, out) ->
                  out.putText(Temporals.time(in.timeNanosAt(at), in.timeOffsetAt(at))));
      case TIMESTAMP ->
          Optional.of(
              (in, at, out) -> out.putText(Temporals.timestamp(in.secondsAt(at), in.nanosAt(at))));
      case INSTANT ->
          Optional.of(
              (in, at, out) -> out.putText(Temporals.instant(in.secondsAt(at), in.nanosAt(at))));
      case INTERVAL ->
          Optional.of(
              (in, at, out) ->
                  out.putText(
                      Temporals.interval(
                          in.intervalMonthsAt(at), in.intervalDaysAt(at), in.intervalNanosAt(at))));
      case LIST ->
          JsonText.isOfOneKind(from) ? Optional.of(JsonText::listToText) : Optional.empty();
      case POINT -> Optional.of(JsonText::pointToText);
      case NULL, ABSENT, BOOLEAN, INT64, FLOAT32, FLOAT64, TEXT, BYTES, VECTOR, DYNAMIC ->
          Optional.empty();
    };
  }

  /** The way back of {@link #between}: takes what that one made, so it need not be as strict. */
  static Optional<Transformation> inverse(LogicalType from, LogicalType to) {
    if (from.kind() == Kind.DYNAMIC && to.kind() == Kind.DECIMAL) {
      return Optional.of(Transformation::decimalToNumber);
    }
    return from.kind() == Kind.JSON && to.kind() == Kind.TEXT
        ? Optional.of((in, at, out) -> out.putValueAs(Kind.JSON, in, at))
        : between(to, from);
  }

  /** Whether there and back gives the very bytes, or the same content. */
  static Fidelity fidelity(LogicalType from, LogicalType to) {
    boolean byContent =
        from.kind() == Kind.TEXT
            && switch (to.kind()) {
              case JSON, DECIMAL, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, LIST, POINT -> true;
              default -> false;
            };
    return byContent ? Fidelity.CONTENT : Fidelity.EXACT;
  }

  /**
   * Text as the content that {@link #between} takes it for, to be compared with what is stored.
   * Numbers and JSON are only called what they are, since the canonical form reads them by itself:
   * a fault on the way there shows. Timestamps are spelled again. Where there is no second reader
   * it is the way there.
   */
  static Optional<Transformation> content(LogicalType from, LogicalType to) {
    return switch (to.kind()) {
      case JSON, DECIMAL -> Optional.of((in, at, out) -> out.putValueAs(to.kind(), in, at));
      case TIMESTAMP -> fromText(from, TimestampText::provenTimestamp);
      case INSTANT -> fromText(from, TimestampText::provenInstant);
      default -> between(from, to);
    };
  }

  /** Reads a value's text form, refusing what is no such thing. */
  @FunctionalInterface
  interface TextReader {
    void read(RecordBatch in, int at, RecordBatch out);
  }

  private static Optional<Transformation> fromText(LogicalType from, TextReader reader) {
    if (from.kind() != Kind.TEXT) {
      return Optional.empty();
    }
    return Optional.of(
        (in, at, out) -> {
          try {
            reader.read(in, at, out);
          } catch (DateTimeException | ArithmeticException notATime) {
            throw new ValueRefusal(ValueLoss.NOT_A_TIME, "is text that is no such date or time");
          }
        });
  }

  private static void int64ToBoolean(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    long value = in.int64At(at);
    if (value != 0 && value != 1) {
      throw new ValueRefusal(ValueLoss.NOT_A_BOOLEAN, "is an integer other than 0 and 1");
    }
    out.putBoolean(value == 1);
  }

  private static void int64ToFloat64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    long value = in.int64At(at);
    if ((long) (double) value != value || value == Long.MAX_VALUE) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "is an integer that a float64 cannot hold exactly");
    }
    out.putFloat64(value);
  }

  private static void float64ToInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    double value = in.float64At(at);
    boolean isMinusZero = value == 0 && Double.doubleToRawLongBits(value) != 0;
    if ((double) (long) value != value || value >= 0x1p63 || isMinusZero) {
      throw new ValueRefusal(ValueLoss.NOT_EXACT, "is no whole number");
    }
    out.putInt64((long) value);
  }

  private static void float64ToFloat32(RecordBatch in, int at, RecordBatch out)
      throws ValueRefusal {
    double value = in.float64At(at);
    if (Double.compare((float) value, value) != 0) {
      throw new ValueRefusal(ValueLoss.NOT_EXACT, "is a number that a float32 cannot hold exactly");
    }
    out.putFloat32((float) value);
  }

  /**
   * Integers and floats of one field as decimals. Their kind must show in the number itself, as it
   * does in a column of SQLite's NUMERIC affinity, where a whole float is stored as an integer.
   */
  private static void numberToDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    switch (in.kindAt(at)) {
      case DECIMAL -> out.putValue(in, at);
      case INT64 -> out.putDecimal(Long.toString(in.int64At(at)));
      case FLOAT64 -> {
        double value = in.float64At(at);
        if (!Double.isFinite(value)) {
          throw new ValueRefusal(ValueLoss.MIXED_TYPES, "is infinite or no number");
        }
        if (isWhole(value)) {
          throw new ValueRefusal(
              ValueLoss.NOT_EXACT,
              "is a whole float64 among integers, which would come back as one");
        }
        out.putDecimal(new BigDecimal(Double.toString(value)).toPlainString());
      }
      default -> throw new ValueRefusal(ValueLoss.MIXED_TYPES, "is no number");
    }
  }

  private static boolean isWhole(double value) {
    return value == Math.rint(value) && Math.abs(value) < 0x1p63;
  }

  private static void decimalToNumber(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    try {
      BigDecimal value = new BigDecimal(text);
      boolean isInteger = value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
      double number = value.doubleValue();
      if (isInteger && value.toBigInteger().bitLength() < Long.SIZE) {
        out.putInt64(value.longValueExact());
        return;
      }
      if (Double.isFinite(number)
          && new BigDecimal(Double.toString(number)).compareTo(value) == 0) {
        out.putFloat64(number);
        return;
      }
    } catch (NumberFormatException notANumber) {
      // refused below, like a number that is no float64
    }
    throw new ValueRefusal(
        ValueLoss.NOT_EXACT, "is no number that a float64 or an integer holds exactly");
  }

  private static void decimalToInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    try {
      long value = Long.parseLong(text);
      if (Long.toString(value).equals(text)) {
        out.putInt64(value);
        return;
      }
    } catch (NumberFormatException notAnInteger) {
      // refused below, like an integer in another spelling
    }
    throw new ValueRefusal(ValueLoss.NOT_EXACT, "is no integer of 64 bits");
  }

  private static void textToDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    if (!text.chars().allMatch(c -> c < 0x80)) {
      throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is text that is no number");
    }
    boolean isSpecial = text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    if (!isSpecial) {
      try {
        BigDecimal value = new BigDecimal(text);
        if (Math.abs((long) value.scale()) > 200_000) {
          throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is a number out of any range");
        }
        out.putDecimal(value.toPlainString());
        return;
      } catch (NumberFormatException notANumber) {
        throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is text that is no number");
      }
    }
    out.putDecimal(text);
  }

  private static void textToUuid(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    byte[] bytes = in.bytes();
    int from = in.payloadAt(at);
    if (in.payloadLengthAt(at) != 36) {
      throw new ValueRefusal(ValueLoss.NOT_A_UUID, "is text that is no uuid in its usual spelling");
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < 36; i++) {
      byte c = bytes[from + i];
      if (i == 8 || i == 13 || i == 18 || i == 23) {
        if (c != '-') {
          throw new ValueRefusal(
              ValueLoss.NOT_A_UUID, "is text that is no uuid in its usual spelling");
        }
        continue;
      }
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        throw new ValueRefusal(
            ValueLoss.NOT_A_UUID,
            c >= 'A' && c <= 'F'
                ? "is a uuid in capitals, which would not come back as written"
                : "is text that is no uuid in its usual spelling");
      }
      if (i < 18) {
        high = high << 4 | digit;
      } else {
        low = low << 4 | digit;
      }
    }
    out.putUuid(high, low);
  }

  /** Little-endian, as the field's embedding code writes them. */
  private static void vectorToBytes(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    requireFloat32(in, at);
    float[] elements = in.float32VectorAt(at);
    ByteBuffer buffer = ByteBuffer.allocate(elements.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(elements);
    out.putBytes(buffer.array());
  }

  private static void bytesToVector(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    byte[] bytes = in.payloadBytesAt(at);
    if (bytes.length % 4 != 0) {
      throw new ValueRefusal(
          ValueLoss.NOT_A_VECTOR, "is not a whole number of float32 elements long");
    }
    float[] elements = new float[bytes.length / 4];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements.length; i++) {
      int bits = buffer.getInt(4 * i);
      elements[i] = Float.intBitsToFloat(bits);
      if (Float.isNaN(elements[i]) && bits != 0x7FC00000) {
        throw new ValueRefusal(
            ValueLoss.NOT_EXACT, "has a NaN with a payload, which would not come back");
      }
    }
    out.putVector(elements);
  }

  private static void vectorToList(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    requireFloat32(in, at);
    RecordBatch elements = new RecordBatch(1);
    for (float element : in.float32VectorAt(at)) {
      elements.putFloat32(element);
    }
    out.putList(elements);
  }

  private static void listToVector(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    float[] elements = new float[in.listSizeAt(at)];
    int element = in.firstElement(at);
    for (int i = 0; i < elements.length; i++) {
      if (in.kindAt(element) != Kind.FLOAT32) {
        throw new ValueRefusal(ValueLoss.NOT_A_VECTOR, "is a list of other things than float32");
      }
      elements[i] = in.float32At(element);
      element = in.next(element);
    }
    out.putVector(elements);
  }

  private static void requireFloat32(RecordBatch in, int at) throws ValueRefusal {
    if (in.vectorElementAt(at) != Kind.FLOAT32) {
      throw new ValueRefusal(
          ValueLoss.UNSUPPORTED, "is a vector of " + in.vectorElementAt(at) + ", not of float32");
    }
  }
}
