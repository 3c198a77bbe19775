package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.stores.json.Work.Shelf;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A target as it will be: collections in the run's work as they stand there, the others as they
 * stand in their files.
 */
final class WorkSnapshot implements Snapshot {
  private final Snapshot published;
  private final Work work;
  private final Path file;
  private final WorkRecords records;
  private final Map<String, Shelf> kept = new TreeMap<>();

  WorkSnapshot(Snapshot published, Work work, WorkRecords records) {
    this.published = published;
    this.work = work;
    this.file = work.file();
    this.records = records;
    for (Shelf each : work.collections()) {
      kept.put(each.collection().name(), each);
    }
  }

  private boolean isKept(Collection collection) {
    Shelf known = kept.get(collection.name());
    if (known != null && !known.isThere()) {
      throw new StoreException(
          "NO_SUCH_COLLECTION",
          "There is no collection \"" + collection.name() + "\" any more.",
          "see what there is",
          false,
          null);
    }
    return known != null;
  }

  private String table(Collection collection) {
    return shelf(collection).table();
  }

  private Shelf shelf(Collection collection) {
    Shelf known = kept.get(collection.name());
    if (known == null) {
      throw new IllegalStateException(collection.name() + " is not in the work");
    }
    return known;
  }

  @Override
  public List<Chunk> chunks(Collection collection, long size) {
    if (!isKept(collection)) {
      return published.chunks(collection, size);
    }
    List<String> starts = new ArrayList<>();
    try (Connection connection = Work.connect(file, true);
        PreparedStatement next =
            connection.prepareStatement(
                "SELECT id FROM "
                    + table(collection)
                    + " WHERE id >= ? AND json IS NOT NULL ORDER BY id LIMIT 1 OFFSET ?")) {
      long at = 0;
      long skip = size;
      while (true) {
        next.setLong(1, at);
        next.setLong(2, skip);
        try (ResultSet row = next.executeQuery()) {
          if (!row.next()) {
            break;
          }
          at = row.getLong(1);
          starts.add(Long.toString(at));
        }
      }
    } catch (SQLException failure) {
      throw Work.failed(file, failure);
    }
    List<Chunk> chunks = new ArrayList<>();
    for (int i = 0; i <= starts.size(); i++) {
      chunks.add(
          new Chunk(
              collection.name(),
              i,
              i == 0 ? "" : starts.get(i - 1),
              i == starts.size() ? "" : starts.get(i)));
    }
    return chunks;
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    if (!isKept(collection)) {
      return published.read(collection, chunk);
    }
    long from = chunk.from().isEmpty() ? 0 : Long.parseLong(chunk.from());
    long to = chunk.to().isEmpty() ? Long.MAX_VALUE : Long.parseLong(chunk.to());
    return new Reader(
        collection,
        "SELECT json FROM "
            + table(collection)
            + " WHERE id >= "
            + from
            + " AND id < "
            + to
            + " AND json IS NOT NULL ORDER BY id");
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    if (!isKept(collection)) {
      return published.lookup(collection, keys);
    }
    work.does(
        () -> {
          records.index(shelf(collection), collection);
        });
    CanonicalForm canonical = new CanonicalForm();
    Set<RecordDigest> wanted = new LinkedHashSet<>();
    for (int i = 0; i < keys.records(); i++) {
      wanted.add(canonical.digest(keys, i));
    }
    StringBuilder sql =
        new StringBuilder("SELECT json FROM " + table(collection) + " WHERE key IN (x''");
    for (RecordDigest each : wanted) {
      sql.append(",x'").append(each).append('\'');
    }
    return new Reader(collection, sql.append(") AND json IS NOT NULL ORDER BY id").toString());
  }

  @Override
  public long count(Collection collection) {
    if (!isKept(collection)) {
      return published.count(collection);
    }
    try (Connection connection = Work.connect(file, true);
        PreparedStatement count =
            connection.prepareStatement(
                "SELECT count(*) FROM " + table(collection) + " WHERE json IS NOT NULL");
        ResultSet row = count.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException failure) {
      throw Work.failed(file, failure);
    }
  }

  @Override
  public boolean hasMoved() {
    return published.hasMoved();
  }

  @Override
  public void close() {
    published.close();
  }

  /** Reads the rows of one query over a connection of its own. */
  private final class Reader implements RecordReader {
    private final Connection connection;
    private final PreparedStatement statement;
    private final ResultSet rows;
    private final RecordText text;

    Reader(Collection collection, String sql) {
      try {
        this.text = records.text(collection);
        this.connection = Work.connect(file, true);
        this.statement = connection.prepareStatement(sql);
        this.rows = statement.executeQuery();
      } catch (SQLException failure) {
        throw Work.failed(file, failure);
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      try {
        while (into.records() < maxRecords
            && (into.records() == before || into.size() < maxBytes)
            && rows.next()) {
          text.decode(rows.getBytes(1), into);
        }
      } catch (SQLException failure) {
        throw Work.failed(file, failure);
      }
      return into.records() > before;
    }

    @Override
    public void close() {
      try {
        rows.close();
        statement.close();
        connection.close();
      } catch (SQLException closing) {
        // Nothing was written over it.
      }
    }
  }
}
