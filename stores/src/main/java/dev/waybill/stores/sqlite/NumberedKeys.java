package dev.waybill.stores.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Keys of a table's records, each with a number, in a table of this connection alone. */
final class NumberedKeys implements AutoCloseable {
  private final Connected connection;
  private final String name;
  private final List<String> identity;

  private NumberedKeys(Connected connection, String name, List<String> identity) {
    this.connection = connection;
    this.name = name;
    this.identity = identity;
  }

  /**
   * None yet.
   *
   * @param key columns that identify a record; where there are none it is its rowid
   */
  static NumberedKeys of(Connected connection, String name, Table table, List<String> key)
      throws SQLException {
    String rowid = table.rowid();
    List<String> identity = new ArrayList<>();
    StringBuilder columns = new StringBuilder();
    for (String field : key) {
      Table.Column column = table.column(field);
      columns
          .append(", k")
          .append(identity.size())
          .append(' ')
          .append(column == null ? "BLOB" : column.affinity().name());
      identity.add(Sql.quoted(field));
    }
    if (key.isEmpty() && rowid != null) {
      columns.append(", k0 INTEGER");
      identity.add(rowid);
    }
    NumberedKeys keys = new NumberedKeys(connection, name, List.copyOf(identity));
    keys.close();
    connection.run("CREATE TABLE " + keys.table() + "(n INTEGER PRIMARY KEY" + columns + ")");
    connection.run(
        "CREATE INDEX " + keys.table() + "_k ON " + name + "(" + numbered(identity) + ")");
    return keys;
  }

  private static String numbered(List<String> identity) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < identity.size(); i++) {
      names.append(i == 0 ? "k" : ", k").append(i);
    }
    return names.toString();
  }

  String table() {
    return "temp." + name;
  }

  /** The condition that a record has a key; null is equal to null here. */
  String matches(String record, String key) {
    StringBuilder sql = new StringBuilder();
    for (int i = 0; i < identity.size(); i++) {
      sql.append(i == 0 ? "" : " AND ")
          .append(record)
          .append('.')
          .append(identity.get(i))
          .append(" IS ")
          .append(key)
          .append(".k")
          .append(i);
    }
    return sql.toString();
  }

  /** Takes statements that add a key each, behind its number. */
  Statements adding(TextForm text) {
    int width = 1 + identity.size();
    return new Statements(
        connection,
        text,
        width,
        spelling -> {
          StringBuilder sql = new StringBuilder("INSERT INTO " + table() + " VALUES(");
          for (int i = 0; i < width; i++) {
            sql.append(i == 0 ? "" : ", ").append(spelling.parameter(i));
          }
          return sql.append(')').toString();
        });
  }

  void add(int number, long rowid) throws SQLException {
    SqliteLedger.execute(
        connection, "INSERT INTO " + table() + " VALUES(?, ?)", (long) number, rowid);
  }

  void remove(int number) throws SQLException {
    SqliteLedger.execute(connection, "DELETE FROM " + table() + " WHERE n = ?", (long) number);
  }

  @Override
  public void close() throws SQLException {
    connection.run("DROP TABLE IF EXISTS " + table());
  }
}
