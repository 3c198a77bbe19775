package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A read point of a database. Chunks are ranges of the rowid; in a table WITHOUT ROWID ranges of
 * its key, in hexadecimal as {@link RecordBatch#recordBytes}; a table where every name of the rowid
 * is taken by a column is one chunk.
 */
final class SqliteSnapshot implements Snapshot {
  private final Reading reading;
  private final Map<String, Table> tables = new ConcurrentHashMap<>();

  SqliteSnapshot(Reading reading) {
    this.reading = reading;
  }

  private Path file() {
    return reading.file();
  }

  /** Something done with one of the connections. */
  private interface Use<T> {
    T with(Connected connection) throws SQLException;
  }

  private <T> T use(Use<T> use) {
    try {
      Connected connection = taken();
      try {
        return use.with(connection);
      } finally {
        reading.release(connection);
      }
    } catch (SQLException failure) {
      throw SqliteErrors.store(file(), "read", failure);
    }
  }

  private Table table(Connected connection, Collection collection) throws SQLException {
    Table known = tables.get(collection.name());
    if (known == null) {
      known = find(connection, collection.name());
      tables.put(collection.name(), known);
    }
    for (String name : collection.writtenNames()) {
      if (known.column(name) == null) {
        throw SqliteErrors.noField(file(), collection, name);
      }
    }
    return known;
  }

  private Table find(Connected connection, String name) throws SQLException {
    return Table.of(connection, name)
        .orElseThrow(
            () ->
                new StoreException(
                    "COLLECTION_MISSING",
                    "There is no table \"" + name + "\" in " + file() + ".",
                    "see what there is: waybill inspect sqlite:" + file(),
                    false,
                    null));
  }

  @Override
  public long count(Collection collection) {
    return use(
        connection -> {
          Vec0 vectors = Vec0.find(connection, collection.name()).orElse(null);
          return vectors != null
              ? vectors.count(connection)
              : CatalogReader.count(connection, table(connection, collection));
        });
  }

  @Override
  public boolean hasMoved() {
    return reading.hasMoved();
  }

  @Override
  public void close() {
    reading.close();
  }

  // --- chunks

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    return use(
        connection -> {
          List<String> bounds = bounds(connection, collection, Math.max(1, records));
          List<Chunk> chunks = new ArrayList<>();
          String from = "";
          for (String bound : bounds) {
            chunks.add(new Chunk(collection.name(), chunks.size(), from, bound));
            from = bound;
          }
          chunks.add(new Chunk(collection.name(), chunks.size(), from, ""));
          return chunks;
        });
  }

  /** Where the second and further chunks begin. */
  private List<String> bounds(Connected connection, Collection collection, long records)
      throws SQLException {
    Vec0 vectors = Vec0.find(connection, collection.name()).orElse(null);
    if (vectors != null) {
      return Vec0Reader.bounds(connection, vectors, records);
    }
    Table table = table(connection, collection);
    String rowid = table.rowid();
    if (rowid != null) {
      return rowidBounds(connection, table, rowid, records);
    }
    return !table.hasRowid() && table.kind().equals("table")
        ? keyBounds(connection, table, records)
        : List.of();
  }

  private List<String> rowidBounds(Connected connection, Table table, String rowid, long records)
      throws SQLException {
    String of = " FROM " + Sql.quoted(table.name());
    List<String> bounds = new ArrayList<>();
    Long first = connection.number("SELECT min(" + rowid + ")" + of);
    Long last = connection.number("SELECT max(" + rowid + ")" + of);
    if (first == null || last == null) {
      return bounds;
    }
    long span = last - first + 1;
    if (span > 0 && span <= records) {
      return bounds;
    }
    long count = CatalogReader.count(connection, table);
    if (count <= records) {
      return bounds;
    }
    if (span > 0 && span - count <= count / 8) {
      // So few gaps that equal strides give equal chunks.
      long chunks = (count + records - 1) / records;
      long stride = (span + chunks - 1) / chunks;
      for (long bound = first + stride; bound > first && bound <= last; bound += stride) {
        bounds.add(Long.toString(bound));
      }
      return bounds;
    }
    try (PreparedStatement next =
        connection.prepare(
            "SELECT " + rowid + of + " WHERE " + rowid + " >= ? ORDER BY 1 LIMIT 1 OFFSET ?")) {
      long from = first;
      while (true) {
        next.setLong(1, from);
        next.setLong(2, records);
        try (ResultSet rows = next.executeQuery()) {
          if (!rows.next()) {
            return bounds;
          }
          from = rows.getLong(1);
        }
        bounds.add(Long.toString(from));
      }
    }
  }

  private List<String> keyBounds(Connected connection, Table table, long records)
      throws SQLException {
    List<String> bounds = new ArrayList<>();
    if (CatalogReader.count(connection, table) <= records) {
      return bounds;
    }
    List<String> key = table.key().stream().map(Table.Column::name).toList();
    int[] fields = firstFields(key.size());
    TextForm text = TextForm.of(connection);
    String all = "SELECT " + Sql.quoted(key) + " FROM " + Sql.quoted(table.name());
    String order = " ORDER BY " + Sql.quoted(key) + " LIMIT 1 OFFSET " + records;
    RecordBatch bound = new RecordBatch(key.size());
    try (Rows first = new Rows(connection.prepare(all + order), key.size(), text);
        Statements next =
            new Statements(
                connection,
                text,
                key.size(),
                spelling -> all + " WHERE " + comparison(key, ">=", spelling, 0) + order)) {
      first.begin();
      Rows rows = first;
      while (rows.append(bound, 1, Integer.MAX_VALUE)) {
        bounds.add(HexFormat.of().formatHex(bound.recordBytes(0)));
        rows.end();
        rows = bind(next, bound, 0, fields, key.size());
        rows.begin();
        bound.clear();
      }
    }
    return bounds;
  }

  private static String comparison(
      List<String> key, String operator, Statements.Spelling spelling, int firstParameter) {
    StringBuilder parameters = new StringBuilder();
    for (int i = 0; i < key.size(); i++) {
      parameters.append(i == 0 ? "" : ", ").append(spelling.parameter(firstParameter + i));
    }
    return "(" + Sql.quoted(key) + ") " + operator + " (" + parameters + ")";
  }

  static int[] firstFields(int count) {
    int[] fields = new int[count];
    for (int i = 0; i < count; i++) {
      fields[i] = i;
    }
    return fields;
  }

  /** Sets parameters that SQLite itself handed out, so that they always fit. */
  private static Rows bind(
      Statements statements, RecordBatch values, int record, int[] fields, int columns)
      throws SQLException {
    Rows rows = statements.bound(values, record, fields, columns);
    if (rows == null) {
      throw new SQLException("a bound of a chunk cannot be a parameter");
    }
    return rows;
  }

  // --- reading

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    Connected connection = take();
    try {
      Vec0 vectors = Vec0.find(connection, collection.name()).orElse(null);
      if (vectors != null) {
        return Vec0Reader.of(reading, connection, vectors, collection, chunk);
      }
      Table table = table(connection, collection);
      TextForm text = TextForm.of(connection);
      int width = collection.writtenFields().size();
      String rowid = table.rowid();
      String all = select(table, collection.writtenNames());
      if (rowid != null || chunk.from().isEmpty() && chunk.to().isEmpty()) {
        return new ChunkReader(
            connection,
            collection,
            chunk,
            byRowid(connection, all, rowid, chunk, width, text),
            () -> {});
      }
      Statements statements = byKey(connection, all, table, chunk, text);
      RecordBatch bounds = new RecordBatch(Math.max(1, table.key().size()));
      int parameters = 0;
      RecordBatch flat = new RecordBatch(Math.max(1, parameters(chunk, table)));
      for (String bound : new String[] {chunk.from(), chunk.to()}) {
        if (!bound.isEmpty()) {
          bounds.clear();
          bounds.putRecord(HexFormat.of().parseHex(bound));
          for (int i = 0; i < bounds.width(); i++) {
            flat.putValue(bounds, bounds.at(0, i));
            parameters++;
          }
        }
      }
      Rows rows = bind(statements, flat, 0, firstFields(parameters), width);
      rows.begin();
      return new ChunkReader(connection, collection, chunk, rows, statements::close);
    } catch (SQLException failure) {
      try {
        throw unread(connection, collection, chunk, failure);
      } finally {
        reading.release(connection);
      }
    } catch (RuntimeException failure) {
      reading.release(connection);
      throw failure;
    }
  }

  private Connected taken() throws SQLException {
    Connected connection = reading.take();
    connection.limitValues();
    return connection;
  }

  private Connected take() {
    try {
      return taken();
    } catch (SQLException failure) {
      throw SqliteErrors.store(file(), "read", failure);
    }
  }

  private WaybillException unread(
      Connected connection, Collection collection, Chunk chunk, SQLException failure) {
    return SqliteErrors.isTooLarge(failure)
        ? RecordLimit.refused(collection.name(), tooLarge(connection, collection, chunk), -1)
        : SqliteErrors.store(file(), "read \"" + collection.name() + "\" in", failure);
  }

  /** Names the first record of a chunk that is too large, if that can be told. */
  private String tooLarge(Connected connection, Collection collection, Chunk chunk) {
    try {
      Table table = table(connection, collection);
      String rowid = table.rowid();
      List<String> key = collection.key();
      if (key.isEmpty() && rowid == null) {
        return "";
      }
      String named = key.isEmpty() ? String.valueOf(rowid) : Sql.quoted(key);
      String length =
          collection.writtenNames().stream()
              .map(name -> "coalesce(octet_length(" + Sql.quoted(name) + "), 0) + 5")
              .collect(Collectors.joining(" + "));
      boolean hasFrom = rowid != null && !chunk.from().isEmpty();
      String sql =
          "SELECT "
              + named
              + " FROM "
              + Sql.quoted(table.name())
              + " WHERE "
              + length
              + " > ?"
              + (hasFrom ? " AND " + rowid + " >= ?" : "")
              + " LIMIT 1";
      int width = Math.max(1, key.size());
      RecordBatch found = new RecordBatch(width);
      try (Rows rows = new Rows(connection.prepare(sql), width, TextForm.of(connection))) {
        rows.statement().setInt(1, RecordLimit.LARGEST);
        if (hasFrom) {
          rows.statement().setLong(2, Long.parseLong(chunk.from()));
        }
        rows.begin();
        if (!rows.append(found, 1, Integer.MAX_VALUE)) {
          return "";
        }
      }
      return " with the "
          + (key.isEmpty() ? "rowid " : "key ")
          + KeyText.of(found, 0, firstFields(width));
    } catch (SQLException failure) {
      // The record is refused either way; its key itself may be what is too large.
      return "";
    }
  }

  /** Column names are qualified: SQLite takes a quoted name that is no column for a string. */
  static String select(Table table, List<String> names) {
    return names.stream()
        .map(name -> "t." + Sql.quoted(name))
        .collect(
            Collectors.joining(", ", "SELECT ", " FROM " + Sql.quoted(table.name()) + " AS t"));
  }

  private static Rows byRowid(
      Connected connection,
      String all,
      @Nullable String rowid,
      Chunk chunk,
      int width,
      TextForm text)
      throws SQLException {
    StringBuilder sql = new StringBuilder(all);
    String and = " WHERE ";
    if (rowid != null) {
      if (!chunk.from().isEmpty()) {
        sql.append(and).append("t.").append(rowid).append(" >= ?");
        and = " AND ";
      }
      if (!chunk.to().isEmpty()) {
        sql.append(and).append("t.").append(rowid).append(" < ?");
      }
      sql.append(" ORDER BY t.").append(rowid);
    }
    PreparedStatement statement = connection.prepare(sql.toString());
    try {
      int parameter = 1;
      for (String bound : new String[] {chunk.from(), chunk.to()}) {
        if (!bound.isEmpty()) {
          statement.setLong(parameter++, Long.parseLong(bound));
        }
      }
      Rows rows = new Rows(statement, width, text);
      rows.begin();
      return rows;
    } catch (SQLException | RuntimeException failure) {
      statement.close();
      throw failure;
    }
  }

  private static int parameters(Chunk chunk, Table table) {
    return table.key().size() * ((chunk.from().isEmpty() ? 0 : 1) + (chunk.to().isEmpty() ? 0 : 1));
  }

  private static Statements byKey(
      Connected connection, String all, Table table, Chunk chunk, TextForm text) {
    List<String> key = table.key().stream().map(Table.Column::name).toList();
    boolean hasFrom = !chunk.from().isEmpty();
    boolean hasTo = !chunk.to().isEmpty();
    return new Statements(
        connection,
        text,
        parameters(chunk, table),
        spelling ->
            all
                + " WHERE "
                + (hasFrom ? comparison(key, ">=", spelling, 0) : "")
                + (hasFrom && hasTo ? " AND " : "")
                + (hasTo ? comparison(key, "<", spelling, hasFrom ? key.size() : 0) : "")
                + " ORDER BY "
                + Sql.quoted(key));
  }

  /** Something to close. */
  private interface Closing {
    void close() throws SQLException;
  }

  private final class ChunkReader implements RecordReader {
    private final Connected connection;
    private final Collection collection;
    private final Chunk chunk;
    private final Rows rows;
    private final Closing also;
    private boolean isClosed;

    ChunkReader(Connected connection, Collection collection, Chunk chunk, Rows rows, Closing also) {
      this.connection = connection;
      this.collection = collection;
      this.chunk = chunk;
      this.rows = rows;
      this.also = also;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      try {
        return rows.append(into, maxRecords, maxBytes);
      } catch (SQLException failure) {
        into.dropPartialRecord();
        throw unread(connection, collection, chunk, failure);
      }
    }

    @Override
    public void close() {
      if (isClosed) {
        return;
      }
      isClosed = true;
      try {
        rows.close();
        also.close();
      } catch (SQLException failure) {
        throw SqliteErrors.store(
            file(), "finish reading \"" + collection.name() + "\" in", failure);
      } finally {
        reading.release(connection);
      }
    }
  }

  @Override
  public List<ReferringCollection> referring(Collection collection) {
    return use(
        connection -> {
          if (Vec0.find(connection, collection.name()).isPresent()) {
            return List.of();
          }
          Map<String, List<Link>> byTable = new LinkedHashMap<>();
          for (Link link : Link.onto(connection, table(connection, collection))) {
            byTable.computeIfAbsent(link.child().name(), child -> new ArrayList<>()).add(link);
          }
          return byTable.values().stream()
              .<ReferringCollection>map(links -> new ReferringTable(reading, collection, links))
              .toList();
        });
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    Connected connection = take();
    try {
      Vec0 vectors = Vec0.find(connection, collection.name()).orElse(null);
      if (vectors != null) {
        return Vec0Reader.lookup(reading, connection, vectors, collection, keys);
      }
      Table table = table(connection, collection);
      return new LookupReader(
          connection,
          collection.name(),
          keys,
          new KeyLookup(connection, TextForm.of(connection), table, collection));
    } catch (SQLException failure) {
      reading.release(connection);
      throw SqliteErrors.store(file(), "read \"" + collection.name() + "\" in", failure);
    } catch (RuntimeException failure) {
      reading.release(connection);
      throw failure;
    }
  }

  private final class LookupReader implements RecordReader {
    private final Connected connection;
    private final RecordBatch keys;
    private final KeyLookup lookup;
    private final int[] fields;
    private final Set<ByteBuffer> asked = new HashSet<>();
    private final String collection;
    private int next;
    private @Nullable Rows found;
    private boolean isClosed;

    LookupReader(Connected connection, String collection, RecordBatch keys, KeyLookup lookup) {
      this.collection = collection;
      this.connection = connection;
      this.keys = keys;
      this.lookup = lookup;
      this.fields = firstFields(keys.width());
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      try {
        while (next < keys.records()
            && (into.records() == before
                || into.records() < maxRecords && into.size() < maxBytes)) {
          Rows rows = found;
          if (rows != null) {
            rows.append(into, maxRecords, maxBytes);
            if (!rows.isOnRow()) {
              rows.end();
              found = null;
              next++;
            }
          } else if (asked.add(ByteBuffer.wrap(keys.recordBytes(next)))) {
            found = lookup.find(keys, next, fields);
            next += found == null ? 1 : 0;
          } else {
            next++;
          }
        }
        return into.records() > before;
      } catch (SQLException failure) {
        into.dropPartialRecord();
        if (SqliteErrors.isTooLarge(failure)) {
          throw RecordLimit.refused(
              collection, " with the key " + KeyText.of(keys, next, fields), -1);
        }
        throw SqliteErrors.store(file(), "look up records in", failure);
      }
    }

    @Override
    public void close() {
      if (isClosed) {
        return;
      }
      isClosed = true;
      try {
        lookup.close();
      } catch (SQLException failure) {
        throw SqliteErrors.store(file(), "finish reading", failure);
      } finally {
        reading.release(connection);
      }
    }
  }
}
