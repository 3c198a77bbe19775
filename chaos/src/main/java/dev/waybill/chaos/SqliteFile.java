package dev.waybill.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A SQLite database. */
record SqliteFile(Path file) implements Place {
  @Override
  public Dialect dialect() {
    return Dialect.SQLITE;
  }

  @Override
  public String url() {
    return "sqlite:" + file;
  }

  @Override
  public boolean exists() {
    return Files.exists(file);
  }

  @Override
  public Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  @Override
  public Portrait portrait() throws SQLException {
    Portrait portrait = new Portrait();
    if (!exists()) {
      return portrait;
    }
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      // An empty counter table cannot be dropped by anybody.
      portrait.add(
          "definitions",
          statement,
          "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence'");
      for (String pragma : List.of("user_version", "application_id", "journal_mode")) {
        portrait.add("pragma " + pragma, statement, "PRAGMA " + pragma);
      }
      for (String table : tables(statement)) {
        String columns =
            columns(statement, table).stream()
                .map(column -> "quote(" + Dialect.quoted(column) + ")")
                .collect(Collectors.joining(", "));
        portrait.add(
            "records of " + table,
            statement,
            "SELECT " + columns + " FROM " + Dialect.quoted(table));
      }
    }
    return portrait;
  }

  private static List<String> tables(Statement statement) throws SQLException {
    List<String> names = new ArrayList<>();
    try (ResultSet row =
        statement.executeQuery(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
      while (row.next()) {
        names.add(row.getString(1));
      }
    }
    if (names.contains("sqlite_sequence") && isEmpty(statement, "sqlite_sequence")) {
      names.remove("sqlite_sequence");
    }
    return names;
  }

  private static boolean isEmpty(Statement statement, String table) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT 1 FROM " + Dialect.quoted(table))) {
      return !row.next();
    }
  }

  private static List<String> columns(Statement statement, String table) throws SQLException {
    List<String> names = new ArrayList<>();
    try (ResultSet row =
        statement.executeQuery("PRAGMA table_info(" + Dialect.quoted(table) + ")")) {
      while (row.next()) {
        names.add(row.getString("name"));
      }
    }
    return names;
  }

  @Override
  public List<String> traces() throws SQLException {
    return portrait().traces();
  }

  @Override
  public void settle() {}

  @Override
  public void remove() {
    try {
      for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
        Files.deleteIfExists(Path.of(file + suffix));
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
