package dev.waybill.verify;

import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.function.Consumer;

/** The target's records that have the keys of mapped source records. */
public final class TargetRecords {
  private static final int BATCH_RECORDS = 5_000;
  private static final int BATCH_BYTES = 4 << 20;

  private TargetRecords() {}

  /**
   * Looks up the target's records of a batch.
   *
   * @param mapped records in the target's form
   * @param consumer is given the records as the target holds them, in any order, in batches that
   *     are its own only until it returns
   */
  public static void lookup(
      Snapshot target, Pairing pairing, RecordBatch mapped, Consumer<RecordBatch> consumer) {
    RecordBatch keys = new RecordBatch(pairing.targetKey().length);
    for (int record = 0; record < mapped.records(); record++) {
      mapped.project(record, pairing.targetKey(), keys);
    }
    if (keys.isEmpty()) {
      return;
    }
    RecordBatch held = new RecordBatch(pairing.mapping().width());
    try (RecordReader reader = target.lookup(pairing.target(), keys)) {
      while (reader.read(held, BATCH_RECORDS, BATCH_BYTES)) {
        consumer.accept(held);
        held.clear();
      }
    }
  }
}
