package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Copies of all tables where there are transactions, else the tables themselves. */
final class MemorySnapshot implements Snapshot {
  private final MemoryDatabase database;
  private final Map<String, MemoryTable> tables;
  private final long version;

  MemorySnapshot(MemoryDatabase database) {
    this.database = database;
    this.version = database.version();
    if (database.isTransactional()) {
      tables = new LinkedHashMap<>();
      database.tables().forEach((name, table) -> tables.put(name, table.copy()));
    } else {
      tables = database.tables();
    }
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    synchronized (database) {
      List<Chunk> chunks = new ArrayList<>();
      String from = "";
      long count = 0;
      for (Long row : database.table(tables, collection.name()).rows().keySet()) {
        if (count == Math.max(1, records)) {
          chunks.add(new Chunk(collection.name(), chunks.size(), from, row.toString()));
          from = row.toString();
          count = 0;
        }
        count++;
      }
      chunks.add(new Chunk(collection.name(), chunks.size(), from, ""));
      return chunks;
    }
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    synchronized (database) {
      MemoryTable table = database.table(tables, collection.name());
      NavigableMap<Long, RecordBatch> rows = table.rows();
      if (!chunk.from().isEmpty()) {
        rows = rows.tailMap(Long.valueOf(chunk.from()), true);
      }
      if (!chunk.to().isEmpty()) {
        rows = rows.headMap(Long.valueOf(chunk.to()), false);
      }
      return new Rows(database, rows, positions(table, collection));
    }
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    synchronized (database) {
      MemoryTable table = database.table(tables, collection.name());
      CanonicalForm canonical = new CanonicalForm();
      TreeMap<Long, RecordBatch> found = new TreeMap<>();
      for (int key = 0; key < keys.records(); key++) {
        Long row = table.rowOf(canonical.digest(keys, key));
        RecordBatch record = row == null ? null : table.rows().get(row);
        if (row != null && record != null) {
          found.put(row, record);
        }
      }
      return new Rows(database, found, positions(table, collection));
    }
  }

  @Override
  public List<ReferringCollection> referring(Collection collection) {
    synchronized (database) {
      MemoryTable to = database.table(tables, collection.name());
      List<ReferringCollection> all = new ArrayList<>();
      for (MemoryTable from : tables.values()) {
        if (from.collection().foreignKeys().stream()
            .anyMatch(key -> key.targetCollection().equals(collection.name()))) {
          all.add(new MemoryReferring(database, collection, to, from));
        }
      }
      return all;
    }
  }

  private int[] positions(MemoryTable table, Collection collection) {
    int[] positions = table.positions(collection.writtenNames());
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] < 0) {
        throw new StoreException(
            "NO_SUCH_FIELD",
            "The collection \""
                + collection.name()
                + "\" of memory:"
                + database.name()
                + " has no field \""
                + collection.writtenNames().get(i)
                + "\".",
            "plan again",
            false,
            null);
      }
    }
    return positions;
  }

  @Override
  public long count(Collection collection) {
    synchronized (database) {
      return database.table(tables, collection.name()).rows().size();
    }
  }

  @Override
  public boolean hasMoved() {
    synchronized (database) {
      return !database.isTransactional() && database.version() != version;
    }
  }

  @Override
  public void close() {}

  /** Goes on behind the last row it read, whatever was written meanwhile. */
  private static final class Rows implements RecordReader {
    private final MemoryDatabase database;
    private final NavigableMap<Long, RecordBatch> rows;
    private final int[] positions;
    private long last = Long.MIN_VALUE;

    Rows(MemoryDatabase database, NavigableMap<Long, RecordBatch> rows, int[] positions) {
      this.database = database;
      this.rows = rows;
      this.positions = positions;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      synchronized (database) {
        boolean appended = false;
        while (!appended || into.records() < maxRecords && into.size() < maxBytes) {
          Map.Entry<Long, RecordBatch> next = rows.higherEntry(last);
          if (next == null) {
            break;
          }
          next.getValue().project(0, positions, into);
          last = next.getKey();
          appended = true;
        }
        return appended;
      }
    }

    @Override
    public void close() {}
  }
}
