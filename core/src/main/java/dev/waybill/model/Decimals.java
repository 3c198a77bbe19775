package dev.waybill.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decimals by value, whatever their exponent: {@code 1e999999999} is a number like others, of which
 * nobody writes out the digits. Thread-safe.
 */
public final class Decimals {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");

  /** Numbers with more digits before or behind the point are never written out. */
  private static final int LARGEST = 200_000;

  private Decimals() {}

  /** True for a finite number in decimal notation, with an exponent or without. */
  public static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /**
   * The number, null where its digits are too many to be written out.
   *
   * @throws NumberFormatException if it is no number
   */
  public static @Nullable BigDecimal of(String text) {
    BigDecimal value;
    try {
      value = new BigDecimal(text);
    } catch (NumberFormatException failure) {
      if (isNumber(text)) {
        return null;
      }
      throw failure;
    }
    return Math.abs((long) value.scale()) > LARGEST
            || Math.abs((long) value.precision() - value.scale()) > LARGEST
        ? null
        : value;
  }

  /**
   * Its one spelling: plain digits where they can be written out, else digits and exponent.
   *
   * @throws NumberFormatException if it is no number
   */
  public static String plain(String text) {
    BigDecimal value = of(text);
    return value == null ? CanonicalJson.normalNumber(text, false) : value.toPlainString();
  }

  /** Below, at or above zero as the first is less, equal or greater. Both are finite numbers. */
  public static int compare(String a, String b) {
    BigDecimal first = of(a);
    BigDecimal second = of(b);
    if (first != null && second != null) {
      return first.compareTo(second);
    }
    Parts one = Parts.of(a);
    Parts other = Parts.of(b);
    if (one.sign != other.sign || one.sign == 0) {
      return Integer.compare(one.sign, other.sign);
    }
    int order = one.magnitude.compareTo(other.magnitude);
    return one.sign * (order != 0 ? order : one.digits.compareTo(other.digits));
  }

  /**
   * A number taken apart.
   *
   * @param digits without zeros at either end
   * @param magnitude how many digits stand before the point
   */
  private record Parts(int sign, String digits, BigInteger magnitude) {
    static Parts of(String text) {
      String normal = CanonicalJson.normalNumber(text, false);
      int from = normal.startsWith("-") ? 1 : 0;
      int point = normal.indexOf('E');
      String digits = normal.substring(from, point < 0 ? normal.length() : point);
      BigInteger exponent =
          point < 0 ? BigInteger.ZERO : new BigInteger(normal.substring(point + 1));
      int sign = digits.equals("0") ? 0 : from == 1 ? -1 : 1;
      return new Parts(sign, digits, exponent.add(BigInteger.valueOf(digits.length())));
    }
  }
}
