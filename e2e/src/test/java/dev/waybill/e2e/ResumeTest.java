package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Breaks a small run off at each of its steps in turn and goes on: the target is then as an
 * undisturbed run would have left it, no record twice and none missing.
 */
class ResumeTest {
  @TempDir private Path home;

  /** Overwrites and adds people, and makes a collection of others. */
  private final class Scenario {
    private final World world = new World(home);
    private final String from;
    private final String to;
    private final Map<String, String> first;

    Scenario(Transactions transactions) {
      from = World.url(transactions);
      to = World.url(transactions);
      world.fill(from, People.people(), People.some(0, 24, 1));
      world.fill(from, People.named("others"), People.some(0, 14, 3));
      world.fill(to, People.people(), People.some(8, 27, 2));
      first = world.state(to);
    }

    RunResult run() {
      return world.apply(
          world.waybill().plan(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.KEEP)),
          () -> false);
    }

    RunResult runFailingAt(long step) {
      MemoryStores.faults().failAt(step);
      RunResult result = run();
      MemoryStores.faults().failAt(0);
      return result;
    }

    /** The same through {@link MemoryStores#tampering}. */
    RunResult tampered(OnFailure onFailure) {
      String seen = to.replace("memory:", "tampered:");
      return world.apply(
          world.waybill().plan(World.spec(from, seen, ConflictPolicy.OVERWRITE, 0, onFailure)),
          () -> false);
    }

    /** As another process would. */
    RunResult resume(RunResult result) {
      return world.waybill().resume(result.run(), event -> {}, () -> false);
    }

    /** Adds, changes and deletes records of both collections in the source. */
    void moveSource() {
      world.put(from, People.people(), People.some(3, 6, 9));
      world.put(from, People.people(), People.some(30, 33, 9));
      world.put(from, People.named("others"), People.some(1, 2, 9));
      delete(People.people(), 9, 12);
      delete(People.named("others"), 5, 7);
    }

    private void delete(Collection collection, int fromId, int toId) {
      RecordBatch records = People.some(fromId, toId, 1);
      RecordBatch keys = new RecordBatch(collection.key().size());
      for (int record = 0; record < records.records(); record++) {
        records.project(record, collection.keyPositions(), keys);
      }
      world.delete(from, collection, keys);
    }

