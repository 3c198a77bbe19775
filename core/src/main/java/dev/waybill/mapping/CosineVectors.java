package dev.waybill.mapping;

import dev.waybill.model.CosineForm;
import dev.waybill.model.RecordBatch;

/** Vectors as a store answers them that keeps them by their direction and length. */
final class CosineVectors {
  private CosineVectors() {}

  /** The vector at {@code at} as it can be answered. */
  static void nearest(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    float[] vector = in.float32VectorAt(at);
    for (float each : vector) {
      if (!Float.isFinite(each)) {
        throw new ValueRefusal(
            ValueLoss.NOT_FINITE_IN_VECTOR, "has an element that is not a number or infinite");
      }
    }
    float[] nearest = CosineForm.nearest(vector);
    for (float each : nearest) {
      if (!Float.isFinite(each)) {
        throw new ValueRefusal(ValueLoss.OUT_OF_RANGE, "is too long for the cosine space");
      }
    }
    out.putVector(nearest);
  }
}
