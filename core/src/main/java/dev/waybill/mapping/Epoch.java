package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.Decimals;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Moments as numbers of a unit since 1970-01-01T00:00:00Z. Nothing is rounded and nothing wraps: a
 * number is taken only if the moment gives this very number back, and the other way round.
 */
final class Epoch {
  private static final int NANOS = 1_000_000_000;
  private static final long FIRST = LocalDateTime.MIN.toEpochSecond(ZoneOffset.UTC);
  private static final long LAST = LocalDateTime.MAX.toEpochSecond(ZoneOffset.UTC);
  private static final BigDecimal UNITS = BigDecimal.valueOf(NANOS);

  private final long perSecond;
  private final int nanosOfUnit;
  private final Kind moment;

  /** The steps in which the moment's type counts, in nanoseconds. */
  private final int step;

  private Epoch(long perSecond, LogicalType moment) {
    this.perSecond = perSecond;
    this.nanosOfUnit = (int) (NANOS / perSecond);
    this.moment = moment.kind();
    int steps = 1;
    for (int digit = moment.scale(); digit < 9; digit++) {
      steps *= 10;
    }
    this.step = steps;
  }

  /**
   * The conversion between a number and a moment, whichever way round.
   *
   * @return null if the types are others
   */
  static @Nullable Conversion conversion(long perSecond, LogicalType from, LogicalType to) {
    boolean isForward = isMoment(to);
    LogicalType moment = isForward ? to : from;
    LogicalType number = isForward ? from : to;
    if (!isMoment(moment)) {
      return null;
    }
    Epoch epoch = new Epoch(perSecond, moment);
    Transformation there =
        switch (number.kind()) {
          case INT64 -> epoch::fromInt64;
          case FLOAT64 -> epoch::fromFloat64;
          case DECIMAL -> epoch::fromDecimal;
          default -> null;
        };
    Transformation back =
        switch (number.kind()) {
          case INT64 -> epoch::toInt64;
          case FLOAT64 -> epoch::toFloat64;
          case DECIMAL -> epoch::toDecimal;
          default -> null;
        };
    if (there == null || back == null) {
      return null;
    }
    return isForward
        ? Conversion.exact(from, there, to, back)
        : Conversion.exact(from, back, to, there);
  }

  /**
   * The number of a moment that the target's type keeps, next to one that is finer, for {@link
   * Replacement}.
   */
  static boolean putCoarser(Way way, RecordBatch in, int at, RecordBatch out) {
    if (!way.as().startsWith("epoch") || !isMoment(way.to())) {
      return false;
    }
    Epoch epoch = new Epoch(NamedWays.unit(Call.parse(way.as())), way.to());
    long coarse = Math.max(1, epoch.step / epoch.nanosOfUnit);
    if (in.kindAt(at) == Kind.INT64) {
      out.putInt64(Math.floorDiv(in.int64At(at), coarse) * coarse);
      return true;
    }
    if (in.kindAt(at) != Kind.FLOAT64) {
      return false;
    }
    double value = in.float64At(at);
    double whole = Math.floor(value);
    long nanos = (long) ((value - whole) * epoch.nanosOfUnit) / epoch.step * epoch.step;
    long units = Math.floorDiv((long) whole, coarse) * coarse;
    out.putFloat64(epoch.float64(units, (int) nanos));
    return true;
  }

  private static boolean isMoment(LogicalType type) {
    return type.kind() == Kind.INSTANT || type.kind() == Kind.TIMESTAMP;
  }

  private void put(long seconds, int nanos, RecordBatch out) throws ValueRefusal {
    if (seconds < FIRST || seconds > LAST) {
      throw outOfRange();
    }
    if (moment == Kind.INSTANT) {
      out.putInstant(seconds, nanos, RecordBatch.NO_OFFSET);
    } else {
      out.putTimestamp(seconds, nanos);
    }
  }

  private static ValueRefusal outOfRange() {
    return new ValueRefusal(ValueLoss.OUT_OF_RANGE, "is a moment that is too far away");
  }

  private static void requireFinite(RecordBatch in, int at) throws ValueRefusal {
    if (Temporals.isInfinite(in.secondsAt(at))) {
      throw outOfRange();
    }
  }

