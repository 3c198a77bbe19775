package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Agent memory from PostgreSQL to a new SQLite database.
 *
 * <p>The limit is the loop that one would write by hand: a query with a cursor, a prepared INSERT,
 * one transaction, the settings of SQLite as they come.
 */
final class PostgresToSqlite implements Scenario {
  private static final String[] ENDINGS = {"", "-journal", "-wal", "-shm"};

  private final Setting setting;
  private final BenchDatabase database;
  private final MemoryMove move;

  PostgresToSqlite(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return "e";
  }

  @Override
  public String title() {
    return "PostgreSQL to SQLite, agent memory, a new database";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  private Path target() {
    return move.file("e.db");
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    Path file = move.prepare();
    database.renew();
    move.migrate("sqlite:" + file, database.url(), "--verify", "none");
    database.execute("DROP SCHEMA waybill CASCADE");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", setting.rows());
    facts.put("columns", database.types());
    facts.put("server", database.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("prepared statement", Role.LIMIT, this::loop),
        new Contender("migrate, verify none", Role.WAYBILL, () -> migrate("none")),
        new Contender("migrate, verify full", Role.WAYBILL, () -> migrate("full")));
  }

  private Cost loop() throws IOException, SQLException, InterruptedException {
    renew();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + target());
        Statement statement = connection.createStatement()) {
      statement.execute(AgentMemory.SCHEMA);
    }
    return whole(move.measure(Programs.java(Loop.class, database.url(), target().toString())));
  }

  private Cost migrate(String verify) throws IOException, SQLException, InterruptedException {
    renew();
    return whole(move.migrate(database.url(), "sqlite:" + target(), "--verify", verify));
  }

  private void renew() throws IOException {
    for (String ending : ENDINGS) {
      Files.deleteIfExists(target().resolveSibling(target().getFileName() + ending));
    }
  }

  private Cost whole(Cost cost) throws IOException, SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + target());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + AgentMemory.TABLE)) {
      if (row.getInt(1) != setting.rows()) {
        throw new IOException(row.getInt(1) + " of " + setting.rows() + " records arrived.");
      }
    }
    return cost;
  }

  @Override
  public void close() throws SQLException {
    try {
      renew();
    } catch (IOException left) {
      throw new IllegalStateException("cannot remove " + target(), left);
    }
    database.close();
  }

  /** The loop, in a process of its own; the password comes by PGPASSWORD. */
  static final class Loop {
    private static final int ROWS = 5_000;

    private Loop() {}

    public static void main(String[] arguments) throws SQLException {
      try (Connection from = BenchDatabase.connectTo(arguments[0]);
          Connection to = DriverManager.getConnection("jdbc:sqlite:" + arguments[1]);
          Statement query = from.createStatement();
          PreparedStatement insert =
              to.prepareStatement("INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
        from.setAutoCommit(false);
        to.setAutoCommit(false);
        query.setFetchSize(ROWS);
        try (ResultSet rows = query.executeQuery("SELECT * FROM memories")) {
          while (rows.next()) {
            copy(rows, insert);
            insert.executeUpdate();
          }
        }
        to.commit();
      }
    }

    private static void copy(ResultSet row, PreparedStatement insert) throws SQLException {
      for (int text = 1; text <= 5; text++) {
        insert.setString(text, row.getString(text));
      }
      insert.setDouble(6, row.getDouble(6));
      insert.setLong(7, row.getLong(7));
      insert.setInt(8, row.getBoolean(8) ? 1 : 0);
      insert.setString(9, row.getString(9));
      insert.setString(10, row.getString(10));
    }
  }
}
