package dev.waybill.stores.sqlite;

import dev.waybill.model.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A table's triggers, taken away for the length of one transaction. SQLite can switch triggers off
 * for a connection, but its driver cannot ask for that; statements about the schema are part of a
 * transaction, so that nobody else ever sees the table without them, whatever happens.
 */
final class SuppressedTriggers {
  private static final String OF_TABLE =
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
          + " AND tbl_name = ? COLLATE NOCASE ORDER BY rowid";

  private final Connected connection;
  private final String table;
  private final Map<String, String> statements;

  private SuppressedTriggers(Connected connection, String table, Map<String, String> statements) {
    this.connection = connection;
    this.table = table;
    this.statements = statements;
  }

  /** Takes them away, in the caller's transaction. */
  static SuppressedTriggers of(Connected connection, String table) throws SQLException {
    Map<String, String> statements = statements(connection, table);
    for (String name : statements.keySet()) {
      connection.run("DROP TRIGGER main." + Sql.quoted(name));
    }
    return new SuppressedTriggers(connection, table, statements);
  }

  private static Map<String, String> statements(Connected connection, String table)
      throws SQLException {
    Map<String, String> statements = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepare(OF_TABLE)) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          statements.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return statements;
  }

  /**
   * Makes them again, in their order, before the same transaction ends.
   *
   * @throws StoreException if they are not what they were; the transaction must be rolled back
   */
  void makeAgain() throws SQLException {
    if (statements.isEmpty()) {
      return;
    }
    for (String sql : statements.values()) {
      connection.run(sql);
    }
    if (!statements(connection, table).equals(statements)) {
      throw new StoreException(
          "TRIGGERS_NOT_SUPPRESSED",
          "The triggers of \""
              + table
              + "\" in "
              + connection.file()
              + " cannot be taken away and made again as they are.",
          "let them fire",
          false,
          null);
    }
  }
}
