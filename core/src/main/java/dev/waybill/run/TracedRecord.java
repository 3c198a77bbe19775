package dev.waybill.run;

import dev.waybill.spi.Chunk;
import dev.waybill.spi.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * A source record, found again by reading its collection as a run does, so that its batch is known.
 *
 * @param changes the batch as it would be written now; slices of it are valid
 * @param record its position in the batch's source
 * @param change its position among the changes, −1 if it cannot be mapped
 */
record TracedRecord(int chunk, int batch, Changes changes, int record, int change) {
  /** Looks for the record of a name in the chunks that a run noted. */
  static @Nullable TracedRecord find(
      Snapshot source, CollectionRun run, int batchRecords, ChunkFile cuts, String key) {
    Scan scan = new Scan(source, cuts, batchRecords);
    for (Chunk chunk : cuts.known(run.step().source())) {
      try (Producer.ChangeReader reader = scan.read(run, chunk)) {
        int batch = 0;
        for (Changes changes = reader.next(); changes != null; changes = reader.next()) {
          for (int record = 0; record < changes.source().records(); record++) {
            if (run.name(changes.source(), record).equals(key)) {
              return new TracedRecord(
                  chunk.ordinal(), batch, changes, record, changeOf(changes, record));
            }
          }
          batch++;
        }
      }
    }
    return null;
  }

  private static int changeOf(Changes changes, int record) {
    for (int change = 0; change < changes.origins().length; change++) {
      if (changes.origins()[change] == record) {
        return change;
      }
    }
    return -1;
  }
}
