package dev.waybill.testkit;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.Utf8;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a value is one of a logical type's. */
final class Fit {
  private Fit() {}

  /** Why the value, neither null nor absent, is none of the type's; null if it is. */
  static @Nullable String problem(LogicalType type, RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    if (type.kind() == Kind.DYNAMIC) {
      return null;
    }
    if (kind != type.kind()) {
      return "it is " + kind + ", not " + type;
    }
    boolean fits =
        switch (kind) {
          case INT64 -> fitsBits(batch.int64At(at), type.size());
          case DECIMAL -> type.size() == 0 || fitsDecimal(batch.textAt(at), type);
          case TEXT -> type.size() == 0 || codePoints(batch, at) <= type.size();
          case VECTOR -> {
            LogicalType element = Objects.requireNonNull(type.element());
            yield batch.vectorElementAt(at) == element.kind()
                && (type.size() == 0 || batch.vectorDimensionAt(at) == type.size());
          }
          case LIST -> fitsList(Objects.requireNonNull(type.element()), batch, at);
          case TIME -> fitsFraction(batch.timeNanosAt(at), type.scale());
          case TIMESTAMP, INSTANT ->
              Temporals.isInfinite(batch.secondsAt(at))
                  || fitsFraction(batch.nanosAt(at), type.scale());
          case INTERVAL -> fitsFraction(batch.intervalNanosAt(at), type.scale());
          case NULL, ABSENT, BOOLEAN, FLOAT32, FLOAT64, BYTES, UUID, DATE, JSON, POINT, DYNAMIC ->
              true;
        };
    return fits ? null : "it is no " + type;
  }

  private static boolean fitsBits(long value, int bits) {
    return switch (bits) {
      case 16 -> value == (short) value;
      case 32 -> value == (int) value;
      default -> true;
    };
  }

  private static boolean fitsDecimal(String text, LogicalType type) {
    try {
      BigDecimal value = new BigDecimal(text);
      if (value.signum() == 0) {
        return true;
      }
      value = value.stripTrailingZeros();
      return value.scale() <= type.scale()
          && (long) value.precision() - value.scale() <= type.size() - type.scale();
    } catch (NumberFormatException notFinite) {
      return false;
    }
  }

  private static int codePoints(RecordBatch batch, int at) {
    int count = 0;
    int end = batch.payloadAt(at) + batch.payloadLengthAt(at);
    for (int i = batch.payloadAt(at); i < end; i++) {
      count += (batch.bytes()[i] & 0xC0) == 0x80 ? 0 : 1;
    }
    return count;
  }

  private static boolean fitsList(LogicalType elementType, RecordBatch batch, int at) {
    int element = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      if (batch.kindAt(element) != Kind.NULL && problem(elementType, batch, element) != null) {
        return false;
      }
      element = batch.next(element);
    }
    return true;
  }

  private static boolean fitsFraction(long nanos, int digits) {
    long unit = 1;
    for (int i = Math.max(0, digits); i < 9; i++) {
      unit *= 10;
    }
    return nanos % unit == 0;
  }

  /** What of the value not every store can hold; of a list, of all its elements. */
  static Set<Trait> traits(RecordBatch batch, int at) {
    EnumSet<Trait> traits = EnumSet.noneOf(Trait.class);
    switch (batch.kindAt(at)) {
      case TEXT -> {
        int from = batch.payloadAt(at);
        int length = batch.payloadLengthAt(at);
        if (Utf8.containsNul(batch.bytes(), from, length)) {
          traits.add(Trait.NUL_IN_TEXT);
        }
        if (!Utf8.isValid(batch.bytes(), from, length)) {
          boolean isHalf = Utf8.isWtf8(batch.bytes(), from, length);
          traits.add(isHalf ? Trait.LONE_SURROGATE : Trait.INVALID_UTF8);
        }
      }
      case FLOAT32 -> number(batch.float32At(at), traits);
      case FLOAT64 -> number(batch.float64At(at), traits);
      case VECTOR -> {
        for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
          if (!Double.isFinite(batch.vectorNumberAt(at, i))) {
            traits.add(Trait.NOT_FINITE_IN_VECTOR);
          }
        }
      }
      case LIST -> {
        int element = batch.firstElement(at);
        for (int i = 0; i < batch.listSizeAt(at); i++) {
          traits.addAll(traits(batch, element));
          element = batch.next(element);
        }
      }
      default -> {}
    }
    return traits;
  }

  private static void number(double value, Set<Trait> traits) {
    if (Double.isNaN(value)) {
      traits.add(Trait.NAN);
    } else if (Double.isInfinite(value)) {
      traits.add(Trait.INFINITY);
    } else if (value == 0 && 1 / value < 0) {
      traits.add(Trait.MINUS_ZERO);
    }
  }
}
