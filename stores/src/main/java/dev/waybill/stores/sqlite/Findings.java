package dev.waybill.stores.sqlite;

import dev.waybill.model.Finding;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What SQLite's own checks say about a database. */
final class Findings {
  private static final long FULL_CHECK_BYTES = 256L << 20;
  private static final int SHOWN = 5;

  private Findings() {}

  static List<Finding> of(Connected connection) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    boolean isFull = connection.file().toFile().length() <= FULL_CHECK_BYTES;
    String check = "PRAGMA " + (isFull ? "integrity_check(" : "quick_check(") + SHOWN + ")";
    for (String line : connection.texts(check)) {
      if (!line.equals("ok")) {
        findings.add(integrity(line));
      }
    }
    foreignKeys(connection, findings);
    return findings;
  }

  private static Finding integrity(String line) {
    boolean isConstraint =
        List.of("NULL value in ", "CHECK constraint ", "NUMERIC value in ", "TEXT value in ")
            .stream()
            .anyMatch(line::startsWith);
    return isConstraint
        ? new Finding(
            "CONSTRAINT_BROKEN", "SQLite's integrity check says: " + line + ".", "", false)
        : new Finding(
            "DATABASE_DAMAGED",
            "SQLite's integrity check says: " + line.replace('\n', ' ') + ".",
            "take a backup of the file, then try: sqlite3 FILE .recover",
            true);
  }

  /** How many records break a foreign key, and the first of them. */
  static final class Dangling {
    private long count;
    private final List<String> rowids = new ArrayList<>();

    long count() {
      return count;
    }

    /** The rowids of the first ones, for people. */
    String examples() {
      return String.join(", ", rowids) + (count > rowids.size() ? ", …" : "");
    }
  }

  /**
   * Records whose foreign keys lead nowhere, by the collection they should lead to.
   *
   * @param table the table to look at, or null for all: then the keys are "table → parent"
   */
  static Map<String, Dangling> dangling(Connected connection, String table) throws SQLException {
    Map<String, Dangling> found = new LinkedHashMap<>();
    try (PreparedStatement statement =
        connection.prepare("SELECT rowid, parent FROM pragma_foreign_key_check(?)")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          Dangling dangling = found.computeIfAbsent(rows.getString(2), none -> new Dangling());
          dangling.count++;
          String rowid = rows.getString(1);
          if (dangling.rowids.size() < SHOWN && rowid != null) {
            dangling.rowids.add(rowid);
          }
        }
      }
    }
    return found;
  }

  private static void foreignKeys(Connected connection, List<Finding> findings)
      throws SQLException {
    List<String> tables =
        connection.texts(
            "SELECT DISTINCT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name)"
                + " WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'");
    for (String table : tables) {
      try {
        dangling(connection, table)
            .forEach(
                (parent, dangling) ->
                    findings.add(
                        new Finding(
                            "FOREIGN_KEY_DANGLES",
                            dangling.count()
                                + " record(s) of \""
                                + table
                                + "\" point at no record of \""
                                + parent
                                + "\""
                                + (dangling.examples().isEmpty()
                                    ? "."
                                    : " (rowid " + dangling.examples() + ")."),
                            "see them: sqlite3 FILE 'PRAGMA foreign_key_check'",
                            false)));
      } catch (SQLException failure) {
        findings.add(
            new Finding(
                "FOREIGN_KEY_UNCHECKED",
                "The foreign keys of \""
                    + table
                    + "\" cannot be checked: "
                    + SqliteErrors.reason(failure)
                    + ".",
                "",
                false));
      }
    }
  }
}
