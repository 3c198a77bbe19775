package dev.waybill.stores.postgres;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
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
  private final CopyWriter copyWriter = new CopyWriter();
  private final CanonicalForm canonical = new CanonicalForm();
  private Connection connection;
  private @Nullable WriteTarget target;
  private boolean isStraight;

  PostgresWriter(
      Location location, PostgresSession session, PostgresLedger ledger, TypeRegistry types) {
    this.location = location;
    this.session = session;
    this.ledger = ledger;
    this.types = types;
    this.connection = connect();
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
    boolean isDone = false;
    try {
      if (connection.isClosed()) {
        connection = connect();
        target = null;
      }
      WriteTarget into = target(collection);
      Outcome outcome =
          changes.kind() == ChangeKind.DELETE
              ? delete(into, changes, policy, mark)
              : put(into, changes, policy, mark, isAppendedOnly);
      ledger.mark(connection, new MarkedBatch(mark, outcome));
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
    WriteTarget made =
        new WriteTarget(
            collection, TableShape.of(connection, types, location.schema(), collection));
    isStraight =
        collection.hasKey()
            && !made.shape.hasCasts()
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
    if (!into.shape.hasCasts()) {
      send(into, into.direct(), records, false, false);
      return;
    }
    String stage = into.stage(connection, false);
    send(into, stage, records, true, false);
    try (Statement statement = connection.createStatement()) {
      expectCount(statement.executeUpdate(into.insert(stage, false)), records.records(), into);
    }
  }

  private void send(
      WriteTarget into, String where, RecordBatch records, boolean isNumbered, boolean isOfKeys)
      throws SQLException {
    int[] positions = into.keyPositions;
    if (isOfKeys) {
      positions = new int[into.keyPositions.length];
      Arrays.setAll(positions, i -> i);
    }
    copyWriter.send(
        connection,
        where,
        into.collection,
        isOfKeys ? into.keyColumns() : into.shape.columns(),
        records,
        positions,
        isNumbered);
  }

  private Outcome inserted(ChangeBatch changes) {
    RecordDigest[] digests = digests(changes);
    long high = 0;
    long low = 0;
    for (RecordDigest digest : digests) {
      long sum = low + digest.low();
      high += digest.high() + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
      low = sum;
    }
    return new Outcome(digests.length, 0, 0, 0, 0, new RecordDigest(high, low));
  }

  private RecordDigest[] digests(ChangeBatch changes) {
    RecordDigest[] known = changes.digests();
    if (known != null) {
      return known;
    }
    RecordDigest[] digests = new RecordDigest[changes.records().records()];
    Arrays.setAll(digests, record -> canonical.digest(changes.records(), record));
    return digests;
  }

  private void keepInserted(WriteTarget into, ChangeBatch changes, Mark mark) throws SQLException {
    if (mark.isUndo()) {
      return;
    }
    Decision[] all = new Decision[changes.records().records()];
    Arrays.fill(all, Decision.INSERT);
    keep(into, changes, all, new RecordBatch(changes.records().width()), new int[0], mark);
  }

  private Outcome decideAndPut(
      WriteTarget into, ChangeBatch changes, ConflictPolicy policy, Mark mark) throws SQLException {
    RecordBatch records = changes.records();
    String stage = into.stage(connection, false);
    send(into, stage, records, true, false);
    RecordBatch existing = new RecordBatch(records.width());
    int[] existingOf = existing(into, stage, records, false, existing);
    Decision[] decisions = decide(into, changes, existing, existingOf, policy);
    keep(into, changes, decisions, existing, existingOf, mark);
    run(into, into.update(stage, records), decisions, Decision.UPDATE);
    run(into, into.insert(stage, true), decisions, Decision.INSERT);
    isStraight =
        changes.expected() == null
            && !into.shape.hasCasts()
            && count(decisions, Decision.INSERT) == decisions.length
            && into.isKeyGuarded(connection);
    return outcome(decisions, digests(changes));
  }

  // --- deletes

  private Outcome delete(WriteTarget into, ChangeBatch changes, ConflictPolicy policy, Mark mark)
      throws SQLException {
    RecordBatch records = changes.records();
    if (!into.collection.hasKey()) {
      return deleteWhole(into, changes, mark);
    }
    String stage = into.stage(connection, true);
    send(into, stage, records, true, true);
    RecordBatch existing = new RecordBatch(into.shape.columns().size());
    int[] existingOf = existing(into, stage, records, true, existing);
    Decision[] decisions = decide(into, changes, existing, existingOf, policy);
    keep(into, changes, decisions, existing, existingOf, mark);
    run(into, into.delete(stage, records), decisions, Decision.DELETE);
    return outcome(decisions, new RecordDigest[0]);
  }

  private Outcome deleteWhole(WriteTarget into, ChangeBatch changes, Mark mark)
      throws SQLException {
    RecordBatch records = changes.records();
    String stage = into.stage(connection, false);
    send(into, stage, records, true, false);
    int deleted;
    try (Statement statement = connection.createStatement()) {
      deleted = statement.executeUpdate(into.deleteWhole(stage));
    }
    if (!mark.isUndo() && deleted > 0) {
      if (deleted < records.records()) {
        throw new StoreException(
            "RECORDS_MISSING",
            "Of "
                + records.records()
                + " records to delete from \""
                + into.collection.name()
                + "\" only "
                + deleted
                + " are there, and without a key it cannot be noted which.",
            "compare both sides anew: waybill diff --from … --to …",
            false,
            null);
      }
      Decision[] all = new Decision[records.records()];
      Arrays.fill(all, Decision.DELETE);
      int[] itself = new int[all.length];
      Arrays.setAll(itself, i -> i);
      keep(into, changes, all, records, itself, mark);
    }
    return new Outcome(0, 0, records.records() - deleted, 0, deleted, Outcome.NOTHING.sum());
  }

  // --- both

  /** Reads what is there into a batch; says for each staged record where, or −1. */
  private int[] existing(
      WriteTarget into, String stage, RecordBatch records, boolean isOfKeys, RecordBatch existing)
      throws SQLException {
    int[] existingOf = new int[records.records()];
    Arrays.fill(existingOf, -1);
    try (CopyReader reader =
        new CopyReader(
            connection,
            kept -> {},
            location.toString(),
            into.shape,
            true,
            into.existing(stage, records, isOfKeys))) {
      while (reader.read(existing, existing.records() + 1, Integer.MAX_VALUE)) {
        int ordinal = reader.ordinal();
        if (existingOf[ordinal] >= 0) {
          throw new DataException(
              "KEY_NOT_UNIQUE",
              "The target's \""
                  + into.collection.name()
                  + "\" holds more than one record with the key of "
                  + name(into, records, ordinal, isOfKeys)
                  + ".",
              "choose a key that is unique there: --key COLLECTION=FIELD",
              ordinal,
              null);
        }
        existingOf[ordinal] = existing.records() - 1;
      }
    }
    return existingOf;
  }

  private static String name(WriteTarget into, RecordBatch records, int record, boolean isOfKeys) {
    int[] positions = new int[into.keyPositions.length];
    Arrays.setAll(positions, i -> isOfKeys ? i : into.keyPositions[i]);
    return "record " + KeyText.of(records, record, positions);
  }

  private Decision[] decide(
      WriteTarget into,
      ChangeBatch changes,
      RecordBatch existing,
      int[] existingOf,
      ConflictPolicy policy) {
    Decision[] decisions =
        Decision.decide(into.collection, changes, existing, existingOf, policy, canonical);
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == Decision.CONFLICT) {
        boolean isOfKeys = changes.kind() == ChangeKind.DELETE;
        throw new DataException(
            "CONFLICT",
            "The target's \""
                + into.collection.name()
                + "\" holds another content under "
                + name(into, changes.records(), i, isOfKeys)
                + ".",
            "see what differs: waybill diff --from … --to …; or choose --on-conflict",
            i,
            null);
      }
    }
    return decisions;
  }

  private void keep(
      WriteTarget into,
      ChangeBatch changes,
      Decision[] decisions,
      RecordBatch existing,
      int[] existingOf,
      Mark mark)
      throws SQLException {
    if (mark.isUndo()) {
      return;
    }
    RecordBatch records = changes.records();
    boolean isDelete = changes.kind() == ChangeKind.DELETE;
    RecordDigest[] digests = isDelete ? new RecordDigest[0] : digests(changes);
    ImageSegments inserted = ledger.segments(connection, mark, Change.INSERTED);
    ImageSegments updated = ledger.segments(connection, mark, Change.UPDATED);
    ImageSegments deleted = ledger.segments(connection, mark, Change.DELETED);
    RecordBatch key = into.collection.hasKey() ? new RecordBatch(into.keyPositions.length) : null;
    for (int i = 0; i < decisions.length; i++) {
      switch (decisions[i]) {
        case INSERT -> {
          if (key == null) {
            inserted.add(records.recordBytes(i), digests[i]);
          } else {
            key.clear();
            records.project(i, into.keyPositions, key);
            inserted.add(key.recordBytes(0), digests[i]);
          }
        }
        case UPDATE -> updated.add(existing.recordBytes(existingOf[i]), digests[i]);
        case DELETE -> deleted.add(existing.recordBytes(existingOf[i]), null);
        case UNCHANGED, SKIP, CONFLICT -> {}
      }
    }
    inserted.flush();
    updated.flush();
    deleted.flush();
  }

  private void run(WriteTarget into, String sql, Decision[] decisions, Decision which)
      throws SQLException {
    int wanted = count(decisions, which);
    if (wanted == 0) {
      return;
    }
    Integer[] ordinals = new Integer[wanted];
    int next = 0;
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == which) {
        ordinals[next++] = i;
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("int4", ordinals));
      expectCount(statement.executeUpdate(), wanted, into);
    }
  }

  private static int count(Decision[] decisions, Decision which) {
    int count = 0;
    for (Decision decision : decisions) {
      count += decision == which ? 1 : 0;
    }
    return count;
  }

  private void expectCount(int count, int wanted, WriteTarget into) {
    if (count != wanted) {
      throw new StoreException(
          "WRITE_CHANGED_BY_STORE",
          "PostgreSQL at "
              + location
              + " wrote "
              + count
              + " of "
              + wanted
              + " records to \""
              + into.collection.name()
              + "\": a trigger, a rule or a row policy stands between.",
          "see which: psql -c '\\d " + into.collection.name() + "'",
          false,
          null);
    }
  }

  private static Outcome outcome(Decision[] decisions, RecordDigest[] digests) {
    long high = 0;
    long low = 0;
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == Decision.INSERT || decisions[i] == Decision.UPDATE) {
        long sum = low + digests[i].low();
        high += digests[i].high() + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
        low = sum;
      }
    }
    return new Outcome(
        count(decisions, Decision.INSERT),
        count(decisions, Decision.UPDATE),
        count(decisions, Decision.UNCHANGED),
        count(decisions, Decision.SKIP),
        count(decisions, Decision.DELETE),
        new RecordDigest(high, low));
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
