package dev.waybill.stores.sqlite;

import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.RunHeader;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The ledger's tables in the target (docs/formats/ledger-sqlite.md). */
final class SqliteLedger implements Ledger {
  static final List<String> TABLES =
      List.of("waybill_run", "waybill_note", "waybill_mark", "waybill_before_image");

  private static final List<String> DEFINITIONS =
      List.of(
          "CREATE TABLE IF NOT EXISTS waybill_run(id TEXT PRIMARY KEY, started_at TEXT NOT NULL,"
              + " plan_digest TEXT NOT NULL, tool TEXT NOT NULL, format INTEGER NOT NULL)",
          "CREATE TABLE IF NOT EXISTS waybill_note(seq INTEGER PRIMARY KEY, run TEXT NOT NULL,"
              + " what TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL)",
          "CREATE TABLE IF NOT EXISTS waybill_mark(run TEXT NOT NULL, collection TEXT NOT NULL,"
              + " is_undo INTEGER NOT NULL, chunk INTEGER NOT NULL, batch INTEGER NOT NULL,"
              + " part INTEGER NOT NULL, inserted INTEGER NOT NULL, updated INTEGER NOT NULL,"
              + " unchanged INTEGER NOT NULL, skipped INTEGER NOT NULL, deleted INTEGER NOT NULL,"
              + " sum TEXT NOT NULL, skipped_sum TEXT NOT NULL, content TEXT NOT NULL,"
              + " marked_at TEXT NOT NULL,"
              + " PRIMARY KEY(run, collection, is_undo, chunk, batch, part))"
              + " WITHOUT ROWID",
          "CREATE TABLE IF NOT EXISTS waybill_before_image(seq INTEGER PRIMARY KEY,"
              + " run TEXT NOT NULL, collection TEXT NOT NULL, chunk INTEGER NOT NULL,"
              + " change TEXT NOT NULL, record BLOB NOT NULL, written TEXT NOT NULL)",
          "CREATE INDEX IF NOT EXISTS waybill_before_image_of"
              + " ON waybill_before_image(run, collection)");

  private static final int FORMAT = 2;
  private static final long MOST_BYTES = 16L << 20;

  // Notes of the adapter's own, which nobody else needs to see.
  static final String FOREIGN_KEYS_BEFORE = "FOREIGN_KEYS_BEFORE";
  static final String WRITTEN_FIELD = "WRITTEN_FIELD";
  static final String REFERRED_BEFORE = "REFERRED_BEFORE";

  private final SqliteSession session;
  private final String run;

  SqliteLedger(SqliteSession session, String run) {
    this.session = session;
    this.run = run;
  }

  /** True if the tables of these names are a ledger, and not somebody's own. */
  static boolean isThere(Connected connection) throws SQLException {
    return connection.number(
            "SELECT 1 FROM pragma_table_info('waybill_run') WHERE name = 'plan_digest'")
        != null;
  }

  /**
   * Makes the tables and the run's row; inside the caller's transaction.
   *
   * @return true if the ledger did not know the run
   */
  static boolean begin(Connected connection, RunHeader run) throws SQLException {
    if (!isThere(connection)) {
      for (String table : TABLES) {
        if (connection.number("SELECT 1 FROM sqlite_schema WHERE name = ?", table) != null) {
          throw new StoreException(
              "LEDGER_NAME_TAKEN",
              "The target has a table \"" + table + "\" of its own, which Waybill's ledger needs.",
              "rename that table, or choose another target",
              false,
              null);
        }
      }
    }
    for (String definition : DEFINITIONS) {
      connection.run(definition);
    }
    Long other =
        connection.number("SELECT format FROM waybill_run WHERE format <> " + FORMAT + " LIMIT 1");
    if (other != null) {
      throw new StoreException(
          "LEDGER_FORMAT",
          "The target has a ledger of format " + other + ", written by another Waybill.",
          "end or forget its runs with that version first: waybill runs",
          false,
          null);
    }
    int entered =
        execute(
            connection,
            "INSERT INTO waybill_run VALUES(?, ?, ?, ?, " + FORMAT + ") ON CONFLICT(id) DO NOTHING",
            run.id(),
            run.startedAt().toString(),
            run.planDigest(),
            run.tool());
    return entered > 0;
  }

  static int execute(Connected connection, String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepare(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    }
  }

  // --- inside the caller's transaction

  void note(Connected connection, String what, String name, String detail) throws SQLException {
    execute(
        connection,
        "INSERT INTO waybill_note(run, what, name, detail) VALUES(?, ?, ?, ?)",
        run,
        what,
        name,
        detail);
  }

  /** The detail of the newest note of a kind about a name, or null. */
  @Nullable String detail(Connected connection, String what, String name) throws SQLException {
    List<String> found =
        connection.texts(
            "SELECT detail FROM waybill_note WHERE run = ? AND what = ? AND name = ?"
                + " ORDER BY seq DESC LIMIT 1",
            run,
            what,
            name);
    return found.isEmpty() ? null : found.get(0);
  }