  private void fromInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    long value = in.int64At(at);
    put(Math.floorDiv(value, perSecond), (int) Math.floorMod(value, perSecond) * nanosOfUnit, out);
  }

  private void toInt64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    requireFinite(in, at);
    int nanos = in.nanosAt(at);
    if (nanos % nanosOfUnit != 0) {
      throw tooFine();
    }
    out.putInt64(units(in.secondsAt(at), nanos / nanosOfUnit));
  }

  private static ValueRefusal tooFine() {
    return new ValueRefusal(ValueLoss.TOO_FINE, "is a moment between two of the unit");
  }

  private long units(long seconds, int more) throws ValueRefusal {
    try {
      // The very first moments are in range although their second is not.
      return seconds < 0
          ? Math.addExact(Math.multiplyExact(seconds + 1, perSecond), more - perSecond)
          : Math.addExact(Math.multiplyExact(seconds, perSecond), more);
    } catch (ArithmeticException overflow) {
      throw outOfRange();
    }
  }

  /** The moment in the type's own steps that is nearest, if it gives the number back. */
  private void fromFloat64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    double value = in.float64At(at);
    double whole = Math.floor(value);
    if (!(Math.abs(whole) < 0x1p62)) {
      throw outOfRange();
    }
    // Exact: both lie so near to each other that no bit is lost.
    double part = value - whole;
    long nanos = Math.round(part * nanosOfUnit);
    nanos = step > nanosOfUnit ? nanos : (nanos + step / 2) / step * step;
    long units = (long) whole + nanos / nanosOfUnit;
    int rest = (int) (nanos % nanosOfUnit);
    long seconds = Math.floorDiv(units, perSecond);
    int ofSecond = (int) Math.floorMod(units, perSecond) * nanosOfUnit + rest;
    if (Double.doubleToRawLongBits(float64(units, rest)) != Double.doubleToRawLongBits(value)) {
      throw step > 1
          ? new ValueRefusal(ValueLoss.TOO_FINE, "is a moment finer than the type keeps")
          : new ValueRefusal(ValueLoss.NOT_EXACT, "is a moment finer than nanoseconds");
    }
    put(seconds, ofSecond, out);
  }

  private double float64(long units, int rest) {
    return units + rest / (double) nanosOfUnit;
  }

  private void toFloat64(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    requireFinite(in, at);
    int nanos = in.nanosAt(at);
    long units = units(in.secondsAt(at), nanos / nanosOfUnit);
    RecordBatch number = new RecordBatch(1);
    number.putFloat64(float64(units, nanos % nanosOfUnit));
    RecordBatch back = new RecordBatch(1);
    fromFloat64(number, number.at(0, 0), back);
    if (back.secondsAt(back.at(0, 0)) != in.secondsAt(at) || back.nanosAt(back.at(0, 0)) != nanos) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "is a moment that a float64 cannot tell from the next");
    }
    out.putValue(number, 0);
  }

  private void fromDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    String text = in.textAt(at);
    if (text.equals("NaN") || text.endsWith("Infinity")) {
      throw outOfRange();
    }
    BigDecimal value = Decimals.of(text);
    if (value == null || value.precision() - (long) value.scale() > 30) {
      throw outOfRange();
    }
    BigDecimal nanos = value.multiply(UNITS).divide(BigDecimal.valueOf(perSecond));
    if (nanos.signum() != 0 && nanos.stripTrailingZeros().scale() > 0) {
      throw new ValueRefusal(ValueLoss.NOT_EXACT, "is a moment finer than nanoseconds");
    }
    BigInteger[] parts = nanos.toBigInteger().divideAndRemainder(BigInteger.valueOf(NANOS));
    boolean isBefore = parts[1].signum() < 0;
    BigInteger seconds = isBefore ? parts[0].subtract(BigInteger.ONE) : parts[0];
    if (seconds.bitLength() > 62) {
      throw outOfRange();
    }
    put(seconds.longValue(), parts[1].intValue() + (isBefore ? NANOS : 0), out);
  }

  private void toDecimal(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    requireFinite(in, at);
    BigDecimal value =
        BigDecimal.valueOf(in.secondsAt(at))
            .add(BigDecimal.valueOf(in.nanosAt(at), 9))
            .multiply(BigDecimal.valueOf(perSecond));
    out.putDecimal(value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString());
  }
}
