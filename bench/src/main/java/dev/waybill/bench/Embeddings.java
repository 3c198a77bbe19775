package dev.waybill.bench;

import dev.waybill.bench.Contender.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import java.util.Random;

/**
 * Embeddings of 384 floats, which SQLite keeps as BLOBs, to columns of pgvector without an index
 * over them.
 *
 * <p>The limit is COPY of a ready binary file, which the server itself made of the same table, over
 * one connection into an equal empty table that has its key.
 */
final class Embeddings implements Scenario {
  private static final String TABLE = "chunks";
  private static final int DIMENSION = 384;

  /** Records are a tenth of those of other scenarios, and about six times as long. */
  private static final int SHARE = 10;

  private static final long SEED = 20_261_130L;
  private static final int ROWS_OF_COMMIT = 10_000;
  private static final String EMPTY_TABLE =
      "CREATE TABLE chunks (id text NOT NULL, embedding vector(384) NOT NULL, PRIMARY KEY (id))";

  private final Setting setting;
  private final BenchDatabase database;
  private final MemoryMove move;

  Embeddings(Setting setting) throws IOException {
    this.setting = setting;
    this.database = BenchDatabase.ofEnvironment();
    this.move = new MemoryMove(setting, database);
  }

  @Override
  public String name() {
    return "vectors";
  }

  @Override
  public String title() {
    return "Embeddings in BLOBs of SQLite to pgvector";
  }

  @Override
  public int leastRuns() {
    return 1;
  }

  private int rows() {
    return Math.max(1, setting.rows() / SHARE);
  }

  private Path source() {
    return move.file("embeddings-" + rows() + ".db");
  }

  private Path readyFile() {
    return move.file("embeddings.copy");
  }

  @Override
  public Map<String, Object> prepare() throws IOException, SQLException, InterruptedException {
    move.prepareHome();
    write();
    renew();
    migrate("full");
    ReadyCopy.write(database, TABLE, readyFile());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("rows", rows());
    facts.put("dimension", DIMENSION);
    facts.put("sourceBytes", Files.size(source()));
    facts.put("readyFileBytes", Files.size(readyFile()));
    facts.put("server", database.facts());
    return facts;
  }

  /** Makes the source unless it is there. */
  private void write() throws IOException, SQLException {
    if (Files.exists(source())) {
      return;
    }
    Path begun = move.file("embeddings.new");
    Files.deleteIfExists(begun);
    Random random = new Random(SEED);
    ByteBuffer vector = ByteBuffer.allocate(DIMENSION * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + begun);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE chunks (id TEXT NOT NULL PRIMARY KEY, embedding BLOB NOT NULL)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO chunks VALUES (?, ?)")) {
        for (int row = 0; row < rows(); row++) {
          vector.clear();
          for (int i = 0; i < DIMENSION; i++) {
            vector.putFloat((float) (random.nextGaussian() / Math.sqrt(DIMENSION)));
          }
          insert.setString(1, String.format("docs/file-%05d.md:%d", row / 12, row % 12));
          insert.setBytes(2, vector.array());
          insert.addBatch();
          if (row % ROWS_OF_COMMIT == ROWS_OF_COMMIT - 1) {
            insert.executeBatch();
            connection.commit();
          }
        }
        insert.executeBatch();
      }
      connection.commit();
    }
    Files.move(begun, source(), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public List<Contender> contenders() {
    return List.of(
        new Contender("ready COPY", Role.LIMIT, this::readyCopy),
        new Contender("migrate, verify none", Role.WAYBILL, () -> migrate("none")),
        new Contender("migrate, verify full", Role.WAYBILL, () -> migrate("full")));
  }

  private void renew() throws SQLException {
    database.renew();
    database.execute("CREATE EXTENSION vector");
  }

  private Cost readyCopy() throws IOException, SQLException, InterruptedException {
    renew();
    database.execute(EMPTY_TABLE);
    String psql = Programs.find("psql").orElse("");
    Cost cost =
        psql.isEmpty()
            ? move.measure(ReadyCopy.command(database, TABLE, readyFile()))
            : move.measure(
                List.of(database.psql(psql, "COPY chunks FROM STDIN (FORMAT binary)")),
                readyFile(),
                Map.of());
    database.requireRecords(TABLE, rows());
    return cost;
  }

  private Cost migrate(String verify) throws IOException, SQLException, InterruptedException {
    renew();
    Cost cost = move.migrate("sqlite:" + source(), database.url(), "--verify", verify);
    database.requireRecords(TABLE, rows());
    // No BLOB: that they became vectors is what is measured.
    database.execute("SELECT embedding <-> embedding FROM chunks LIMIT 1");
    return cost;
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
