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
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What writing and deleting a batch have in common, over one connection. Not thread-safe. */
final class BatchWork {
  /** Bytes of records read back at once. */
  private static final int MOST_EXISTING = 32 << 20;

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;
  private final Overwritten overwritten;
  private final CopyWriter copyWriter = new CopyWriter();
  private final CanonicalForm canonical = new CanonicalForm();

  BatchWork(
      Connection connection, Location location, PostgresLedger ledger, Overwritten overwritten) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
    this.overwritten = overwritten;
  }

  /** Stages records under their positions in the batch. */
  void stage(WriteTarget into, String stage, RecordBatch records, int[] chosen, boolean isOfKeys)
      throws SQLException {
    int[] positions = isOfKeys ? all(into.keyPositions.length) : into.keyPositions;
    copyWriter.send(
        connection,
        stage,
        into.collection,
        isOfKeys ? into.keyColumns() : into.shape.columns(),
        records,
        chosen,
        positions,
        true);
  }

  /** Adds records to the table itself. */
  void append(WriteTarget into, RecordBatch records, int[] chosen) throws SQLException {
    long count =
        copyWriter.send(
            connection,
            into.direct(),
            into.collection,
            into.shape.columns(),
            records,
            chosen,
            into.keyPositions,
            false);
    expectCount(count, chosen.length, into);
  }

  /** The numbers below another. */
  static int[] all(int count) {
    int[] all = new int[count];
    Arrays.setAll(all, i -> i);
    return all;
  }

  RecordDigest[] digests(ChangeBatch changes) {
    RecordDigest[] known = changes.digests();
    if (known != null) {
      return known;
    }
    RecordDigest[] digests = new RecordDigest[changes.records().records()];
    Arrays.setAll(digests, record -> canonical.digest(changes.records(), record));
    return digests;
  }

  /**
   * Reads what is there under the keys of staged records.
   *
   * @param scopeOf is told under which scope of the settings each was found
   * @throws DataException if that is more than memory should hold; half a batch may go
   */
  Existing existing(
      WriteTarget into, String stage, RecordBatch records, boolean isOfKeys, int[] scopeOf)
      throws SQLException {
    RecordBatch existing = new RecordBatch(into.read.columns().size());
    int[] existingOf = new int[records.records()];
    Arrays.fill(existingOf, -1);
    List<Map<String, String>> scopes =
        into.shape.hasRowSecurity() ? location.settings().scopes() : List.of(Map.of());
    for (int scope = 0; scope < scopes.size(); scope++) {
      SessionSettings.enter(connection, scopes.get(scope));
      existing(into, stage, records, isOfKeys, existing, existingOf, scopeOf, scope);
    }
    return new Existing(existing, into.written(existing), existingOf);
  }

  private void existing(
      WriteTarget into,
      String stage,
      RecordBatch records,
      boolean isOfKeys,
      RecordBatch existing,
      int[] existingOf,
      int[] scopeOf,
      int scope)
      throws SQLException {
    try (CopyReader reader =
        new CopyReader(
            connection,
            kept -> {},
            location.toString(),
            into.read,
            true,
            into.existing(stage, records, isOfKeys))) {
      while (reader.read(existing, existing.records() + 1, Integer.MAX_VALUE)) {
        int ordinal = reader.ordinal();
        int last = existing.records() - 1;
        if (existingOf[ordinal] >= 0) {
          if (scopeOf[ordinal] < scope
              && canonical
                  .digest(existing, last)
                  .equals(canonical.digest(existing, existingOf[ordinal]))) {
            // Another scope shows the same one.
            continue;
          }
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
        existingOf[ordinal] = last;
        scopeOf[ordinal] = scope;
        if (existing.size() > MOST_EXISTING && records.records() > 1) {
          throw new DataException(
              TargetWriter.BATCH_TOO_LARGE,
              "What \"" + into.collection.name() + "\" holds under a batch's keys is too much.",
              "",
              -1,
              null);
        }
      }
    }
  }

  static String name(WriteTarget into, RecordBatch records, int record, boolean isOfKeys) {
    int[] positions = new int[into.keyPositions.length];
    Arrays.setAll(positions, i -> isOfKeys ? i : into.keyPositions[i]);
    return "record " + KeyText.of(records, record, positions);
  }

  Decision[] decide(
      WriteTarget into, ChangeBatch changes, Existing existing, ConflictPolicy policy) {
    Decision[] decisions =
        Decision.decide(
            into.collection, changes, existing.written(), existing.of(), policy, canonical);
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

  /** Hands over what is about to be overwritten, and puts the before-images into the ledger. */
  void keep(
      WriteTarget into, ChangeBatch changes, Decision[] decisions, Existing existing, Mark mark)
      throws SQLException {
    if (mark.isUndo()) {
      return;
    }
    handOver(into, decisions, existing);
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
        case UPDATE -> updated.add(existing.written().recordBytes(existing.of()[i]), digests[i]);
        case DELETE -> deleted.add(existing.written().recordBytes(existing.of()[i]), null);
        case UNCHANGED, SKIP, CONFLICT -> {}
      }
    }
    inserted.flush();
    updated.flush();
    deleted.flush();
  }

  private void handOver(WriteTarget into, Decision[] decisions, Existing existing) {
    Collection whole = into.whole;
    if (whole == null) {
      return;
    }
    RecordBatch old = new RecordBatch(existing.whole().width());
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == Decision.UPDATE || decisions[i] == Decision.DELETE) {
        old.putRecord(existing.whole(), existing.of()[i]);
      }
    }
    if (!old.isEmpty()) {
      overwritten.keep(whole, old);
    }
  }

  void insert(WriteTarget into, String stage, RecordBatch records, Decision[] decisions)
      throws SQLException {
    int[] scopeOf =
        into.shape.hasRowSecurity()
            ? scopesOf(into, stage, records, ordinals(decisions, Decision.INSERT))
            : new int[decisions.length];
    run(into, into.insert(stage, true), decisions, Decision.INSERT, scopeOf);
  }

  int[] scopesOf(WriteTarget into, String stage, RecordBatch records, Integer[] ordinals)
      throws SQLException {
    return new RowPolicies(connection, into, location.settings())
        .scopesOf(stage, ordinals, records.records(), record -> name(into, records, record, false));
  }

  /** Runs a statement for the records of one decision, each under its scope. */
  void run(WriteTarget into, String sql, Decision[] decisions, Decision which, int[] scopeOf)
      throws SQLException {
    if (count(decisions, which) == 0) {
      return;
    }
    List<Map<String, String>> scopes =
        into.shape.hasRowSecurity() ? location.settings().scopes() : List.of(Map.of());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int scope = 0; scope < scopes.size(); scope++) {
        Integer[] ordinals = ordinals(decisions, which, scopeOf, scope);
        if (ordinals.length > 0) {
          SessionSettings.enter(connection, scopes.get(scope));
          statement.setArray(1, connection.createArrayOf("int4", ordinals));
          expectCount(statement.executeUpdate(), ordinals.length, into);
        }
      }
    }
  }

  static Integer[] ordinals(Decision[] decisions, Decision which) {
    return ordinals(decisions, which, new int[decisions.length], 0);
  }

  static Integer[] ordinals(Decision[] decisions, Decision which, int[] scopeOf, int scope) {
    List<Integer> ordinals = new ArrayList<>();
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == which && scopeOf[i] == scope) {
        ordinals.add(i);
      }
    }
    return ordinals.toArray(new Integer[0]);
  }

  static int[] positions(Decision[] decisions, Decision which) {
    return IntStream.range(0, decisions.length).filter(i -> decisions[i] == which).toArray();
  }

  static int count(Decision[] decisions, Decision which) {
    int count = 0;
    for (Decision decision : decisions) {
      count += decision == which ? 1 : 0;
    }
    return count;
  }

  void expectCount(long count, int wanted, WriteTarget into) {
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

  /**
   * What happened.
   *
   * @param digests of the records if they were put, else empty
   */
  static Outcome outcome(Decision[] decisions, RecordDigest[] digests) {
    long high = 0;
    long low = 0;
    RecordDigest skipped = RecordDigest.ZERO;
    for (int i = 0; i < digests.length; i++) {
      if (decisions[i] == Decision.INSERT || decisions[i] == Decision.UPDATE) {
        long sum = low + digests[i].low();
        high += digests[i].high() + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
        low = sum;
      } else if (decisions[i] == Decision.SKIP) {
        skipped = skipped.plus(digests[i]);
      }
    }
    return new Outcome(
        count(decisions, Decision.INSERT),
        count(decisions, Decision.UPDATE),
        count(decisions, Decision.UNCHANGED),
        count(decisions, Decision.SKIP),
        count(decisions, Decision.DELETE),
        new RecordDigest(high, low),
        skipped);
  }
}
