package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Decision;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetWriter;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One batch on its way. */
final class BatchWrite {
  private static final int MOST_EXISTING = 32 << 20;

  private final SqliteSession session;
  private final CanonicalForm canonical;
  private final boolean hasTriggers;
  private final Overwritten overwritten;
  private final Connected connection;
  private final OpenTable to;
  private final ChangeBatch changes;
  private final RecordBatch records;
  private final ConflictPolicy policy;
  private final Mark mark;
  private final RecordBatch keyOnly;
  private @Nullable PreparedStatement images;
  private long inserted;
  private long updated;
  private long unchanged;
  private long skipped;
  private long deleted;
  private long high;
  private long low;
  private RecordDigest skippedSum = RecordDigest.ZERO;

  BatchWrite(
      SqliteSession session,
      CanonicalForm canonical,
      boolean hasTriggers,
      Overwritten overwritten,
      Connected connection,
      OpenTable to,
      ChangeBatch changes,
      ConflictPolicy policy,
      Mark mark) {
    this.session = session;
    this.canonical = canonical;
    this.hasTriggers = hasTriggers;
    this.overwritten = overwritten;
    this.connection = connection;
    this.to = to;
    this.changes = changes;
    this.records = changes.records();
    this.policy = policy;
    this.mark = mark;
    this.keyOnly = new RecordBatch(Math.max(1, to.key.length));
  }

  Outcome apply() throws SQLException {
    boolean isForeign = !to.isCreatedHere && !mark.isUndo();
    String sequence = "";
    if (isForeign && !to.collection.foreignKeys().isEmpty()) {
      session.noteForeignKeysBefore(connection, to.collection);
    }
    if (isForeign && to.isAutoincrement) {
      sequence = SqliteSession.sequence(connection, to.table.name());
    }
    try (PreparedStatement opened = isForeign ? session.ledger().images(connection, mark) : null) {
      images = opened;
      if (changes.kind() == ChangeBatch.ChangeKind.PUT) {
        put();
      } else if (to.collection.hasKey()) {
        int[] keys = SqliteSnapshot.firstFields(to.key.length);
        decided(every(), keys);
      } else {
        deleteWhole();
      }
    }
    if (!sequence.isEmpty()) {
      session.noteSequence(connection, to.table.name(), sequence);
    }
    return new Outcome(
        inserted, updated, unchanged, skipped, deleted, new RecordDigest(high, low), skippedSum);
  }

  private int[] every() {
    return SqliteSnapshot.firstFields(records.records());
  }

  private void put() throws SQLException {
    requireStorable();
    if (!to.collection.hasKey()) {
      for (int i = 0; i < records.records(); i++) {
        execute(to.insert, i, to.all);
        insertedNow(i);
      }
      return;
    }
    // A BEFORE trigger would fire for records that then turn out to be there.
    boolean isInsertFirst =
        changes.expected() == null
            && to.isKeyUnique
            && (!hasTriggers || to.table.triggers().isEmpty());
    int[] waiting = new int[records.records()];
    int count = 0;
    for (int i = 0; i < records.records(); i++) {
      boolean hasNull = hasNullInKey(i);
      if (hasNull && to.isCreatedHere && !mark.isUndo()) {
        // SQLite lets several records have it, and nobody else's are here to be mistaken for one.
        execute(to.insert, i, to.all);
        insertedNow(i);
      } else if (isInsertFirst && !hasNull && execute(to.insertNew, i, to.all) == 1) {
        insertedNow(i);
      } else {
        waiting[count++] = i;
      }
    }
    decided(Arrays.copyOf(waiting, count), to.key);
  }

  private boolean hasNullInKey(int record) {
    for (int field : to.key) {
      if (records.isMissingAt(records.at(record, field))) {
        return true;
      }
    }
    return false;
  }

  private void requireStorable() {
    for (int i = 0; i < records.records(); i++) {
      if (records.recordLength(i) > RecordLimit.LARGEST) {
        throw RecordLimit.refused(to.collection.name(), "", i);
      }
      for (int field = 0; field < to.columns.length; field++) {
        Storable.require(
            records,
            i,
            records.at(i, field),
            to.collection.name(),
            to.columns[field],
            field == to.rowidField);
      }
    }
  }

