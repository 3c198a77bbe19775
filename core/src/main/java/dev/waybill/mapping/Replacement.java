package dev.waybill.mapping;

import dev.waybill.mapping.Mapping.Way;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import org.jspecify.annotations.Nullable;

/** The nearest value that goes in place of one that cannot, as {@link ValueLoss} says. */
final class Replacement {
  private Replacement() {}

  /**
   * The value in whose place it stands, in the source's kind.
   *
   * @return a batch with this one value, null where there is none
   */
  static @Nullable RecordBatch of(ValueLoss loss, Way way, RecordBatch in, int at) {
    return null;
  }

  /** The value that means nothing in a field that cannot be null. */
  static void putZero(LogicalType type, RecordBatch out) {
    switch (type.kind()) {
      case BOOLEAN -> out.putBoolean(false);
      case INT64 -> out.putInt64(0);
      case DECIMAL -> out.putDecimal("0");
      case FLOAT32 -> out.putFloat32(0);
      case FLOAT64 -> out.putFloat64(0);
      case TEXT -> out.putText("");
      case BYTES -> out.putBytes(new byte[0]);
      case UUID -> out.putUuid(0, 0);
      case DATE -> out.putDate(0);
      case TIME -> out.putTime(0, RecordBatch.NO_OFFSET);
      case TIMESTAMP -> out.putTimestamp(0, 0);
      case INSTANT -> out.putInstant(0, 0, 0);
      case INTERVAL -> out.putInterval(0, 0, 0);
      case JSON -> out.putJson(new byte[] {'n', 'u', 'l', 'l'});
      case VECTOR -> out.putVector(new float[type.size()]);
      case LIST -> out.putList(new RecordBatch(1));
      case POINT -> out.putPoint(0, 0, 0);
      case NULL, ABSENT, DYNAMIC -> out.putText("");
    }
  }
}
