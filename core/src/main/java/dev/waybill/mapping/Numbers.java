package dev.waybill.mapping;

import dev.waybill.model.Decimals;
import dev.waybill.model.FloatText;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** Booleans, integers, floats and decimals as one another and as text. */
final class Numbers {
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

  private Numbers() {}

  static void booleanToText(RecordBatch in, int at, RecordBatch out) {
    out.putText(in.booleanAt(at) ? TRUE : FALSE);
  }

  static void booleanToInt64(RecordBatch in, int at, RecordBatch out) {
    out.putInt64(in.booleanAt(at) ? 1 : 0);
  }

  static void int64ToText(RecordBatch in, int at, RecordBatch out) {
    out.putText(Long.toString(in.int64At(at)));
  }

  static void int64ToDecimal(RecordBatch in, int at, RecordBatch out) {
    out.putDecimal(Long.toString(in.int64At(at)));
  }

  /** Text that is an integer as {@link Long#toString} spells it. */
  static void textToInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    byte[] bytes = in.bytes();
    int from = in.payloadAt(at);
    int end = from + in.payloadLengthAt(at);
    boolean isNegative = from < end && bytes[from] == '-';
    int first = isNegative ? from + 1 : from;
    boolean isSpelled =
        first < end
            && end - first <= 19
            && (bytes[first] != '0' || end - first == 1 && !isNegative);
    long value = 0;
    for (int i = first; isSpelled && i < end; i++) {
      int digit = bytes[i] - '0';
      // Negative numbers reach one further, so the number is built up below zero.
      isSpelled =
          digit >= 0
              && digit <= 9
              && (value > Long.MIN_VALUE / 10
                  || value == Long.MIN_VALUE / 10 && digit <= (isNegative ? 8 : 7));
      value = value * 10 - digit;
    }
    if (!isSpelled) {
      throw new ValueRefusal(
          ValueLoss.NOT_A_NUMBER, "is text that is no integer of 64 bits in its usual spelling");
    }
    out.putInt64(isNegative ? value : -value);
  }

  static void float64ToText(RecordBatch in, int at, RecordBatch out) {
    out.putText(FloatText.of(in.float64At(at)));
  }

  static void float32ToText(RecordBatch in, int at, RecordBatch out) {
    out.putText(FloatText.of(in.float32At(at)));
  }

  /** Text that is a float as {@link FloatText} spells it. */
  static void textToFloat64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    double value = floatOf(text);
    if (!FloatText.of(value).equals(text)) {
      throw otherSpelling();
    }
    out.putFloat64(value);
  }

  /** The same for a float32. */
  static void textToFloat32(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    float value = (float) floatOf(text);
    if (!FloatText.of(value).equals(text)) {
      value = Float.parseFloat(text);
    }
    if (!FloatText.of(value).equals(text)) {
      throw otherSpelling();
    }
    out.putFloat32(value);
  }

  private static ValueRefusal otherSpelling() {
    return new ValueRefusal(
        ValueLoss.NOT_EXACT, "is a number in a spelling that would not come back");
  }

  private static double floatOf(String text) throws ValueRefusal {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException notANumber) {
      throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is text that is no number");
    }
  }

  static void int64ToBoolean(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    long value = in.int64At(at);
    if (value != 0 && value != 1) {
      throw new ValueRefusal(ValueLoss.NOT_A_BOOLEAN, "is an integer other than 0 and 1");
    }
    out.putBoolean(value == 1);
  }

  static void int64ToFloat64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    long value = in.int64At(at);
    if ((long) (double) value != value || value == Long.MAX_VALUE) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "is an integer that a float64 cannot hold exactly");
    }
    out.putFloat64(value);
  }

  static void float64ToInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    double value = in.float64At(at);
    boolean isMinusZero = value == 0 && Double.doubleToRawLongBits(value) != 0;
    if ((double) (long) value != value || value >= 0x1p63 || isMinusZero) {
      throw new ValueRefusal(ValueLoss.NOT_EXACT, "is no whole number");
    }
    out.putInt64((long) value);
  }

  static void float64ToFloat32(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
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
  static void numberToDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    switch (in.kindAt(at)) {
      case DECIMAL -> out.putValue(in, at);
      case INT64 -> out.putDecimal(Long.toString(in.int64At(at)));
      case FLOAT64 -> {
        double value = in.float64At(at);
        if (!Double.isFinite(value)) {
          throw new ValueRefusal(
              Double.isNaN(value) ? ValueLoss.NAN : ValueLoss.INFINITY, "is infinite or no number");
        }
        if (isWhole(value)) {
          throw new ValueRefusal(
              ValueLoss.NOT_EXACT,
              "is a whole float64 among integers, which would come back as one");
        }
        out.putDecimal(new BigDecimal(FloatText.of(value)).toPlainString());
      }
      default -> throw Form.otherKind(in.kindAt(at));
    }
  }

  private static boolean isWhole(double value) {
    return value == Math.rint(value) && Math.abs(value) < 0x1p63;
  }

  static void decimalToNumber(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    try {
      BigDecimal value = Decimals.of(text);
      if (value != null) {
        boolean isInteger = value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
        if (isInteger && value.toBigInteger().bitLength() < Long.SIZE) {
          out.putInt64(value.longValueExact());
          return;
        }
        double number = value.doubleValue();
        if (Double.isFinite(number) && new BigDecimal(FloatText.of(number)).compareTo(value) == 0) {
          out.putFloat64(number);
          return;
        }
      }
    } catch (NumberFormatException notANumber) {
      // refused below, like a number that is no float64
    }
    throw new ValueRefusal(
        ValueLoss.NOT_EXACT, "is no number that a float64 or an integer holds exactly");
  }

  static void decimalToInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
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

  static void textToDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    if (isPlain(text)) {
      out.putDecimal(text);
      return;
    }
    if (!text.chars().allMatch(c -> c < 0x80)) {
      throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is text that is no number");
    }
    boolean isSpecial = text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    if (!isSpecial) {
      try {
        out.putDecimal(Decimals.plain(text));
        return;
      } catch (NumberFormatException notANumber) {
        throw new ValueRefusal(ValueLoss.NOT_A_NUMBER, "is text that is no number");
      }
    }
    out.putDecimal(text);
  }

  /**
   * True for a number as {@link BigDecimal#toPlainString} spells it, which would read it in a time
   * that grows with the square of its length.
   */
  private static boolean isPlain(String text) {
    int length = text.length();
    int whole = text.startsWith("-") ? 1 : 0;
    int point = text.indexOf('.');
    int end = point < 0 ? length : point;
    if (end == whole || point == length - 1 || length - end > 200_000) {
      return false;
    }
    boolean isZero = true;
    for (int i = whole; i < length; i++) {
      char c = text.charAt(i);
      if (i != point && (c < '0' || c > '9')) {
        return false;
      }
      isZero &= i == point || c == '0';
    }
    return (text.charAt(whole) != '0' || end == whole + 1) && !(isZero && whole == 1);
  }

  /** Text that is {@code true} or {@code false}. */
  static Transformation textToBoolean(String yes, String no) {
    byte[] whenTrue = yes.getBytes(StandardCharsets.UTF_8);
    byte[] whenFalse = no.getBytes(StandardCharsets.UTF_8);
    return (in, at, out) -> {
      boolean isTrue = isText(in, at, whenTrue);
      if (!isTrue && !isText(in, at, whenFalse)) {
        throw new ValueRefusal(
            ValueLoss.NOT_A_BOOLEAN, "is text other than '" + yes + "' and '" + no + "'");
      }
      out.putBoolean(isTrue);
    };
  }

  /** The inverse of {@link #textToBoolean}. */
  static Transformation booleanToText(String yes, String no) {
    byte[] whenTrue = yes.getBytes(StandardCharsets.UTF_8);
    byte[] whenFalse = no.getBytes(StandardCharsets.UTF_8);
    return (in, at, out) -> out.putText(in.booleanAt(at) ? whenTrue : whenFalse);
  }

  private static boolean isText(RecordBatch in, int at, byte[] text) {
    int from = in.payloadAt(at);
    return java.util.Arrays.equals(
        in.bytes(), from, from + in.payloadLengthAt(at), text, 0, text.length);
  }
}
