package dev.waybill.stores.json;

import com.fasterxml.jackson.core.io.NumberInput;
import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** Numbers as they are spelled in JSON. All texts are well-formed. */
final class JsonNumbers {
  /** So many digits come back from every double that is no subnormal. */
  private static final int SURE_DIGITS = 15;

  private static final int SURE_EXPONENT = 290;

  /** No double's text has more. */
  private static final int MOST_DIGITS = 17;

  /** No double needs so much text; reading more takes time that grows with its square. */
  private static final int LONGEST = 800;

  private static final double[] TENS = new double[23];

  static {
    double ten = 1;
    for (int i = 0; i < TENS.length; i++, ten *= 10) {
      TENS[i] = ten;
    }
  }

  private JsonNumbers() {}

  /** True if it has neither fraction nor exponent, is no -0 and lies within 64 bits. */
  static boolean isInt64(byte[] json, int from, int to) {
    boolean isNegative = json[from] == '-';
    int digits = to - from - (isNegative ? 1 : 0);
    if (isNegative && json[from + 1] == '0') {
      return false;
    }
    for (int i = from + (isNegative ? 1 : 0); i < to; i++) {
      if (json[i] < '0' || json[i] > '9') {
        return false;
      }
    }
    if (digits < 19) {
      return true;
    }
    if (digits > 19) {
      return false;
    }
    String most = isNegative ? "9223372036854775808" : "9223372036854775807";
    return text(json, to - 19, to).compareTo(most) <= 0;
  }

  /** The value of a number for which {@link #isInt64} is true. */
  static long int64(byte[] json, int from, int to) {
    boolean isNegative = json[from] == '-';
    long value = 0;
    for (int i = from + (isNegative ? 1 : 0); i < to; i++) {
      // Below zero, where there is one number more.
      value = 10 * value - (json[i] - '0');
    }
    return isNegative ? value : -value;
  }

  /** True if a double gives the number back by value. */
  static boolean isDouble(byte[] json, int from, int to) {
    return !Double.isNaN(exactDouble(json, from, to));
  }

  /** The double whose text has the number's value, NaN if there is none. */
  static double exactDouble(byte[] json, int from, int to) {
    Decimal number = Decimal.of(json, from, to);
    if (number.digits > MOST_DIGITS) {
      return Double.NaN;
    }
    long magnitude = number.exponent + number.digits;
    boolean isSure = number.digits <= SURE_DIGITS && Math.abs(magnitude) < SURE_EXPONENT;
    if (!isSure && number.digits > 0 && to - from > LONGEST) {
      return Double.NaN;
    }
    double value = number.toDouble(json, from, to);
    if (isSure || number.digits == 0) {
      return value;
    }
    boolean isSame = Double.isFinite(value) && value != 0 && number.hasValueOf(text(value));
    return isSame ? value : Double.NaN;
  }

  /** The nearest double. */
  static double toDouble(byte[] json, int from, int to) {
    return Decimal.of(json, from, to).toDouble(json, from, to);
  }

  /**
   * The shortest text that only this double is the nearest one to, and of those the nearest. By a
   * library, because that of the JDK is not always the shortest before version 19.
   */
  static String text(double value) {
    return NumberOutput.toString(value, true);
  }

  /**
   * A number without its sign and without zeros around its digits: significand × 10^exponent.
   *
   * @param significand wrong where there are more than {@link #MOST_DIGITS}
   * @param digits of the significand; none of zero
   */
  private record Decimal(long significand, int digits, long exponent) {
    /** Far beyond every double, and not near to the ends of an int. */
    private static final int LARGEST_EXPONENT = 100_000_000;

    static Decimal of(byte[] json, int from, int to) {
      long significand = 0;
      int digits = 0;
      int zeros = 0;
      long exponent = 0;
      int behind = 0;
      int at = from + (json[from] == '-' ? 1 : 0);
      for (; at < to && json[at] != 'e' && json[at] != 'E'; at++) {
        byte c = json[at];
        if (c == '.') {
          behind = 1;
          continue;
        }
        exponent -= behind;
        if (c == '0') {
          zeros += digits > 0 ? 1 : 0;
          continue;
        }
        digits += zeros + 1;
        for (; zeros > 0 && digits <= MOST_DIGITS; zeros--) {
          significand *= 10;
        }
        zeros = 0;
        significand = 10 * significand + c - '0';
      }
      return new Decimal(significand, digits, exponent + zeros + exponent(json, at + 1, to));
    }

    private static int exponent(byte[] json, int from, int to) {
      int exponent = 0;
      for (int i = from; i < to && exponent < LARGEST_EXPONENT; i++) {
        exponent = json[i] == '+' || json[i] == '-' ? 0 : 10 * exponent + json[i] - '0';
      }
      return from < to && json[from] == '-' ? -exponent : exponent;
    }

    double toDouble(byte[] json, int from, int to) {
      boolean isPlain = digits <= SURE_DIGITS && Math.abs(exponent) < TENS.length;
      if (digits > 0 && !isPlain) {
        return NumberInput.parseDouble(JsonNumbers.text(json, from, to), true);
      }
      // Both are exact, so the quotient or product is rounded once.
      double value =
          digits == 0
              ? 0
              : exponent < 0
                  ? significand / TENS[(int) -exponent]
                  : significand * TENS[(int) exponent];
      return json[from] == '-' ? -value : value;
    }

    boolean hasValueOf(String text) {
      byte[] ascii = text.getBytes(StandardCharsets.ISO_8859_1);
      Decimal other = of(ascii, 0, ascii.length);
      return significand == other.significand && exponent == other.exponent;
    }
  }

  /** True if two spellings mean one number; −0 and 0 do not. */
  static boolean areEqual(String a, String b) {
    try {
      BigDecimal first = new BigDecimal(a);
      return first.compareTo(new BigDecimal(b)) == 0
          && (first.signum() != 0 || a.startsWith("-") == b.startsWith("-"));
    } catch (NumberFormatException outOfRange) {
      return false;
    }
  }

  private static String text(byte[] json, int from, int to) {
    return new String(json, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
