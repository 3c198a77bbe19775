package dev.waybill.verify;

import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;

/** The target's records that have the keys of source records. */
public final class TargetRecords {
  private TargetRecords() {}

  /**
   * Looks up the target's records of a batch of source records.
   *
   * @return records as the target holds them, in any order
   */
  public static RecordBatch lookup(Snapshot target, Pairing pairing, RecordBatch source) {
    RecordBatch mapped = pairing.mapping().forward(source).records();
    RecordBatch keys = new RecordBatch(pairing.targetKey().length);
    for (int record = 0; record < mapped.records(); record++) {
      mapped.project(record, pairing.targetKey(), keys);
    }
    RecordBatch held = new RecordBatch(pairing.mapping().width());
    if (keys.isEmpty()) {
      return held;
    }
    try (RecordReader reader = target.lookup(pairing.target(), keys)) {
      boolean hasMore = true;
      while (hasMore) {
        hasMore = reader.read(held, Integer.MAX_VALUE, Integer.MAX_VALUE);
      }
    }
    return held;
  }
}
