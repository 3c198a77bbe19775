package dev.waybill.stores.postgres;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Decision;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches, each with its mark and before-images in one transaction.
 *
 * <p>Three ways: straight COPY into a table that only this session fills; the same into a table
 * whose key an index guards, while that meets no record that is there already; else by way of a
 * staging table, where what is there is read back and decided upon.
 */
final class PostgresWriter implements TargetWriter {
  private final Location location;
  private final PostgresSession session;
  private final PostgresLedger ledger;
  private final TypeRegistry types;
  private final Triggers triggers;
  private final Overwritten overwritten;
  private Connection connection;
  private BatchWork work;
  private @Nullable WriteTarget target;
  private boolean isStraight;

  PostgresWriter(
      Location location,
      PostgresSession session,
      PostgresLedger ledger,
      TypeRegistry types,
      Triggers triggers,
      Overwritten overwritten) {
    this.location = location;
    this.session = session;
    this.ledger = ledger;
    this.types = types;
    this.triggers = triggers;
    this.overwritten = overwritten;
    this.connection = connect();
    this.work = new BatchWork(connection, location, ledger, overwritten);
  }

  private Connection connect() {
    Connection fresh = location.connect();
    try {
      fresh.setAutoCommit(false);
      return fresh;
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "take a connection", location.toString());
    }
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    boolean isAppendedOnly = session.isAppendedOnly(collection);
    if (triggers == Triggers.FIRE) {
      return apply(collection, changes, policy, mark, isAppendedOnly);
    }
    // Each batch holds the table alone: several would only wait for each other's lock.
    synchronized (session) {
      return apply(collection, changes, policy, mark, isAppendedOnly);
    }
  }

  private Outcome apply(
      Collection collection,
      ChangeBatch changes,
      ConflictPolicy policy,
      Mark mark,
      boolean isAppendedOnly) {
    boolean isDone = false;
    try {
      if (connection.isClosed()) {
        connection = connect();
        work = new BatchWork(connection, location, ledger, overwritten);
        target = null;
      }
      WriteTarget into = target(collection);
      boolean isDelete = changes.kind() == ChangeKind.DELETE;
      @Nullable SuppressedTriggers suppressed = null;
      if (triggers == Triggers.SUPPRESS) {
        // Making them commits, which must not happen while triggers are off.
        makeStages(into, isDelete);
        suppressed = SuppressedTriggers.begin(connection, into.shape, location);
      }
      Outcome outcome =
          isDelete
              ? new Deletion(connection, location, session, work)
                  .delete(into, changes, policy, mark)
              : put(into, changes, policy, mark, isAppendedOnly);
      if (suppressed != null) {
        suppressed.end();
      }
      ledger.mark(connection, new MarkedBatch(mark, outcome, changes.content()));
      connection.commit();
      isDone = true;
      return outcome;
    } catch (SQLException failure) {
      throw ServerErrors.write(
          failure, collection.name(), changes.records().records(), location.toString());
    } finally {
      if (!isDone) {
        rollback();
      }
    }
  }

  private void rollback() {
    try {
      connection.rollback();
    } catch (SQLException broken) {
      // The server rolls back what a broken connection began; the next batch takes a new one.
      try {
        connection.abort(Runnable::run);
      } catch (SQLException gone) {
        broken.addSuppressed(gone);
      }
    }
  }

  private WriteTarget target(Collection collection) throws SQLException {
    WriteTarget known = target;
    if (known != null && known.collection.equals(collection)) {
      return known;
    }
    TableShape shape = TableShape.of(connection, types, location.schema(), collection);
    Collection whole = collection.hasKey() ? overwritten.whole(collection).orElse(null) : null;
    WriteTarget made =
        new WriteTarget(
            collection,
            shape,
            whole,
            whole == null ? shape : TableShape.of(connection, types, location.schema(), whole));
    if (made.shape.hasRowSecurity() && location.settings().isEmpty()) {
      throw new StoreException(
          "ROW_SECURITY",
          "Row-level security guards \""
              + collection.name()
              + "\" from user \""
              + location.user()
              + "\".",
          "name the values under which its records may be written: --set NAME=VALUE",
          false,
          null);
    }
    isStraight =
        collection.hasKey()
            && !made.shape.hasCasts()
            && !made.shape.hasRowSecurity()
            && made.isEmpty(connection)
            && made.isKeyGuarded(connection);
    connection.commit();
    target = made;
    return made;
  }

  // --- puts

  private Outcome put(
      WriteTarget into,
      ChangeBatch changes,
      ConflictPolicy policy,
      Mark mark,
      boolean isAppendedOnly)
      throws SQLException {
    if (!into.collection.hasKey() || isAppendedOnly && changes.expected() == null) {
      append(into, changes);
      if (!isAppendedOnly) {
        keepInserted(into, changes, mark);
      }
      return inserted(changes);
    }
    if (isStraight && changes.expected() == null) {
      Savepoint before = connection.setSavepoint();
      try {
        append(into, changes);
        connection.releaseSavepoint(before);
        keepInserted(into, changes, mark);
        return inserted(changes);
      } catch (SQLException refused) {
        if (!ServerErrors.state(refused).equals("23505")) {
          throw refused;
        }
        connection.rollback(before);
        isStraight = false;
      }
    }
    return decideAndPut(into, changes, policy, mark);
  }

  private void append(WriteTarget into, ChangeBatch changes) throws SQLException {
    RecordBatch records = changes.records();
    if (!into.shape.hasCasts() && !into.shape.hasRowSecurity()) {
      work.append(into, records, BatchWork.all(records.records()));
      return;
    }
    String stage = into.stage(connection, false);
    work.stage(into, stage, records, BatchWork.all(records.records()), false);
    if (into.shape.hasRowSecurity()) {
      Decision[] all = new Decision[records.records()];
      Arrays.fill(all, Decision.INSERT);
      work.insert(into, stage, records, all);
      return;
    }
    try (Statement statement = connection.createStatement()) {
      work.expectCount(statement.executeUpdate(into.insert(stage, false)), records.records(), into);
    }
  }

  /** True if what is new can go into the table itself, once it is known to be new. */
  private static boolean isDirect(WriteTarget into) {
    return into.collection.hasKey() && !into.shape.hasCasts() && !into.shape.hasRowSecurity();
  }

  /** Makes what a batch may need to stage its records, before anything of it is written. */
  private void makeStages(WriteTarget into, boolean isDelete) throws SQLException {
    if (isDelete ? into.collection.hasKey() : isDirect(into)) {
      into.stage(connection, true);
    }
    if (!isDelete || !into.collection.hasKey()) {
      into.stage(connection, false);
    }
  }

  private static RecordBatch keys(WriteTarget into, RecordBatch records) {
    RecordBatch keys = new RecordBatch(into.keyPositions.length);
    for (int record = 0; record < records.records(); record++) {
      records.project(record, into.keyPositions, keys);
    }
    return keys;
  }

  private Outcome inserted(ChangeBatch changes) {
    RecordDigest[] digests = work.digests(changes);
    long high = 0;
    long low = 0;
    for (RecordDigest digest : digests) {
      long sum = low + digest.low();
      high += digest.high() + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
      low = sum;
    }
    return new Outcome(digests.length, 0, 0, 0, 0, new RecordDigest(high, low));
  }

  private void keepInserted(WriteTarget into, ChangeBatch changes, Mark mark) throws SQLException {
    if (mark.isUndo()) {
      return;
    }
    Decision[] all = new Decision[changes.records().records()];
    Arrays.fill(all, Decision.INSERT);
    work.keep(into, changes, all, Existing.NONE, mark);
  }

  private Outcome decideAndPut(
      WriteTarget into, ChangeBatch changes, ConflictPolicy policy, Mark mark) throws SQLException {
    RecordBatch records = changes.records();
    boolean isDirect = isDirect(into);
    makeStages(into, false);
    String stage = into.stage(connection, false);
    String soughtStage = isDirect ? into.stage(connection, true) : stage;
    RecordBatch sought = isDirect ? keys(into, records) : records;
    work.stage(into, soughtStage, sought, BatchWork.all(sought.records()), isDirect);
    int[] scopeOf = new int[records.records()];
    Existing existing = work.existing(into, soughtStage, sought, isDirect, scopeOf);
    Decision[] decisions = work.decide(into, changes, existing, policy);
    work.keep(into, changes, decisions, existing, mark);
    int[] updated = BatchWork.positions(decisions, Decision.UPDATE);
    if (isDirect && updated.length > 0) {
      work.stage(into, stage, records, updated, false);
    }
    work.run(into, into.update(stage, records), decisions, Decision.UPDATE, scopeOf);
    int[] inserted = BatchWork.positions(decisions, Decision.INSERT);
    if (!isDirect) {
      work.insert(into, stage, records, decisions);
    } else if (inserted.length > 0) {
      work.append(into, records, inserted);
    }
    isStraight =
        changes.expected() == null
            && !into.shape.hasRowSecurity()
            && !into.shape.hasCasts()
            && BatchWork.count(decisions, Decision.INSERT) == decisions.length
            && into.isKeyGuarded(connection);
    return BatchWork.outcome(decisions, work.digests(changes));
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "let a connection go", location.toString());
    }
  }
}