  /** Looks up the chosen changes by key, decides, and does what was decided. */
  private void decided(int[] chosen, int[] keys) throws SQLException {
    if (chosen.length == 0) {
      return;
    }
    RecordBatch existing = new RecordBatch(to.all.length);
    int[] existingOf = new int[records.records()];
    Arrays.fill(existingOf, -1);
    for (int i : chosen) {
      existingOf[i] = find(i, keys, existing);
      if (existing.size() > MOST_EXISTING && records.records() > 1) {
        throw new DataException(
            TargetWriter.BATCH_TOO_LARGE,
            "What \""
                + to.collection.name()
                + "\" holds under the keys of a batch is larger than "
                + (MOST_EXISTING >> 20)
                + " MiB.",
            "",
            -1,
            null);
      }
    }
    // Those that were inserted a moment ago are not asked about: the others' decisions only.
    Decision[] decisions =
        Decision.decide(to.collection, changes, existing, existingOf, policy, canonical);
    if (mark.isUndo() && changes.kind() == ChangeBatch.ChangeKind.DELETE) {
      spareReferred(decisions, keys);
    }
    if (!mark.isUndo()) {
      handOver(chosen, decisions, existing, existingOf, keys);
    }
    for (int i : chosen) {
      carryOut(i, decisions[i], existing, existingOf[i], keys);
    }
  }

  /** Whole records, as large a part of them at a time as memory should hold. */
  private void handOver(
      int[] chosen, Decision[] decisions, RecordBatch existing, int[] existingOf, int[] keys)
      throws SQLException {
    Collection whole = to.whole;
    if (whole == null) {
      return;
    }
    RecordBatch old = new RecordBatch(whole.writtenFields().size());
    for (int i : chosen) {
      if (decisions[i] != Decision.UPDATE && decisions[i] != Decision.DELETE) {
        continue;
      }
      KeyLookup lookup = to.wholeLookup;
      if (lookup == null) {
        old.putRecord(existing, existingOf[i]);
      } else {
        append(lookup, i, keys, old);
      }
      if (old.size() > MOST_EXISTING) {
        overwritten.keep(whole, old);
        old.clear();
      }
    }
    if (!old.isEmpty()) {
      overwritten.keep(whole, old);
    }
  }

  /** The first with a change's key: where there are several, none of them is written to. */
  private void append(KeyLookup lookup, int change, int[] keys, RecordBatch old)
      throws SQLException {
    try {
      Rows rows = lookup.find(records, change, keys);
      if (rows != null) {
        rows.append(old, old.records() + 1, Integer.MAX_VALUE);
        rows.end();
      }
    } catch (SQLException failure) {
      throw tooLarge(failure, change, keys);
    }
  }

  private SQLException tooLarge(SQLException failure, int change, int[] keys) {
    if (SqliteErrors.isTooLarge(failure)) {
      throw RecordLimit.refused(
          to.collection.name(), " with the key " + KeyText.of(records, change, keys), change);
    }
    return failure;
  }

  /**
   * Appends the record with a change's key and tells its position, −1 if there is none. Where the
   * key stands several times (with nulls it may): the one that is equal, else the first.
   */
  private int find(int change, int[] keys, RecordBatch existing) throws SQLException {
    int first = existing.records();
    RecordDigest[] written = changes.digests();
    try {
      Rows rows = to.lookup.find(records, change, keys);
      if (rows == null) {
        return -1;
      }
      rows.append(existing, first + 1, Integer.MAX_VALUE);
      int found = first;
      boolean isSame = !rows.isOnRow() || written == null || isSame(existing, first, change);
      while (!isSame && rows.isOnRow()) {
        rows.append(existing, first + 2, Integer.MAX_VALUE);
        isSame = isSame(existing, first + 1, change);
        if (isSame) {
          found = first + 1;
        } else {
          existing.keep(first + 1);
        }
      }
      rows.end();
      return found;
    } catch (SQLException failure) {
      throw tooLarge(failure, change, keys);
    }
  }

