package dev.waybill.stores.json;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** Numbers as they are spelled in JSON. All texts are well-formed. */
final class JsonNumbers {
  /** So many digits come back from every double that is no subnormal. */
  private static final int SURE_DIGITS = 15;

  private static final int SURE_EXPONENT = 290;

  /** No double needs so many digits; reading more takes time that grows with their square. */
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
    int digits = 0;
    int fraction = 0;
    boolean isBehind = false;
    int at = from + (json[from] == '-' ? 1 : 0);
    for (; at < to && json[at] != 'e' && json[at] != 'E'; at++) {
      if (json[at] == '.') {
        isBehind = true;
      } else {
        digits += digits > 0 || json[at] != '0' ? 1 : 0;
        fraction += isBehind ? 1 : 0;
      }
    }
    if (digits == 0) {
      return true;
    }
    if (digits <= SURE_DIGITS && at == to && fraction < SURE_EXPONENT) {
      return true;
    }
    if (to - from > LONGEST) {
      return false;
    }
    String text = text(json, from, to);
    double value = Double.parseDouble(text);
    return Double.isFinite(value) && value != 0 && areEqual(text, Double.toString(value));
  }

  /** The nearest double. */
  static double toDouble(byte[] json, int from, int to) {
    boolean isNegative = json[from] == '-';
    long mantissa = 0;
    int digits = 0;
    int fraction = 0;
    boolean isBehind = false;
    for (int i = from + (isNegative ? 1 : 0); i < to; i++) {
      if (json[i] == '.') {
        isBehind = true;
        continue;
      }
      digits += digits > 0 || json[i] != '0' ? 1 : 0;
      fraction += isBehind ? 1 : 0;
      if (json[i] > '9' || digits > SURE_DIGITS || fraction >= TENS.length) {
        return Double.parseDouble(text(json, from, to));
      }
      mantissa = 10 * mantissa + json[i] - '0';
    }
    // Both are exact, so the quotient is rounded once.
    double value = mantissa / TENS[fraction];
    return isNegative ? -value : value;
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
