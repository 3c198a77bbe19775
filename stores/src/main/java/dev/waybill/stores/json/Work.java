package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * What the files of a target are to become, and the marks of the batches that are in it. A SQLite
 * file in the run's hidden folder, so that batch and mark are one atom and nothing that grows is in
 * memory (docs/adr/0013, 0021). A shelf is in {@link Parts} as long as it is only appended to, else
 * a table, where records are found by key. Not thread-safe: callers hold this.
 */
final class Work implements AutoCloseable {
  static final String NAME = "work.db";

  /** Records that were there before have the first places, those of a chunk follow one another. */
  private static final int CHUNKS = 1 << 21;

  private static final int PLACES = 41;

  private final Path folder;
  private final Path file;
  private final Connection connection;
  private final Parts parts;
  private final Map<String, Shelf> collections = new HashMap<>();
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private final Map<String, Long> places = new HashMap<>();

  /**
   * A collection that is in the work.
   *
   * @param file the file that it stands in, relative to the target's folder
   * @param isInParts whether its records are in {@link Parts}, not in its table
   */
  record Shelf(long id, Collection collection, String file, Origin origin, boolean isInParts) {
    boolean isThere() {
      return origin == Origin.MADE || origin == Origin.THERE;
    }

    String table() {
      return "r" + id;
    }
  }

  enum Origin {
    /** By the run. */
    MADE,
    /** Before the run. */
    THERE,
    /** No collection, but an empty array, or file, that stays. */
    OPEN,
    GONE
  }

  private Work(Path folder, Connection connection) {
    this.folder = folder;
    this.file = folder.resolve(NAME);
    this.connection = connection;
    this.parts = new Parts(folder, this);
  }

