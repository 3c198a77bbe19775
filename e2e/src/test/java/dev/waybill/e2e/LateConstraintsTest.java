package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.run.CollectionResult;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that a constraint refuses after the load are named, taken out, and undone. */
class LateConstraintsTest {
  /** What is taken out, and what follows. */
  private static final long LAST_STEPS = 25;

  @TempDir private Path folder;
  private World world;
  private String source = "";

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
  }

  private LateFamily family(String target) {
    if (source.isEmpty()) {
      source = LateFamily.source(folder);
    }
    return new LateFamily(
        world,
        source,
        target.equals("sqlite")
            ? "sqlite:" + folder.resolve("to.db")
            : World.url(Transactions.valueOf(target)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"BATCH", "NONE", "sqlite"})
  void whatCannotStayIsQuarantinedAndTheRestArrives(String target) {
    family(target).whatCannotStayIsQuarantinedAndTheRestArrives();
  }

  @ParameterizedTest
  @ValueSource(strings = {"BATCH", "NONE", "sqlite"})
  void withoutLeaveAllAreNamedAndTheTargetIsPutBack(String target) {
    family(target).withoutLeaveAllAreNamedAndTheTargetIsPutBack();
  }

  @ParameterizedTest
  @ValueSource(strings = {"BATCH", "NONE", "sqlite"})
  void aRunThatIsKeptIsRolledBackLater(String target) {
    family(target).aRunThatIsKeptIsRolledBackLater();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRunThatBrokeOffAtAnyStepOfItCanBeRolledBack(Transactions transactions) {
    LateFamily whole = family(transactions.name());
    MemoryStores.faults().failAt(0);
    assertThat(whole.run(14, OnFailure.KEEP).error()).isNull();
    long steps = MemoryStores.faults().steps();

    for (long step = steps - LAST_STEPS; step <= steps; step++) {
      LateFamily family = family(transactions.name());
      MemoryStores.faults().failAt(step);
      RunResult broken = family.run(14, OnFailure.KEEP);
      MemoryStores.faults().failAt(0);
      assertThat(broken.status()).as("step " + step).isEqualTo(Status.STOPPED);

      RunResult undone = world.rollback(broken, OnChanged.ABORT);

      assertThat(undone.error()).as("step " + step).isNull();
      assertThat(world.state(family.to())).as("step " + step).isEqualTo(family.first());
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRunThatBrokeOffAtAnyStepOfItGoesOnToTheSameEnd(Transactions transactions) {
    LateFamily whole = family(transactions.name());
    MemoryStores.faults().failAt(0);
    RunResult undisturbed = whole.run(14, OnFailure.KEEP);
    assertThat(undisturbed.error()).isNull();
    long steps = MemoryStores.faults().steps();

    for (long step = steps - LAST_STEPS; step <= steps; step++) {
      LateFamily family = family(transactions.name());
      MemoryStores.faults().failAt(step);
      RunResult broken = family.run(14, OnFailure.KEEP);
      MemoryStores.faults().failAt(0);
      assertThat(broken.status()).as("step " + step).isEqualTo(Status.STOPPED);

      RunResult resumed = world.waybill().resume(broken.run(), event -> {}, () -> false);

      assertThat(resumed.error()).as("step " + step).isNull();
      assertThat(resumed.status()).as("step " + step).isEqualTo(Status.PARTIAL);
      assertThat(resumed.collections()).as("step " + step).isEqualTo(undisturbed.collections());
      assertThat(world.state(family.to())).as("step " + step).isEqualTo(world.state(whole.to()));
      assertThat(LateFamily.quarantined(resumed))
          .as("step " + step)
          .containsExactlyInAnyOrderElementsOf(LateFamily.REFUSED);
    }
  }

  /** What was taken out is in a part of the source that has moved, or in another one. */
  @ParameterizedTest
  @CsvSource({"BATCH, 7", "BATCH, 20", "NONE, 7", "NONE, 20"})
  void whatWasTakenOutCountsOnceThoughItsSourceMoves(Transactions transactions, int moved) {
    LateFamily whole = family(transactions.name());
    MemoryStores.faults().failAt(0);
    RunResult undisturbed = whole.run(14, OnFailure.KEEP);
    assertThat(undisturbed.error()).isNull();
    long steps = MemoryStores.faults().steps();

    for (long step = steps - LAST_STEPS; step <= steps; step += 2) {
      LateFamily family = family(transactions.name());
      MemoryStores.faults().failAt(step);
      RunResult broken = family.run(14, OnFailure.KEEP);
      MemoryStores.faults().failAt(0);
      assertThat(broken.status()).as("step " + step).isEqualTo(Status.STOPPED);
      Rollbacks.sqlite(
          folder.resolve("family.db"),
          "UPDATE person SET name = 'moved at " + step + "' WHERE id = " + moved,
          "UPDATE message SET body = 'moved at " + step + "' WHERE id = " + moved);

      RunResult resumed = world.waybill().resume(broken.run(), event -> {}, () -> false);

      assertThat(resumed.error()).as("step " + step).isNull();
      requireEachOnce(resumed);
      if (!MigrationTest.error(broken).getMessage().contains("complete message")) {
        // Once people have their constraint, it is the store that says which of them is the first.
        assertThat(LateFamily.quarantined(resumed))
            .as("step " + step)
            .containsExactlyInAnyOrderElementsOf(LateFamily.REFUSED);
        assertThat(resumed.collections()).as("step " + step).isEqualTo(undisturbed.collections());
      }
    }
  }

  private static void requireEachOnce(RunResult resumed) {
    long refused = 0;
    for (CollectionResult each : resumed.collections()) {
      refused += each.quarantined();
      assertThat(each.written() + each.quarantined()).isEqualTo(each.read());
      assertThat(each.verified()).isEqualTo(each.written());
    }
    assertThat(LateFamily.quarantined(resumed)).hasSize((int) refused);
  }

  /** The quarantine's newest lines may go with a machine's power. */
  @Test
  void whatWasTakenOutIsFoundAnewWhereItsLinesAreLost() throws IOException {
    LateFamily whole = family("BATCH");
    MemoryStores.faults().failAt(0);
    assertThat(whole.run(14, OnFailure.KEEP).error()).isNull();
    long steps = MemoryStores.faults().steps();
    LateFamily family = family("BATCH");
    MemoryStores.faults().failAt(steps);
    RunResult broken = family.run(14, OnFailure.KEEP);
    MemoryStores.faults().failAt(0);
    Path file = broken.directory().resolve("quarantine/records.ndjson");
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(0, lines.size() - 3));

    RunResult resumed = world.waybill().resume(broken.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    requireEachOnce(resumed);
  }
}
