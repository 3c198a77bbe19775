package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.TargetStore;
import dev.waybill.testkit.MemoryForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several runs tell in one sidecar what their collections were. */
class SharedSidecarTest {
  private static final Set<String> SIDECAR = Set.of(Sidecar.SCHEMA.name(), Sidecar.VALUES.name());

  @TempDir private Path folder;
  private World world;
  private String from;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    from = "sqlite:" + folder.resolve("from.db");
    for (String table : List.of("a", "b", "c")) {
      SqlClient.SQLITE.create(from, table, "VARCHAR(9)", Map.of(1L, "'x'", 2L, "NULL"));
    }
  }

  /** A store that is there. */
  private String target(String kind) throws IOException {
    if (kind.equals("json")) {
      return "json:" + Files.createDirectory(folder.resolve("to")) + "/";
    }
    String url = MemoryStores.url(MemoryForm.RELATIONAL);
    world.fill(url, People.people(), People.some(0, 3, 1));
    return url;
  }

  private Plan plan(String to, String... only) {
    MigrationSpec spec = World.spec(from, to);
    return world
        .waybill()
        .plan(
            new MigrationSpec(
                spec.from(),
                spec.to(),
                List.of(only),
                List.of(),
                spec.keys(),
                spec.onConflict(),
                spec.verify(),
                spec.onFailure(),
                1,
                10,
                0,
                0));
  }

  private RunResult done(Plan plan) {
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    return result;
  }

  private void backTo(Map<String, String> before, String to, RunResult... runs) {
    for (RunResult run : runs) {
      RunResult back = world.rollback(run);
      assertThat(back.error()).isNull();
      assertThat(back.status()).isEqualTo(Status.OK);
    }
    assertThat(world.state(to)).isEqualTo(before);
  }

  /** Both were planned when there was no sidecar, as of two processes that begin together. */
  @ParameterizedTest
  @CsvSource({"memory, true", "memory, false", "json, true", "json, false"})
  void whatTwoRunsMadeTogetherTheLastTakesAway(String kind, boolean isFirstFirst)
      throws IOException {
    String to = target(kind);
    Map<String, String> before = world.state(to);
    Plan ofA = plan(to, "a");
    Plan ofB = plan(to, "b");
    RunResult a = done(ofA);
    Map<String, String> between = world.state(to);
    RunResult b = done(ofB);
    assertThat(world.state(to)).containsKeys("a", "b", Sidecar.SCHEMA.name());

    if (isFirstFirst) {
      backTo(before, to, a, b);
    } else {
      backTo(between, to, b);
      backTo(before, to, a);
    }
  }

  /** One that found the sidecar there is the last to go, or another one is. */
  @ParameterizedTest
  @CsvSource({
    "memory, a b c",
    "memory, c b a",
    "memory, a c b",
    "memory, b c a",
    "json, a b c",
    "json, c a b"
  })
  void inWhateverOrderRunsAreTakenBackNothingIsLeft(String kind, String order) throws IOException {
    String to = target(kind);
    Map<String, String> before = world.state(to);
    Plan ofA = plan(to, "a");
    Plan ofB = plan(to, "b");
    Map<String, RunResult> runs = Map.of("a", done(ofA), "b", done(ofB), "c", done(plan(to, "c")));

    backTo(before, to, List.of(order.split(" ")).stream().map(runs::get).toArray(RunResult[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "json"})
  void aRunIsVerifiedAfterAnotherHasToldOfItsOwn(String kind) throws IOException {
    String to = target(kind);
    Plan ofA = plan(to, "a");
    Plan ofB = plan(to, "b");
    RunResult a = done(ofA);
    done(ofB);

    assertThat(world.waybill().verifyRun(a.run(), event -> {}).isEqual()).isTrue();
  }

  @Test
  void aRunWaitsAsLongAsAnotherWritesToTheSidecarAndSaysSo() throws IOException {
    String to = target("memory");
    Plan ofA = plan(to, "a");
    List<String> notes = new ArrayList<>();
    RunResult result;
    try (TargetStore other = world.target(to)) {
      TargetStore.Hold[] held = {other.hold(SIDECAR)};
      result =
          world
              .waybill()
              .apply(
                  ofA,
                  event -> {
                    if (event.type() == RunEvent.Type.NOTE) {
                      notes.add(event.text());
                      held[0].close();
                    }
                  },
                  () -> false);
    }

    assertThat(result.error()).isNull();
    assertThat(notes).anyMatch(note -> note.contains("Waiting for it"));
    assertThat(world.state(to)).containsKeys("a", Sidecar.SCHEMA.name());
  }

  @Test
  void aPlanIsStaleOnceTheSidecarTellsOfItsCollections() throws IOException {
    String to = target("memory");
    Plan ofA = plan(to, "a");
    Plan again = plan(to, "a", "b");
    done(ofA);

    assertThatThrownBy(() -> world.apply(again, () -> false))
        .isInstanceOf(SpecException.class)
        .hasFieldOrPropertyWithValue("code", "STALE_PLAN");
  }
}
