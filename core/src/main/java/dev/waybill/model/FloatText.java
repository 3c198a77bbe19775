package dev.waybill.model;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Floats as text: the shortest digits that mean the float and no other, the nearest of several,
 * spelled as Python's {@code repr} and most JSON writers do: {@code 0.1}, {@code 1.0}, {@code
 * 1e-07}, {@code 1e+16}; {@code NaN}, {@code Infinity}, {@code -Infinity}. Does not depend on the
 * Java version, as {@link Double#toString} does.
 */
public final class FloatText {
  private static final long LARGEST_EXACT = 1L << 53;

  private FloatText() {}

  public static String of(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    if (value == Math.rint(value) && Math.abs(value) < LARGEST_EXACT) {
      boolean isMinusZero = value == 0 && 1 / value < 0;
      return (isMinusZero ? "-0" : Long.toString((long) value)) + ".0";
    }
    return spelled(shortest(value));
  }

  public static String of(float value) {
    if (!Float.isFinite(value)) {
      return Float.toString(value);
    }
    if (value == Math.rint(value) && Math.abs(value) < 1 << 24) {
      return of((double) value);
    }
    return spelled(shortest(value));
  }

  /** True if digits name a float64: its shortest ones, or all that is usual of it. */
  public static boolean isFloat64(String digits) {
    double value = Double.parseDouble(digits);
    return Double.isFinite(value) && isNamed(digits, value);
  }

  /** The same of a float32, which is often spelled as the float64 that equals it. */
  public static boolean isFloat32(String digits) {
    double asDouble = Double.parseDouble(digits);
    float value = (float) asDouble;
    boolean isNamed =
        asDouble == value && isNamed(digits, asDouble)
            || isFew(digits) && Double.parseDouble(Float.toString(value)) == asDouble;
    if (!isNamed) {
      value = Float.parseFloat(digits);
      BigDecimal named = new BigDecimal(digits);
      isNamed =
          Float.isFinite(value)
              && (named.compareTo(new BigDecimal(Float.toString(value))) == 0
                  || isNear(named, value, 9)
                  || named.compareTo(shortest(value)) == 0);
    }
    return isNamed && Float.isFinite(value);
  }

  /** No two decimals of so few digits are read as the same float64. */
  private static boolean isFew(String digits) {
    return digits.length() <= 15 && digits.indexOf('e') < 0 && digits.indexOf('E') < 0;
  }

  private static boolean isNamed(String digits, double value) {
    if (isFew(digits) || digits.equals(Double.toString(value))) {
      return true;
    }
    BigDecimal named = new BigDecimal(digits);
    return isNear(named, value, 17)
        || named.compareTo(shortest(value)) == 0
        // A store of JSON may spell 4.9E-324, as Java has it, without an exponent.
        || named.compareTo(new BigDecimal(Double.toString(value))) == 0;
  }

  private static BigDecimal shortest(double value) {
    return shortest(
        new BigDecimal(value), Double.toString(value), each -> each.doubleValue() == value);
  }

  private static BigDecimal shortest(float value) {
    return shortest(
        new BigDecimal(value), Float.toString(value), each -> each.floatValue() == value);
  }

  private static boolean isNear(BigDecimal digits, double value, int precision) {
    BigDecimal exact = new BigDecimal(value);
    return digits.compareTo(exact) == 0
        || digits.compareTo(exact.round(new MathContext(precision, RoundingMode.HALF_EVEN))) == 0;
  }

  /** Whether a decimal is read as the float. */
  private interface Reading {
    boolean gives(BigDecimal digits);
  }

  /**
   * @param some digits that are read as the float, perhaps too many
   */
  private static BigDecimal shortest(BigDecimal exact, String some, Reading reading) {
    BigDecimal found = new BigDecimal(some).stripTrailingZeros();
    int precision = found.precision();
    @Nullable BigDecimal shorter = found;
    while (shorter != null) {
      found = shorter;
      precision--;
      shorter = precision < 1 ? null : nearest(exact, precision, reading);
    }
    BigDecimal best = nearest(exact, found.precision(), reading);
    return best == null ? found : best;
  }

  /** The nearest decimal of so many digits that is read as the float, null if none is. */
  private static @Nullable BigDecimal nearest(BigDecimal exact, int precision, Reading reading) {
    BigDecimal near = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
    if (reading.gives(near)) {
      return near.stripTrailingZeros();
    }
    BigDecimal down = exact.round(new MathContext(precision, RoundingMode.DOWN));
    BigDecimal up = exact.round(new MathContext(precision, RoundingMode.UP));
    BigDecimal far = near.compareTo(down) == 0 ? up : down;
    return reading.gives(far) ? far.stripTrailingZeros() : null;
  }

  private static String spelled(BigDecimal value) {
    String digits = value.unscaledValue().abs().toString();
    int exponent = digits.length() - value.scale() - 1;
    StringBuilder text = new StringBuilder(value.signum() < 0 ? "-" : "");
    if (exponent >= -4 && exponent < 16) {
      String plain = value.abs().toPlainString();
      return text.append(plain).append(plain.indexOf('.') < 0 ? ".0" : "").toString();
    }
    text.append(digits.charAt(0));
    if (digits.length() > 1) {
      text.append('.').append(digits, 1, digits.length());
    }
    return text.append(exponent < 0 ? "e-" : "e+")
        .append(Math.abs(exponent) < 10 ? "0" : "")
        .append(Math.abs(exponent))
        .toString();
  }
}
