package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes batches when its session's turn comes. Most records go into a table for the first time, so
 * they are inserted at once and only those that SQLite finds there already are looked up.
 */
final class SqliteWriter implements TargetWriter {

  private final SqliteSession session;
  private final CanonicalForm canonical = new CanonicalForm();
  private final Map<String, OpenTable> open = new HashMap<>();

  private final boolean hasTriggers;
  private final Overwritten overwritten;

  SqliteWriter(SqliteSession session, Triggers triggers, Overwritten overwritten) {
    this.session = session;
    this.overwritten = overwritten;
    this.hasTriggers = triggers == Triggers.FIRE;
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    return session.batch(
        changes.records().records(),
        connection -> {
          OpenTable table = open(connection, collection);
          SuppressedTriggers suppressed =
              hasTriggers ? null : SuppressedTriggers.of(connection, table.table.name());
          Outcome outcome =
              new BatchWrite(
                      session,
                      canonical,
                      hasTriggers,
                      overwritten,
                      connection,
                      table,
                      changes,
                      policy,
                      mark)
                  .apply();
          if (suppressed != null) {
            suppressed.makeAgain();
          }
          session.ledger().mark(connection, new MarkedBatch(mark, outcome, changes.content()));
          return outcome;
        });
  }

  private OpenTable open(Connected connection, Collection collection) throws SQLException {
    OpenTable known = open.get(collection.name());
    if (known != null && known.collection.equals(collection)) {
      return known;
    }
    if (known != null) {
      known.close();
    }
    Table table =
        Table.of(connection, collection.name())
            .orElseThrow(
                () ->
                    new StoreException(
                        "COLLECTION_MISSING",
                        "There is no table \""
                            + collection.name()
                            + "\" in "
                            + session.file()
                            + ".",
                        "make the plan anew: the target has changed",
                        false,
                        null));
    OpenTable made =
        new OpenTable(
            session,
            connection,
            collection,
            table,
            collection.hasKey() ? overwritten.whole(collection).orElse(null) : null);
    open.put(collection.name(), made);
    return made;
  }

  @Override
  public void close() {
    try {
      for (OpenTable each : open.values()) {
        each.close();
      }
      open.clear();
      session.endGroup();
    } catch (SQLException failure) {
      throw SqliteErrors.store(session.file(), "finish writing to", failure);
    }
  }
}