  private boolean isSame(RecordBatch existing, int record, int change) {
    RecordDigest[] written = changes.digests();
    return written != null && canonical.digest(existing, record).equals(written[change]);
  }

  /** What somebody else refers to stays, or stands in the way. */
  private void spareReferred(Decision[] decisions, int[] keys) throws SQLException {
    try (Referring referring =
        Referring.to(
            connection,
            session.ledger(),
            to.table,
            to.collection.writtenNames(),
            to.collection.key(),
            policy.rule() == ConflictPolicy.Rule.SKIP)) {
      if (referring == null) {
        return;
      }
      RecordBatch gone = new RecordBatch(1 + keys.length);
      try (Statements adding = referring.adding(to.text)) {
        for (int i = 0; i < decisions.length; i++) {
          if (decisions[i] == Decision.DELETE) {
            gone.clear();
            gone.putInt64(i);
            records.project(i, keys, gone);
            Rows bound = adding.bound(gone, 0, SqliteSnapshot.firstFields(gone.width()), 0);
            if (bound != null) {
              bound.statement().executeUpdate();
            }
          }
        }
      }
      for (Map.Entry<Integer, String> found : referring.found(changes.expected()).entrySet()) {
        int change = found.getKey();
        if (policy.rule() != ConflictPolicy.Rule.SKIP) {
          throw referredTo("Record " + KeyText.of(records, change, keys), found.getValue(), change);
        }
        decisions[change] = Decision.SKIP;
      }
    }
  }

  private DataException referredTo(String which, String by, int change) {
    return new DataException(
        "CONFLICT",
        which
            + " of \""
            + to.collection.name()
            + "\" cannot be taken back: a record of \""
            + by
            + "\" that this run did not write refers to it.",
        "look at that record first; to keep what others changed: rollback --on-changed keep",
        change,
        null);
  }

  private void carryOut(int change, Decision decision, RecordBatch existing, int found, int[] keys)
      throws SQLException {
    switch (decision) {
      case INSERT -> {
        execute(to.insert, change, to.all);
        insertedNow(change);
      }
      case UPDATE -> {
        requireSameKey(change, existing, found, keys);
        if (execute(to.update, change, to.allThenKey) != 1) {
          throw refused(
              "KEY_IS_AMBIGUOUS", change, keys, "the target holds several records of its key");
        }
        updated++;
        keep(BeforeImage.Change.UPDATED, existing.recordBytes(found), written(change));
        add(change);
      }
      case DELETE -> {
        if (execute(to.delete, change, keys) != 1) {
          throw refused(
              "KEY_IS_AMBIGUOUS", change, keys, "the target holds several records of its key");
        }
        deleted++;
        keep(BeforeImage.Change.DELETED, existing.recordBytes(found), "");
      }
      case UNCHANGED -> unchanged++;
      case SKIP -> {
        skipped++;
        RecordDigest[] digests = changes.digests();
        if (digests != null) {
          skippedSum = skippedSum.plus(digests[change]);
        }
      }
      case CONFLICT -> {
        requireSameKey(change, existing, found, keys);
        throw refused("CONFLICT", change, keys, "the target holds another record of its key");
      }
    }
  }

  /** A collation may take two keys for one, and SQLite takes 1 and 1.0 for one. */
  private void requireSameKey(int change, RecordBatch existing, int found, int[] keys) {
    if (mark.isUndo() || found < 0 || changes.kind() == ChangeBatch.ChangeKind.DELETE) {
      return;
    }
    for (int field : to.key) {
      int wanted = records.at(change, field);
      int there = existing.at(found, field);
      boolean isSame =
          Arrays.equals(
              records.bytes(),
              wanted,
              wanted + records.lengthAt(wanted),
              existing.bytes(),
              there,
              there + existing.lengthAt(there));
      if (!isSame) {
        throw refused(
            "KEY_EQUAL_IN_TARGET",
            change,
            keys,
            "the target takes its key for equal to another one, "
                + KeyText.of(existing, found, to.key));
      }
    }
  }

