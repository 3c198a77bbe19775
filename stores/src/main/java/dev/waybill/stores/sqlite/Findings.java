package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What SQLite's own checks say about a database. */
final class Findings {
  private static final long FULL_CHECK_BYTES = 256L << 20;
  private static final long TABLE_CHECK_BYTES = 64L << 20;
  private static final int SHOWN = 20;
  private static final int MOST_COLUMNS = 2_000;
  private static final List<String> CONSTRAINTS =
      List.of(
          "NULL value in ",
          "CHECK constraint ",
          "NUMERIC value in ",
          "TEXT value in ",
          "non-INT value in ",
          "non-INTEGER value in ",
          "non-REAL value in ",
          "non-TEXT value in ",
          "non-BLOB value in ");

  private final Connected connection;
  private final List<Finding> findings = new ArrayList<>();

  private Findings(Connected connection) {
    this.connection = connection;
  }

  /** About the whole database. */
  static List<Finding> of(Connected connection) throws SQLException {
    Findings found = new Findings(connection);
    found.whole();
    for (String name :
        connection.texts(
            "SELECT DISTINCT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name)"
                + " WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'")) {
      found.foreignKeys(Table.of(connection, name).orElseThrow());
    }
    return found.findings;
  }

  /** Whether the database is whole, whatever its tables mean to each other. */
  static List<Finding> ofWholeness(Connected connection) throws SQLException {
    Findings found = new Findings(connection);
    found.whole();
    return found.findings;
  }

  private void whole() throws SQLException {
    boolean isFull = connection.file().toFile().length() <= FULL_CHECK_BYTES;
    String check = "PRAGMA " + (isFull ? "integrity_check(" : "quick_check(") + SHOWN + ")";
    integrity(connection.texts(check), "DATABASE_DAMAGED");
  }

  /** About one table; nothing where there is none. */
  static List<Finding> of(Connected connection, String name) throws SQLException {
    Findings found = new Findings(connection);
    Table table = Table.of(connection, name).orElse(null);
    if (table != null && table.kind().equals("table")) {
      // The quick check does not look into indexes, and the other takes long on large files.
      if (connection.file().toFile().length() <= TABLE_CHECK_BYTES) {
        found.integrity(
            connection.texts(
                "SELECT integrity_check FROM pragma_integrity_check(?) LIMIT " + SHOWN,
                table.name()),
            "INDEX_DAMAGED");
      }
      found.foreignKeys(table);
      found.sequence(table);
    }
    return found.findings;
  }

  /** What keeps a collection from being made; nothing where a run can fill what is there. */
  static List<Finding> ofMaking(Connected connection, Collection collection) throws SQLException {
    Findings found = new Findings(connection);
    String name = collection.name();
    Table there = Table.of(connection, name).orElse(null);
    boolean isThere =
        there != null
            && (there.kind().equals("table")
                || CatalogReader.read(connection).collection(name).isPresent());
    if (isThere) {
      return List.of();
    }
    if (Vec0.find(connection, name).isPresent()) {
      found.block(
          "VEC0_NOT_WRITTEN",
          "\"" + name + "\" in the target is a vec0 table, which is read but not written.",
          "give the collection another name in the plan (target), or leave it out (--exclude)");
      return found.findings;
    }
    for (String taken :
        connection.texts(
            "SELECT CASE type WHEN 'index' THEN 'an' ELSE 'a' END || ' ' || type || ' \"' || name"
                + " || '\"' FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type <> 'trigger'",
            name)) {
      found.block(
          "NAME_TAKEN",
          "Collection \"" + name + "\" cannot be made: there is " + taken + " in the target.",
          "give it another name in the plan, or leave it out (--exclude)");
    }
    int fields = collection.fields().size();
    if (fields > MOST_COLUMNS) {
      found.block(
          "TOO_MANY_FIELDS",
          String.format(
              "Collection \"%s\" has %,d fields, and a table of SQLite at most %,d.",
              name, fields, MOST_COLUMNS),
          "leave fields out in the plan");
    }
    return found.findings;
  }

  private void block(String code, String text, String hint) {
    findings.add(new Finding(code, text, hint, true));
  }

  private void integrity(List<String> lines, String damaged) {
    for (String line : lines) {
      String text = "SQLite's integrity check says: " + line.replace('\n', ' ') + ".";
      if (CONSTRAINTS.stream().anyMatch(line::startsWith)) {
        findings.add(new Finding("CONSTRAINT_BROKEN", text, "", false));
      } else if (!line.equals("ok")) {
        boolean isIndex = line.contains(" index ");
        findings.add(
            new Finding(
                isIndex ? damaged : "DATABASE_DAMAGED",
                text,
                isIndex
                    ? "take a backup of the file, then make its indexes anew: sqlite3 FILE REINDEX"
                    : "take a backup of the file, then try: sqlite3 FILE .recover",
                true));
      }
    }
  }

  private void foreignKeys(Table table) {
    try {
      for (Dangling dangling : Dangling.of(connection, table)) {
        findings.add(
            new Finding(
                "FOREIGN_KEY_DANGLES",
                dangling.sentence() + ".",
                "see them: sqlite3 FILE 'PRAGMA foreign_key_check'",
                false,
                dangling.described()));
      }
    } catch (SQLException failure) {
      findings.add(
          new Finding(
              "FOREIGN_KEY_UNCHECKED",
              "The foreign keys of \""
                  + table.name()
                  + "\" cannot be checked: "
                  + SqliteErrors.reason(failure)
                  + ".",
              "",
              false));
    }
  }

  private void sequence(Table table) throws SQLException {
    String rowid = table.rowid();
    if (rowid == null || !new TableText(table.sql()).isAutoincrement()) {
      return;
    }
    Long largest = connection.number("SELECT max(" + rowid + ") FROM " + Sql.quoted(table.name()));
    Long stands = connection.number("SELECT seq FROM sqlite_sequence WHERE name = ?", table.name());
    if (largest != null && largest > (stands == null ? 0 : stands)) {
      findings.add(
          new Finding(
              "SEQUENCE_BEHIND",
              "The counter of \""
                  + table.name()
                  + "\" stands at "
                  + (stands == null ? "nothing" : stands)
                  + ", behind its largest value "
                  + largest
                  + "; SQLite itself goes on behind that value.",
              "",
              false));
    }
  }
}
