package dev.waybill.model;

import java.util.List;
import java.util.function.Consumer;

/**
 * A value with an identity of its own to hold the canonical form against.
 *
 * @param identity equal exactly if the values are the same; independent of any encoding
 * @param spelling which of several equal spellings this is, for messages
 */
record Value(List<Object> identity, String spelling, Consumer<RecordBatch> appender) {
  void put(RecordBatch into) {
    appender.accept(into);
  }

  @Override
  public String toString() {
    return spelling;
  }
}
