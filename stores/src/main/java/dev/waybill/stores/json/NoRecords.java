package dev.waybill.stores.json;

import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;

/** Reads nothing. */
final class NoRecords implements RecordReader {
  @Override
  public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
    return false;
  }

  @Override
  public void close() {}
}
