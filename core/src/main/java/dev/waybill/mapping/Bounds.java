package dev.waybill.mapping;

import dev.waybill.model.Decimals;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.math.BigDecimal;

/** Whether a value keeps within the bounds of a type of its own kind. */
final class Bounds {
  private Bounds() {}

  /** True if not every value of the type's kind is one of the type. */
  static boolean has(LogicalType type) {
    return switch (type.kind()) {
      case INT64 -> type.size() < 64;
      case TEXT, VECTOR, DECIMAL -> type.size() > 0;
      case TIME, TIMESTAMP, INSTANT, INTERVAL -> type.scale() < 9;
      default -> false;
    };
  }

  static void require(LogicalType type, RecordBatch batch, int at) throws ValueRefusal {
    switch (type.kind()) {
      case INT64 -> {
        long value = batch.int64At(at);
        int unused = 64 - type.size();
        if (value << unused >> unused != value) {
          throw new ValueRefusal(ValueLoss.OUT_OF_RANGE, "is out of the range of " + type);
        }
      }
      case TEXT -> {
        int points = codePoints(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at));
        if (points > type.size()) {
          throw new ValueRefusal(
              ValueLoss.TOO_LONG,
              "is " + points + " characters long, " + type.size() + " are allowed");
        }
      }
      case DECIMAL -> decimal(type, batch.textAt(at));
      case VECTOR -> {
        if (batch.vectorDimensionAt(at) != type.size()) {
          throw new ValueRefusal(
              ValueLoss.WRONG_DIMENSION,
              "has " + batch.vectorDimensionAt(at) + " elements, not " + type.size());
        }
      }
      case TIMESTAMP, INSTANT -> fraction(type, batch.nanosAt(at));
      case TIME -> fraction(type, batch.timeNanosAt(at));
      case INTERVAL -> fraction(type, batch.intervalNanosAt(at));
      default -> throw new IllegalArgumentException(type + " has no bounds");
    }
  }

  private static void decimal(LogicalType type, String text) throws ValueRefusal {
    if (text.equals("NaN")) {
      return;
    }
    if (text.endsWith("Infinity")) {
      throw new ValueRefusal(ValueLoss.OUT_OF_RANGE, "is infinite");
    }
    BigDecimal number = Decimals.of(text);
    if (number == null) {
      throw new ValueRefusal(ValueLoss.OUT_OF_RANGE, "does not fit " + type);
    }
    BigDecimal value = number.stripTrailingZeros();
    boolean isFine = value.scale() <= type.scale();
    boolean fits = (long) value.precision() - value.scale() <= type.size() - type.scale();
    if (value.signum() != 0 && !(isFine && fits)) {
      throw new ValueRefusal(ValueLoss.OUT_OF_RANGE, "does not fit " + type);
    }
  }

  private static void fraction(LogicalType type, long nanos) throws ValueRefusal {
    long unit = 1;
    for (int digit = type.scale(); digit < 9; digit++) {
      unit *= 10;
    }
    if (nanos % unit != 0) {
      throw new ValueRefusal(
          ValueLoss.TOO_FINE, "has more than " + type.scale() + " digits after the second");
    }
  }

  private static int codePoints(byte[] utf8, int from, int length) {
    int points = 0;
    for (int i = from; i < from + length; i++) {
      if ((utf8[i] & 0xC0) != 0x80) {
        points++;
      }
    }
    return points;
  }
}