    Map<String, String> stateNow() {
      return world.state(to);
    }
  }

  private long steps(Transactions transactions) {
    Scenario scenario = new Scenario(transactions);
    MemoryStores.faults().failAt(0);
    assertThat(scenario.run().error()).isNull();
    return MemoryStores.faults().steps();
  }

  /** What an undisturbed run leaves. */
  private Map<String, String> wanted(Transactions transactions, boolean isMoved) {
    Scenario scenario = new Scenario(transactions);
    if (isMoved) {
      scenario.moveSource();
    }
    MemoryStores.faults().failAt(0);
    assertThat(scenario.run().error()).isNull();
    return scenario.stateNow();
  }

  @ParameterizedTest
  @CsvSource({"BATCH, false", "BATCH, true", "NONE, false", "NONE, true"})
  void aRunThatBrokeOffAtAnyStepGoesOnToWhatAnUndisturbedOneLeaves(
      Transactions transactions, boolean isMoved) {
    Map<String, String> wanted = wanted(transactions, isMoved);
    long steps = steps(transactions);
    assertThat(steps).isGreaterThan(12);

    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(transactions);
      RunResult broken = scenario.runFailingAt(step);
      assertThat(broken.status()).as("step " + step).isEqualTo(Status.STOPPED);
      if (isMoved) {
        scenario.moveSource();
      }

      RunResult resumed = scenario.resume(broken);

      assertThat(resumed.error()).as("step " + step).isNull();
      assertThat(scenario.stateNow()).as("step " + step).isEqualTo(wanted);
      for (CollectionResult each : resumed.collections()) {
        assertThat(each.written() + each.unchanged()).as("step " + step).isEqualTo(each.read());
        assertThat(each.verified()).as("step " + step).isEqualTo(each.read());
      }
      RunResult undone = scenario.world.rollback(resumed);
      assertThat(undone.error()).as("step " + step).isNull();
      assertThat(scenario.stateNow()).as("step " + step).isEqualTo(scenario.first);
    }
  }

  @ParameterizedTest
  @CsvSource({"BATCH, false", "BATCH, true", "NONE, false", "NONE, true"})
  void aResumeThatBrokeOffAtAnyStepGoesOnOrIsRolledBack(
      Transactions transactions, boolean isMoved) {
    Map<String, String> wanted = wanted(transactions, isMoved);
    long steps = steps(transactions);

    for (long step = 1; step <= 2 * steps; step++) {
      Scenario scenario = new Scenario(transactions);
      RunResult broken = scenario.runFailingAt(1 + (step * 5) % steps);
      if (isMoved) {
        scenario.moveSource();
      }
      MemoryStores.faults().failAt(step);
      RunResult again = scenario.resume(broken);
      MemoryStores.faults().failAt(0);

      if (again.error() != null && step % 3 != 0) {
        again = scenario.resume(again);
        assertThat(again.error()).as("step " + step).isNull();
        assertThat(scenario.stateNow()).as("step " + step).isEqualTo(wanted);
      }
      RunResult undone = scenario.world.rollback(again);
      assertThat(undone.error()).as("step " + step).isNull();
      assertThat(scenario.stateNow()).as("step " + step).isEqualTo(scenario.first);
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackThatBrokeOffIsWhatAResumeGoesOnWith(Transactions transactions) {
    boolean hasBroken = true;
    for (long step = 1; hasBroken; step++) {
      Scenario scenario = new Scenario(transactions);
      RunResult result = scenario.run();
      MemoryStores.faults().failAt(step);
      hasBroken = scenario.world.rollback(result).status() == Status.STOPPED;
      MemoryStores.faults().failAt(0);

      if (hasBroken) {
        assertThat(scenario.resume(result).error()).as("step " + step).isNull();
      }
      assertThat(scenario.stateNow()).as("step " + step).isEqualTo(scenario.first);
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatWasBegunToBeTakenBackIsNotCountedAsDoneWhereTheSourceMovesBack(
      Transactions transactions) {
    Map<String, String> wanted = wanted(transactions, false);
    long steps = steps(transactions);
    Scenario scenario = new Scenario(transactions);
    MemoryStores.faults().failAt(steps);
    RunResult broken = scenario.tampered(OnFailure.KEEP);
    MemoryStores.faults().failAt(0);
    scenario.world.put(scenario.from, People.named("others"), People.some(1, 2, 9));
    MemoryStores.unmarking(
        () -> {
          throw new StoreException("KILLED", "The process dies here.", "", false, null);
        });
    RunResult again = scenario.resume(broken);
    MemoryStores.unmarking(() -> {});
    scenario.world.put(scenario.from, People.named("others"), People.some(1, 2, 3));

    assertThat(MigrationTest.error(again).code()).isEqualTo("KILLED");
    assertThat(scenario.resume(again).error()).isNull();
    assertThat(scenario.stateNow()).isEqualTo(wanted);
  }

  @Test
  void aRefusedCommandTouchesNothingOfARunThatGoesOn() throws Exception {
    Scenario scenario = new Scenario(Transactions.BATCH);
    RunResult result = scenario.runFailingAt(5);
    RunDirectory directory = RunDirectory.open(home, result.run());
    Path temporary = directory.workspace().resolve("source/copy");
    Files.createDirectories(temporary.getParent());
    Files.writeString(temporary, "of the process that works on the run");

    try (RunDirectory.Lock lock = directory.lock()) {
      scenario.world.waybill().trace(result.run(), "people", "1", false);
      for (ThrowingCallable command :
          List.<ThrowingCallable>of(
              () -> scenario.resume(result),
              () -> scenario.world.rollback(result),
              () -> scenario.world.waybill().forget(result.run(), false),
              () -> scenario.world.waybill().verifyRun(result.run(), event -> {}))) {
        assertThatThrownBy(command)
            .isInstanceOfSatisfying(
                SpecException.class, busy -> assertThat(busy.code()).isEqualTo("RUN_IS_BUSY"));
      }

      assertThat(temporary).exists();
    }
  }

  @Test
  void aRunWhoseHoldAnotherHasTakenTouchesTheTargetNoMore() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    boolean[] isLost = new boolean[1];
    MemoryStores.tampering(
        changes -> {
          isLost[0] = true;
          throw new StoreException("LOST", "The connection is lost.", "", true, null);
        });
    MemoryStores.renewing(
        () -> {
          if (isLost[0]) {
            throw new SpecException("TARGET_IS_BUSY", "Another run is writing.", "wait for it");
          }
        });
    RunResult stopped = scenario.tampered(OnFailure.ROLLBACK);
    MemoryStores.tampering(changes -> changes);
    MemoryStores.renewing(() -> {});

    assertThat(isLost[0]).isTrue();
    assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    assertThat(scenario.stateNow()).containsKey("others");
    assertThat(scenario.resume(stopped).error()).isNull();
    assertThat(scenario.stateNow()).isEqualTo(wanted(Transactions.BATCH, false));
  }

  @Test
  void aRunWhoseHoldWentUnnoticedStopsOnceAnotherHasIt() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    int[] batches = new int[1];
    MemoryStores.tampering(
        changes -> {
          batches[0]++;
          return changes;
        });
    MemoryStores.renewing(
        () -> {
          throw new SpecException("TARGET_IS_BUSY", "Another run is writing.", "wait for it");
        });
    RunResult stopped = scenario.tampered(OnFailure.ROLLBACK);
    MemoryStores.tampering(changes -> changes);
    MemoryStores.renewing(() -> {});

    assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    assertThat(MigrationTest.error(stopped).code()).isEqualTo("TARGET_IS_BUSY");
    assertThat(batches[0]).isZero();
    assertThat(scenario.resume(stopped).error()).isNull();
    assertThat(scenario.stateNow()).isEqualTo(wanted(Transactions.BATCH, false));
  }

  @ParameterizedTest
  @CsvSource({"BATCH, ''", "BATCH, '{\"at\":\"20'", "NONE, ''"})
  void aRunWhoseJournalIsLostGoesOnOrIsRolledBack(Transactions transactions, String left)
      throws Exception {
    for (boolean isResumed : new boolean[] {true, false}) {
      Scenario scenario = new Scenario(transactions);
      RunResult broken = scenario.runFailingAt(9);
      assertThat(broken.status()).isEqualTo(Status.STOPPED);
      Files.writeString(broken.directory().resolve("journal.ndjson"), left);

      if (isResumed) {
        assertThat(scenario.resume(broken).error()).isNull();
        assertThat(scenario.stateNow()).isEqualTo(wanted(transactions, false));
      }
      assertThat(scenario.world.rollback(broken).error()).isNull();
      assertThat(scenario.stateNow()).isEqualTo(scenario.first);
    }
  }

  @Test
  void aRunWhoseSourceHasAnotherSchemaNowIsToldTheWayBack() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    RunResult broken = scenario.runFailingAt(9);
    scenario.world.fill(scenario.from, People.named("more"), People.some(0, 2, 1));

    assertThatThrownBy(() -> scenario.resume(broken))
        .isInstanceOfSatisfying(
            SpecException.class,
            stale -> {
              assertThat(stale.code()).isEqualTo("STALE_PLAN");
              assertThat(stale.hint()).contains("waybill rollback " + broken.run());
            });
    assertThat(scenario.world.rollback(broken).error()).isNull();
    assertThat(scenario.stateNow()).isEqualTo(scenario.first);
  }

  @Test
  void aRunThatIsDoneIsGivenBackAsItEnded() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    RunResult result = scenario.run();

    RunResult again = scenario.resume(result);

    assertThat(again.status()).isEqualTo(Status.OK);
    assertThat(again.collections()).isEqualTo(result.collections());
  }

  @Test
  void aRunThatWasTakenBackHasNothingToGoOnWith() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    RunResult result = scenario.run();
    scenario.world.rollback(result);

    assertThatThrownBy(() -> scenario.resume(result))
        .isInstanceOfSatisfying(
            SpecException.class,
            refused -> assertThat(refused.code()).isEqualTo("NOTHING_TO_RESUME"));
  }

  @Test
  void aStoppedRunGoesOnWithoutWritingTwice() {
    Scenario scenario = new Scenario(Transactions.BATCH);
    int[] asked = new int[1];
    RunResult stopped =
        scenario.world.apply(
            scenario
                .world
                .waybill()
                .plan(
                    World.spec(
                        scenario.from,
                        scenario.to,
                        ConflictPolicy.OVERWRITE,
                        0,
                        OnFailure.ROLLBACK)),
            () -> ++asked[0] > 8);
    assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    List<CollectionResult> before = stopped.collections();
    assertThat(before).anySatisfy(each -> assertThat(each.written()).isPositive());

    RunResult resumed = scenario.resume(stopped);

    assertThat(resumed.error()).isNull();
    assertThat(scenario.stateNow()).isEqualTo(wanted(Transactions.BATCH, false));
  }

  /** A run that broke off within its second collection; the first has no key. */
  private final class KeylessScenario {
    private final Collection logs = Collection.of("logs", People.FIELDS, List.of());
    private final World world = new World(home);
    private final String from = World.url(Transactions.BATCH);
    private final String to = World.url(Transactions.BATCH);
    private final RunResult stopped;

    KeylessScenario() {
      world.fill(from, logs, People.some(0, 20, 1));
      world.fill(from, People.people(), People.some(0, 20, 1));
      int[] asked = new int[1];
      stopped =
          world.apply(
              world
                  .waybill()
                  .plan(World.spec(from, to, ConflictPolicy.FAIL, 0, OnFailure.ROLLBACK)),
              () -> world.events().stream().anyMatch(each -> isOfPeople(each)) && ++asked[0] > 1);
      assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    }

    void moveSource() {
      MemoryStores.remove(from);
      world.fill(from, logs, People.some(0, 20, 2));
      world.fill(from, People.people(), People.some(0, 20, 1));
    }

    private boolean isOfPeople(RunEvent event) {
      return event.collection().equals("people") && event.type() == RunEvent.Type.PROGRESS;
    }

    RunResult resume() {
      return world.waybill().resume(stopped.run(), event -> {}, () -> false);
    }
  }

  @Test
  void whatSomebodyElseWroteIntoACollectionThatMustBeCopiedAnewStays() {
    KeylessScenario scenario = new KeylessScenario();
    World world = scenario.world;
    world.put(scenario.to, scenario.logs, People.some(90, 93, 7));
    scenario.moveSource();
    Map<String, String> there = world.state(scenario.to);

    RunResult resumed = scenario.resume();

    assertThat(resumed.status()).isEqualTo(Status.STOPPED);
    assertThat(resumed.error())
        .hasMessageContaining("somebody else has written to it or refers to it");
    assertThat(world.state(scenario.to).get("logs")).isEqualTo(there.get("logs"));
  }

  @Test
  void aCollectionWithoutKeyThatMovedIsCopiedAnew() {
    KeylessScenario scenario = new KeylessScenario();
    scenario.moveSource();

    RunResult resumed = scenario.resume();

    assertThat(resumed.error()).isNull();
    assertThat(scenario.world.state(scenario.to).get("logs"))
        .isEqualTo(scenario.world.state(scenario.from).get("logs"));
  }
}
