package dev.waybill.stores.postgres;

import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.RunHeader;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run's ledger in a schema of its own (docs/formats/ledger-postgresql.md). What belongs to a
 * batch is written over the writer's connection, so that it commits with it; the rest over the
 * session's.
 */
final class PostgresLedger implements Ledger {
  /** The version in {@code run.format}; a reader refuses a newer one. */
  static final int FORMAT = 2;

  static final String MADE_BY_WAYBILL = "Waybill's ledger: what its runs did, for resume and undo.";

  private static final List<String> TABLES = List.of("before_image", "mark", "note", "run");

  private final Location location;
  private final String schema;
  private final String run;
  private Connection connection;

  PostgresLedger(Location location, String run) {
    this.connection = location.connect();
    this.location = location;
    this.schema = location.ledgerSchema();
    this.run = run;
  }

  private String table(String name) {
    return Dialect.quote(schema, name);
  }

  /**
   * The session's connection, a new one if it was lost. Used by one thread at a time, which holds
   * this ledger's monitor.
   */
  Connection connection() throws SQLException {
    if (connection.isClosed()) {
      connection = location.connect();
    }
    return connection;
  }

  void close() {
    synchronized (this) {
      try {
        connection.close();
      } catch (SQLException failure) {
        throw ServerErrors.store(failure, "let a connection go", location.toString());
      }
    }
  }

  private interface Work<T> {
    T run() throws SQLException;
  }

  private interface Step {
    void run() throws SQLException;
  }

  private void change(String doing, Step step) {
    atomically(
        doing,
        () -> {
          step.run();
          return true;
        });
  }

  private <T> T atomically(String doing, Work<T> work) {
    synchronized (this) {
      try {
        boolean isOuter = connection().getAutoCommit();
        connection.setAutoCommit(false);
        boolean isDone = false;
        try {
          T result = work.run();
          if (isOuter) {
            connection.commit();
          }
          isDone = true;
          return result;
        } finally {
          if (isOuter && !connection.isClosed()) {
            if (!isDone) {
              connection.rollback();
            }
            connection.setAutoCommit(true);
          }
        }
      } catch (SQLException failure) {
        throw ServerErrors.store(failure, doing, location.toString());
      }
    }
  }

  /**
   * Makes the ledger if it is missing, and the run's row.
   *
   * @return true if the ledger knew the run already
   */
  boolean begin(RunHeader header) {
    return atomically(
        "keep Waybill's ledger in schema \"" + schema + "\"",
        () -> {
          try (Statement statement = connection.createStatement()) {
            // Two runs may begin at once: "if not exists" alone does not save the second.
            statement.execute("SELECT pg_catalog.pg_advisory_xact_lock(8317206594182)");
          }
          make();
          return enter(header);
        });
  }

  private void make() throws SQLException {
    try (PreparedStatement find =
            connection.prepareStatement(
                "SELECT pg_catalog.to_regnamespace(?) IS NOT NULL,"
                    + " pg_catalog.to_regclass(?) IS NOT NULL");
        Statement statement = connection.createStatement()) {
      find.setString(1, Dialect.quote(schema));
      find.setString(2, table("run"));
      try (ResultSet row = find.executeQuery()) {
        row.next();
        if (row.getBoolean(2)) {
          requireFormat(statement);
          return;
        }
        if (!row.getBoolean(1)) {
          statement.execute("CREATE SCHEMA " + Dialect.quote(schema));
          statement.execute(
              "COMMENT ON SCHEMA "
                  + Dialect.quote(schema)
                  + " IS "
                  + Dialect.literal(MADE_BY_WAYBILL));
        }
      }
      String ofRun = " (run text NOT NULL REFERENCES " + table("run") + " ON DELETE CASCADE,";
      statement.execute(
          "CREATE TABLE "
              + table("run")
              + " (id text PRIMARY KEY, format integer NOT NULL, started_at timestamptz NOT NULL,"
              + " plan_digest text NOT NULL, tool text NOT NULL)");
      statement.execute(
          "CREATE TABLE "
              + table("note")
              + ofRun
              + " ordinal bigint GENERATED ALWAYS AS IDENTITY, what text NOT NULL,"
              + " name text NOT NULL, detail text NOT NULL,"
              + " noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
              + " PRIMARY KEY (run, ordinal))");
      statement.execute(
          "CREATE TABLE "
              + table("mark")
              + ofRun
              + " collection text NOT NULL, chunk integer NOT NULL, batch integer NOT NULL,"
              + " part integer NOT NULL, is_undo boolean NOT NULL, inserted bigint NOT NULL,"
              + " updated bigint NOT NULL, unchanged bigint NOT NULL, skipped bigint NOT NULL,"
              + " deleted bigint NOT NULL, digest_sum text NOT NULL, skipped_sum text NOT NULL,"
              + " content text NOT NULL, marked_at timestamptz NOT NULL,"
              + " PRIMARY KEY (run, collection, chunk, batch, part, is_undo))");
      statement.execute(
          "CREATE TABLE "
              + table("before_image")
              + ofRun
              + " collection text NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY,"
              + " chunk integer NOT NULL, batch integer NOT NULL, part integer NOT NULL,"
              + " change text NOT NULL, images integer NOT NULL, records bytea NOT NULL,"
              + " written bytea NOT NULL, PRIMARY KEY (run, collection, ordinal))");
      // Stored out of line as they are: compressing them would cost more than it saves.
      statement.execute(
          "ALTER TABLE "
              + table("before_image")
              + " ALTER COLUMN records SET STORAGE EXTERNAL,"
              + " ALTER COLUMN written SET STORAGE EXTERNAL");
    }
  }

