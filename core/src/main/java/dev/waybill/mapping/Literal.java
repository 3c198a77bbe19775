package dev.waybill.mapping;

import dev.waybill.model.Decimals;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/** A value in a filter. Immutable and thread-safe. */
@FunctionalInterface
interface Literal {
  /** The value is of a kind that is neither equal to the literal nor before or after it. */
  int UNLIKE = Integer.MIN_VALUE;

  /** Less than, equal to or greater than 0 as the value stands to the literal; or UNLIKE. */
  int compare(RecordBatch batch, int at);

  static Literal ofBoolean(boolean value) {
    return (batch, at) ->
        batch.kindAt(at) == Kind.BOOLEAN ? Boolean.compare(batch.booleanAt(at), value) : UNLIKE;
  }

  /** Text by code point, which for UTF-8 is the order of its bytes. */
  static Literal ofText(byte[] utf8) {
    byte[] own = Arrays.copyOf(utf8, utf8.length);
    return (batch, at) -> {
      if (batch.kindAt(at) != Kind.TEXT) {
        return UNLIKE;
      }
      int from = batch.payloadAt(at);
      return Integer.signum(
          Arrays.compareUnsigned(
              batch.bytes(), from, from + batch.payloadLengthAt(at), own, 0, own.length));
    };
  }

  /** A uuid, date, time, timestamp or instant: the one value of a batch. */
  static Literal ofValue(RecordBatch value) {
    Kind kind = value.kindAt(0);
    return (batch, at) -> {
      if (batch.kindAt(at) != kind) {
        return UNLIKE;
      }
      return switch (kind) {
        case UUID -> {
          int order = Long.compareUnsigned(batch.uuidHighAt(at), value.uuidHighAt(0));
          yield order != 0 ? order : Long.compareUnsigned(batch.uuidLowAt(at), value.uuidLowAt(0));
        }
        case TIMESTAMP, INSTANT -> {
          int order = Long.compare(batch.secondsAt(at), value.secondsAt(0));
          yield order != 0 ? order : Integer.compare(batch.nanosAt(at), value.nanosAt(0));
        }
        case DATE -> Long.compare(batch.dateAt(at), value.dateAt(0));
        case TIME ->
            batch.timeOffsetAt(at) == value.timeOffsetAt(0)
                ? Long.compare(batch.timeNanosAt(at), value.timeNanosAt(0))
                : UNLIKE;
        default -> throw new IllegalStateException("a literal of kind " + kind);
      };
    };
  }

  /** A number, compared by exact value with every kind of number. */
  static Literal ofNumber(BigDecimal number) {
    return new Exact(number);
  }

  /** A number and what lies next to it in the other kinds. */
  final class Exact implements Literal {
    private final String text;
    private final int beyondLong;
    private final long floor;
    private final boolean isWhole;
    private final double nearest;
    private final int nearestOrder;

    private Exact(BigDecimal number) {
      this.text = number.toString();
      BigDecimal down = number.setScale(0, RoundingMode.FLOOR);
      boolean isLong = down.toBigInteger().bitLength() < Long.SIZE;
      this.beyondLong = isLong ? 0 : number.signum();
      this.floor = isLong ? down.longValueExact() : 0;
      this.isWhole = down.compareTo(number) == 0;
      this.nearest = number.doubleValue();
      this.nearestOrder =
          Double.isInfinite(nearest)
              ? Integer.signum(number.signum())
              : new BigDecimal(nearest).compareTo(number);
    }

    @Override
    public int compare(RecordBatch batch, int at) {
      return switch (batch.kindAt(at)) {
        case INT64 -> integer(batch.int64At(at));
        case FLOAT64 -> real(batch.float64At(at));
        case FLOAT32 -> real(batch.float32At(at));
        case DECIMAL -> decimal(batch.textAt(at));
        default -> UNLIKE;
      };
    }

    private int integer(long value) {
      if (beyondLong != 0) {
        return -beyondLong;
      }
      int order = Long.compare(value, floor);
      return order != 0 || isWhole ? order : -1;
    }

    private int real(double value) {
      if (Double.isNaN(value)) {
        return UNLIKE;
      }
      return value < nearest ? -1 : value > nearest ? 1 : nearestOrder;
    }

    private int decimal(String value) {
      return switch (value) {
        case "NaN" -> UNLIKE;
        case "Infinity" -> 1;
        case "-Infinity" -> -1;
        default -> Decimals.compare(value, text);
      };
    }
  }
}
