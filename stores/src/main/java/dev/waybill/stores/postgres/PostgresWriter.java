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
import dev.waybill.model.Triggers;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetWriter;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches, each with its mark and before-images in one transaction.
 *
 * <p>Three ways: straight COPY into a table that only this session fills; the same into a table
 * whose key an index guards, while that meets no record that is there already; else by way of a
 * staging table, where what is there is read back and decided upon.
 */
final class PostgresWriter implements TargetWriter {
  /** Bytes of records read back at once. */
  private static final int MOST_EXISTING = 32 << 20;

  private final Location location;
  private final PostgresSession session;
  private final PostgresLedger ledger;
  private final TypeRegistry types;
  private final Triggers triggers;
  private final CopyWriter copyWriter = new CopyWriter();
  private final CanonicalForm canonical = new CanonicalForm();
  private Connection connection;
  private @Nullable WriteTarget target;
  private boolean isStraight;

  PostgresWriter(
      Location location,
      PostgresSession session,
      PostgresLedger ledger,
      TypeRegistry types,
      Triggers triggers) {
    this.location = location;
    this.session = session;
    this.ledger = ledger;
    this.types = types;
    this.triggers = triggers;
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
        target = null;
      }
      WriteTarget into = target(collection);
      boolean isDelete = changes.kind() == ChangeKind.DELETE;
      @Nullable SuppressedTriggers suppressed = null;
      if (triggers == Triggers.SUPPRESS) {
        // Making it commits, which must not happen while triggers are off.
        into.stage(connection, isDelete && collection.hasKey());
        suppressed = SuppressedTriggers.begin(connection, into.shape, location);
      }
      Outcome outcome =
          isDelete
              ? delete(into, changes, policy, mark)
              : put(into, changes, policy, mark, isAppendedOnly);
      if (suppressed != null) {
        suppressed.end();
      }
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
      send(into, into.direct(), records, false, false);
      return;
    }
    String stage = into.stage(connection, false);
    send(into, stage, records, true, false);
    if (into.shape.hasRowSecurity()) {
      Decision[] all = new Decision[records.records()];
      Arrays.fill(all, Decision.INSERT);
      insert(into, stage, records, all);
      return;
    }
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
    int[] scopeOf = new int[records.records()];
    int[] existingOf = existing(into, stage, records, false, existing, scopeOf);
    Decision[] decisions = decide(into, changes, existing, existingOf, policy);
    keep(into, changes, decisions, existing, existingOf, mark);
    run(into, into.update(stage, records), decisions, Decision.UPDATE, scopeOf);
    insert(into, stage, records, decisions);
    isStraight =
        changes.expected() == null
            && !into.shape.hasRowSecurity()
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
      return deleteWhole(into, changes, policy, mark);
    }
    String stage = into.stage(connection, true);
    send(into, stage, records, true, true);
    RecordBatch existing = new RecordBatch(into.shape.columns().size());
    int[] scopeOf = new int[records.records()];
    int[] existingOf = existing(into, stage, records, true, existing, scopeOf);
    Decision[] decisions = decide(into, changes, existing, existingOf, policy);
    if (mark.isUndo()) {
      keepReferredTo(into, stage, records, decisions, policy);
    }
    keep(into, changes, decisions, existing, existingOf, mark);
    run(into, into.delete(stage, records), decisions, Decision.DELETE, scopeOf);
    return outcome(decisions, new RecordDigest[0]);
  }

  /**
   * Leaves what others refer to: deleting it would delete or change their records too, or be
   * refused. What a record that stays refers to stays with it.
   */
  private void keepReferredTo(
      WriteTarget into, String stage, RecordBatch keys, Decision[] decisions, ConflictPolicy policy)
      throws SQLException {
    List<ReferringKey> foreignKeys = referringKeys(into, "ROW EXCLUSIVE", policy);
    boolean isSettled = foreignKeys.isEmpty();
    while (!isSettled) {
      isSettled = true;
      for (ReferringKey key : foreignKeys) {
        for (int kept : referredToInAnyScope(into, stage, keys, key, decisions)) {
          if (policy.rule() != ConflictPolicy.Rule.SKIP) {
            throw referredTo(into, name(into, keys, kept, true), key, kept);
          }
          decisions[kept] = Decision.SKIP;
          isSettled = false;
        }
      }
    }
    seeByPolicies(foreignKeys, true);
  }

  /**
   * The foreign keys onto a table, which get no more of them until the batch is done. Tables that
   * this run made go as a whole unless what others changed is to be kept.
   */
  private List<ReferringKey> referringKeys(WriteTarget into, String lock, ConflictPolicy policy)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE " + into.shape.only() + " IN " + lock + " MODE");
    }
    List<ReferringKey> keys = new ArrayList<>(ReferringKey.onto(connection, into.shape));
    if (policy.rule() != ConflictPolicy.Rule.SKIP) {
      keys.removeIf(key -> session.isMadeByRun(key.schema(), key.name()));
    }
    seeByPolicies(keys, false);
    return keys;
  }

  /** A row that a policy hides is there all the same: rather fail than overlook it. */
  private void seeByPolicies(List<ReferringKey> foreignKeys, boolean isOn) throws SQLException {
    if (!foreignKeys.isEmpty() && location.settings().isEmpty()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET LOCAL row_security TO " + (isOn ? "on" : "off"));
      }
    }
  }

  private Set<Integer> referredToInAnyScope(
      WriteTarget into, String stage, RecordBatch keys, ReferringKey key, Decision[] decisions)
      throws SQLException {
    Set<Integer> found = new TreeSet<>();
    for (Map<String, String> scope : location.settings().scopes()) {
      SessionSettings.enter(connection, scope);
      found.addAll(referredTo(into, stage, keys, key, decisions));
    }
    SessionSettings.enter(connection, location.settings().scopes().get(0));
    return found;
  }

  private List<Integer> referredTo(
      WriteTarget into, String stage, RecordBatch keys, ReferringKey key, Decision[] decisions)
      throws SQLException {
    List<Integer> found = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(into.referredTo(stage, keys, key))) {
      Array deleted = connection.createArrayOf("int4", ordinals(decisions, Decision.DELETE));
      select.setArray(1, deleted);
      if (key.isOfItself()) {
        select.setArray(2, deleted);
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.add(row.getInt(1));
        }
      }
    }
    return found;
  }

  private static DataException referredTo(
      WriteTarget into, String name, ReferringKey key, int record) {
    return new DataException(
        "CONFLICT",
        "In the target's \""
            + into.collection.name()
            + "\" "
            + name
            + " cannot be taken back: records of \""
            + key.schema()
            + "."
            + key.name()
            + "\" refer to it.",
        "see whose they are; keep both with --on-changed keep, or let them refer to another",
        record,
        null);
  }

  private Outcome deleteWhole(
      WriteTarget into, ChangeBatch changes, ConflictPolicy policy, Mark mark) throws SQLException {
    RecordBatch records = changes.records();
    String stage = into.stage(connection, false);
    send(into, stage, records, true, false);
    if (mark.isUndo() && !ReferringKey.onto(connection, into.shape).isEmpty()) {
      ReferringKey by = referredToWhole(into, stage, policy);
      if (by != null) {
        boolean isAlone = records.records() == 1;
        if (isAlone && policy.rule() == ConflictPolicy.Rule.SKIP) {
          return new Outcome(0, 0, 0, 1, 0, RecordDigest.ZERO);
        }
        throw referredTo(into, isAlone ? "a record" : "one of several records", by, -1);
      }
    }
    int deleted = deleteWhole(into, stage, records);
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

  private int deleteWhole(WriteTarget into, String stage, RecordBatch records) throws SQLException {
    if (!into.shape.hasRowSecurity()) {
      try (Statement statement = connection.createStatement()) {
        return statement.executeUpdate(into.deleteWhole(stage));
      }
    }
    Decision[] all = new Decision[records.records()];
    Arrays.fill(all, Decision.DELETE);
    int[] scopeOf = scopesOf(into, stage, records, ordinals(all, Decision.DELETE));
    int deleted = 0;
    for (int scope = 0; scope < location.settings().scopes().size(); scope++) {
      Integer[] some = ordinals(all, Decision.DELETE, scopeOf, scope);
      SessionSettings.enter(connection, location.settings().scopes().get(scope));
      try (PreparedStatement statement =
          connection.prepareStatement(into.deleteWhole(WriteTarget.only(stage)))) {
        statement.setArray(1, connection.createArrayOf("int4", some));
        deleted += some.length == 0 ? 0 : statement.executeUpdate();
      }
    }
    return deleted;
  }

  private @Nullable ReferringKey referredToWhole(
      WriteTarget into, String stage, ConflictPolicy policy) throws SQLException {
    // Rows cannot be locked one by one here; this lock lets nobody refer to new ones.
    List<ReferringKey> foreignKeys = referringKeys(into, "EXCLUSIVE", policy);
    for (Map<String, String> scope : location.settings().scopes()) {
      SessionSettings.enter(connection, scope);
      for (ReferringKey key : foreignKeys) {
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery(into.referredToWhole(stage, key))) {
          row.next();
          if (row.getBoolean(1)) {
            return key;
          }
        }
      }
    }
    seeByPolicies(foreignKeys, true);
    return null;
  }

  // --- both

  /**
   * Reads what is there into a batch; says for each staged record where, or −1.
   *
   * @param scopeOf is told under which scope of the settings each was found
   * @throws DataException if that is more than memory should hold; half a batch may go
   */
  private int[] existing(
      WriteTarget into,
      String stage,
      RecordBatch records,
      boolean isOfKeys,
      RecordBatch existing,
      int[] scopeOf)
      throws SQLException {
    int[] existingOf = new int[records.records()];
    Arrays.fill(existingOf, -1);
    List<Map<String, String>> scopes =
        into.shape.hasRowSecurity() ? location.settings().scopes() : List.of(Map.of());
    for (int scope = 0; scope < scopes.size(); scope++) {
      SessionSettings.enter(connection, scopes.get(scope));
      existing(into, stage, records, isOfKeys, existing, existingOf, scopeOf, scope);
    }
    return existingOf;
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
            into.shape,
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
              BATCH_TOO_LARGE,
              "What \"" + into.collection.name() + "\" holds under a batch's keys is too much.",
              "",
              -1,
              null);
        }
      }
    }
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

  private void insert(WriteTarget into, String stage, RecordBatch records, Decision[] decisions)
      throws SQLException {
    int[] scopeOf =
        into.shape.hasRowSecurity()
            ? scopesOf(into, stage, records, ordinals(decisions, Decision.INSERT))
            : new int[decisions.length];
    run(into, into.insert(stage, true), decisions, Decision.INSERT, scopeOf);
  }

  private int[] scopesOf(WriteTarget into, String stage, RecordBatch records, Integer[] ordinals)
      throws SQLException {
    return new RowPolicies(connection, into, location.settings())
        .scopesOf(stage, ordinals, records.records(), record -> name(into, records, record, false));
  }

  /** Runs a statement for the records of one decision, each under its scope. */
  private void run(
      WriteTarget into, String sql, Decision[] decisions, Decision which, int[] scopeOf)
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

  private static Integer[] ordinals(Decision[] decisions, Decision which) {
    return ordinals(decisions, which, new int[decisions.length], 0);
  }

  private static Integer[] ordinals(
      Decision[] decisions, Decision which, int[] scopeOf, int scope) {
    List<Integer> ordinals = new ArrayList<>();
    for (int i = 0; i < decisions.length; i++) {
      if (decisions[i] == which && scopeOf[i] == scope) {
        ordinals.add(i);
      }
    }
    return ordinals.toArray(new Integer[0]);
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

  /**
   * What happened.
   *
   * @param digests of the records if they were put, else empty
   */
  private static Outcome outcome(Decision[] decisions, RecordDigest[] digests) {
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

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "let a connection go", location.toString());
    }
  }
}
