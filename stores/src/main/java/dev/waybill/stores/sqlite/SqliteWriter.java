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
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetWriter;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches when its session's turn comes. Most records go into a table for the first time, so
 * they are inserted at once and only those that SQLite finds there already are looked up.
 */
final class SqliteWriter implements TargetWriter {
  private static final int AT_ONCE = 500;
  private static final int MOST_BYTES = 16 << 20;

  private final SqliteSession session;
  private final CanonicalForm canonical = new CanonicalForm();
  private final Map<String, Open> open = new HashMap<>();

  SqliteWriter(SqliteSession session) {
    this.session = session;
  }

  @Override
  public Outcome apply(
      Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
    return session.transact(
        connection -> {
          Open table = open(connection, collection);
          Batch batch = new Batch(connection, table, changes, policy, mark);
          Outcome outcome = batch.apply();
          session.ledger().mark(connection, new MarkedBatch(mark, outcome));
          return outcome;
        });
  }

  private Open open(Connected connection, Collection collection) throws SQLException {
    Open known = open.get(collection.name());
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
    Open made = new Open(connection, collection, table);
    open.put(collection.name(), made);
    return made;
  }

  @Override
  public void close() {
    try {
      for (Open each : open.values()) {
        each.close();
      }
      open.clear();
    } catch (SQLException failure) {
      throw SqliteErrors.store(session.file(), "finish writing to", failure);
    }
  }

  /** A collection with its prepared statements. */
  private final class Open {
    final Collection collection;
    final Table table;
    final TextForm text;
    final int[] all;
    final int[] key;
    final int[] allThenKey;
    final Table.Column[] columns;
    final int rowidField;
    final boolean isAutoincrement;
    final boolean isCreatedHere;
    final boolean isKeyUnique;
    final Statements insert;
    final Statements insertNew;
    final Statements update;
    final Statements delete;
    final KeyLookup lookup;

    Open(Connected connection, Collection collection, Table table) throws SQLException {
      this.collection = collection;
      this.table = table;
      text = TextForm.of(connection);
      List<String> names = collection.writtenNames();
      all = SqliteSnapshot.firstFields(names.size());
      key = collection.keyPositions();
      allThenKey = Arrays.copyOf(all, all.length + key.length);
      System.arraycopy(key, 0, allThenKey, all.length, key.length);
      columns = new Table.Column[names.size()];
      for (int i = 0; i < columns.length; i++) {
        columns[i] = column(table, names.get(i));
      }
      Table.Column alias = table.rowidColumn();
      rowidField = alias == null ? -1 : Arrays.asList(columns).indexOf(alias);
      isAutoincrement = new TableText(table.sql()).isAutoincrement();
      isCreatedHere = session.isCreatedHere(connection, collection.name());
      isKeyUnique = collection.hasKey() && table.isUnique(collection.key());
      String into = Sql.quoted(table.name());
      String columnList = Sql.quoted(names);
      insert =
          new Statements(
              connection,
              text,
              all.length,
              spelling ->
                  "INSERT INTO " + into + "(" + columnList + ") VALUES(" + list(spelling) + ")");
      insertNew =
          new Statements(
              connection,
              text,
              all.length,
              spelling ->
                  "INSERT INTO "
                      + into
                      + "("
                      + columnList
                      + ") VALUES("
                      + list(spelling)
                      + ") ON CONFLICT("
                      + Sql.quoted(collection.key())
                      + ") DO NOTHING");
      update =
          new Statements(
              connection,
              text,
              allThenKey.length,
              spelling -> {
                StringBuilder sql = new StringBuilder("UPDATE " + into + " SET ");
                for (int i = 0; i < all.length; i++) {
                  sql.append(i == 0 ? "" : ", ")
                      .append(Sql.quoted(names.get(i)))
                      .append(" = ")
                      .append(spelling.parameter(i));
                }
                return sql + where(spelling, all.length);
              });
      delete =
          new Statements(
              connection, text, key.length, spelling -> "DELETE FROM " + into + where(spelling, 0));
      lookup = new KeyLookup(connection, text, table, collection);
    }

    private Table.Column column(Table in, String name) {
      Table.Column column = in.column(name);
      if (column == null || column.isGenerated()) {
        throw new StoreException(
            "FIELD_MISSING",
            "\""
                + in.name()
                + "\" in "
                + session.file()
                + " has no column \""
                + name
                + "\" that can be written.",
            "make the plan anew: the target has changed",
            false,
            null);
      }
      return column;
    }

    private String list(Statements.Spelling spelling) {
      return Arrays.stream(all).mapToObj(spelling::parameter).collect(Collectors.joining(", "));
    }

