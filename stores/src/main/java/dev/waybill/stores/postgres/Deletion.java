package dev.waybill.stores.postgres;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Mark;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Deletes batches of records: by key, or as many equal ones as are named. While a run is taken back
 * nothing goes that others refer to. Not thread-safe.
 */
final class Deletion {
  private final Connection connection;
  private final Location location;
  private final PostgresSession session;
  private final BatchWork work;

  Deletion(Connection connection, Location location, PostgresSession session, BatchWork work) {
    this.connection = connection;
    this.location = location;
    this.session = session;
    this.work = work;
  }

  Outcome delete(WriteTarget into, ChangeBatch changes, ConflictPolicy policy, Mark mark)
      throws SQLException {
    RecordBatch records = changes.records();
    if (!into.collection.hasKey()) {
      return deleteWhole(into, changes, policy, mark);
    }
    String stage = into.stage(connection, true);
    work.stage(into, stage, records, BatchWork.all(records.records()), true);
    int[] scopeOf = new int[records.records()];
    Existing existing = work.existing(into, stage, records, true, scopeOf);
    Decision[] decisions = work.decide(into, changes, existing, policy);
    if (mark.isUndo()) {
      keepReferredTo(into, stage, records, decisions, policy);
    }
    work.keep(into, changes, decisions, existing, mark);
    work.run(into, into.delete(stage, records), decisions, Decision.DELETE, scopeOf);
    return BatchWork.outcome(decisions, new RecordDigest[0]);
  }

  /**
   * Leaves what others refer to: deleting it would delete or change their records too, or be
   * refused. What a record that stays refers to stays with it.
   */
  private void keepReferredTo(
      WriteTarget into, String stage, RecordBatch keys, Decision[] decisions, ConflictPolicy policy)
      throws SQLException {
    List<ReferringKey> foreignKeys = referringKeys(into, "ROW EXCLUSIVE", policy);
    foreignKeys.forEach(key -> key.requireAllSeen(into.collection.name(), location.settings()));
    boolean isSettled = foreignKeys.isEmpty();
    while (!isSettled) {
      isSettled = true;
      for (ReferringKey key : foreignKeys) {
        for (int kept : referredToInAnyScope(into, stage, keys, key, decisions)) {
          if (policy.rule() != ConflictPolicy.Rule.SKIP) {
            throw referredTo(into, BatchWork.name(into, keys, kept, true), key, kept);
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
      Array deleted =
          connection.createArrayOf("int4", BatchWork.ordinals(decisions, Decision.DELETE));
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
    work.stage(into, stage, records, BatchWork.all(records.records()), false);
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
      work.keep(
          into, changes, all, new Existing(records, records, BatchWork.all(all.length)), mark);
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
    int[] scopeOf = work.scopesOf(into, stage, records, BatchWork.ordinals(all, Decision.DELETE));
    int deleted = 0;
    for (int scope = 0; scope < location.settings().scopes().size(); scope++) {
      Integer[] some = BatchWork.ordinals(all, Decision.DELETE, scopeOf, scope);
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
}
