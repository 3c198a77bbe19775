package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.ConflictPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Records for a table that is there, of which every other one breaks one of its constraints. */
final class FilledConstraints {
  private static final int RECORDS = 1_000;
  private static final int BAD = RECORDS / 2;

  private final World world;
  private final Path folder;
  private final SqlClient client;
  private final String to;

  FilledConstraints(World world, Path folder, SqlClient client, String to) {
    this.world = world;
    this.folder = folder;
    this.client = client;
    this.to = to;
  }

  private void run(SqlClient by, String url, String... statements) {
    try (Connection connection = by.open(url);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  /**
   * Copies the records in one batch.
   *
   * @param constraint of the target's table item (id, n, email, parent)
   * @param bad the source's n, email and parent of an odd id
   * @param good the same of an even one
   */
  void badRecordsAreIsolatedAndNothingElseIsLost(
      String constraint, String bad, String good, String code) throws IOException {
    String from = "sqlite:" + folder.resolve("from.db");
    run(
        SqlClient.SQLITE,
        from,
        "CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, email TEXT, parent INTEGER)",
        "WITH RECURSIVE i(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM i WHERE id < "
            + RECORDS
            + ") INSERT INTO item SELECT id, "
            + good
            + " FROM i WHERE id % 2 = 0 UNION ALL SELECT id, "
            + bad
            + " FROM i WHERE id % 2 = 1");
    String number = client == SqlClient.SQLITE ? "INTEGER" : "bigint";
    run(
        client,
        to,
        "CREATE TABLE parent (id " + number + " NOT NULL PRIMARY KEY)",
        "INSERT INTO parent VALUES (1)",
        "CREATE TABLE item (id "
            + number
            + " NOT NULL PRIMARY KEY, n "
            + number
            + ", email TEXT, parent "
            + number
            + ", "
            + constraint
            + ")",
        "INSERT INTO item VALUES (-1, 0, 'taken', 1)");
    Map<String, String> first = world.state(to);

    long start = System.nanoTime();
    RunResult result =
        world.migrate(
            new MigrationSpec(
                from,
                to,
                List.of("item"),
                List.of(),
                Map.of(),
                ConflictPolicy.FAIL,
                MigrationSpec.FULL,
                OnFailure.ROLLBACK,
                1,
                RECORDS,
                BAD,
                0));
    Duration took = Duration.ofNanos(System.nanoTime() - start);

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.PARTIAL);
    assertThat(result.collections().get(0).written()).isEqualTo(RECORDS - BAD);
    assertThat(result.collections().get(0).quarantined()).isEqualTo(BAD);
    assertThat(result.collections().get(0).verified()).isEqualTo(RECORDS - BAD);
    assertThat(world.read(to, "item").records()).isEqualTo(RECORDS - BAD + 1);
    Map<Integer, String> quarantined = new TreeMap<>();
    for (String line :
        Files.readAllLines(result.directory().resolve("quarantine/records.ndjson"))) {
      JsonNode node = new ObjectMapper().readTree(line);
      quarantined.put(node.path("key").asInt(), node.path("code").asText());
    }
    assertThat(quarantined).hasSize(BAD);
    assertThat(quarantined.keySet()).allMatch(id -> id % 2 == 1);
    assertThat(quarantined.values()).containsOnly(code);
    assertThat(took).isLessThan(Duration.ofSeconds(60));

    assertThat(world.rollback(result).error()).isNull();
    assertThat(world.state(to)).isEqualTo(first);
  }
}
