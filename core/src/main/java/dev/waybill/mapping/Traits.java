package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.model.Utf8;
import java.util.Set;

/** Whether a value, or one within it, has a property that the target cannot hold. */
final class Traits {
  private final boolean nul;
  private final boolean utf8;
  private final boolean half;
  private final boolean nan;
  private final boolean infinity;
  private final boolean minusZero;
  private final boolean vectorNotFinite;

  /** Whether a record must have every field. */
  private final boolean absent;

  Traits(Set<Trait> refused) {
    absent = refused.contains(Trait.ABSENT);
    nul = refused.contains(Trait.NUL_IN_TEXT);
    utf8 = refused.contains(Trait.INVALID_UTF8);
    half = refused.contains(Trait.LONE_SURROGATE);
    nan = refused.contains(Trait.NAN);
    infinity = refused.contains(Trait.INFINITY);
    minusZero = refused.contains(Trait.MINUS_ZERO);
    vectorNotFinite = refused.contains(Trait.NOT_FINITE_IN_VECTOR);
  }

  /** True if the value at {@code at} is none, and there must be one. */
  boolean isRefusedAsAbsent(RecordBatch batch, int at) {
    return absent && batch.kindAt(at) == Kind.ABSENT;
  }

  /** Refuses the value at {@code at} if it has one of them. */
  void require(RecordBatch batch, int at) throws ValueRefusal {
    switch (batch.kindAt(at)) {
      case TEXT, JSON -> text(batch, at);
      case FLOAT32 -> number(batch.float32At(at));
      case FLOAT64 -> number(batch.float64At(at));
      case VECTOR -> vector(batch, at);
      case LIST -> {
        int element = batch.firstElement(at);
        for (int i = 0; i < batch.listSizeAt(at); i++) {
          require(batch, element);
          element = batch.next(element);
        }
      }
      default -> {}
    }
  }

  private void text(RecordBatch batch, int at) throws ValueRefusal {
    int from = batch.payloadAt(at);
    int length = batch.payloadLengthAt(at);
    if (!utf8 && !half && !nul || Utf8.isPlainAscii(batch.bytes(), from, length)) {
      return;
    }
    if ((utf8 || half) && !Utf8.isValid(batch.bytes(), from, length)) {
      wrong(Utf8.isWtf8(batch.bytes(), from, length));
    }
    if (nul && Utf8.containsNul(batch.bytes(), from, length)) {
      throw new ValueRefusal(ValueLoss.NUL_IN_TEXT, "is text with a NUL character");
    }
  }

  private void wrong(boolean isHalf) throws ValueRefusal {
    if (isHalf && half) {
      throw new ValueRefusal(ValueLoss.LONE_SURROGATE, "is text with half a surrogate pair");
    }
    if (!isHalf && utf8) {
      throw new ValueRefusal(ValueLoss.INVALID_UTF8, "is text that is not UTF-8");
    }
  }

  private void vector(RecordBatch batch, int at) throws ValueRefusal {
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      double element = batch.vectorNumberAt(at, i);
      if (vectorNotFinite && !Double.isFinite(element)) {
        throw new ValueRefusal(
            ValueLoss.NOT_FINITE_IN_VECTOR, "has an element that is not a number or infinite");
      }
      number(element);
    }
  }

  private void number(double value) throws ValueRefusal {
    if (nan && Double.isNaN(value)) {
      throw new ValueRefusal(ValueLoss.NAN, "is not a number");
    }
    if (infinity && Double.isInfinite(value)) {
      throw new ValueRefusal(ValueLoss.INFINITY, "is infinite");
    }
    if (minusZero && value == 0 && Double.doubleToRawLongBits(value) != 0) {
      throw new ValueRefusal(ValueLoss.MINUS_ZERO, "is negative zero");
    }
  }
}
