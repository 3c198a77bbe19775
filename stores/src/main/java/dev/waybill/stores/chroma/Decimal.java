package dev.waybill.stores.chroma;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Doubles as Chroma's server takes them. It writes each to its queue as the shortest decimal and
 * reads that with a parser (serde_json) that takes the digits as one number, rounds that to a
 * double, and multiplies or divides it by a power of ten, which rounds once more: of doubles of
 * seventeen digits one in ten comes out as its neighbour, however it was spelled.
 */
final class Decimal {
  private static final int MOST_DIGITS = 17;
  private static final int SAFE_DIGITS = 15;
  private static final int SAFE_POWER = 22;
  private static final double SAFE_SIZE = 1e15;
  private static final int PLAIN_DIGITS = 16;
  private static final int LARGEST_POWER = 308;
  private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64);
  private static final double[] POWERS = new double[LARGEST_POWER + 1];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private Decimal() {}

  /** The shortest spelling of a finite double, which no parser takes for a whole number. */
  static BigDecimal of(double value) {
    BigDecimal spelled = shortest(value);
    return spelled.scale() == 0 ? spelled.setScale(1) : spelled;
  }

  /** Java's own is not always the shortest. */
  private static BigDecimal shortest(double value) {
    BigDecimal own = new BigDecimal(Double.toString(value));
    if (own.precision() <= SAFE_DIGITS) {
      return own;
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = SAFE_DIGITS; digits < MOST_DIGITS; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return rounded;
      }
    }
    BigDecimal rounded = exact.round(new MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN));
    return rounded.doubleValue() == value ? rounded : own;
  }

  /** What the server keeps of a finite double; itself, mostly. */
  static double taken(double value) {
    BigDecimal spelled = shortest(Math.abs(value));
    int exponent = -spelled.scale();
    BigInteger digits = spelled.unscaledValue();
    boolean isSafe =
        spelled.precision() <= SAFE_DIGITS
            && Math.abs(exponent) <= SAFE_POWER
            && Math.abs(value) < SAFE_SIZE;
    if (exponent >= 0 && spelled.precision() + exponent <= PLAIN_DIGITS) {
      // Written in full, with a zero behind the point, which is one more digit.
      digits = digits.multiply(BigInteger.TEN.pow(exponent + 1));
      exponent = -1;
    }
    if (isSafe || digits.compareTo(LARGEST) >= 0) {
      return value;
    }
    double read = digits.doubleValue();
    while (exponent < -LARGEST_POWER) {
      read /= POWERS[LARGEST_POWER];
      exponent += LARGEST_POWER;
    }
    read =
        exponent >= 0 ? read * POWERS[Math.min(exponent, LARGEST_POWER)] : read / POWERS[-exponent];
    return value < 0 ? -read : read;
  }
}
