package dev.waybill.spi;

import dev.waybill.model.RecordBatch;

/** Reads records once, in order. Not thread-safe. */
public interface RecordReader extends AutoCloseable {
  /**
   * Appends records to a batch until one of the limits is reached or passed by one record, or no
   * more are there.
   *
   * @param maxRecords records the batch should hold at most, at least 1
   * @param maxBytes bytes after which no further record is begun
   * @return false if there was no further record and nothing was appended
   * @throws dev.waybill.model.StoreException if the store fails
   * @throws dev.waybill.model.DataException if a record is larger than the store may hand out
   */
  boolean read(RecordBatch into, int maxRecords, int maxBytes);

  @Override
  void close();
}
