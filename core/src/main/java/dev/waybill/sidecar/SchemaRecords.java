package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import org.jspecify.annotations.Nullable;

/** Reads {@link Sidecar#SCHEMA}: what is there, well-formed or not. */
final class SchemaRecords {
  private SchemaRecords() {}

  /** Takes one record; what is no text is null. */
  interface Consumer {
    void accept(String collection, @Nullable String dialects, @Nullable String definitions);
  }

  /**
   * Reads all records.
   *
   * @param schema with the fields that it has as a sidecar's ({@link Sidecar#known})
   */
  static void read(Snapshot snapshot, Collection schema, Consumer consumer) {
    RecordBatch records = new RecordBatch(schema.writtenFields().size());
    for (Chunk chunk : snapshot.chunks(schema, 1_000)) {
      try (RecordReader reader = snapshot.read(schema, chunk)) {
        while (reader.read(records, 100, 4 << 20)) {
          for (int record = 0; record < records.records(); record++) {
            String collection = text(records, record, 0);
            if (collection != null) {
              consumer.accept(collection, text(records, record, 1), text(records, record, 2));
            }
          }
          records.clear();
        }
      }
    }
  }

  private static @Nullable String text(RecordBatch records, int record, int field) {
    int at = records.at(record, field);
    return records.kindAt(at) == Kind.TEXT ? records.textAt(at) : null;
  }
}