  /** Rows of another format mean tables of another format, also for other runs. */
  private void requireFormat(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT id FROM " + table("run") + " WHERE format <> " + FORMAT + " LIMIT 1")) {
      if (row.next()) {
        throw new StoreException(
            "LEDGER_FORMAT",
            "The ledger of run "
                + row.getString(1)
                + " in schema \""
                + schema
                + "\" was written by another version of Waybill.",
            "end or forget that run with its version, or keep this run's ledger elsewhere:"
                + " ?ledger-schema=NAME",
            false,
            null);
      }
    }
  }

  private boolean enter(RunHeader header) throws SQLException {
    try (PreparedStatement find =
            connection.prepareStatement("SELECT FROM " + table("run") + " WHERE id = ?");
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO "
                    + table("run")
                    + " (id, format, started_at, plan_digest, tool)"
                    + " VALUES (?, ?, ?::timestamptz, ?, ?)")) {
      find.setString(1, run);
      try (ResultSet row = find.executeQuery()) {
        if (row.next()) {
          return true;
        }
      }
      insert.setString(1, run);
      insert.setInt(2, FORMAT);
      insert.setString(3, header.startedAt().toString());
      insert.setString(4, header.planDigest());
      insert.setString(5, header.tool());
      insert.executeUpdate();
      return false;
    }
  }

  @Override
  public List<Note> notes() {
    return atomically(
        "show the ledger",
        () -> {
          List<Note> notes = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT what, name, detail FROM "
                      + table("note")
                      + " WHERE run = ? ORDER BY ordinal")) {
            select.setString(1, run);
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                notes.add(
                    new Note(
                        Note.What.valueOf(rows.getString(1)),
                        rows.getString(2),
                        rows.getString(3)));
              }
            }
          }
          return List.copyOf(notes);
        });
  }

  @Override
  public void note(Note note) {
    change(
        "take a note",
        () -> {
          write(note);
        });
  }

  /** Writes a note into the transaction that the session's connection is in. */
  private void write(Note note) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO " + table("note") + " (run, what, name, detail) VALUES (?, ?, ?, ?)")) {
      insert.setString(1, run);
      insert.setString(2, note.what().name());
      insert.setString(3, note.name());
      insert.setString(4, note.detail());
      insert.executeUpdate();
    }
  }

  /** Changes the detail of notes. */
  void amend(Note.What what, String name, String detail) {
    change(
        "change a note",
        () -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE "
                      + table("note")
                      + " SET detail = ? WHERE run = ? AND what = ? AND name = ?")) {
            update.setString(1, detail);
            update.setString(2, run);
            update.setString(3, what.name());
            update.setString(4, name);
            update.executeUpdate();
          }
        });
  }

  @Override
  public List<MarkedBatch> marks() {
    return marks("");
  }

  @Override
  public Optional<MarkedBatch> marked(Mark mark) {
    return marks(
            " AND collection = ? AND chunk = ? AND batch = ? AND part = ? AND is_undo = ?",
            mark.collection(),
            mark.chunk(),
            mark.batch(),
            mark.part(),
            mark.isUndo())
        .stream()
        .findFirst();
  }

  private List<MarkedBatch> marks(String where, Object... parameters) {
    return atomically(
        "show the ledger",
        () -> {
          List<MarkedBatch> marks = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT collection, chunk, batch, part, is_undo, inserted, updated, unchanged,"
                      + " skipped, deleted, digest_sum, skipped_sum, content, marked_at FROM "
                      + table("mark")
                      + " WHERE run = ?"
                      + where)) {
            select.setString(1, run);
            for (int i = 0; i < parameters.length; i++) {
              select.setObject(i + 2, parameters[i]);
            }
            select.setFetchSize(1000);
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                marks.add(
                    new MarkedBatch(
                        new Mark(
                            row.getString(1),
                            row.getInt(2),
                            row.getInt(3),
                            row.getInt(4),
                            row.getBoolean(5)),
                        new Outcome(
                            row.getLong(6),
                            row.getLong(7),
                            row.getLong(8),
                            row.getLong(9),
                            row.getLong(10),
                            RecordDigest.parse(row.getString(11)),
                            RecordDigest.parse(row.getString(12))),
                        RecordDigest.parse(row.getString(13)),
                        row.getObject(14, OffsetDateTime.class).toInstant()));
              }
            }
          }
          return List.copyOf(marks);
        });
  }

  @Override
  public void mark(MarkedBatch batch) {
    change(
        "mark a batch",
        () -> {
          // A connection that was lost does not tell whether the mark had gone: it may be repeated.
          try (PreparedStatement delete =
              connection.prepareStatement(
                  "DELETE FROM "
                      + table("mark")
                      + " WHERE run = ? AND collection = ? AND chunk = ? AND batch = ? AND part = ?"
                      + " AND is_undo = ?")) {
            Mark mark = batch.mark();
            delete.setString(1, run);
            delete.setString(2, mark.collection());
            delete.setInt(3, mark.chunk());
            delete.setInt(4, mark.batch());
            delete.setInt(5, mark.part());
            delete.setBoolean(6, mark.isUndo());
            delete.executeUpdate();
          }
          mark(connection, batch);
        });
  }

  /**
   * Writes a mark into the transaction that a connection is in.
   *
   * @throws StoreException if it does not go: never a record's fault
   */
  void mark(Connection writer, MarkedBatch batch) {
    try (PreparedStatement insert =
        writer.prepareStatement(
            "INSERT INTO "
                + table("mark")
                + " (run, collection, chunk, batch, part, is_undo, inserted, updated, unchanged,"
                + " skipped, deleted, digest_sum, skipped_sum, content, marked_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, pg_catalog.clock_timestamp())")) {
      Mark mark = batch.mark();
      Outcome outcome = batch.outcome();
      insert.setString(1, run);
      insert.setString(2, mark.collection());
      insert.setInt(3, mark.chunk());
      insert.setInt(4, mark.batch());
      insert.setInt(5, mark.part());
      insert.setBoolean(6, mark.isUndo());
      insert.setLong(7, outcome.inserted());
      insert.setLong(8, outcome.updated());
      insert.setLong(9, outcome.unchanged());
      insert.setLong(10, outcome.skipped());
      insert.setLong(11, outcome.deleted());
      insert.setString(12, outcome.sum().toString());
      insert.setString(13, outcome.skippedSum().toString());
      insert.setString(14, batch.content().toString());
      insert.executeUpdate();
    } catch (SQLException failure) {
      if (ServerErrors.state(failure).equals("23505")) {
        // A connection that was lost had still been committing: now the mark is there to be found.
        throw new StoreException(
            "BATCH_IS_THERE",
            "PostgreSQL at " + location + " has this batch's mark already.",
            "run the same command again in a moment",
            true,
            failure);
      }
      throw failed(failure, "mark a batch");
    }
  }

  private StoreException failed(SQLException failure, String doing) {
    return ServerErrors.store(
        failure, doing + " in Waybill's ledger, schema \"" + schema + "\"", location.toString());
  }

  @Override
  public void keep(Mark mark, List<BeforeImage> images) {
    change(
        "keep before-images",
        () -> {
          for (BeforeImage.Change change : BeforeImage.Change.values()) {
            ImageSegments segments = segments(connection, mark, change);
            for (BeforeImage image : images) {
              if (image.change() == change) {
                segments.add(
                    image.record(),
                    image.written().isEmpty() ? null : RecordDigest.parse(image.written()));
              }
            }
            segments.flush();
          }
        });
  }

  /** Packs before-images of one kind of change into rows of the ledger. */
  ImageSegments segments(Connection writer, Mark mark, BeforeImage.Change change) {
    return new ImageSegments(
        (images, records, written) -> {
          try (PreparedStatement insert =
              writer.prepareStatement(
                  "INSERT INTO "
                      + table("before_image")
                      + " (run, collection, chunk, batch, part, change, images, records, written)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, run);
            insert.setString(2, mark.collection());
            insert.setInt(3, mark.chunk());
            insert.setInt(4, mark.batch());
            insert.setInt(5, mark.part());
            insert.setString(6, change.name());
            insert.setInt(7, images);
            insert.setBytes(8, records);
            insert.setBytes(9, written);
            insert.executeUpdate();
          } catch (SQLException failure) {
            throw failed(failure, "keep before-images");
          }
        });
  }

  @Override
  public BeforeImages beforeImages(String collection) {
    return new Images(collection, 0, Integer.MAX_VALUE);
  }

  @Override
  public BeforeImages beforeImages(String collection, int chunk) {
    return new Images(collection, chunk, chunk);
  }

  @Override
  public void unmark(String collection, int chunk) {
    change(
        "undo the marks of a chunk",
        () -> {
          for (String name : List.of("mark", "before_image")) {
            try (PreparedStatement delete =
                connection.prepareStatement(
                    "DELETE FROM "
                        + table(name)
                        + " WHERE run = ? AND collection = ? AND chunk = ?")) {
              delete.setString(1, run);
              delete.setString(2, collection);
              delete.setInt(3, chunk);
              delete.executeUpdate();
            }
          }
        });
  }

  /** Reads the rows of before-images newest first, each by its number, with no cursor left open. */
  private final class Images implements BeforeImages {
    private final String collection;
    private final int firstChunk;
    private final int lastChunk;
    private long behind = Long.MAX_VALUE;
    private BeforeImage.Change change = BeforeImage.Change.INSERTED;
    private int left;
    private @Nullable ByteBuffer records;
    private @Nullable ByteBuffer written;

    Images(String collection, int firstChunk, int lastChunk) {
      this.collection = collection;
      this.firstChunk = firstChunk;
      this.lastChunk = lastChunk;
    }

    @Override
    public List<BeforeImage> next(int max) {
      if (left == 0 && !advance()) {
        return List.of();
      }
      List<BeforeImage> images = new ArrayList<>();
      ByteBuffer from = records;
      ByteBuffer digests = written;
      if (from == null || digests == null) {
        throw new IllegalStateException("no row");
      }
      while (left > 0 && images.size() < max) {
        byte[] record = new byte[from.getInt()];
        from.get(record);
        String digest =
            change == BeforeImage.Change.DELETED
                ? ""
                : new RecordDigest(digests.getLong(), digests.getLong()).toString();
        images.add(new BeforeImage(change, record, digest));
        left--;
      }
      return images;
    }

    private boolean advance() {
      return atomically(
          "show before-images",
          () -> {
            try (PreparedStatement select =
                connection.prepareStatement(
                    "SELECT ordinal, change, images, records, written FROM "
                        + table("before_image")
                        + " WHERE run = ? AND collection = ? AND ordinal < ?"
                        + " AND chunk BETWEEN ? AND ? ORDER BY ordinal DESC LIMIT 1")) {
              select.setString(1, run);
              select.setString(2, collection);
              select.setLong(3, behind);
              select.setInt(4, firstChunk);
              select.setInt(5, lastChunk);
              try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                  return false;
                }
                behind = row.getLong(1);
                change = BeforeImage.Change.valueOf(row.getString(2));
                left = row.getInt(3);
                records = ByteBuffer.wrap(row.getBytes(4));
                written = ByteBuffer.wrap(row.getBytes(5));
                return true;
              }
            }
          });
    }

    @Override
    public void close() {
      left = 0;
      records = null;
      written = null;
    }
  }

  @Override
  public void forget() {
    change(
        "forget the run",
        () -> {
          try (PreparedStatement find =
                  connection.prepareStatement("SELECT pg_catalog.to_regclass(?) IS NOT NULL");
              Statement statement = connection.createStatement()) {
            find.setString(1, table("run"));
            try (ResultSet row = find.executeQuery()) {
              row.next();
              if (!row.getBoolean(1)) {
                return;
              }
            }
            statement.execute("LOCK TABLE " + table("run") + " IN ACCESS EXCLUSIVE MODE");
            try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM " + table("run") + " WHERE id = ?")) {
              delete.setString(1, run);
              delete.executeUpdate();
            }
            try (ResultSet row =
                statement.executeQuery("SELECT EXISTS (SELECT FROM " + table("run") + ")")) {
              row.next();
              if (row.getBoolean(1)) {
                return;
              }
            }
            for (String name : TABLES) {
              statement.execute("DROP TABLE " + table(name));
            }
            dropSchemaIfOurs(statement);
            return;
          }
        });
  }

  private void dropSchemaIfOurs(Statement statement) throws SQLException {
    boolean isOurs;
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT pg_catalog.obj_description(n.oid, 'pg_namespace') = ?"
                + " FROM pg_catalog.pg_namespace n WHERE n.nspname = ?")) {
      find.setString(1, MADE_BY_WAYBILL);
      find.setString(2, schema);
      try (ResultSet row = find.executeQuery()) {
        isOurs = row.next() && row.getBoolean(1);
      }
    }
    if (isOurs) {
      Schemas.dropIfEmpty(connection, statement, schema);
    }
  }
}
