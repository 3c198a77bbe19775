package dev.waybill.stores.sqlite;

import dev.waybill.model.Finding;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records of a table whose foreign keys to one other table lead nowhere. */
final class Dangling {
  private static final int SHOWN = 20;

  private final Table table;
  private final String parent;
  private final List<String> examples = new ArrayList<>();
  private final List<Long> rowids = new ArrayList<>();
  private long count;

  private Dangling(Table table, String parent) {
    this.table = table;
    this.parent = parent;
  }

  /**
   * What SQLite's own check finds, by the table that should be led to.
   *
   * @throws SQLException if SQLite cannot check them, as their schema is
   */
  static List<Dangling> of(Connected connection, Table table) throws SQLException {
    Map<String, Dangling> found = new LinkedHashMap<>();
    try (PreparedStatement statement =
        connection.prepare("SELECT rowid, parent FROM pragma_foreign_key_check(?)")) {
      statement.setString(1, table.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          Dangling dangling =
              found.computeIfAbsent(rows.getString(2), parent -> new Dangling(table, parent));
          dangling.count++;
          long rowid = rows.getLong(1);
          if (dangling.rowids.size() < SHOWN && !rows.wasNull()) {
            dangling.rowids.add(rowid);
          }
        }
      }
    }
    for (Dangling dangling : found.values()) {
      dangling.name(connection);
    }
    return List.copyOf(found.values());
  }

  private void name(Connected connection) throws SQLException {
    List<String> key = table.key().stream().map(Table.Column::name).toList();
    if (!table.hasRowid()) {
      for (ForeignKey foreignKey : Described.collection(connection, table).foreignKeys()) {
        if (Sql.isSameName(foreignKey.targetCollection(), parent)) {
          examples(
              connection,
              key,
              pointingNowhere(connection, foreignKey) + " LIMIT " + SHOWN,
              List.of());
        }
      }
    } else if (table.rowidColumn() == null && !key.isEmpty() && table.rowid() != null) {
      examples(connection, key, " WHERE c." + table.rowid() + " = ?", rowids);
    } else {
      rowids.forEach(rowid -> examples.add(rowid.toString()));
    }
  }

  /**
   * The condition that a record {@code c} points at none, with its WHERE. The parent's column
   * stands left in each comparison, so that its collation decides.
   */
  static String pointingNowhere(Connected connection, ForeignKey foreignKey) throws SQLException {
    StringBuilder sql = new StringBuilder();
    for (String field : foreignKey.fields()) {
      sql.append(sql.isEmpty() ? " WHERE c." : " AND c.")
          .append(Sql.quoted(field))
          .append(" IS NOT NULL");
    }
    if (Table.of(connection, foreignKey.targetCollection()).isPresent()) {
      sql.append(" AND NOT EXISTS (SELECT 1 FROM ")
          .append(Sql.quoted(foreignKey.targetCollection()))
          .append(" AS p");
      for (int i = 0; i < foreignKey.targetFields().size(); i++) {
        sql.append(i == 0 ? " WHERE p." : " AND p.")
            .append(Sql.quoted(foreignKey.targetFields().get(i)))
            .append(" = c.")
            .append(Sql.quoted(foreignKey.fields().get(i)));
      }
      sql.append(')');
    }
    return sql.toString();
  }

  /** Asks for keys once for each parameter, or once where there are none. */
  private void examples(Connected connection, List<String> key, String where, List<Long> parameters)
      throws SQLException {
    StringBuilder sql = new StringBuilder("SELECT ");
    for (int i = 0; i < key.size(); i++) {
      sql.append(i == 0 ? "c." : ", c.").append(Sql.quoted(key.get(i)));
    }
    sql.append(" FROM ").append(Sql.quoted(table.name())).append(" AS c").append(where);
    RecordBatch found = new RecordBatch(key.size());
    try (Rows rows =
        new Rows(connection.prepare(sql.toString()), key.size(), TextForm.of(connection))) {
      for (int i = 0; i < Math.max(1, parameters.size()); i++) {
        if (!parameters.isEmpty()) {
          rows.statement().setLong(1, parameters.get(i));
        }
        rows.begin();
        rows.append(found, SHOWN, Integer.MAX_VALUE);
      }
    }
    for (int i = 0; i < found.records() && examples.size() < SHOWN; i++) {
      examples.add(KeyText.of(found, i, SqliteSnapshot.firstFields(key.size())));
    }
  }

  long count() {
    return count;
  }

  Finding.Dangling described() {
    return new Finding.Dangling(table.name(), parent, count, examples);
  }

  /** How many, of what, to what, and the first of them, without a full stop. */
  String sentence() {
    String first = String.join("; ", examples) + (count > examples.size() ? "; …" : "");
    boolean isByKey = !table.key().isEmpty();
    return count
        + (count == 1 ? " record of \"" : " records of \"")
        + table.name()
        + (count == 1 ? "\" points" : "\" point")
        + " at no record of \""
        + parent
        + '"'
        + (examples.isEmpty() ? "" : (isByKey ? " (key " : " (rowid ") + first + ")");
  }
}
