package dev.waybill.backup;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** A read point of records in files: each collection is one chunk, read from its beginning. */
final class FileSnapshot implements Snapshot {
  private static final int BATCH_RECORDS = 2_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Records records;

  /** Where the records are. */
  interface Records {
    /** How many a collection has. */
    long count(String collection);

    /** A reader of all of them, with the written fields of the collection as it is passed in. */
    RecordReader read(Collection asked);

    /** True if they are not what they were when they were opened. */
    boolean hasMoved();
  }

  FileSnapshot(Records records) {
    this.records = records;
  }

  /**
   * Where the fields that are asked for stand in a record.
   *
   * @throws StoreException NO_SUCH_FIELD if one is not there
   */
  static int[] positions(Collection stored, Collection asked) {
    List<String> names = stored.writtenNames();
    int[] positions = asked.writtenNames().stream().mapToInt(names::indexOf).toArray();
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] < 0) {
        throw new StoreException(
            "NO_SUCH_FIELD",
            "The records of "
                + stored.name()
                + " have no field \""
                + asked.writtenNames().get(i)
                + "\".",
            "plan again",
            false,
            null);
      }
    }
    return positions;
  }

  @Override
  public List<Chunk> chunks(Collection collection, long count) {
    return List.of(new Chunk(collection.name(), 0, "", ""));
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    return records.read(collection);
  }

  /** Reads everything: there is no index in a file. */
  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    CanonicalForm canonical = new CanonicalForm();
    Set<RecordDigest> wanted = new HashSet<>();
    for (int key = 0; key < keys.records(); key++) {
      wanted.add(canonical.digest(keys, key));
    }
    int[] key = collection.keyPositions();
    if (IntStream.of(key).anyMatch(position -> position < 0)) {
      throw new IllegalArgumentException("a lookup without the key's fields");
    }
    RecordReader all = records.read(collection);
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    return new RecordReader() {
      private int next;

      @Override
      public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
        boolean isAppended = false;
        while (!isAppended || into.records() < maxRecords && into.size() < maxBytes) {
          if (next == batch.records()) {
            batch.clear();
            next = 0;
            if (!all.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
              return isAppended;
            }
          }
          int record = next++;
          if (wanted.remove(canonical.digest(batch, record, key))) {
            into.putRecord(batch, record);
            isAppended = true;
          }
        }
        return true;
      }

      @Override
      public void close() {
        all.close();
      }
    };
  }

  @Override
  public long count(Collection collection) {
    return records.count(collection.name());
  }

  @Override
  public boolean hasMoved() {
    return records.hasMoved();
  }

  @Override
  public void close() {}
}
