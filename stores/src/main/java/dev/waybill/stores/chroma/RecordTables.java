package dev.waybill.stores.chroma;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The tables that hold ids and metadata, as this database has them: Chroma's own, or ours of the
 * same form. Immutable.
 *
 * @param hasBooleans whether there is a column for booleans
 * @param hasLists whether there is a table for lists
 */
record RecordTables(boolean hasBooleans, boolean hasLists) {
  private static final String FROM =
      " FROM embeddings e %s WHERE +e.segment_id = ? AND e.id >= ? AND e.id < ?";

  static RecordTables of(Connection connection) throws SQLException {
    return new RecordTables(
        columns(connection, "embedding_metadata").contains("bool_value"),
        !columns(connection, "embedding_metadata_array").isEmpty());
  }

  /** The columns of a table, none if there is no such table. */
  static Set<String> columns(Connection connection, String table) throws SQLException {
    Set<String> columns = new HashSet<>();
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT name FROM pragma_table_info(?)")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.add(rows.getString(1));
        }
      }
    }
    return columns;
  }

  // Names and texts are read as bytes: the driver would end them at a NUL. The order of the tables
  // and the plus before the segment keep SQLite on the way by the row's number, which needs no
  // sort.

  /** Number and id of records, by their numbers. */
  static String records() {
    return "SELECT e.id, CAST(e.embedding_id AS BLOB)" + FROM.formatted("") + " ORDER BY e.id";
  }

  /** Number, key, kind and the values of metadata, by the records' numbers. */
  String values() {
    return "SELECT e.id, CAST(m.key AS BLOB), "
        + ValueKind.sql("m", hasBooleans)
        + columns("m")
        + FROM.formatted("CROSS JOIN embedding_metadata m ON m.id = e.id")
        + " ORDER BY e.id";
  }

  /** The same of lists, each element a row, in the order of the elements. */
  String elements() {
    return "SELECT e.id, CAST(m.key AS BLOB), "
        + ValueKind.sql("m", true)
        + columns("m")
        + FROM.formatted("CROSS JOIN embedding_metadata_array m ON m.id = e.id")
        + " ORDER BY e.id, m.key, m.rowid";
  }

  private String columns(String row) {
    return ", CAST(%1$s.string_value AS BLOB), %1$s.int_value, %1$s.float_value, ".formatted(row)
        + (hasBooleans ? row + ".bool_value" : "NULL");
  }

  /** What the metadata of each segment's records is, by key. */
  Map<String, Map<String, Shape.KeyNotes>> keys(Connection connection) throws SQLException {
    Map<String, Map<String, Shape.KeyNotes>> found = new HashMap<>();
    keys(connection, "embedding_metadata", hasBooleans, false, found);
    if (hasLists) {
      keys(connection, "embedding_metadata_array", true, true, found);
    }
    return found;
  }

  private static void keys(
      Connection connection,
      String table,
      boolean hasBooleans,
      boolean isElement,
      Map<String, Map<String, Shape.KeyNotes>> found)
      throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT e.segment_id, CAST(m.key AS BLOB), "
                    + ValueKind.sql("m", hasBooleans)
                    + ", min(m.id) FROM "
                    + table
                    + " m JOIN embeddings e ON e.id = m.id GROUP BY 1, 2, 3");
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        String key = text(rows.getBytes(2));
        int number = rows.getInt(3);
        ValueKind kind = ValueKind.of(number);
        if (kind != null) {
          found
              .computeIfAbsent(rows.getString(1), any -> new HashMap<>())
              .computeIfAbsent(key, any -> new Shape.KeyNotes())
              .add(kind, isElement);
        } else if (number != ValueKind.NONE) {
          throw new SQLException(
              "row "
                  + rows.getLong(4)
                  + " of "
                  + table
                  + " has a value in a column of another type, under the key \""
                  + ChromaErrors.shown(key)
                  + "\"");
        }
      }
    }
  }

  /** How many records each segment has. */
  static Map<String, Long> counts(Connection connection) throws SQLException {
    Map<String, Long> counts = new HashMap<>();
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT segment_id, count(*) FROM embeddings GROUP BY segment_id");
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        counts.put(rows.getString(1), rows.getLong(2));
      }
    }
    return counts;
  }

  static String text(byte[] utf8) {
    return utf8 == null ? "" : new String(utf8, StandardCharsets.UTF_8);
  }
}
