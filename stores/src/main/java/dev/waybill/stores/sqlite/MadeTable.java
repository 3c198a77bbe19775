package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.Note.What;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A table that a run made, and what others have added to it since. */
final class MadeTable {
  private static final int AT_ONCE = 1_000;
  private static final int BYTES_AT_ONCE = 4 << 20;

  private final Connected connection;
  private final SqliteLedger ledger;
  private final Table table;

  MadeTable(Connected connection, SqliteLedger ledger, Table table) {
    this.connection = connection;
    this.ledger = ledger;
    this.table = table;
  }

  /** True if it is as the run made it, holds exactly these records, and nobody builds on it. */
  boolean isStill(Collection collection, long records, RecordDigest sum) throws SQLException {
    return table.kind().equals("table")
        && table.columns().stream()
            .map(Table.Column::name)
            .toList()
            .equals(Definition.fields(collection).stream().map(Field::name).toList())
        && table.triggers().isEmpty()
        && hasOwnIndexesOnly()
        && dependents().isEmpty()
        && CatalogReader.count(connection, table) == records
        && sum(collection).equals(sum);
  }

  private boolean hasOwnIndexesOnly() throws SQLException {
    List<String> own = ledger.indexes(connection, table.name());
    for (String index :
        connection.texts(
            "SELECT name FROM pragma_index_list(?) WHERE origin = 'c'", table.name())) {
      if (!own.contains(index)) {
        return false;
      }
    }
    return true;
  }

  /** Of {@link #referring} what did not do so before the table was made. */
  List<String> dependents() throws SQLException {
    List<String> found = referring();
    found.removeAll(ledger.details(connection, SqliteLedger.REFERRED_BEFORE, table.name()));
    return found;
  }

  /**
   * What else in the database names the table: tables with a foreign key to it that this run did
   * not make, and whatever holds SQL of its own in which the name stands.
   */
  List<String> referring() throws SQLException {
    List<String> found = new ArrayList<>();
    for (String other :
        connection.texts(
            "SELECT DISTINCT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name) f"
                + " WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
                + " AND m.name <> ?1 COLLATE NOCASE AND f.\"table\" = ?1 COLLATE NOCASE",
            table.name())) {
      if (ledger.detail(connection, What.COLLECTION_CREATED.name(), other) == null) {
        found.add("table " + other);
      }
    }
    Pattern mention = mention(table.name());
    try (PreparedStatement statement =
            connection.prepare(
                "SELECT type || ' ' || name, sql FROM sqlite_schema"
                    + " WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%'");
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        if (mention.matcher(rows.getString(2)).find()) {
          found.add(rows.getString(1));
        }
      }
    }
    return found;
  }

  /** The name as it is or as it stands between quotes, not as a part of a longer one. */
  private static Pattern mention(String name) {
    return Pattern.compile(
        "(?<![\\w$])(?:"
            + Pattern.quote(name)
            + "|"
            + Pattern.quote(name.replace("\"", "\"\""))
            + "|"
            + Pattern.quote(name.replace("`", "``"))
            + ")(?![\\w$])",
        Pattern.CASE_INSENSITIVE);
  }

  private RecordDigest sum(Collection collection) throws SQLException {
    CanonicalForm canonical = new CanonicalForm();
    int width = collection.writtenFields().size();
    RecordBatch batch = new RecordBatch(width);
    RecordDigest sum = RecordDigest.ZERO;
    try (Rows rows =
        new Rows(
            connection.prepare(SqliteSnapshot.select(table, collection.writtenNames())),
            width,
            TextForm.of(connection))) {
      rows.begin();
      while (rows.append(batch, AT_ONCE, BYTES_AT_ONCE)) {
        for (int i = 0; i < batch.records(); i++) {
          sum = sum.plus(canonical.digest(batch, i));
        }
        batch.clear();
      }
    }
    return sum;
  }
}
