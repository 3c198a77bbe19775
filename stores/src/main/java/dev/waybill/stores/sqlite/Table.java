package dev.waybill.stores.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A table as SQLite keeps it.
 *
 * @param kind {@code table}, {@code virtual}, {@code shadow} or {@code view}
 * @param sql the statement that made it
 * @param columns without hidden ones
 */
record Table(
    String name,
    String kind,
    boolean hasRowid,
    boolean isStrict,
    String sql,
    List<Column> columns,
    List<UniqueIndex> uniqueIndexes,
    List<String> triggers) {

  /**
   * A column.
   *
   * @param defaultSql the default's expression, or null
   * @param keyPosition position in the primary key from 1, or 0
   */
  record Column(
      String name,
      String declared,
      boolean isNotNull,
      @Nullable String defaultSql,
      int keyPosition,
      boolean isGenerated,
      SqliteTypes.Affinity affinity) {}

  /** A unique index that covers all rows. */
  record UniqueIndex(String name, String origin, List<String> columns) {}

  /** Empty if there is no such table, or SQLite cannot tell its columns. */
  static Optional<Table> of(Connected connection, String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT l.name, l.type, l.wr, l.strict, coalesce(s.sql, '') FROM pragma_table_list l"
                + " LEFT JOIN sqlite_schema s ON s.name = l.name AND s.type IN ('table', 'view')"
                + " WHERE l.schema = 'main' AND l.name = ?")) {
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        String exact = rows.getString(1);
        if (rows.getString(2).equals("virtual") && !isLoaded(connection, exact)) {
          return Optional.empty();
        }
        boolean isStrict = rows.getBoolean(4);
        return Optional.of(
            new Table(
                exact,
                rows.getString(2),
                !rows.getBoolean(3),
                isStrict,
                rows.getString(5),
                columns(connection, exact, isStrict),
                uniqueIndexes(connection, exact),
                connection.texts(
                    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?"
                        + " COLLATE NOCASE ORDER BY name",
                    exact)));
      }
    }
  }

  /** False for a virtual table whose module is missing: SQLite then knows no columns either. */
  private static boolean isLoaded(Connected connection, String table) {
    try {
      connection.prepare("SELECT * FROM " + Sql.quoted(table)).close();
      return true;
    } catch (SQLException missing) {
      return false;
    }
  }

  private static List<Column> columns(Connected connection, String table, boolean isStrict)
      throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)"
                + " WHERE hidden <> 1 ORDER BY cid")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String declared = rows.getString(2) == null ? "" : rows.getString(2);
          columns.add(
              new Column(
                  rows.getString(1),
                  declared,
                  rows.getBoolean(3),
                  rows.getString(4),
                  rows.getInt(5),
                  rows.getInt(6) >= 2,
                  SqliteTypes.Affinity.of(declared, isStrict)));
        }
      }
    }
    return columns;
  }

  private static List<UniqueIndex> uniqueIndexes(Connected connection, String table)
      throws SQLException {
    List<UniqueIndex> indexes = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT i.name, i.origin, x.name FROM pragma_index_list(?) i,"
                + " pragma_index_xinfo(i.name) x WHERE i.\"unique\" AND NOT i.partial AND x.key"
                + " ORDER BY i.seq DESC, x.seqno")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String name = rows.getString(1);
          if (indexes.isEmpty() || !indexes.get(indexes.size() - 1).name().equals(name)) {
            indexes.add(new UniqueIndex(name, rows.getString(2), new ArrayList<>()));
          }
          String column = rows.getString(3);
          indexes.get(indexes.size() - 1).columns().add(column == null ? "" : column);
        }
      }
    }
    indexes.removeIf(index -> index.columns().contains(""));
    return indexes;
  }

  /** The columns of the primary key, in its order. */
  List<Column> key() {
    return columns.stream()
        .filter(column -> column.keyPosition() > 0)
        .sorted(Comparator.comparingInt(Column::keyPosition))
        .toList();
  }

  /** The column that is another name of the rowid, or null. */
  @Nullable Column rowidColumn() {
    List<Column> key = key();
    return hasRowid
            && key.size() == 1
            && key.get(0).declared().equalsIgnoreCase("INTEGER")
            && uniqueIndexes.stream().noneMatch(index -> index.origin().equals("pk"))
        ? key.get(0)
        : null;
  }

  /** A name under which the rowid can be asked for, quoted; null if there is none. */
  @Nullable String rowid() {
    if (!hasRowid || kind.equals("view")) {
      return null;
    }
    Column alias = rowidColumn();
    if (alias != null) {
      return Sql.quoted(alias.name());
    }
    for (String name : new String[] {"rowid", "_rowid_", "oid"}) {
      if (column(name) == null) {
        return name;
      }
    }
    return null;
  }

  @Nullable Column column(String columnName) {
    for (Column column : columns) {
      if (Sql.isSameName(column.name(), columnName)) {
        return column;
      }
    }
    return null;
  }

  /** True if SQLite itself forbids two records with equal values in these columns. */
  boolean isUnique(List<String> names) {
    Column alias = rowidColumn();
    if (alias != null && names.size() == 1 && names.get(0).equals(alias.name())) {
      return true;
    }
    return uniqueIndexes.stream()
        .anyMatch(
            index -> index.columns().size() == names.size() && index.columns().containsAll(names));
  }
}
