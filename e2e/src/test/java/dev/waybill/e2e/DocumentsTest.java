package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Nesting;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents taken apart into tables, and put together again. */
class DocumentsTest {
  private static final List<String> PATHS =
      List.of(
          "sessions.messages",
          "sessions.state",
          "sessions.tags",
          "sessions.any",
          "sessions.messages.content");

  @TempDir private Path folder;
  private World world;

  @BeforeEach
  void home() {
    world = new World(folder.resolve("home"));
  }

  private static String documents() {
    return "documents:" + UUID.randomUUID();
  }

  private String sqlite() {
    return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
  }

  private static MigrationSpec spec(String from, String to) {
    return World.spec(from, to).withOnLoss(LossRules.parse(List.of("sidecar")));
  }

  private RunResult move(MigrationSpec spec) {
    RunResult result = world.migrate(spec);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  private void assertEqual(MigrationSpec spec) {
    Comparison comparison = world.waybill().diff(spec, event -> {});
    assertThat(comparison.structure()).isEmpty();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.collections())
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each.equal()).isEqualTo(each.source()));
  }

  private void thereAndBack(String between, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String from = documents();
    String to = documents();
    world.fill(
        from,
        RandomDocuments.SESSIONS,
        new RandomDocuments(random).records(1 + random.nextInt(40)));
    List<String> paths = new ArrayList<>();
    for (String path : PATHS) {
      boolean isWithin = path.endsWith(".content");
      if (random.nextInt(3) > 0 && (!isWithin || hasContent(from, paths))) {
        paths.add(path);
      }
    }
    paths.add("sessions");
    Nesting nesting = new Nesting(paths, List.of());
    move(spec(from, between).withNesting(nesting));
    assertEqual(spec(from, between).withNesting(nesting));
    assertEqual(spec(from, between));
    move(World.spec(between, to));
    assertEqual(spec(from, to));
    assertThat(world.state(to)).isEqualTo(world.state(from));
  }

  private boolean hasContent(String from, List<String> paths) {
    return paths.contains("sessions.messages")
        && world
            .waybill()
            .plan(spec(from, documents()).withNesting(new Nesting(paths, List.of())))
            .steps()
            .stream()
            .filter(step -> step.source().equals("sessions.messages"))
            .flatMap(step -> step.fields().stream())
            .anyMatch(
                field ->
                    field.source().equals("content") && field.from().toString().equals("json"));
  }

  @Test
  void anyDocumentComesBackFromTables() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("documents and tables: seed " + seed);
    for (int i = 0; i < 60; i++) {
      thereAndBack(World.url(Transactions.BATCH), seed + i);
    }
  }

  @Test
  void anyDocumentComesBackFromSqlite() {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("documents and SQLite: seed " + seed);
    for (int i = 0; i < 15; i++) {
      thereAndBack(sqlite(), seed + i);
    }
  }
}
