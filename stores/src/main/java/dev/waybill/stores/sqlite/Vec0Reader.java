package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a vec0 table chunk by chunk, or by key. */
final class Vec0Reader implements RecordReader {
  private final Reading reading;
  private final Connected connection;
  private final Collection collection;
  private final Vec0Records records;
  private final Places places;
  private boolean isClosed;

  /** Gives one place after the other, its chunk being loaded. */
  private interface Places {
    /** The next one, −1 if there is none. */
    int next() throws SQLException;

    void close() throws SQLException;
  }

  private Vec0Reader(
      Reading reading,
      Connected connection,
      Collection collection,
      Vec0Records records,
      Places places) {
    this.reading = reading;
    this.connection = connection;
    this.collection = collection;
    this.records = records;
    this.places = places;
  }

  private static Vec0Records records(Connected connection, Vec0 table, Collection collection)
      throws SQLException {
    List<Vec0.Column> all = table.all();
    List<Vec0.Column> wanted = new ArrayList<>();
    for (String name : collection.writtenNames()) {
      wanted.add(
          all.stream()
              .filter(each -> each.name().equals(name))
              .findFirst()
              .orElseThrow(() -> SqliteErrors.noField(connection.file(), collection, name)));
    }
    return new Vec0Records(connection, table, wanted, TextForm.of(connection));
  }

  /**
   * The records of a chunk.
   *
   * @param connection to be given back to {@code reading} at the end
   */
  static Vec0Reader of(
      Reading reading, Connected connection, Vec0 table, Collection collection, Chunk chunk)
      throws SQLException {
    Vec0Records records = records(connection, table, collection);
    return new Vec0Reader(
        reading, connection, collection, records, new Range(connection, table, records, chunk));
  }

  /** The records that have one of the keys. */
  static Vec0Reader lookup(
      Reading reading, Connected connection, Vec0 table, Collection collection, RecordBatch keys)
      throws SQLException {
    Vec0Records records = records(connection, table, collection);
    return new Vec0Reader(
        reading, connection, collection, records, new Keys(connection, table, records, keys));
  }

  /** The bounds of chunks of about so many records: numbers of sqlite-vec's own chunks. */
  static List<String> bounds(Connected connection, Vec0 table, long records) throws SQLException {
    Long size = connection.number("SELECT max(size) FROM " + table.beside("chunks"));
    List<String> bounds = new ArrayList<>();
    if (size == null || size < 1) {
      return bounds;
    }
    long together = Math.max(1, records / size);
    String all = "SELECT chunk_id FROM " + table.beside("chunks") + " ORDER BY chunk_id";
    String next = " LIMIT 1 OFFSET ";
    Long bound = connection.number(all + next + together);
    while (bound != null) {
      bounds.add(bound.toString());
      bound =
          connection.number(
              all.replace(" ORDER", " WHERE chunk_id >= " + bound + " ORDER") + next + together);
    }
    return bounds;
  }

  private static final class Range implements Places {
    private final Connected connection;
    private final String chunks;
    private final Vec0Records records;
    private final String to;
    private long chunkId;
    private int place;
    private boolean isBegun;

    Range(Connected connection, Vec0 table, Vec0Records records, Chunk chunk) {
      this.connection = connection;
      this.records = records;
      this.chunks = "SELECT min(chunk_id) FROM " + table.beside("chunks") + " WHERE chunk_id ";
      this.to = chunk.to();
      this.chunkId = chunk.from().isEmpty() ? Long.MIN_VALUE : Long.parseLong(chunk.from());
    }

    @Override
    public int next() throws SQLException {
      while (true) {
        if (isBegun) {
          while (place < records.size()) {
            if (records.isFilled(place++)) {
              return place - 1;
            }
          }
        }
        String end = to.isEmpty() ? "" : " AND chunk_id < " + Long.parseLong(to);
        Long found = connection.number(chunks + (isBegun ? "> " : ">= ") + chunkId + end);
        if (found == null) {
          return -1;
        }
        chunkId = found;
        place = 0;
        isBegun = records.load(chunkId);
      }
    }

    @Override
    public void close() {}
  }

  private static final class Keys implements Places {
    private final Vec0Records records;
    private final RecordBatch keys;
    private final Statements byId;
    private final boolean isText;
    private final RecordBatch found = new RecordBatch(1);
    private final Set<ByteBuffer> asked = new HashSet<>();
    private int next;

    Keys(Connected connection, Vec0 table, Vec0Records records, RecordBatch keys)
        throws SQLException {
      this.records = records;
      this.keys = keys;
      this.isText = table.key().type() == Vec0.Type.TEXT;
      this.byId =
          new Statements(
              connection,
              TextForm.of(connection),
              1,
              spelling ->
                  "SELECT rowid FROM "
                      + table.beside("rowids")
                      + " WHERE id = "
                      + spelling.parameter(0));
    }

    @Override
    public int next() throws SQLException {
      while (next < keys.records()) {
        int key = next++;
        if (!asked.add(ByteBuffer.wrap(keys.recordBytes(key)))) {
          continue;
        }
        Long rowid = rowid(key);
        long[] place = rowid == null ? null : records.place(rowid);
        if (place != null && records.load(place[0])) {
          return (int) place[1];
        }
      }
      return -1;
    }

    @Override
    public void close() throws SQLException {
      byId.close();
    }

    private @Nullable Long rowid(int key) throws SQLException {
      int at = keys.at(key, 0);
      if (!isText) {
        return keys.kindAt(at) == Kind.INT64 ? keys.int64At(at) : null;
      }
      Rows rows = keys.kindAt(at) == Kind.TEXT ? byId.bound(keys, key, new int[] {0}, 1) : null;
      if (rows == null) {
        return null;
      }
      found.clear();
      rows.begin();
      boolean isThere = rows.append(found, 1, Integer.MAX_VALUE);
      rows.end();
      return isThere ? Long.valueOf(found.int64At(found.at(0, 0))) : null;
    }
  }

  @Override
  public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
    int before = into.records();
    try {
      while (into.records() == before || into.records() < maxRecords && into.size() < maxBytes) {
        int place = places.next();
        if (place < 0) {
          break;
        }
        records.append(place, into);
      }
      return into.records() > before;
    } catch (StoreException damaged) {
      into.dropPartialRecord();
      throw damaged;
    } catch (SQLException failure) {
      into.dropPartialRecord();
      throw SqliteErrors.isTooLarge(failure)
          ? RecordLimit.refused(collection.name(), ", or what sqlite-vec keeps together,", -1)
          : SqliteErrors.store(connection.file(), "read \"" + collection.name() + "\" in", failure);
    }
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    try {
      places.close();
      records.close();
    } catch (SQLException failure) {
      throw SqliteErrors.store(connection.file(), "finish reading", failure);
    } finally {
      reading.release(connection);
    }
  }
}
