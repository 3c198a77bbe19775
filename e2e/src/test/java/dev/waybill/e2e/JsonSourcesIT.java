package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JSON files of real applications arrive in PostgreSQL and SQLite, every record verified. */
class JsonSourcesIT {
  @TempDir private Path folder;
  private TestServer server;
  private World world;

  @BeforeEach
  void begin() {
    assumeTrue(Files.isDirectory(SourcesIT.sources()), "there are no sources");
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  private Map<String, Long> move(String name, String to) {
    String from = "json:" + SourcesIT.sources().resolve(name) + "?absent=null";
    Plan plan = world.waybill().plan(MigrationSpec.of(from, to));
    assertThat(plan.refusals()).isEmpty();
    assertThat(String.join("\n", plan.risks())).contains("in the shape", "by all its records");
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    for (CollectionResult each : result.collections()) {
      assertThat(each.verified()).as(each.name()).isEqualTo(each.read());
    }
    return result.collections().stream()
        .filter(each -> !each.name().startsWith("waybill_"))
        .collect(Collectors.toMap(CollectionResult::name, CollectionResult::verified));
  }

  private static JsonNode tree(String name) throws IOException {
    return new ObjectMapper().readTree(SourcesIT.sources().resolve(name).toFile());
  }

  @ParameterizedTest
  @CsvSource({
    "minsky/session-db.json, session-db,''",
    "minsky/session-db-keyed.json, session-db-keyed,''",
    "minsky/session-backup-object.json, sessions, /sessions",
    "memorygraph/memory.export.json, memories, /memories",
    "lsm/v07/.ingest/manifest.json, manifest,''",
    "lsm/v07/Agents/schedules.json, schedules, /schedules"
  })
  void aFileArrivesInSqliteAndPostgres(String name, String collection, String pointer)
      throws IOException {
    long records = tree(name).at(pointer).size();

    assertThat(move(name, "sqlite:" + folder.resolve("there.db")))
        .containsEntry(collection, records);
    server = new TestServer();
    assertThat(move(name, server.database())).containsEntry(collection, records);
  }

  @Test
  void aFolderArrivesInSqliteAndPostgres() {
    Map<String, Long> expected =
        Map.of(
            "stats_cache", 1L,
            ".ingest/manifest", 140L,
            "Agents/schedules", 10L,
            "Downloads/arxiv", 15L,
            "Downloads/rss", 15L,
            "Downloads/wikipedia", 15L);

    assertThat(move("lsm/v07", "sqlite:" + folder.resolve("there.db"))).isEqualTo(expected);
    server = new TestServer();
    assertThat(move("lsm/v07", server.database())).isEqualTo(expected);
  }

  @Test
  void aKeyIsChosenByAnOption() {
    MigrationSpec usual =
        MigrationSpec.of(
            "json:" + SourcesIT.sources().resolve("minsky/session-db.json"),
            "sqlite:" + folder.resolve("there.db"));
    MigrationSpec chosen =
        new MigrationSpec(
            usual.from(),
            usual.to(),
            List.of(),
            List.of(),
            Map.of("session-db", List.of("repoName", "session")),
            usual.onConflict(),
            usual.verify(),
            usual.onFailure(),
            1,
            usual.batchSize(),
            0,
            0);

    Plan plan = world.waybill().plan(chosen);

    assertThat(plan.steps().get(0).target().key()).containsExactly("repoName", "session");
  }
}
