package dev.waybill.bench;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * A database of this process's own on the PostgreSQL server that is measured, made anew for every
 * run and dropped at the end.
 */
final class BenchDatabase implements AutoCloseable {
  private static final String VARIABLE = "WAYBILL_TEST_POSTGRES_URL";

  private final URI server;
  private final String user;
  private final @Nullable String password;
  private final String name;

  private BenchDatabase(URI server, String user, @Nullable String password, String name) {
    this.server = server;
    this.user = user;
    this.password = password;
    this.name = name;
  }

  /**
   * On the server that the environment names.
   *
   * @throws IllegalStateException if it names none
   */
  static BenchDatabase ofEnvironment() {
    String url = System.getenv(VARIABLE);
    if (url == null || url.isEmpty()) {
      throw new IllegalStateException(
          VARIABLE + " names no server. Try: ./dev bench, which starts one.");
    }
    URI server = URI.create(url);
    String userInfo = server.getUserInfo() == null ? "postgres" : server.getUserInfo();
    int colon = userInfo.indexOf(':');
    return new BenchDatabase(
        server,
        colon < 0 ? userInfo : userInfo.substring(0, colon),
        colon < 0 ? System.getenv("PGPASSWORD") : userInfo.substring(colon + 1),
        "waybill_bench_" + ProcessHandle.current().pid());
  }

  /** Another database on the same server. */
  BenchDatabase another(String suffix) {
    return new BenchDatabase(server, user, password, name + "_" + suffix);
  }

  /** Where the database is, without a password: for Waybill and for libpq. */
  String url() {
    return "postgresql://" + encoded(user) + "@" + server.getHost() + ":" + port() + "/" + name;
  }

  /** The same with the password, for a store that is opened in this process. */
  String secretUrl() {
    return password == null
        ? url()
        : url().replaceFirst("@", ":" + Matcher.quoteReplacement(encoded(password)) + "@");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private int port() {
    return server.getPort() < 0 ? 5432 : server.getPort();
  }

  /** What a program needs besides {@link #url} to get in. */
  Map<String, String> environment() {
    return password == null ? Map.of() : Map.of("PGPASSWORD", password);
  }

  /** Connects to a {@link #url}; the password comes by PGPASSWORD. */
  static Connection connectTo(String url) throws SQLException {
    Properties properties = new Properties();
    String password = System.getenv("PGPASSWORD");
    if (password != null) {
      properties.setProperty("password", password);
    }
    String[] parts = url.substring("postgresql://".length()).split("@", 2);
    properties.setProperty("user", URLDecoder.decode(parts[0], StandardCharsets.UTF_8));
    return DriverManager.getConnection("jdbc:postgresql://" + parts[1], properties);
  }

  Connection connect() throws SQLException {
    return connect(name);
  }

  private Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    if (password != null) {
      properties.setProperty("password", password);
    }
    properties.setProperty("connectTimeout", "10");
    return DriverManager.getConnection(
        "jdbc:postgresql://" + server.getHost() + ":" + port() + "/" + database, properties);
  }

  private Connection connectToServer() throws SQLException {
    String path = server.getPath();
    return connect(path == null || path.length() < 2 ? user : path.substring(1));
  }

  /**
   * Makes the database empty. Dropping it also makes the server write out what an earlier run left.
   */
  void renew() throws SQLException {
    try (Connection connection = connectToServer();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + name);
    }
  }

  /** Makes the database a copy of another, to which nobody is connected. */
  void renewFrom(BenchDatabase template) throws SQLException {
    try (Connection connection = connectToServer();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + name + " TEMPLATE " + template.name);
    }
  }

  /** Runs a statement without results. */
  void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** How many rows a table has, named as SQL names it. */
  long count(String table) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
      row.next();
      return row.getLong(1);
    }
  }

  /**
   * Sees that a table has so many rows.
   *
   * @throws IOException if it has not: a run that left another number is no result
   */
  void requireRecords(String table, long expected) throws IOException, SQLException {
    long count = count(table);
    if (count != expected) {
      throw new IOException(
          "The table " + table + " has " + count + " of " + expected + " records afterwards.");
    }
  }

  /** The column types of the table of memories, in order. */
  String types() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
                FROM pg_attribute WHERE attrelid = 'memories'::regclass AND attnum > 0
                """)) {
      row.next();
      return row.getString(1);
    }
  }

  /** A statement that makes an empty table like that of memories, its key included. */
  String emptyTable() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT 'CREATE TABLE memories(' || string_agg(
                  quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
                  || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY attnum)
                  || ', PRIMARY KEY (id))'
                FROM pg_attribute
                WHERE attrelid = 'memories'::regclass AND attnum > 0 AND NOT attisdropped
                """)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Version and settings of the server that matter for writing. */
  Map<String, Object> facts() throws SQLException {
    Map<String, Object> facts = new LinkedHashMap<>();
    try (Connection connection = connectToServer();
        Statement statement = connection.createStatement()) {
      for (String setting :
          List.of(
              "server_version", "fsync", "full_page_writes", "shared_buffers", "max_wal_size")) {
        try (ResultSet row = statement.executeQuery("SHOW " + setting)) {
          row.next();
          facts.put(setting, row.getString(1));
        }
      }
    }
    return facts;
  }

  /** psql with one statement. */
  List<String> psql(String program, String sql) {
    return List.of(program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url(), "-c", sql);
  }

  @Override
  public void close() throws SQLException {
    try (Connection connection = connectToServer();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }
  }
}
