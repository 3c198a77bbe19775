package dev.waybill.sidecar;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.InternalException;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.Originals;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A read point of a store whose collections are seen as what they were. */
final class RestoringSnapshot implements Snapshot {
  private final Snapshot snapshot;
  private final Map<String, Restored> restored;

  RestoringSnapshot(Snapshot snapshot, Map<String, Restored> restored) {
    this.snapshot = snapshot;
    this.restored = restored;
  }

  /** Of a collection without key one chunk, since its records take their values in turns. */
  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    Restored entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.chunks(collection, records);
    }
    return entry.pairing().targetKey().length > 0
        ? snapshot.chunks(entry.stored(), records)
        : List.of(new Chunk(collection.name(), 0, "", ""));
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    Restored entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.read(collection, chunk);
    }
    return new Reader(
        entry,
        collection,
        entry.pairing().targetKey().length > 0
            ? List.of(chunk)
            : snapshot.chunks(entry.stored(), Long.MAX_VALUE));
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    Restored entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.lookup(collection, keys);
    }
    throw new InternalException(
        "Records of " + collection.name() + " cannot be looked up through a sidecar.", null);
  }

  @Override
  public long count(Collection collection) {
    Restored entry = restored.get(collection.name());
    return snapshot.count(entry == null ? collection : entry.stored());
  }

  @Override
  public boolean hasMoved() {
    return snapshot.hasMoved();
  }

  @Override
  public void close() {
    snapshot.close();
  }

  /** Reads stored records and gives them back as they were. */
  private final class Reader implements RecordReader {
    private final Restored entry;
    private final List<Chunk> chunks;
    private final int[] positions;
    private final CanonicalForm canonical = new CanonicalForm();
    private final @Nullable Originals originals;
    private final RecordBatch stored;
    private int nextChunk;
    private @Nullable RecordReader reader;

    Reader(Restored entry, Collection asked, List<Chunk> chunks) {
      this.entry = entry;
      this.chunks = chunks;
      this.originals = Originals.of(snapshot, entry.pairing());
      this.stored = new RecordBatch(entry.stored().writtenFields().size());
      this.positions = entry.positions(asked.writtenNames());
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      while (true) {
        if (reader == null) {
          if (nextChunk == chunks.size()) {
            return false;
          }
          reader = snapshot.read(entry.stored(), chunks.get(nextChunk++));
        }
        stored.clear();
        if (reader.read(stored, maxRecords - into.records(), maxBytes)) {
          Mapped inverse = entry.pairing().mapping().inverse(stored);
          for (Refused refused : inverse.refused()) {
            throw notAsTold(refused.field(), refused.reason());
          }
          RecordBatch records =
              originals == null ? inverse.records() : originals.restore(stored, inverse);
          for (int record = 0; record < records.records(); record++) {
            int dropped = entry.dropped(canonical, records, record, positions);
            if (dropped >= 0) {
              throw notAsTold(
                  entry.pairing().mapping().names().get(dropped),
                  "is not what the run wrote there, and the source has no place for it");
            }
            records.project(record, positions, into);
          }
          return true;
        }
        reader.close();
        reader = null;
      }
    }

    private DataException notAsTold(String field, String reason) {
      return new DataException(
          "NOT_AS_TOLD",
          "A record of "
              + entry.stored().name()
              + " cannot be given back as the sidecar tells: field "
              + field
              + " "
              + reason
              + ".",
          "take the records as they are stored: --no-sidecar",
          -1,
          null);
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }
}
