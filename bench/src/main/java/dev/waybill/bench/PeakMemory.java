package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether memory grows with the number of records: narrow ones from SQLite to PostgreSQL, every one
 * verified, and ten times as many. What matters is the peak, not the time.
 */
final class PeakMemory implements Scenario {
  private static final int TIMES = 10;
  private static final String TABLE = "readings";

  private final Setting setting;
  private final BenchDatabase database;
  private final MemoryMove move;

  PeakMemory(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return "d";
  }

  @Override
  public String title() {
    return "peak memory: narrow records from SQLite to PostgreSQL, and ten times as many";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    move.prepareHome();
    Map<String, Object> facts = new LinkedHashMap<>();
    for (int rows : new int[] {setting.rows(), TIMES * setting.rows()}) {
      facts.put("sourceBytes of " + rows, Files.size(source(rows)));
    }
    facts.put("server", database.facts());
    return facts;
  }

  @Override
  public List<Contender> contenders() {
    int few = setting.rows();
    int many = TIMES * few;
    return List.of(
        new Contender("migrate, " + few + " rows", Role.LIMIT, () -> migrate(few)),
        new Contender("migrate, " + many + " rows", Role.WAYBILL, () -> migrate(many)));
  }

  private Cost migrate(int rows) throws IOException, SQLException, InterruptedException {
    database.renew();
    Cost cost = move.migrate("sqlite:" + source(rows), database.url());
    database.requireRecords(TABLE, rows);
    return cost;
  }

  /** Made unless it is there; no value depends on chance. */
  private Path source(int rows) throws IOException, SQLException {
    Path file = move.file("narrow-v1-" + rows + ".db");
    if (Files.exists(file)) {
      return file;
    }
    Path unfinished = move.file(file.getFileName() + ".part");
    Files.deleteIfExists(unfinished);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + unfinished);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = OFF");
      statement.execute("PRAGMA synchronous = OFF");
      statement.execute(
          "CREATE TABLE " + TABLE + " (id INTEGER PRIMARY KEY, sensor INTEGER, value REAL)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement(
              "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                  + " INSERT INTO "
                  + TABLE
                  + " SELECT i, i * 7919 % 1000, i * 0.37 FROM n")) {
        insert.setInt(1, rows);
        insert.executeUpdate();
      }
      connection.commit();
    }
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
