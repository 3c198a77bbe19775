package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.journal.RunDirectory;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A source record, found again by reading its collection as a run does, so that its batch is known.
 *
 * @param changes the batch as it would be written now; slices of it are valid
 * @param record its position in the batch's source
 * @param change its position among the changes, −1 if it cannot be mapped
 */
record TracedRecord(int chunk, int batch, Changes changes, int record, int change) {
  private static final String CHUNKS = "chunks.ndjson";

  /** The chunks that a run has read, none where it did not note them. */
  static List<Chunk> chunks(RunDirectory directory, String collection) {
    List<Chunk> chunks = new ArrayList<>();
    directory.forEachLine(
        CHUNKS,
        line -> {
          if (line.path("collection").asText().equals(collection)) {
            chunks.clear();
            for (JsonNode each : line.path("chunks")) {
              chunks.add(
                  new Chunk(
                      each.path("of").asText(collection),
                      chunks.size(),
                      each.path("from").asText(),
                      each.path("to").asText()));
            }
          }
        });
    return chunks;
  }

  /**
   * Looks for the record of a name.
   *
   * @param chunks empty to cut the collection as a new run would
   */
  static @Nullable TracedRecord find(
      Snapshot source, CollectionRun run, int batchRecords, List<Chunk> chunks, String key) {
    Scan scan = new Scan(source, batchRecords);
    for (Chunk chunk : chunks.isEmpty() ? scan.chunks(run) : chunks) {
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
