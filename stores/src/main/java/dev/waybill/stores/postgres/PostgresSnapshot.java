package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One exported snapshot. Its own connection keeps it alive; every reader imports it on a connection
 * of its own, which is kept for the next reader.
 */
final class PostgresSnapshot implements Snapshot {
  private static final Pattern SNAPSHOT_ID = Pattern.compile("[0-9A-F-]+");
  private static final int SAMPLED_BLOCKS = 64;

  /** What servers of several versions say of a snapshot whose connection has ended. */
  private static final Set<String> GONE = Set.of("22023", "42704", "55000");

  /**
   * A row that a policy would hide is an error, never left out in silence; unless the user says
   * under which settings rows are to be seen.
   */
  private static final String EVERY_ROW = "SET LOCAL row_security TO off";

  private static final int COUNTED = 10_000;

  private final Location location;
  private final Connection exporter;
  private final String id;
  private final TypeRegistry types;
  private final Deque<Connection> idle = new ArrayDeque<>();
  private final ConcurrentMap<Collection, TableShape> shapes = new ConcurrentHashMap<>();
  private boolean isClosed;

  PostgresSnapshot(Location location) {
    this.location = location;
    this.exporter = location.connect();
    try {
      exporter.setAutoCommit(false);
      try (Statement statement = exporter.createStatement()) {
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        if (location.settings().isEmpty()) {
          statement.execute(EVERY_ROW);
        }
        try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_export_snapshot()")) {
          row.next();
          id = row.getString(1);
        }
      }
      types = TypeRegistry.load(exporter);
    } catch (SQLException failure) {
      StoreException translated = failed(failure, "give a snapshot");
      try {
        exporter.close();
      } catch (SQLException onClose) {
        translated.addSuppressed(onClose);
      }
      throw translated;
    }
    if (!SNAPSHOT_ID.matcher(id).matches()) {
      throw new IllegalStateException("snapshot " + id);
    }
  }

  private StoreException failed(SQLException failure, String doing) {
    return ServerErrors.store(failure, doing, location.toString());
  }

  private Connection take() {
    synchronized (idle) {
      Connection connection = idle.poll();
      if (connection != null) {
        return connection;
      }
    }
    Connection connection = location.connect();
    try {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET max_parallel_workers_per_gather TO 0");
        connection.commit();
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        if (location.settings().isEmpty()) {
          statement.execute(EVERY_ROW);
        }
        statement.execute("SET TRANSACTION SNAPSHOT '" + id + "'");
      }
      return connection;
    } catch (SQLException failure) {
      cut(connection);
      throw GONE.contains(ServerErrors.state(failure))
          ? ServerErrors.lost(failure, location.toString())
          : failed(failure, "let a reader see the snapshot");
    }
  }

  private void giveBack(Connection connection) {
    synchronized (idle) {
      if (!isClosed) {
        idle.push(connection);
        return;
      }
    }
    cut(connection);
  }

  private void cut(Connection connection) {
    try {
      connection.close();
    } catch (SQLException failure) {
      throw failed(failure, "let a connection go");
    }
  }

  private interface Query<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Runs a short query on a reader's connection. */
  private <T> T query(String doing, Query<T> query) {
    Connection connection = take();
    boolean isDone = false;
    try {
      T result = query.run(connection);
      isDone = true;
      return result;
    } catch (SQLException failure) {
      throw failed(failure, doing);
    } finally {
      if (isDone) {
        giveBack(connection);
      } else {
        cut(connection);
      }
    }
  }

  TableShape shape(Collection collection) {
    TableShape known = shapes.get(collection);
    if (known == null) {
      known =
          query(
              "describe \"" + collection.name() + "\"",
              connection -> TableShape.of(connection, types, location.schema(), collection));
      shapes.put(collection, known);
    }
    return known;
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    TableShape shape = shape(collection);
    if (shape.isPartitioned()) {
      return List.of(new Chunk(collection.name(), 0, "", ""));
    }
    long[] size = query("say how large it is", connection -> size(connection, shape));
    long blocks = size[0];
    double perBlock = Math.max(size[1] / 1000.0, 0.001);
    long step = (long) Math.max(1, Math.min(blocks, Math.rint(records / perBlock)));
    List<Chunk> chunks = new ArrayList<>();
    for (long from = 0; from < blocks || chunks.isEmpty(); from += Math.max(1, step)) {
      boolean isLast = from + step >= blocks;
      chunks.add(
          new Chunk(
              collection.name(),
              chunks.size(),
              from == 0 ? "" : Long.toString(from),
              isLast ? "" : Long.toString(from + step)));
      if (isLast) {
        break;
      }
    }
    return List.copyOf(chunks);
  }

  /** Blocks of the table, and a thousand times its records per block. */
  private static long[] size(Connection connection, TableShape shape) throws SQLException {
    long blocks;
    double perBlock;
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT pg_catalog.pg_relation_size(c.oid)
                     / pg_catalog.current_setting('block_size')::bigint,
                   c.reltuples / NULLIF(c.relpages, 0)
            FROM pg_catalog.pg_class c WHERE c.oid = ?
            """)) {
      statement.setLong(1, shape.oid());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        blocks = row.getLong(1);
        perBlock = row.getDouble(2);
      }
    }
    if (perBlock <= 0 && blocks > 0) {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT count(*) FROM "
                      + shape.only()
                      + " WHERE ctid < '("
                      + SAMPLED_BLOCKS
                      + ",0)'::tid")) {
        row.next();
        perBlock = row.getLong(1) / (double) Math.min(SAMPLED_BLOCKS, blocks);
      }
    }
    return new long[] {blocks, (long) (perBlock * 1000)};
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    TableShape shape = shape(collection);
    String range =
        (chunk.from().isEmpty() ? "" : " AND t.ctid >= '(" + block(chunk.from()) + ",0)'::tid")
            + (chunk.to().isEmpty() ? "" : " AND t.ctid < '(" + block(chunk.to()) + ",0)'::tid");
    return copy(
        shape, " FROM " + shape.only() + " t WHERE true" + range + shape.sizeFilter(), null);
  }

  private static long block(String position) {
    return Long.parseLong(position);
  }

  /** True if a table must be read under several scopes. */
  private boolean isScoped(TableShape shape) {
    return shape.hasRowSecurity() && location.settings().scopes().size() > 1;
  }

  private RecordReader copy(TableShape shape, String rows, @Nullable KeySet keys) {
    Connection connection = take();
    boolean isDone = false;
    try {
      if (keys != null) {
        keys.bind(connection);
      }
      String columns = shape.reads("t") + rows;
      RecordReader reader =
          isScoped(shape)
              ? new ScopedReader(
                  connection,
                  this::giveBack,
                  location.toString(),
                  shape,
                  location.settings().scopes(),
                  List.of(on -> "SELECT t.tableoid, t.ctid, " + columns),
                  new SeenRows())
              : new CopyReader(
                  connection,
                  this::giveBack,
                  location.toString(),
                  shape,
                  false,
                  "SELECT " + columns);
      isDone = true;
      return reader;
    } catch (SQLException failure) {
      throw failed(failure, "let \"" + shape.name() + "\" be read");
    } finally {
      if (!isDone) {
        cut(connection);
      }
    }
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    TableShape shape = shape(collection);
    TableShape keyShape =
        shape(
            collection.withFields(
                collection.key().stream()
                    .map(name -> collection.field(name).orElseThrow())
                    .toList()));
    KeySet set = new KeySet(keyShape.columns(), keys);
    return copy(
        shape,
        " FROM "
            + shape.only()
            + " t WHERE EXISTS (SELECT FROM "
            + set.from("k")
            + " WHERE "
            + set.matches("t", "k")
            + ")"
            + shape.sizeFilter(),
        set);
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    TableShape shape = shape(collection);
    Optional<TableShape.Column> column =
        shape.columns().stream()
            .filter(each -> index.columns().get(0).field().equals(each.name()))
            .findFirst();
    if (isScoped(shape) || column.isEmpty() || !index.isPortable()) {
      return Optional.empty();
    }
    Connection connection = take();
    boolean isUsed = false;
    try {
      Optional<NearestSearch> search =
          IndexSearch.open(connection, this::cut, location.toString(), shape, column.get(), index);
      isUsed = search.isPresent();
      return search;
    } catch (SQLException failure) {
      throw failed(failure, "search \"" + collection.name() + "\" by its index");
    } finally {
      if (!isUsed) {
        cut(connection);
      }
    }
  }

  @Override
  public List<ReferringCollection> referring(Collection collection) {
    TableShape shape = shape(collection);
    List<ReferringKey> keys =
        query(
            "tell what refers to \"" + collection.name() + "\"",
            connection -> ReferringKey.onto(connection, shape));
    keys.forEach(key -> key.requireAllSeen(collection.name(), location.settings()));
    Map<String, List<ReferringKey>> byTable = new LinkedHashMap<>();
    for (ReferringKey key : keys) {
      byTable
          .computeIfAbsent(Dialect.quote(key.schema(), key.name()), table -> new ArrayList<>())
          .add(key);
    }
    return byTable.values().stream()
        .<ReferringCollection>map(each -> new ReferringTable(this, location, collection, each))
        .toList();
  }

  /** Reads of one table what several queries give, under each scope where it is guarded. */
  RecordReader read(TableShape shape, boolean isGuarded, List<ScopedReader.Query> queries) {
    Connection connection = take();
    boolean isDone = false;
    try {
      List<Map<String, String>> scopes = location.settings().scopes();
      RecordReader reader =
          new ScopedReader(
              connection,
              this::giveBack,
              location.toString(),
              shape,
              isGuarded ? scopes : scopes.subList(0, 1),
              queries,
              null);
      isDone = true;
      return reader;
    } catch (SQLException failure) {
      throw failed(failure, "let \"" + shape.name() + "\" be read");
    } finally {
      if (!isDone) {
        cut(connection);
      }
    }
  }

  /** What a table is, by the names of its fields. */
  TableShape shape(String schema, String name, List<String> fields) {
    return query(
        "describe \"" + name + "\"",
        connection -> TableShape.of(connection, types, schema, name, fields, List.of()));
  }

  TypeRegistry types() {
    return types;
  }

  @Override
  public long count(Collection collection) {
    TableShape shape = shape(collection);
    if (isScoped(shape)) {
      return countSeen(collection);
    }
    return query(
        "count \"" + collection.name() + "\"",
        connection -> {
          try (Statement statement = connection.createStatement();
              ResultSet row = statement.executeQuery("SELECT count(*) FROM " + shape.only())) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  /** Counts row by row: what several scopes show is one record. */
  private long countSeen(Collection collection) {
    List<Field> one =
        collection.writtenFields().stream()
            .filter(field -> !collection.hasKey() || collection.key().contains(field.name()))
            .limit(1)
            .toList();
    RecordBatch batch = new RecordBatch(1);
    long count = 0;
    TableShape shape = shape(collection.withFields(one));
    try (RecordReader reader = copy(shape, " FROM " + shape.only() + " t", null)) {
      while (reader.read(batch, COUNTED, Integer.MAX_VALUE)) {
        count += batch.records();
        batch.clear();
      }
    }
    return count;
  }

  @Override
  public boolean hasMoved() {
    return false;
  }

  @Override
  public void close() {
    List<Connection> all;
    synchronized (idle) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      all = new ArrayList<>(idle);
      idle.clear();
    }
    all.add(exporter);
    StoreException first = null;
    for (Connection connection : all) {
      try {
        cut(connection);
      } catch (StoreException failure) {
        first = first == null ? failure : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
