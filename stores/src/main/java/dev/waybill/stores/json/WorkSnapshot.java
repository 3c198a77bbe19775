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
import java.io.IOException;
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
    try (Connection connection = connect()) {
      Shelf shelf = shelf(collection);
      if (ShelfReader.isInParts(connection, shelf)) {
        Parts.cut(connection, shelf, size).forEach(start -> starts.add(Long.toString(start)));
      } else {
        cut(connection, shelf, size, starts);
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

  private static void cut(Connection connection, Shelf shelf, long size, List<String> starts)
      throws SQLException {
    try (PreparedStatement next =
        connection.prepareStatement(
            "SELECT id FROM "
                + shelf.table()
                + " WHERE id >= ? AND json IS NOT NULL ORDER BY id LIMIT 1 OFFSET ?")) {
      long at = 0;
      while (true) {
        next.setLong(1, at);
        next.setLong(2, size);
        try (ResultSet row = next.executeQuery()) {
          if (!row.next()) {
            return;
          }
          at = row.getLong(1);
          starts.add(Long.toString(at));
        }
      }
    }
  }

  /** A connection that sees one state, as long as it is open. */
  private Connection connect() throws SQLException {
    Connection connection = Work.connect(file, true);
    connection.setAutoCommit(false);
    return connection;
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
        connection -> ShelfReader.of(connection, work.folder(), shelf(collection), from, to));
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
    return new Reader(
        collection, connection -> new TableReader(connection, shelf(collection), wanted));
  }

  @Override
  public long count(Collection collection) {
    if (!isKept(collection)) {
      return published.count(collection);
    }
    try (Connection connection = connect()) {
      Shelf shelf = shelf(collection);
      return ShelfReader.isInParts(connection, shelf)
          ? Parts.records(connection, shelf)
          : records(connection, shelf);
    } catch (SQLException failure) {
      throw Work.failed(file, failure);
    }
  }

  private static long records(Connection connection, Shelf shelf) throws SQLException {
    try (PreparedStatement count =
            connection.prepareStatement(
                "SELECT count(*) FROM " + shelf.table() + " WHERE json IS NOT NULL");
        ResultSet row = count.executeQuery()) {
      row.next();
      return row.getLong(1);
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

  /** How a reader is made of a connection. */
  private interface Opening {
    ShelfReader of(Connection connection) throws SQLException, IOException;
  }

  /** Reads over a connection of its own. */
  private final class Reader implements RecordReader {
    private final Connection connection;
    private final ShelfReader reader;
    private final RecordText text;

    Reader(Collection collection, Opening opening) {
      this.text = records.text(collection);
      try {
        this.connection = connect();
        this.reader = opened(opening);
      } catch (SQLException failure) {
        throw Work.failed(file, failure);
      } catch (IOException failure) {
        throw JsonErrors.failed(work.folder(), "read", failure);
      }
    }

    private ShelfReader opened(Opening opening) throws SQLException, IOException {
      boolean isOpen = false;
      try {
        ShelfReader opened = opening.of(connection);
        isOpen = true;
        return opened;
      } finally {
        if (!isOpen) {
          connection.close();
        }
      }
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      try {
        while (into.records() < maxRecords
            && (into.records() == before || into.size() < maxBytes)
            && reader.next()) {
          text.decode(reader.json(), into);
        }
      } catch (SQLException failure) {
        throw Work.failed(file, failure);
      } catch (IOException failure) {
        throw JsonErrors.failed(work.folder(), "read", failure);
      }
      return into.records() > before;
    }

    @Override
    public void close() {
      try {
        reader.close();
        connection.close();
      } catch (SQLException | IOException closing) {
        // Nothing was written over it.
      }
    }
  }
}