  private DataException refused(String code, int change, int[] keys, String why) {
    return new DataException(
        code,
        "Record "
            + KeyText.of(records, change, keys)
            + " cannot go into \""
            + to.collection.name()
            + "\": "
            + why
            + ".",
        "see both: waybill diff; then choose --on-conflict skip, overwrite or newer:FIELD",
        change,
        null);
  }

  private void insertedNow(int change) throws SQLException {
    inserted++;
    if (images != null) {
      byte[] image;
      if (to.collection.hasKey()) {
        keyOnly.clear();
        records.project(change, to.key, keyOnly);
        image = keyOnly.recordBytes(0);
      } else {
        image = records.recordBytes(change);
      }
      keep(BeforeImage.Change.INSERTED, image, written(change));
    }
    add(change);
  }

  private String written(int change) {
    RecordDigest[] digests = changes.digests();
    return digests == null ? "" : digests[change].toString();
  }

  private void keep(BeforeImage.Change change, byte[] record, String written) throws SQLException {
    PreparedStatement into = images;
    if (into != null) {
      SqliteLedger.image(into, new BeforeImage(change, record, written));
    }
  }

  private void add(int change) {
    RecordDigest[] digests = changes.digests();
    if (digests != null) {
      long sum = low + digests[change].low();
      high += digests[change].high() + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
      low = sum;
    }
  }

  private int execute(Statements statements, int record, int[] fields) {
    try {
      Rows bound = statements.bound(records, record, fields, 0);
      if (bound == null) {
        throw new DataException(
            "VALUE_WOULD_CHANGE",
            "A text of a record for \""
                + to.collection.name()
                + "\" is no valid UTF-8, which this UTF-16 database cannot keep.",
            "mend the record at its source, or choose a UTF-8 database",
            record,
            null);
      }
      connection.begun();
      return bound.statement().executeUpdate();
    } catch (SQLException failure) {
      WaybillException refused =
          SqliteErrors.write(session.file(), to.collection.name(), record, failure);
      throw refused;
    }
  }

  /** Deletes one equal record for each of the batch, the newest first. */
  private void deleteWhole() throws SQLException {
    String rowid = to.table.rowid();
    if (rowid == null) {
      throw new StoreException(
          "UNSUPPORTED",
          "Records of \""
              + to.collection.name()
              + "\" cannot be deleted: it has no key, and every name of the rowid is a column's.",
          "",
          false,
          null);
    }
    Map<Integer, Long> rowids = NewestRows.find(connection, to, rowid, records);
    unchanged += records.records() - rowids.size();
    if (mark.isUndo()) {
      spareReferred(rowids);
    }
    for (Map.Entry<Integer, Long> found : rowids.entrySet()) {
      deleteRow(rowid, found.getValue());
      deleted++;
      keep(BeforeImage.Change.DELETED, records.recordBytes(found.getKey()), "");
    }
  }

  private void spareReferred(Map<Integer, Long> rowids) throws SQLException {
    try (Referring referring =
        Referring.to(
            connection,
            session.ledger(),
            to.table,
            to.collection.writtenNames(),
            List.of(),
            policy.rule() == ConflictPolicy.Rule.SKIP)) {
      if (referring == null) {
        return;
      }
      for (Map.Entry<Integer, Long> each : rowids.entrySet()) {
        referring.add(each.getKey(), each.getValue());
      }
      for (Map.Entry<Integer, String> found : referring.found(changes.expected()).entrySet()) {
        int change = found.getKey();
        if (policy.rule() != ConflictPolicy.Rule.SKIP) {
          throw referredTo(
              "The record with the rowid " + rowids.get(change), found.getValue(), change);
        }
        rowids.remove(change);
        skipped++;
      }
    }
  }

  private void deleteRow(String rowid, long id) throws SQLException {
    SqliteLedger.execute(
        connection, "DELETE FROM " + Sql.quoted(to.table.name()) + " WHERE " + rowid + " = ?", id);
  }
}
