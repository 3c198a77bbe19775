package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Index;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.Note.What;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run's power to write to a database. SQLite has one writer at a time, so all writers of a
 * session share one connection and take turns. Foreign keys are not enforced while loading: {@link
 * #finish} looks at them.
 */
final class SqliteSession implements ExchangingSession {
  // Keys arrive in any order: with SQLite's usual 2 MiB each batch would rewrite most of the index.
  private static final int CACHE_KIB = 49_152;

  /**
   * So many records of a new database go in one transaction: each rewrites most of the index's
   * pages, however few records it has.
   */
  private static final int GROUP_RECORDS = 50_000;

  private static final List<String> STATISTICS = List.of("sqlite_stat1", "sqlite_stat4");
  private static final int CHECKPOINT_PAGES = 16_384;

  private final Path file;
  private final SqliteLedger ledger;
  private final ReentrantLock turn = new ReentrantLock(true);
  private @Nullable Connected connection;

  private final boolean isAnalyzed;

  /** Nobody else writes to a database that this run has made. */
  private boolean isGrouping;

  private boolean isGroupOpen;
  private int groupedRecords;
  private boolean isNew;

  private SqliteSession(Path file, Connected connection, String run, boolean isAnalyzed) {
    this.file = file;
    this.connection = connection;
    this.isAnalyzed = isAnalyzed;
    this.ledger = new SqliteLedger(this, run);
  }

  /** Begins a run in a file that is there, perhaps still empty. */
  static SqliteSession begin(Path file, boolean isNew, RunHeader run, SessionOptions options) {
    try {
      Connected connection = Connected.open(file, "mode=rw", options);
      try {
        connection.run("PRAGMA foreign_keys = OFF");
        connection.limitValues();
        connection.run("PRAGMA cache_size = -" + CACHE_KIB);
        connection.run("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
        if (isNew) {
          // So that what was written can be read while more is written.
          connection.run("PRAGMA journal_mode = WAL");
        }
        SqliteSession session = new SqliteSession(file, connection, run.id(), options.isAnalyzed());
        session.perform(
            begun -> {
              session.isNew = SqliteLedger.begin(begun, run);
              if (isNew) {
                session.ledger.note(begun, What.STORE_CREATED.name(), "", "");
              }
              session.isGrouping =
                  session.ledger.detail(begun, What.STORE_CREATED.name(), "") != null;
            });
        return session;
      } catch (SQLException | RuntimeException failure) {
        try {
          connection.close();
        } catch (SQLException second) {
          failure.addSuppressed(second);
        }
        throw failure;
      }
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "write to", failure);
    }
  }

  /** Something done with the connection. */
  interface Use<T> {
    T with(Connected connection) throws SQLException;
  }

  /** Something done with the connection that gives nothing back. */
  interface Step {
    void with(Connected connection) throws SQLException;
  }

  Path file() {
    return file;
  }

  @Override
  public SqliteLedger ledger() {
    return ledger;
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  boolean isOpen() {
    turn.lock();
    try {
      return connection != null;
    } finally {
      turn.unlock();
    }
  }

  private Connected open() {
    Connected open = connection;
    if (open == null) {
      throw new StoreException(
          "SESSION_CLOSED", "The session on " + file + " is closed.", "", false, null);
    }
    return open;
  }

  /** Takes the turn. */
  <T> T use(Use<T> use) {
    turn.lock();
    try {
      Connected taken = open();
      endGroup(taken);
      return use.with(taken);
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "write to", failure);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Takes the turn and writes all or nothing of a batch. Into a database that the run has made
   * several batches go in one transaction, which ends when it is large enough, when anything else
   * is done with the session, and when a writer is closed. What a crash takes of it, its marks
   * included, is written again by whoever resumes.
   */
  <T> T batch(int records, Use<T> use) {
    if (!isGrouping) {
      return transact(use);
    }
    turn.lock();
    try {
      Connected taken = open();
      if (!isGroupOpen) {
        taken.run("BEGIN IMMEDIATE");
        isGroupOpen = true;
        groupedRecords = 0;
      }
      T result = savepoint(taken, use);
      groupedRecords += records;
      if (groupedRecords >= GROUP_RECORDS) {
        endGroup(taken);
      }
      return result;
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "write to", failure);
    } finally {
      turn.unlock();
    }
  }

  private <T> T savepoint(Connected taken, Use<T> use) throws SQLException {
    taken.run("SAVEPOINT batch");
    try {
      T result = use.with(taken);
      taken.run("RELEASE batch");
      return result;
    } catch (SQLException | RuntimeException | Error failure) {
      try {
        taken.run("ROLLBACK TO batch");
        taken.run("RELEASE batch");
      } catch (SQLException gone) {
        // SQLite itself has rolled back everything, as it does on a full disk.
        failure.addSuppressed(gone);
        rollback(taken, failure);
        isGroupOpen = false;
        if (groupedRecords > 0 && failure instanceof DataException) {
          throw new StoreException(
              "BATCHES_LOST",
              "SQLite took back "
                  + groupedRecords
                  + " records in "
                  + file
                  + " together with one that it refused: "
                  + failure.getMessage(),
              "look for a trigger with RAISE(ROLLBACK) in it",
              false,
              failure);
        }
      }
      throw failure;
    }
  }

  /**
   * Makes what batches have written so far last.
   *
   * @throws StoreException never transient: to repeat the last batch would not bring back the
   *     others
   */
  private void endGroup(Connected taken) {
    if (!isGroupOpen) {
      return;
    }
    try {
      taken.run("COMMIT");
    } catch (SQLException failure) {
      rollback(taken, failure);
      StoreException why = SqliteErrors.store(file, "write to", failure);
      throw new StoreException(
          why.code(), String.valueOf(why.getMessage()), why.hint(), false, failure);
    } finally {
      isGroupOpen = false;
    }
  }

  /** Makes last what writers have written; nothing on a session that is closed. */
  void endGroup() {
    turn.lock();
    try {
      if (connection != null) {
        endGroup(connection);
      }
    } finally {
      turn.unlock();
    }
  }

  /** Takes the turn and does all or nothing. */
  <T> T transact(Use<T> use) {
    return use(
        taken -> {
          taken.run("BEGIN IMMEDIATE");
          try {
            T result = use.with(taken);
            taken.run("COMMIT");
            return result;
          } catch (SQLException | RuntimeException | Error failure) {
            rollback(taken, failure);
            throw failure;
          }
        });
  }

  /** Takes the turn and does all or nothing. */
  void perform(Step step) {
    transact(
        taken -> {
          step.with(taken);
          return true;
        });
  }

  private static void rollback(Connected connection, Throwable failure) {
    try {
      connection.run("ROLLBACK");
    } catch (SQLException second) {
      // SQLite itself rolls back after some failures; then there is nothing left to do.
      if (!String.valueOf(second.getMessage()).contains("no transaction is active")) {
        failure.addSuppressed(second);
      }
    }
  }

  // --- collections

  boolean isCreatedHere(Connected taken, String collection) throws SQLException {
    return ledger.detail(taken, What.COLLECTION_CREATED.name(), collection) != null;
  }

  @Override
  public void create(Collection collection) {
    perform(
        taken -> {
          String name = collection.name();
          boolean isThere = Table.of(taken, name).isPresent();
          if (isThere && isCreatedHere(taken, name)) {
            return;
          }
          if (isThere) {
            throw new StoreException(
                "COLLECTION_EXISTS",
                "There is already a table \""
                    + name
                    + "\" in "
                    + file
                    + " (SQLite takes names that differ in case only for the same).",
                "choose another target, or another name in the plan",
                false,
                null);
          }
          Table made = new NewTable(taken, collection).make();
          ledger.removeNote(taken, What.COLLECTION_CREATED.name(), name);
          ledger.note(taken, What.COLLECTION_CREATED.name(), name, "");
          ledger.removeNote(taken, SqliteLedger.REFERRED_BEFORE, name);
          for (String other : new MadeTable(taken, ledger, made).referring()) {
            ledger.note(taken, SqliteLedger.REFERRED_BEFORE, name, other);
          }
        });
  }

  @Override
  public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
    return new SqliteWriter(this, triggers, overwritten);
  }

  @Override
  public void finish(List<Collection> created, List<Collection> filled) {
    for (Collection collection : created) {
      for (Index index : collection.indexes()) {
        makeIndex(collection, index);
      }
    }
    List<Collection> all = new ArrayList<>(created);
    for (Collection each : filled) {
      if (all.stream().noneMatch(other -> other.name().equals(each.name()))) {
        all.add(each);
      }
    }
    for (Collection collection : all) {
      checkForeignKeys(collection);
    }
    if (isAnalyzed) {
      for (Collection collection : all) {
        analyze(collection);
      }
    }
  }

  private void makeIndex(Collection collection, Index index) {
    try {
      perform(
          taken -> {
            if (isMade(taken, collection, index)) {
              return;
            }
            String name = index.name();
            for (int i = 2; index.isPortable() && isTaken(taken, name); i++) {
              name = index.name() + "_" + i;
            }
            try {
              taken.run(Definition.index(collection, index, name));
            } catch (SQLException failure) {
              throw SqliteErrors.write(file, collection.name(), -1, failure);
            }
            ledger.note(taken, What.OBJECT_CREATED.name(), name, noted(collection, index));
          });
    } catch (WaybillException failure) {
      failure.with("index", index.name());
      throw failure;
    }
  }

  private static String noted(Collection collection, Index index) {
    return collection.name() + "." + index.name();
  }

  static boolean isMade(Connected taken, Collection collection, Index index) throws SQLException {
    Long done =
        taken.number(
            "SELECT 1 FROM sqlite_schema s JOIN waybill_note n ON n.name = s.name"
                + " WHERE s.type = 'index' AND n.what = ? AND n.detail = ?",
            What.OBJECT_CREATED.name(),
            noted(collection, index));
    return done != null;
  }

  private static boolean isTaken(Connected taken, String name) throws SQLException {
    return taken.number("SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE", name) != null;
  }

  private void checkForeignKeys(Collection collection) {
    perform(
        taken -> {
          List<Dangling> dangling = dangling(taken, collection.name());
          long before = danglingBefore(taken, collection.name());
          if (areAllowed(dangling, before, collection)) {
            return;
          }
          String text = dangling.stream().map(Dangling::sentence).collect(Collectors.joining("; "));
          throw new DataException(
              "FOREIGN_KEY_DANGLES",
              text + (before > 0 ? "; " + before + " of them did before the run." : "."),
              "mend the records at their source, or take the foreign key out of the plan",
              -1,
              null);
        });
  }

  private static boolean areAllowed(List<Dangling> dangling, long before, Collection collection) {
    return dangling.stream().mapToLong(Dangling::count).sum()
        <= before + collection.detail().dangling();
  }

  @Override
  public void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer) {
    use(
        taken -> {
          Table table = Table.of(taken, collection.name()).orElse(null);
          // Keys and checks are part of the table: a record that breaks one never gets in.
          if (table != null && rule == Violation.Rule.UNIQUE) {
            new SqliteViolations(taken, table, collection, consumer).alike();
          }
          if (table != null
              && rule == Violation.Rule.FOREIGN_KEY
              && !areAllowed(
                  dangling(taken, table.name()), danglingBefore(taken, table.name()), collection)) {
            new SqliteViolations(taken, table, collection, consumer).dangling();
          }
          return true;
        });
  }

  private long danglingBefore(Connected taken, String collection) throws SQLException {
    String before = ledger.detail(taken, SqliteLedger.FOREIGN_KEYS_BEFORE, collection);
    return before == null ? 0 : Long.parseLong(before);
  }

  /** Foreign keys that lead nowhere; none where SQLite cannot check them, as their schema is. */
  private static List<Dangling> dangling(Connected taken, String collection) throws SQLException {
    Table table = Table.of(taken, collection).orElse(null);
    if (table == null) {
      return List.of();
    }
    try {
      return Dangling.of(taken, table);
    } catch (SQLException failure) {
      if (SqliteErrors.reason(failure).contains("foreign key mismatch")) {
        return List.of();
      }
      throw failure;
    }
  }

  /**
   * Notes what was broken before the run's first write to a collection, and what its records
   * consist of; in its transaction.
   */
  void noteForeignKeysBefore(Connected taken, Collection written) throws SQLException {
    String collection = written.name();
    if (ledger.detail(taken, SqliteLedger.FOREIGN_KEYS_BEFORE, collection) == null) {
      long before = dangling(taken, collection).stream().mapToLong(Dangling::count).sum();
      ledger.note(taken, SqliteLedger.FOREIGN_KEYS_BEFORE, collection, Long.toString(before));
      for (String field : written.writtenNames()) {
        ledger.note(taken, SqliteLedger.WRITTEN_FIELD, collection, field);
      }
    }
  }

  private void analyze(Collection collection) {
    perform(
        taken -> {
          List<String> absent = new ArrayList<>();
          for (String table : STATISTICS) {
            if (!isTaken(taken, table)) {
              absent.add(table);
            }
          }
          taken.run("PRAGMA analysis_limit = 1000");
          taken.run("ANALYZE " + Sql.quoted(collection.name()));
          for (String table : absent) {
            if (isTaken(taken, table)) {
              ledger.note(taken, What.OBJECT_CREATED.name(), table, "statistics");
            }
          }
        });
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    return transact(
        taken -> {
          String name = collection.name();
          Table table = Table.of(taken, name).orElse(null);
          if (table != null) {
            requireCreatedHere(taken, name);
            if (!new MadeTable(taken, ledger, table).isStill(collection, records, sum)) {
              return false;
            }
          }
          dropTable(taken, name);
          return true;
        });
  }

  @Override
  public List<String> dependents(String collection) {
    return use(
        taken -> {
          Table table = Table.of(taken, collection).orElse(null);
          return table == null ? List.of() : new MadeTable(taken, ledger, table).dependents();
        });
  }

  @Override
  public void loosen(List<Collection> created) {}

  @Override
  public void drop(String collection) {
    perform(
        taken -> {
          requireCreatedHere(taken, collection);
          dropTable(taken, collection);
        });
  }

  private void requireCreatedHere(Connected taken, String collection) throws SQLException {
    if (!isCreatedHere(taken, collection)) {
      throw new StoreException(
          "NOT_CREATED_BY_RUN",
          "\"" + collection + "\" in " + file + " was not made by this run and stays.",
          "",
          false,
          null);
    }
  }

  private void dropTable(Connected taken, String collection) throws SQLException {
    taken.run("DROP TABLE IF EXISTS " + Sql.quoted(collection));
    ledger.removeNote(taken, What.COLLECTION_CREATED.name(), collection);
    ledger.removeNote(taken, SqliteLedger.REFERRED_BEFORE, collection);
  }

  // --- new vectors

  @Override
  public boolean exchange(Exchange exchange, BooleanSupplier isStill) {
    return transact(
        taken -> {
          ValueExchange work = new ValueExchange(taken, exchange);
          if (work.isExchanged()) {
            return true;
          }
          if (!isStill.getAsBoolean()) {
            return false;
          }
          work.exchange();
          return true;
        });
  }

  @Override
  public boolean isExchanged(Exchange exchange) {
    return use(taken -> new ValueExchange(taken, exchange).isExchanged());
  }

  @Override
  public void exchangeBack(Exchange exchange) {
    perform(taken -> new ValueExchange(taken, exchange).back());
  }

  @Override
  public void release(Exchange exchange) {
    perform(
        taken -> {
          if (isCreatedHere(taken, exchange.made().name())) {
            dropTable(taken, exchange.made().name());
          }
        });
  }

  // --- what stands beside records

  /** Notes where the counter of an AUTOINCREMENT table stood and stands; in the batch's atom. */
  void noteSequence(Connected taken, String table, String before) throws SQLException {
    String after = sequence(taken, table);
    if (!after.equals(before)) {
      String noted = ledger.detail(taken, What.SEQUENCE_MOVED.name(), table);
      String first = noted == null ? before : noted.substring(0, noted.indexOf(' '));
      ledger.removeNote(taken, What.SEQUENCE_MOVED.name(), table);
      ledger.note(taken, What.SEQUENCE_MOVED.name(), table, first + " " + after);
    }
  }

  /** Where the counter stands, or "none". */
  static String sequence(Connected taken, String table) throws SQLException {
    Long stands = taken.number("SELECT seq FROM sqlite_sequence WHERE name = ?", table);
    return stands == null ? "none" : stands.toString();
  }

  @Override
  public void restore() {
    List<Ledger.Note> notes = ledger.notes();
    perform(
        taken -> {
          for (Ledger.Note note : notes) {
            if (note.what() == What.SEQUENCE_MOVED) {
              restoreSequence(taken, note);
            } else if (note.what() == What.OBJECT_CREATED) {
              restoreObject(taken, note);
            }
          }
        });
  }

  private static void restoreObject(Connected taken, Ledger.Note note) throws SQLException {
    if (STATISTICS.contains(note.name())) {
      taken.run("DROP TABLE IF EXISTS " + Sql.quoted(note.name()));
    } else {
      taken.run("DROP INDEX IF EXISTS " + Sql.quoted(note.name()));
    }
  }

  private static void restoreSequence(Connected taken, Ledger.Note note) throws SQLException {
    String[] moved = note.detail().split(" ", 2);
    if (!isTaken(taken, "sqlite_sequence") || !sequence(taken, note.name()).equals(moved[1])) {
      return;
    }
    if (moved[0].equals("none")) {
      SqliteLedger.execute(taken, "DELETE FROM sqlite_sequence WHERE name = ?", note.name());
    } else {
      SqliteLedger.execute(
          taken,
          "UPDATE sqlite_sequence SET seq = ? WHERE name = ?",
          Long.parseLong(moved[0]),
          note.name());
    }
  }

  void forget() {
    boolean isNothingLeft = transact(ledger::forget);
    if (isNothingLeft) {
      close();
      SqliteTarget.deleteAll(file);
    }
  }

  @Override
  public void close() {
    turn.lock();
    try {
      Connected open = connection;
      connection = null;
      if (open != null) {
        open.close();
      }
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "close", failure);
    } finally {
      turn.unlock();
    }
  }
}
