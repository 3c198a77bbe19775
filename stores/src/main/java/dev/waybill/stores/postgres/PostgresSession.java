package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** One run's power to write: tables and the ledger over one connection, records over others. */
final class PostgresSession implements ExchangingSession {
  private static final String LOADING = "loading";
  private static final String COMPLETE = "complete";
  private static final String DROPPED = "dropped";

  private final Location location;
  private final PostgresLedger ledger;
  private final boolean isNew;

  /** Those of the database, read again when this session has made some. */
  private volatile TypeRegistry types;

  /** Collections that this very session made and that have no key yet: only appended to. */
  private final Set<String> fresh = ConcurrentHashMap.newKeySet();

  /** Collections known to be written to with a look at what is there. */
  private final Set<String> lookedAt = ConcurrentHashMap.newKeySet();

  private PostgresSession(
      Location location, PostgresLedger ledger, boolean isNew, TypeRegistry types) {
    this.location = location;
    this.ledger = ledger;
    this.isNew = isNew;
    this.types = types;
  }

  static PostgresSession begin(Location location, RunHeader run) {
    PostgresLedger ledger = new PostgresLedger(location, run.id());
    boolean isDone = false;
    try {
      boolean isNew = !ledger.begin(run);
      TypeRegistry types = TypeRegistry.load(ledger.connection());
      isDone = true;
      return new PostgresSession(location, ledger, isNew, types);
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "begin a run", location.toString());
    } finally {
      if (!isDone) {
        ledger.close();
      }
    }
  }

  /** Work inside one transaction of the session's connection. */
  private interface Work {
    void run(Connection connection, Statement statement) throws SQLException;
  }

  /** The same with an answer. */
  private interface Question {
    boolean run(Connection connection, Statement statement) throws SQLException;
  }

  private void atomically(String doing, String collection, Work work) {
    ask(
        doing,
        collection,
        (connection, statement) -> {
          work.run(connection, statement);
          return true;
        });
  }

  private boolean ask(String doing, String collection, Question question) {
    synchronized (ledger) {
      try {
        Connection connection = ledger.connection();
        connection.setAutoCommit(false);
        boolean isDone = false;
        try (Statement statement = connection.createStatement()) {
          boolean answer = question.run(connection, statement);
          if (!connection.isClosed()) {
            connection.commit();
          }
          isDone = true;
          return answer;
        } finally {
          if (!connection.isClosed()) {
            if (!isDone) {
              connection.rollback();
            }
            connection.setAutoCommit(true);
          }
        }
      } catch (SQLException failure) {
        throw failed(failure, doing, collection);
      }
    }
  }

  private WaybillException failed(SQLException failure, String doing, String collection) {
    return ServerErrors.state(failure).startsWith("23")
        ? ServerErrors.write(failure, collection, 0, location.toString())
        : ServerErrors.store(failure, doing, location.toString());
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  /** The detail of the note that this run made a collection, or empty. */
  private String stateOf(String collection) {
    String state = "";
    for (Note note : ledger.notes()) {
      if (note.what() == Note.What.COLLECTION_CREATED && note.name().equals(collection)) {
        state = note.detail();
      }
    }
    return state;
  }

  private boolean isCreated(String collection) {
    String state = stateOf(collection);
    return !state.isEmpty() && !state.equals(DROPPED);
  }

  @Override
  public void create(Collection collection) {
    String name = collection.name();
    atomically(
        "make table \"" + name + "\"",
        name,
        (connection, statement) -> {
          if (isCreated(name)) {
            return;
          }
          refuseIfTaken(connection, name);
          if (!Schemas.exists(connection, location.schema())) {
            statement.execute("CREATE SCHEMA " + Dialect.quote(location.schema()));
            ledger.note(new Note(Note.What.OBJECT_CREATED, location.schema(), Restoration.SCHEMA));
          }
          OwnObjects objects = new OwnObjects(connection, location, ledger);
          objects.make(collection, statement);
          for (String each : TableDefinition.create(location.schema(), collection)) {
            statement.execute(each);
          }
          objects.own(collection, statement);
          ledger.amend(Note.What.COLLECTION_CREATED, name, DROPPED);
          ledger.note(new Note(Note.What.COLLECTION_CREATED, name, LOADING));
          fresh.add(name);
          if (!collection.detail().objects().isEmpty()) {
            types = TypeRegistry.load(connection);
          }
        });
  }

  private void refuseIfTaken(Connection connection, String name) throws SQLException {
    String kind = Schemas.kindOf(connection, location.schema(), name);
    if (!kind.isEmpty()) {
      String what =
          switch (kind) {
            case "v", "m" -> "a view";
            case "S" -> "a sequence";
            case "i", "I" -> "an index";
            case "f" -> "a foreign table";
            case "c" -> "a composite type";
            default -> "a table";
          };
      throw new StoreException(
          "COLLECTION_EXISTS",
          "PostgreSQL at " + location + " has " + what + " \"" + name + "\" already.",
          kind.equals("r") || kind.equals("p")
              ? "plan again: waybill plan --from … --to …"
              : "write to another schema: ?schema=NAME, or give the collection another name in the"
                  + " plan",
          false,
          null);
    }
  }

  /**
   * How a writer is to treat a collection. One that an earlier session of this run made gets its
   * key first, so that records already there are found.
   */
  boolean isAppendedOnly(Collection collection) {
    if (fresh.contains(collection.name())) {
      return true;
    }
    if (!lookedAt.add(collection.name())) {
      return false;
    }
    if (collection.hasKey() && stateOf(collection.name()).equals(LOADING)) {
      atomically(
          "give \"" + collection.name() + "\" its key",
          collection.name(),
          (connection, statement) ->
              new Completion(connection, location, ledger).key(collection, statement));
    }
    return false;
  }

  @Override
  public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
    return new PostgresWriter(location, this, ledger, types, triggers, overwritten);
  }

  @Override
  public void finish(List<Collection> created, List<Collection> filled) {
    for (Collection collection : created) {
      String name = collection.name();
      atomically(
          "give \"" + name + "\" its key",
          name,
          (connection, statement) -> {
            Completion completion = new Completion(connection, location, ledger);
            completion.takeRoom(statement);
            completion.key(collection, statement);
            completion.uniqueSets(collection, statement);
            completion.checks(collection, statement);
          });
      // From here on writers must look before they write.
      fresh.remove(name);
      atomically(
          "give \"" + name + "\" its indexes",
          name,
          (connection, statement) -> {
            Completion completion = new Completion(connection, location, ledger);
            completion.takeRoom(statement);
            completion.indexes(collection, statement);
          });
    }
    try {
      for (Collection collection : created) {
        atomically(
            "give \"" + collection.name() + "\" its foreign keys",
            collection.name(),
            (connection, statement) ->
                new Completion(connection, location, ledger).foreignKeys(collection, statement));
        ledger.amend(Note.What.COLLECTION_CREATED, collection.name(), COMPLETE);
      }
    } catch (DataException refused) {
      loosen(created);
      throw refused;
    }
    synchronized (ledger) {
      for (List<Collection> collections : List.of(created, filled)) {
        for (Collection collection : collections) {
          try (Statement statement = ledger.connection().createStatement()) {
            new Sequences(ledger.connection(), location, ledger).moveBehind(collection);
            if (location.settings().isAnalyzed()) {
              statement.execute("ANALYZE " + Dialect.quote(location.schema(), collection.name()));
            }
          } catch (SQLException failure) {
            throw failed(failure, "finish \"" + collection.name() + "\"", collection.name());
          }
        }
      }
    }
  }

  @Override
  public void loosen(List<Collection> created) {
    atomically(
        "take foreign keys back",
        "",
        (connection, statement) -> {
          for (Collection collection : created) {
            ownForeignKeys(connection).dropOnto(collection.name());
          }
        });
  }

  @Override
  public void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer) {
    try (Connection connection = location.connect()) {
      new LateViolations(connection, location, collection, types, consumer).find(rule);
    } catch (SQLException failure) {
      throw ServerErrors.store(
          failure,
          "tell which records of \"" + collection.name() + "\" break a constraint",
          location.toString());
    }
  }

  @Override
  public List<String> dependents(String collection) {
    List<String> found = new ArrayList<>();
    atomically(
        "tell what depends on \"" + collection + "\"",
        collection,
        (connection, statement) ->
            found.addAll(
                new Dependents(connection, location.schema(), this::isCreated).on(collection)));
    return found;
  }

  @Override
  public void drop(String collection) {
    atomically(
        "drop \"" + collection + "\"",
        collection,
        (connection, statement) -> {
          if (!isDroppedAlready(collection)) {
            drop(collection, connection, statement);
          }
        });
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    String name = collection.name();
    return ask(
        "drop \"" + name + "\"",
        name,
        (connection, statement) -> {
          if (isDroppedAlready(name)) {
            return true;
          }
          String kind = Schemas.kindOf(connection, location.schema(), name);
          if (kind.equals("r") || kind.equals("p")) {
            statement.execute(
                "LOCK TABLE "
                    + (kind.equals("r") ? "ONLY " : "")
                    + Dialect.quote(location.schema(), name)
                    + " IN ACCESS EXCLUSIVE MODE");
            DropCheck check = new DropCheck(connection, location, ledger, types);
            return check.isAsMade(collection)
                && check.holds(collection, records, sum)
                && dropUnlessNeeded(name, connection, statement);
          }
          if (kind.isEmpty()) {
            drop(name, connection, statement);
          }
          return kind.isEmpty();
        });
  }

  /**
   * True if the ledger says that it was dropped.
   *
   * @throws StoreException if this run did not make it
   */
  private boolean isDroppedAlready(String collection) {
    String state = stateOf(collection);
    if (state.isEmpty()) {
      throw new StoreException(
          "NOT_CREATED_BY_RUN",
          "The table \"" + collection + "\" was not made by this run and is not dropped.",
          "see what the run did: waybill status RUN",
          false,
          null);
    }
    return state.equals(DROPPED);
  }

  private void drop(String collection, Connection connection, Statement statement)
      throws SQLException {
    ownForeignKeys(connection).dropOnto(collection);
    statement.execute("DROP TABLE IF EXISTS " + Dialect.quote(location.schema(), collection));
    ledger.amend(Note.What.COLLECTION_CREATED, collection, DROPPED);
    fresh.remove(collection);
  }

  /** False if a view, a foreign key or anything else of somebody's depends on it. */
  private boolean dropUnlessNeeded(String collection, Connection connection, Statement statement)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      drop(collection, connection, statement);
      return true;
    } catch (SQLException kept) {
      if (!ServerErrors.state(kept).equals(Schemas.STILL_NEEDED)) {
        throw kept;
      }
      connection.rollback(before);
      return false;
    }
  }

  private OwnForeignKeys ownForeignKeys(Connection connection) {
    return new OwnForeignKeys(connection, location.schema(), this::isCreated);
  }

  /** True if this run made a table and has not dropped it. */
  boolean isMadeByRun(String schema, String table) {
    return schema.equals(location.schema()) && isCreated(table);
  }

  @Override
  public boolean exchange(Exchange exchange, BooleanSupplier isStill) {
    if (isExchanged(exchange)) {
      return true;
    }
    String name = exchange.collection();
    String doing = "put new vectors into \"" + name + "\"";
    atomically(
        doing, name, (connection, statement) -> of(connection, statement, exchange).prepare());
    long[] pages = new long[1];
    atomically(
        doing,
        name,
        (connection, statement) -> pages[0] = of(connection, statement, exchange).pages());
    for (long page = 0; page < pages[0]; page += VectorExchange.PAGES) {
      long first = page;
      atomically(
          doing,
          name,
          (connection, statement) -> of(connection, statement, exchange).fill(first, types));
    }
    index(exchange, "index the new vectors of \"" + name + "\"");
    return ask(
        doing,
        name,
        (connection, statement) -> {
          VectorExchange work = of(connection, statement, exchange);
          work.lock();
          if (!isStill.getAsBoolean()) {
            return false;
          }
          work.rename();
          drop(exchange.made().name(), connection, statement);
          return true;
        });
  }

  /** Not in a transaction, which an index that is built beside writers does not take. */
  private void index(Exchange exchange, String doing) {
    synchronized (ledger) {
      try (Statement statement = ledger.connection().createStatement()) {
        VectorExchange work = of(ledger.connection(), statement, exchange);
        for (String each : work.indexStatements()) {
          statement.execute(each);
        }
      } catch (SQLException failure) {
        throw failed(failure, doing, exchange.collection());
      }
    }
  }

  private VectorExchange of(Connection connection, Statement statement, Exchange exchange) {
    return new VectorExchange(connection, statement, location, ledger, exchange);
  }

  @Override
  public boolean isExchanged(Exchange exchange) {
    return ask(
        "tell where the new vectors are",
        exchange.collection(),
        (connection, statement) -> of(connection, statement, exchange).isExchanged());
  }

  @Override
  public void exchangeBack(Exchange exchange) {
    atomically(
        "put back the old vectors of \"" + exchange.collection() + "\"",
        exchange.collection(),
        (connection, statement) -> of(connection, statement, exchange).back());
  }

  @Override
  public void release(Exchange exchange) {
    atomically(
        "drop the old vectors of \"" + exchange.collection() + "\"",
        exchange.collection(),
        (connection, statement) -> of(connection, statement, exchange).release());
  }

  @Override
  public void restore() {
    atomically(
        "put back what the run did beside records",
        "",
        (connection, statement) ->
            new Restoration(connection, location, ledger).restore(statement));
  }

  @Override
  public void close() {
    ledger.close();
  }
}
