package dev.waybill.mapping;

import dev.waybill.model.RecordBatch;

/** Makes one field of a record's other form out of none or several fields. Thread-safe. */
@FunctionalInterface
interface Cell {
  /**
   * Appends the field's value of a record.
   *
   * @throws ValueRefusal if the record's values give none from which they come back the same
   */
  void apply(RecordBatch in, int record, RecordBatch out) throws ValueRefusal;
}
