package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Violation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Finds records of a table that a foreign key or a unique index does not allow. */
final class SqliteViolations {
  private static final int AT_ONCE = 1_000;
  private static final int BYTES_AT_ONCE = 4 << 20;
  private static final String TRIAL = "temp.waybill_trial";

  private final Connected connection;
  private final Table table;
  private final Collection collection;
  private final Violation.Consumer consumer;

  /** What a record is named by: its key, or all of it. */
  private final List<String> names;

  private boolean isEnough;

  SqliteViolations(
      Connected connection, Table table, Collection collection, Violation.Consumer consumer) {
    this.connection = connection;
    this.table = table;
    this.collection = collection;
    this.consumer = consumer;
    this.names = collection.hasKey() ? collection.key() : collection.writtenNames();
  }

  /** Records that point at none, and those that point at them within the same table. */
  void dangling() throws SQLException {
    for (ForeignKey foreignKey : Described.collection(connection, table).foreignKeys()) {
      String nowhere = Dangling.pointingNowhere(connection, foreignKey);
      boolean isOfItself = Sql.isSameName(foreignKey.targetCollection(), table.name());
      String from = " FROM " + Sql.quoted(table.name()) + " AS c";
      report(
          "FOREIGN_KEY_VIOLATED",
          "points with "
              + String.join(", ", foreignKey.fields())
              + " at no record of \""
              + foreignKey.targetCollection()
              + "\"",
          isOfItself && collection.hasKey()
              ? withFollowers(foreignKey, from + nowhere)
              : "SELECT " + columns("c", names) + from + nowhere);
    }
  }

  private String withFollowers(ForeignKey foreignKey, String first) {
    StringBuilder sql =
        new StringBuilder("WITH RECURSIVE gone(" + numbered() + ") AS (SELECT ")
            .append(columns("c", names))
            .append(first)
            .append(" UNION SELECT ")
            .append(columns("c", names))
            .append(" FROM gone AS g JOIN ")
            .append(Sql.quoted(table.name()))
            .append(" AS p ON ");
    for (int i = 0; i < names.size(); i++) {
      sql.append(i == 0 ? "p." : " AND p.")
          .append(Sql.quoted(names.get(i)))
          .append(" IS g.k")
          .append(i);
    }
    sql.append(" JOIN ").append(Sql.quoted(table.name())).append(" AS c ON ");
    for (int i = 0; i < foreignKey.fields().size(); i++) {
      sql.append(i == 0 ? "p." : " AND p.")
          .append(Sql.quoted(foreignKey.targetFields().get(i)))
          .append(" = c.")
          .append(Sql.quoted(foreignKey.fields().get(i)));
    }
    return sql.append(") SELECT * FROM gone").toString();
  }

  /** Records that a unique index which is still to be made would refuse. */
  void alike() throws SQLException {
    for (Index index : collection.indexes()) {
      if (!index.isUnique() || isEnough || SqliteSession.isMade(connection, collection, index)) {
        continue;
      }
      if (index.isPortable()) {
        List<String> fields = index.columns().stream().map(Index.Column::field).toList();
        report(
            "NOT_UNIQUE",
            "has the same " + String.join(", ", fields) + " as another, which stays",
            repeated(fields));
      } else {
        byTrial(index);
      }
    }
  }

  private String repeated(List<String> fields) {
    StringBuilder sql = new StringBuilder("SELECT ").append(numbered()).append(" FROM (SELECT ");
    for (int i = 0; i < names.size(); i++) {
      sql.append("c.").append(Sql.quoted(names.get(i))).append(" AS k").append(i).append(", ");
    }
    return sql.append("row_number() OVER (PARTITION BY ")
        .append(columns("c", fields))
        .append(" ORDER BY ")
        .append(order())
        .append(") AS nth FROM ")
        .append(Sql.quoted(table.name()))
        .append(" AS c WHERE ")
        .append(
            fields.stream()
                .map(field -> "c." + Sql.quoted(field) + " IS NOT NULL")
                .collect(Collectors.joining(" AND ")))
        .append(") WHERE nth > 1")
        .toString();
  }

  private String order() {
    String rowid = table.rowid();
    return collection.hasKey()
        ? columns("c", collection.key()) + (rowid == null ? "" : ", c." + rowid)
        : rowid == null ? "1" : "c." + rowid;
  }

  /**
   * What an index over part of the records, or over expressions, takes for alike only SQLite knows:
   * the records are put in again one after the other with the index there, and all is taken back.
   */
  private void byTrial(Index index) throws SQLException {
    String into = Sql.quoted(table.name());
    String rowid = table.rowid();
    boolean hasNamedRowid = rowid != null && table.rowidColumn() == null;
    List<String> all =
        table.columns().stream()
            .filter(column -> !column.isGenerated())
            .map(Table.Column::name)
            .collect(Collectors.toCollection(ArrayList::new));
    String fields = Sql.quoted(all) + (hasNamedRowid ? ", " + rowid : "");
    String place = hasNamedRowid ? ", c." + rowid + " AS waybill_row" : "";
    List<String> same = hasNamedRowid ? List.of() : collection.key();
    connection.run("BEGIN IMMEDIATE");
    try {
      connection.run("DROP TABLE IF EXISTS " + TRIAL);
      connection.run(
          "CREATE TEMP TABLE waybill_trial AS SELECT "
              + columns("c", all)
              + place
              + " FROM "
              + into
              + " AS c ORDER BY "
              + order());
      connection.run("DELETE FROM " + into);
      connection.run(Definition.index(collection, index, "waybill_trial_index"));
      connection.run(
          "INSERT OR IGNORE INTO "
              + into
              + "("
              + fields
              + ") SELECT "
              + columns("c", all)
              + (hasNamedRowid ? ", c.waybill_row" : "")
              + " FROM "
              + TRIAL
              + " AS c ORDER BY c.rowid");
      report(
          "NOT_UNIQUE",
          "is alike to another by the unique index \"" + index.name() + "\", and that one stays",
          "SELECT "
              + columns("c", names)
              + " FROM "
              + TRIAL
              + " AS c WHERE NOT EXISTS (SELECT 1 FROM "
              + into
              + " AS t WHERE "
              + (hasNamedRowid
                  ? "t." + rowid + " = c.waybill_row"
                  : same.stream()
                      .map(name -> "t." + Sql.quoted(name) + " IS c." + Sql.quoted(name))
                      .collect(Collectors.joining(" AND ")))
              + ")");
    } finally {
      connection.run("ROLLBACK");
    }
  }

  private String numbered() {
    StringBuilder numbered = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      numbered.append(i == 0 ? "k" : ", k").append(i);
    }
    return numbered.toString();
  }

  private static String columns(String alias, List<String> of) {
    return of.stream()
        .map(name -> alias + "." + Sql.quoted(name))
        .collect(Collectors.joining(", "));
  }

  private void report(String code, String reason, String sql) throws SQLException {
    if (isEnough) {
      return;
    }
    try (Rows rows = new Rows(connection.prepare(sql), names.size(), TextForm.of(connection))) {
      rows.begin();
      RecordBatch found = new RecordBatch(names.size());
      while (!isEnough && rows.append(found, AT_ONCE, BYTES_AT_ONCE)) {
        isEnough = !consumer.accept(new Violation(code, reason, found, !collection.hasKey()));
        found = new RecordBatch(names.size());
      }
    }
  }
}
