package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.InternalException;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A read point of a store whose collections are seen as what they were. */
final class RestoringSnapshot implements Snapshot {
  private final Snapshot snapshot;
  private final Map<String, Remembered> restored;

  RestoringSnapshot(Snapshot snapshot, Map<String, Remembered> restored) {
    this.snapshot = snapshot;
    this.restored = restored;
  }

  /** Of a collection without key one chunk, since its records take their values in turns. */
  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    Remembered entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.chunks(collection, records);
    }
    return isKeyed(entry)
        ? snapshot.chunks(entry.way().get(0).stored(), records)
        : List.of(new Chunk(collection.name(), 0, "", ""));
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    Remembered entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.read(collection, chunk);
    }
    return new Reader(
        entry.way(),
        collection,
        isKeyed(entry)
            ? List.of(chunk)
            : snapshot.chunks(entry.way().get(0).stored(), Long.MAX_VALUE));
  }

  private static boolean isKeyed(Remembered entry) {
    return entry.way().stream().allMatch(each -> each.pairing().targetKey().length > 0);
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    Remembered entry = restored.get(collection.name());
    if (entry == null) {
      return snapshot.lookup(collection, keys);
    }
    throw new InternalException(
        "Records of " + collection.name() + " cannot be looked up through a sidecar.", null);
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    return restored.containsKey(collection.name())
        ? Optional.empty()
        : snapshot.search(collection, index);
  }

  @Override
  public long count(Collection collection) {
    Remembered entry = restored.get(collection.name());
    return snapshot.count(entry == null ? collection : entry.way().get(0).stored());
  }

  @Override
  public boolean hasMoved() {
    return snapshot.hasMoved();
  }

  @Override
  public void close() {
    snapshot.close();
  }

  /** Reads stored records and gives them back as they were, copy by copy. */
  private final class Reader implements RecordReader {
    private final Collection stored;
    private final List<Chunk> chunks;
    private final List<Undoing> way = new ArrayList<>();
    private final RecordBatch records;
    private int nextChunk;
    private @Nullable RecordReader reader;

    Reader(List<Restored> stages, Collection asked, List<Chunk> chunks) {
      this.stored = stages.get(0).stored();
      this.chunks = chunks;
      this.records = new RecordBatch(stored.writtenFields().size());
      for (int i = 0; i < stages.size(); i++) {
        boolean isLast = i == stages.size() - 1;
        Collection before = isLast ? asked : stages.get(i + 1).stored();
        way.add(new Undoing(stages.get(i), snapshot, before.writtenNames()));
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      while (true) {
        if (reader == null) {
          if (nextChunk == chunks.size()) {
            return false;
          }
          reader = snapshot.read(stored, chunks.get(nextChunk++));
        }
        records.clear();
        if (reader.read(records, maxRecords - into.records(), maxBytes)) {
          RecordBatch undone = records;
          for (Undoing each : way) {
            undone = each.undone(undone);
          }
          for (int record = 0; record < undone.records(); record++) {
            into.putRecord(undone, record);
          }
          return true;
        }
        reader.close();
        reader = null;
      }
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }
}