  /** The details of all notes of a kind about a name, oldest first. */
  List<String> details(Connected connection, String what, String name) throws SQLException {
    return connection.texts(
        "SELECT detail FROM waybill_note WHERE run = ? AND what = ? AND name = ? ORDER BY seq",
        run,
        what,
        name);
  }

  /** The indexes that the run made on a table. */
  List<String> indexes(Connected connection, String table) throws SQLException {
    return connection.texts(
        "SELECT name FROM waybill_note WHERE run = ?1 AND what = ?2"
            + " AND substr(detail, 1, length(?3)) = ?3",
        run,
        Note.What.OBJECT_CREATED.name(),
        table + ".");
  }

  boolean isUndoBegun(Connected connection, String collection) throws SQLException {
    return connection.number(
            "SELECT 1 FROM waybill_mark WHERE run = ? AND collection = ? AND is_undo = 1 LIMIT 1",
            run,
            collection)
        != null;
  }

  /** Makes {@link #findImage} fast; only an undo needs it, so that loading does not pay for it. */
  void indexImages(Connected connection) throws SQLException {
    connection.run(
        "CREATE INDEX IF NOT EXISTS waybill_before_image_written"
            + " ON waybill_before_image(run, collection, written)");
  }

  /** Looks for records of a collection as the run wrote them. */
  PreparedStatement findImage(Connected connection, String collection) throws SQLException {
    PreparedStatement statement =
        connection.prepare(
            "SELECT 1 FROM waybill_before_image WHERE run = ?1 AND collection = ?2"
                + " AND written = ?3 AND (?4 = '' OR seq < (SELECT max(seq)"
                + " FROM waybill_before_image"
                + " WHERE run = ?1 AND collection = ?2 AND written = ?4)) LIMIT 1");
    statement.setString(1, run);
    statement.setString(2, collection);
    return statement;
  }

  /**
   * True if the run wrote a record with this digest.
   *
   * @param before the digest of a record that must have been written later, or ""
   */
  static boolean isImage(PreparedStatement statement, String written, String before)
      throws SQLException {
    statement.setString(3, written);
    statement.setString(4, before);
    try (ResultSet rows = statement.executeQuery()) {
      return rows.next();
    }
  }

  void removeNote(Connected connection, String what, String name) throws SQLException {
    execute(
        connection,
        "DELETE FROM waybill_note WHERE run = ? AND what = ? AND name = ?",
        run,
        what,
        name);
  }

  /** Writes many before-images. */
  PreparedStatement images(Connected connection, Mark mark) throws SQLException {
    PreparedStatement statement =
        connection.prepare(
            "INSERT INTO waybill_before_image(run, collection, chunk, change, record, written)"
                + " VALUES(?, ?, ?, ?, ?, ?)");
    statement.setString(1, run);
    statement.setString(2, mark.collection());
    statement.setInt(3, mark.chunk());
    return statement;
  }

  static void image(PreparedStatement statement, BeforeImage image) throws SQLException {
    statement.setString(4, image.change().name());
    statement.setBytes(5, image.record());
    statement.setString(6, image.written());
    statement.executeUpdate();
  }

  void mark(Connected connection, MarkedBatch batch) throws SQLException {
    Mark mark = batch.mark();
    Outcome outcome = batch.outcome();
    execute(
        connection,
        "INSERT OR REPLACE INTO waybill_mark"
            + " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            + " strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
        run,
        mark.collection(),
        mark.isUndo() ? 1 : 0,
        mark.chunk(),
        mark.batch(),
        mark.part(),
        outcome.inserted(),
        outcome.updated(),
        outcome.unchanged(),
        outcome.skipped(),
        outcome.deleted(),
        outcome.sum().toString(),
        outcome.skippedSum().toString(),
        batch.content().toString());
  }

  // --- each a transaction of its own