  static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(NAME));
  }

  /** Opens the work of a folder, or begins it. */
  static Work open(Path folder) {
    Path file = folder.resolve(NAME);
    try {
      Work work = new Work(folder, connect(file, false));
      try {
        work.begin();
        return work;
      } catch (SQLException failure) {
        work.close();
        throw failure;
      }
    } catch (SQLException failure) {
      throw failed(file, failure);
    }
  }

  /** Removes the work of a folder, if there is any. */
  static void remove(Path folder) throws IOException {
    for (String end : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(folder.resolve(NAME + end));
    }
    Parts.remove(folder, Set.of());
  }

  static Connection connect(Path file, boolean isReadOnly) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(isReadOnly);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setCacheSize(-32_768);
    config.setTempStore(SQLiteConfig.TempStore.FILE);
    config.setBusyTimeout(60_000);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  private void begin() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS collection(id INTEGER PRIMARY KEY, name TEXT UNIQUE,"
              + " definition BLOB, file TEXT, origin TEXT, parts INTEGER)");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS mark(id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT, chunk INTEGER,"
              + " batch INTEGER, part INTEGER, undo INTEGER, outcome TEXT, content TEXT,"
              + " UNIQUE(collection, chunk, batch, part, undo))");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS record_file(place TEXT, name TEXT, file TEXT,"
              + " PRIMARY KEY(place, name, file)) WITHOUT ROWID");
    }
    Parts.begin(this);
    connection.commit();
    load();
  }

  private void load() throws SQLException {
    collections.clear();
    places.clear();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT id, name, definition, file, origin, parts FROM collection ORDER BY id")) {
      while (rows.next()) {
        Collection described =
            SchemaFile.read(rows.getBytes(3)).getOrDefault(rows.getString(2), none(rows));
        collections.put(
            rows.getString(2),
            new Shelf(
                rows.getLong(1),
                described,
                rows.getString(4),
                Origin.valueOf(rows.getString(5)),
                rows.getBoolean(6)));
      }
    }
  }

  private static Collection none(ResultSet rows) throws SQLException {
    return Collection.of(rows.getString(2), List.of(), List.of());
  }

  // --- one atom

  /** Something that is done wholly or not at all. */
  interface Atom<T> {
    T run() throws SQLException, IOException;
  }

  /** Does it and keeps it; what fails leaves nothing. */
  synchronized <T> T atom(Atom<T> atom) {
    boolean isDone = false;
    try {
      T result = atom.run();
      connection.commit();
      isDone = true;
      return result;
    } catch (SQLException failure) {
      throw failed(file, failure);
    } catch (IOException failure) {
      throw JsonErrors.failed(file, "write", failure);
    } finally {
      if (!isDone) {
        try {
          connection.rollback();
          load();
        } catch (SQLException second) {
          // What failed first is told.
        }
      }
    }
  }

  /** Something that is done wholly or not at all and tells nothing. */
  interface Step {
    void run() throws SQLException, IOException;
  }

  /** The same of what tells nothing. */
  void does(Step step) {
    atom(
        () -> {
          step.run();
          return true;
        });
  }

  // --- facts

  @Nullable String fact(String name) throws SQLException {
    PreparedStatement get = statement("SELECT value FROM fact WHERE name = ?");
    get.setString(1, name);
    try (ResultSet row = get.executeQuery()) {
      return row.next() ? row.getString(1) : null;
    }
  }

  void fact(String name, String value) throws SQLException {
    PreparedStatement put = statement("INSERT OR REPLACE INTO fact VALUES (?, ?)");
    put.setString(1, name);
    put.setString(2, value);
    put.executeUpdate();
  }

  Map<String, String> facts(String prefix) throws SQLException {
    Map<String, String> found = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT name, value FROM fact")) {
      while (rows.next()) {
        if (rows.getString(1).startsWith(prefix)) {
          found.put(rows.getString(1).substring(prefix.length()), rows.getString(2));
        }
      }
    }
    return found;
  }

  // --- files that are a record each

  /** Takes note of the file that a record of a folder stood in. */
  void addRecordFile(String place, String name, String in) throws SQLException {
    PreparedStatement put = statement("INSERT INTO record_file VALUES (?, ?, ?)");
    put.setString(1, place);
    put.setString(2, name);
    put.setString(3, in);
    put.executeUpdate();
  }

  /** The file that a record of this name stood in, if there was one. */
  @Nullable String recordFile(String place, String name) throws SQLException {
    PreparedStatement get =
        statement("SELECT file FROM record_file WHERE place = ? AND name = ? LIMIT 1");
    get.setString(1, place);
    get.setString(2, name);
    try (ResultSet row = get.executeQuery()) {
      return row.next() ? row.getString(1) : null;
    }
  }

  /** All files of a folder that were a record. */
  Set<String> recordFiles(String place) throws SQLException {
    Set<String> files = new HashSet<>();
    PreparedStatement all = statement("SELECT file FROM record_file WHERE place = ?");
    all.setString(1, place);
    try (ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        files.add(rows.getString(1));
      }
    }
    return files;
  }

  // --- collections

  synchronized Optional<Shelf> collection(String name) {
    return Optional.ofNullable(collections.get(name));
  }

  synchronized List<Shelf> collections() {
    List<Shelf> all = new ArrayList<>(collections.values());
    all.sort(java.util.Comparator.comparingLong(Shelf::id));
    return all;
  }

  /** A shelf without records, whatever was on it. */
  Shelf add(Collection collection, String in, Origin origin) throws SQLException {
    Shelf known = collections.get(collection.name());
    long id =
        known == null
            ? collections.values().stream().mapToLong(Shelf::id).max().orElse(0) + 1
            : known.id();
    PreparedStatement put =
        statement("INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?, ?)");
    put.setLong(1, id);
    put.setString(2, collection.name());
    put.setBytes(3, SchemaFile.write(List.of(collection)));
    put.setString(4, in);
    put.setString(5, origin.name());
    put.setBoolean(6, origin == Origin.MADE);
    put.executeUpdate();
    Shelf kept = new Shelf(id, collection, in, origin, origin == Origin.MADE);
    parts.takeOutAll(kept);
    try (Statement statement = connection.createStatement()) {
      if (known != null) {
        statement.execute("DROP TABLE IF EXISTS " + kept.table());
      }
      statement.execute(
          "CREATE TABLE "
              + kept.table()
              + "(id INTEGER PRIMARY KEY, key BLOB, mark INTEGER, json BLOB)");
    }
    collections.put(collection.name(), kept);
    places.keySet().removeIf(each -> each.startsWith(id + "/"));
    return kept;
  }

  /** Takes note of what a collection has become, its records staying as they are. */
  Shelf redefine(Shelf kept, Collection collection) throws SQLException {
    PreparedStatement put = statement("UPDATE collection SET definition = ? WHERE id = ?");
    put.setBytes(1, SchemaFile.write(List.of(collection)));
    put.setLong(2, kept.id());
    put.executeUpdate();
    Shelf now = new Shelf(kept.id(), collection, kept.file(), kept.origin(), kept.isInParts());
    collections.put(collection.name(), now);
    return now;
  }

  /** Brings the records of a shelf into its table, where they are found and changed. */
  Shelf tabled(Shelf kept) throws SQLException, IOException {
    if (!kept.isInParts()) {
      return kept;
    }
    try (ShelfReader all = reader(kept)) {
      while (all.next()) {
        put(kept, all.place(), all.key(), all.mark(), all.json());
      }
    }
    parts.takeOutAll(kept);
    PreparedStatement put = statement("UPDATE collection SET parts = 0 WHERE id = ?");
    put.setLong(1, kept.id());
    put.executeUpdate();
    Shelf now = new Shelf(kept.id(), kept.collection(), kept.file(), kept.origin(), false);
    collections.put(kept.collection().name(), now);
    return now;
  }

  /** Removes what is left of shelves that were in parts; nobody may be reading them. */
  void removeLeftOver() throws IOException {
    Set<Long> inParts = new HashSet<>();
    for (Shelf each : collections()) {
      if (each.isInParts()) {
        inParts.add(each.id());
      }
    }
    Parts.remove(folder, inParts);
  }

  // --- records

  Parts parts() {
    return parts;
  }

  /** Reads a shelf within an atom; others have connections of their own. */
  ShelfReader reader(Shelf kept) throws SQLException, IOException {
    return ShelfReader.of(connection, folder, kept);
  }

  /** Where the first record of a chunk stands. */
  static long firstPlace(int chunk) {
    return Math.min(chunk + 1L, CHUNKS - 1) << PLACES;
  }

  /** The first chunk whose records may stand at a place. */
  static int chunk(long place) {
    return (int) (place >>> PLACES) - 1;
  }

  /** A record that is there. */
  record Found(long id, byte[] json) {}

  /** The first record of a key that is still there. */
  @Nullable Found find(Shelf kept, RecordDigest key) throws SQLException {
    PreparedStatement get =
        statement(
            "SELECT id, json FROM "
                + kept.table()
                + " WHERE key = ? AND json IS NOT NULL"
                + " ORDER BY id LIMIT 1");
    get.setBytes(1, bytes(key));
    try (ResultSet row = get.executeQuery()) {
      return row.next() ? new Found(row.getLong(1), row.getBytes(2)) : null;
    }
  }

  /** The place of a record of this key that was deleted, −1 if there is none. */
  long freed(Shelf kept, RecordDigest key) throws SQLException {
    PreparedStatement get =
        statement(
            "SELECT id FROM "
                + kept.table()
                + " WHERE key = ? AND json IS NULL ORDER BY id LIMIT 1");
    get.setBytes(1, bytes(key));
    try (ResultSet row = get.executeQuery()) {
      return row.next() ? row.getLong(1) : -1;
    }
  }

  /** Makes {@link #find} fast. */
  void index(Shelf kept) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE INDEX IF NOT EXISTS k" + kept.id() + " ON " + kept.table() + "(key)");
    }
  }

  /** Puts a record behind those of its chunk, −1 for those that were there before. */
  void insert(Shelf kept, int chunk, byte @Nullable [] key, long mark, byte[] json)
      throws SQLException {
    long first = firstPlace(chunk);
    String name = kept.id() + "/" + first;
    Long place = places.get(name);
    if (place == null) {
      PreparedStatement last =
          statement("SELECT max(id) FROM " + kept.table() + " WHERE id >= ? AND id < ?");
      last.setLong(1, first);
      last.setLong(2, first + (1L << PLACES));
      try (ResultSet row = last.executeQuery()) {
        row.next();
        long largest = row.getLong(1);
        place = row.wasNull() ? first : largest + 1;
      }
    }
    places.put(name, place + 1);
    put(kept, place, key, mark, json);
  }

  void put(Shelf kept, long id, byte @Nullable [] key, long mark, byte @Nullable [] json)
      throws SQLException {
    PreparedStatement put =
        statement("INSERT OR REPLACE INTO " + kept.table() + " VALUES (?, ?, ?, ?)");
    put.setLong(1, id);
    put.setBytes(2, key);
    put.setLong(3, mark);
    put.setBytes(4, json);
    put.executeUpdate();
  }

  /** Takes out what a batch has put in, as far as it was not written over. */
  void takeOut(Shelf kept, long mark) throws SQLException {
    parts.takeOut(mark);
    PreparedStatement delete = statement("DELETE FROM " + kept.table() + " WHERE mark = ?");
    delete.setLong(1, mark);
    delete.executeUpdate();
  }

  void rekey(Shelf kept, long id, byte[] key) throws SQLException {
    PreparedStatement put = statement("UPDATE " + kept.table() + " SET key = ? WHERE id = ?");
    put.setBytes(1, key);
    put.setLong(2, id);
    put.executeUpdate();
  }

  // --- marks

  /** A batch that is in the work. */
  record Marked(long id, MarkedBatch batch) {}

  @Nullable Marked marked(Mark mark) throws SQLException {
    PreparedStatement get =
        statement(
            "SELECT id, outcome, content FROM mark WHERE collection = ? AND chunk = ? AND batch = ?"
                + " AND part = ? AND undo = ?");
    bind(get, mark);
    try (ResultSet row = get.executeQuery()) {
      return row.next()
          ? new Marked(
              row.getLong(1),
              new MarkedBatch(
                  mark,
                  outcome(row.getString(2)),
                  RecordDigest.parse(row.getString(3)),
                  Instant.EPOCH))
          : null;
    }
  }

  long mark(Mark mark, Outcome outcome, RecordDigest content) throws SQLException {
    PreparedStatement put =
        statement(
            "INSERT OR REPLACE INTO mark(collection, chunk, batch, part, undo, outcome, content)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)");
    bind(put, mark);
    put.setString(6, text(outcome));
    put.setString(7, content.toString());
    put.executeUpdate();
    PreparedStatement last = statement("SELECT last_insert_rowid()");
    try (ResultSet row = last.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  void outcome(long mark, Outcome outcome) throws SQLException {
    PreparedStatement put = statement("UPDATE mark SET outcome = ? WHERE id = ?");
    put.setString(1, text(outcome));
    put.setLong(2, mark);
    put.executeUpdate();
  }

  void unmark(String collection, int chunk) throws SQLException {
    PreparedStatement delete = statement("DELETE FROM mark WHERE collection = ? AND chunk = ?");
    delete.setString(1, collection);
    delete.setInt(2, chunk);
    delete.executeUpdate();
  }

  private static void bind(PreparedStatement statement, Mark mark) throws SQLException {
    statement.setString(1, mark.collection());
    statement.setInt(2, mark.chunk());
    statement.setInt(3, mark.batch());
    statement.setInt(4, mark.part());
    statement.setBoolean(5, mark.isUndo());
  }

  private static String text(Outcome outcome) {
    return outcome.inserted()
        + " "
        + outcome.updated()
        + " "
        + outcome.unchanged()
        + " "
        + outcome.skipped()
        + " "
        + outcome.deleted()
        + " "
        + outcome.sum()
        + " "
        + outcome.skippedSum();
  }

  private static Outcome outcome(String text) {
    String[] parts = text.split(" ", -1);
    return new Outcome(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]),
        Long.parseLong(parts[4]),
        RecordDigest.parse(parts[5]),
        RecordDigest.parse(parts[6]));
  }

  // --- plumbing

  static byte[] bytes(RecordDigest digest) {
    return java.nio.ByteBuffer.allocate(16).putLong(digest.high()).putLong(digest.low()).array();
  }

  /** For queries of other classes; to be closed by them. */
  PreparedStatement query(String sql) throws SQLException {
    return connection.prepareStatement(sql);
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** One that is kept, to be used at once. */
  PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement known = statements.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      statements.put(sql, known);
    }
    return known;
  }

  Path file() {
    return file;
  }

  Path folder() {
    return folder;
  }

  static StoreException failed(Path file, SQLException failure) {
    int code = failure instanceof SQLiteException sqlite ? sqlite.getResultCode().code & 0xFF : -1;
    IOException real = code == SQLiteErrorCode.SQLITE_IOERR.code ? tried(file) : null;
    if (real != null) {
      return JsonErrors.failed(file, "write to", real);
    }
    boolean isFull = code == SQLiteErrorCode.SQLITE_FULL.code;
    return new StoreException(
        isFull ? StoreException.NO_SPACE : "WORK_FAILED",
        "Cannot write to " + file + ", where the run keeps its work: " + failure.getMessage() + ".",
        isFull
            ? JsonErrors.MAKE_ROOM
            : code == SQLiteErrorCode.SQLITE_IOERR.code
                ? "see what the system says of that disk: dmesg | tail"
                : "see its folder's permissions",
        false,
        failure);
  }

  /** What the system says when something is written there: SQLite says an error of I/O only. */
  private static @Nullable IOException tried(Path file) {
    Path trial = file.resolveSibling("trial");
    try {
      Files.write(trial, new byte[1 << 16]);
      Files.delete(trial);
      return null;
    } catch (IOException real) {
      return real;
    }
  }

  @Override
  public synchronized void close() {
    try {
      for (PreparedStatement statement : statements.values()) {
        statement.close();
      }
      connection.rollback();
      connection.close();
    } catch (SQLException closing) {
      // What was committed is there.
    }
  }
}