    private String where(Statements.Spelling spelling, int first) {
      StringBuilder sql = new StringBuilder();
      for (int i = 0; i < key.length; i++) {
        sql.append(i == 0 ? " WHERE " : " AND ")
            .append(Sql.quoted(collection.key().get(i)))
            .append(" IS ")
            .append(spelling.parameter(first + i));
      }
      return sql.toString();
    }

    void close() throws SQLException {
      for (Statements each : List.of(insert, insertNew, update, delete)) {
        each.close();
      }
      lookup.close();
    }
  }

  /** One batch on its way. */
  private final class Batch {
    private final Connected connection;
    private final Open to;
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

    Batch(Connected connection, Open to, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
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
        session.noteForeignKeysBefore(connection, to.collection.name());
      }
      if (isForeign && to.isAutoincrement) {
        sequence = SqliteSession.sequence(connection, to.table.name());
      }
      try (PreparedStatement opened =
          isForeign ? session.ledger().images(connection, to.collection.name()) : null) {
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
          inserted, updated, unchanged, skipped, deleted, new RecordDigest(high, low));
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
          changes.expected() == null && to.isKeyUnique && to.table.triggers().isEmpty();
      int[] waiting = new int[records.records()];
      int count = 0;
      for (int i = 0; i < records.records(); i++) {
        if (isInsertFirst && !hasNullInKey(i) && execute(to.insertNew, i, to.all) == 1) {
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
        int first = existing.records();
        int found = to.lookup.find(records, i, keys, existing);
        if (found > 0) {
          existingOf[i] = first + sameOrFirst(i, existing, first, found);
        }
      }
      // Those that were inserted a moment ago are not asked about: the others' decisions only.
      Decision[] decisions =
          Decision.decide(to.collection, changes, existing, existingOf, policy, canonical);
      for (int i : chosen) {
        carryOut(i, decisions[i], existing, existingOf[i], keys);
      }
    }

    /** Where a key stands several times (with nulls it may): the record that is equal, if any. */
    private int sameOrFirst(int change, RecordBatch existing, int first, int found) {
      RecordDigest[] written = changes.digests();
      for (int i = 0; found > 1 && written != null && i < found; i++) {
        if (canonical.digest(existing, first + i).equals(written[change])) {
          return i;
        }
      }
      return 0;
    }

    private void carryOut(
        int change, Decision decision, RecordBatch existing, int found, int[] keys)
        throws SQLException {
      switch (decision) {
        case INSERT -> {
          execute(to.insert, change, to.all);
          insertedNow(change);
        }
        case UPDATE -> {
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
        case SKIP -> skipped++;
        case CONFLICT ->
            throw refused(
                "RECORD_CONFLICTS", change, keys, "the target holds another record of its key");
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

    private void keep(BeforeImage.Change change, byte[] record, String written)
        throws SQLException {
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
      Map<RecordDigest, Integer> wanted = new HashMap<>();
      for (int i = 0; i < records.records(); i++) {
        wanted.merge(canonical.digest(records, i), 1, Integer::sum);
      }
      int width = to.all.length;
      int[] whole = new int[width];
      Arrays.setAll(whole, i -> i + 1);
      String newest =
          SqliteSnapshot.select(to.table, to.collection.writtenNames())
                  .replaceFirst("SELECT ", Matcher.quoteReplacement("SELECT t." + rowid + ", "))
              + " WHERE t."
              + rowid
              + " <= ? ORDER BY t."
              + rowid
              + " DESC";
      int left = records.records();
      long upTo = Long.MAX_VALUE;
      boolean isMore = true;
      RecordBatch rows = new RecordBatch(width + 1);
      RecordBatch row = new RecordBatch(width);
      while (left > 0 && isMore) {
        rows.clear();
        try (Rows found = new Rows(connection.prepare(newest), width + 1, to.text)) {
          found.statement().setLong(1, upTo);
          found.begin();
          isMore = found.append(rows, AT_ONCE, MOST_BYTES);
        }
        for (int i = 0; i < rows.records() && left > 0; i++) {
          row.clear();
          rows.project(i, whole, row);
          RecordDigest digest = canonical.digest(row, 0);
          int more = wanted.getOrDefault(digest, 0);
          upTo = rows.int64At(rows.at(i, 0));
          if (more > 0) {
            wanted.put(digest, more - 1);
            left--;
            deleteRow(rowid, upTo);
            deleted++;
            keep(BeforeImage.Change.DELETED, row.recordBytes(0), "");
          }
        }
        isMore = isMore && upTo > Long.MIN_VALUE;
        upTo--;
      }
      unchanged += left;
    }

    private void deleteRow(String rowid, long id) throws SQLException {
      SqliteLedger.execute(
          connection,
          "DELETE FROM " + Sql.quoted(to.table.name()) + " WHERE " + rowid + " = ?",
          id);
    }
  }
}
