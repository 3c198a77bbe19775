package dev.waybill.stores.postgres;

import dev.waybill.model.RecordBatch;

/**
 * What a table holds under the keys of a batch.
 *
 * @param whole the records with all fields that are read
 * @param written the same with those that the batch writes
 * @param of for each change the position of the record with its key, or −1
 */
record Existing(RecordBatch whole, RecordBatch written, int[] of) {
  static final Existing NONE = new Existing(new RecordBatch(1), new RecordBatch(1), new int[0]);
}