  @Override
  public List<Note> notes() {
    return session.use(
        connection -> {
          List<Note> notes = new ArrayList<>();
          try (PreparedStatement statement =
              connection.prepare(
                  "SELECT what, name, detail FROM waybill_note"
                      + " WHERE run = ? AND what NOT IN (?, ?, ?) ORDER BY seq")) {
            statement.setString(1, run);
            statement.setString(2, FOREIGN_KEYS_BEFORE);
            statement.setString(3, WRITTEN_FIELD);
            statement.setString(4, REFERRED_BEFORE);
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                notes.add(
                    new Note(
                        Note.What.valueOf(rows.getString(1)),
                        rows.getString(2),
                        rows.getString(3)));
              }
            }
          }
          return notes;
        });
  }

  @Override
  public void note(Note note) {
    session.perform(
        connection -> {
          note(connection, note.what().name(), note.name(), note.detail());
        });
  }

  @Override
  public List<MarkedBatch> marks() {
    return marks("");
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return marks(
            " AND collection = ? AND is_undo = ? AND chunk = ? AND batch = ? AND part = ?",
            mark.collection(),
            mark.isUndo() ? 1 : 0,
            mark.chunk(),
            mark.batch(),
            mark.part())
        .stream()
        .findFirst();
  }

  private List<MarkedBatch> marks(String where, Object... parameters) {
    return session.use(
        connection -> {
          List<MarkedBatch> marks = new ArrayList<>();
          try (PreparedStatement statement =
              connection.prepare(
                  "SELECT collection, chunk, batch, part, is_undo, inserted, updated, unchanged,"
                      + " skipped, deleted, sum, skipped_sum, content, marked_at"
                      + " FROM waybill_mark WHERE run = ?"
                      + where)) {
            statement.setString(1, run);
            for (int i = 0; i < parameters.length; i++) {
              statement.setObject(i + 2, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                marks.add(
                    new MarkedBatch(
                        new Mark(
                            rows.getString(1),
                            rows.getInt(2),
                            rows.getInt(3),
                            rows.getInt(4),
                            rows.getBoolean(5)),
                        new Outcome(
                            rows.getLong(6),
                            rows.getLong(7),
                            rows.getLong(8),
                            rows.getLong(9),
                            rows.getLong(10),
                            RecordDigest.parse(rows.getString(11)),
                            RecordDigest.parse(rows.getString(12))),
                        RecordDigest.parse(rows.getString(13)),
                        Instant.parse(rows.getString(14))));
              }
            }
          }
          return marks;
        });
  }

  @Override
  public void keep(Mark mark, List<BeforeImage> images) {
    session.perform(
        connection -> {
          try (PreparedStatement statement = images(connection, mark)) {
            for (BeforeImage image : images) {
              image(statement, image);
            }
          }
        });
  }

  @Override
  public void mark(MarkedBatch batch) {
    session.perform(
        connection -> {
          mark(connection, batch);
        });
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return new Newest(collection, "", 0);
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return new Newest(collection, " AND chunk = ?5", chunk);
  }

  @Override
  public void unmark(String collection, int chunk) {
    session.perform(
        connection -> {
          for (String table : List.of("waybill_mark", "waybill_before_image")) {
            execute(
                connection,
                "DELETE FROM " + table + " WHERE run = ? AND collection = ? AND chunk = ?",
                run,
                collection,
                chunk);
          }
        });
  }

  /** Asks anew for each part, so that undoing may write meanwhile. */
  private final class Newest implements BeforeImages {
    private final String collection;
    private final String ofChunk;
    private final int chunk;
    private long before = Long.MAX_VALUE;

    Newest(String collection, String ofChunk, int chunk) {
      this.collection = collection;
      this.ofChunk = ofChunk;
      this.chunk = chunk;
    }

    @Override
    public List<BeforeImage> next(int max) {
      return session.use(
          connection -> {
            List<BeforeImage> images = new ArrayList<>();
            try (PreparedStatement statement =
                connection.prepare(
                    "SELECT seq, change, record, written FROM waybill_before_image"
                        + " WHERE run = ?1 AND collection = ?2 AND seq < ?3"
                        + ofChunk
                        + " ORDER BY seq DESC LIMIT ?4")) {
              statement.setString(1, run);
              statement.setString(2, collection);
              statement.setLong(3, before);
              statement.setInt(4, max);
              if (!ofChunk.isEmpty()) {
                statement.setInt(5, chunk);
              }
              try (ResultSet rows = statement.executeQuery()) {
                long bytes = 0;
                while (bytes < MOST_BYTES && rows.next()) {
                  BeforeImage image =
                      new BeforeImage(
                          BeforeImage.Change.valueOf(rows.getString(2)),
                          rows.getBytes(3),
                          rows.getString(4));
                  if (!images.isEmpty() && images.get(0).change() != image.change()) {
                    break;
                  }
                  images.add(image);
                  bytes += image.record().length;
                  before = rows.getLong(1);
                }
              }
            }
            return images;
          });
    }

    @Override
    public void close() {}
  }

  @Override
  public void forget() {
    session.forget();
  }

  /**
   * Removes the run's rows, and the tables if it was the last run; inside the caller's transaction.
   *
   * @return true if the run made the file and nothing else is in it any more
   */
  boolean forget(Connected connection) throws SQLException {
    boolean isMadeByRun = detail(connection, Note.What.STORE_CREATED.name(), "") != null;
    execute(connection, "DELETE FROM waybill_run WHERE id = ?", run);
    execute(connection, "DELETE FROM waybill_note WHERE run = ?", run);
    execute(connection, "DELETE FROM waybill_mark WHERE run = ?", run);
    execute(connection, "DELETE FROM waybill_before_image WHERE run = ?", run);
    Long others = connection.number("SELECT count(*) FROM waybill_run");
    if (others == null || others > 0) {
      return false;
    }
    for (String table : TABLES) {
      connection.run("DROP TABLE " + Sql.quoted(table));
    }
    Long left =
        connection.number(
            "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
    return isMadeByRun && left != null && left == 0;
  }
}
