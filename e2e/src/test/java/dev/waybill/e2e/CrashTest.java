package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Breaks a small run off at each of its steps in turn; afterwards nothing of it is left. */
class CrashTest {
  @TempDir private Path home;

  /** Overwrites and adds people, and makes a collection of others. */
  private final class Scenario {
    private final World world = new World(home);
    private final String from;
    private final String to;
    private final Map<String, String> first;
    private final Plan plan;

    Scenario(Transactions transactions, OnFailure onFailure) {
      this(transactions, onFailure, true);
    }

    Scenario(Transactions transactions, OnFailure onFailure, boolean makesOthers) {
      from = World.url(transactions);
      to = World.url(transactions);
      world.fill(from, People.people(), People.some(0, 14, 1));
      if (makesOthers) {
        world.fill(from, People.named("others"), People.some(0, 4, 3));
      }
      world.fill(to, People.people(), People.some(8, 17, 2));
      first = world.state(to);
      plan = world.waybill().plan(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, onFailure));
    }

    RunResult runFailingAt(long step) {
      MemoryStores.faults().failAt(step);
      return world.apply(plan, () -> false);
    }

    long steps() {
      RunResult result = runFailingAt(0);
      assertThat(result.error()).isNull();
      return MemoryStores.faults().steps();
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRunThatFailsAtAnyStepPutsTheTargetBack(Transactions transactions) {
    long steps = new Scenario(transactions, OnFailure.ROLLBACK).steps();
    assertThat(steps).isGreaterThan(8);

    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(transactions, OnFailure.ROLLBACK);
      RunResult result = scenario.runFailingAt(step);

      assertThat(result.status()).as("step " + step).isEqualTo(Status.PUT_BACK);
      assertThat(scenario.world.state(scenario.to)).as("step " + step).isEqualTo(scenario.first);
    }
  }

  @ParameterizedTest
  @CsvSource({"BATCH, true", "BATCH, false", "NONE, true", "NONE, false"})
  void aRunThatBrokeOffAtAnyStepCanBeRolledBack(Transactions transactions, boolean makesOthers) {
    long steps = new Scenario(transactions, OnFailure.KEEP, makesOthers).steps();

    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(transactions, OnFailure.KEEP, makesOthers);
      RunResult result = scenario.runFailingAt(step);
      assertThat(result.status()).as("step " + step).isEqualTo(Status.STOPPED);

      MemoryStores.faults().failAt(0);
      RunResult undone = new World(home).rollback(result, OnChanged.ABORT);

      assertThat(undone.error()).as("step " + step).isNull();
      assertThat(scenario.world.state(scenario.to)).as("step " + step).isEqualTo(scenario.first);
    }
  }

  /** Records by their key's text. */
  private static Map<String, String> byKey(RecordBatch records) {
    Map<String, String> byKey = new HashMap<>();
    for (int record = 0; record < records.records(); record++) {
      byKey.put(
          records.textAt(records.at(record, 0)),
          HexFormat.of().formatHex(records.recordBytes(record)));
    }
    return byKey;
  }

  /** What a run's backup gives back; nothing if it came not so far as to have one. */
  private static Map<String, String> kept(World world, RunResult run) {
    if (world.waybill().backups().isEmpty()) {
      return Map.of();
    }
    String restored = World.url(Transactions.BATCH);
    RunResult result = world.migrate(World.spec("backup:" + run.run(), restored));
    assertThat(result.error()).isNull();
    return byKey(world.read(restored, "people"));
  }

  @ParameterizedTest
  @CsvSource({"BATCH, false", "BATCH, true", "NONE, false", "NONE, true"})
  void whereverARunBreaksOffWhatItHasOverwrittenIsInItsBackup(
      Transactions transactions, boolean hasMoved) {
    Scenario whole = new Scenario(transactions, OnFailure.KEEP, false);
    long steps = whole.steps();
    Map<String, String> before = byKey(People.some(8, 17, 2));

    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(transactions, OnFailure.KEEP, false);
      World world = scenario.world;
      RunResult result = scenario.runFailingAt(step);
      assertThat(result.status()).as("step " + step).isEqualTo(Status.STOPPED);
      MemoryStores.faults().failAt(0);

      requireKept(scenario, result, before, "step " + step);
      if (hasMoved) {
        world.put(scenario.from, People.people(), People.some(6, 17, 5));
      }
      RunResult resumed = world.waybill().resume(result.run(), event -> {}, () -> false);
      assertThat(resumed.error()).as("step " + step).isNull();

      requireKept(scenario, result, before, "step " + step + ", resumed");
      assertThat(byKey(world.read(scenario.to, "people")))
          .as("step " + step)
          .containsAllEntriesOf(byKey(world.read(scenario.from, "people")));
      world.waybill().pruneBackups(Duration.ZERO, false);
    }
  }

  private static void requireKept(
      Scenario scenario, RunResult run, Map<String, String> before, String when) {
    Map<String, String> now = byKey(scenario.world.read(scenario.to, "people"));
    Map<String, String> kept = kept(scenario.world, run);
    before.forEach(
        (key, record) -> {
          if (!record.equals(now.get(key))) {
            assertThat(kept).as("%s: what %s was", when, key).containsEntry(key, record);
          }
        });
    kept.forEach((key, record) -> assertThat(before).as(when).containsEntry(key, record));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackThatBrokeOffAtAnyStepGoesOn(Transactions transactions) {
    long steps = 30;
    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(transactions, OnFailure.ROLLBACK);
      RunResult result = scenario.runFailingAt(0);
      assertThat(result.error()).isNull();
      MemoryStores.faults().failAt(step);
      RunResult broken = scenario.world.rollback(result);
      boolean brokeOff = broken.status() == Status.STOPPED;
      MemoryStores.faults().failAt(0);

      if (brokeOff) {
        assertThat(MigrationTest.error(broken).code()).isEqualTo("FAULT_INJECTED");
        RunResult undone = scenario.world.rollback(result);
        assertThat(undone.error()).as("step " + step).isNull();
      } else {
        steps = 0;
      }

      assertThat(scenario.world.state(scenario.to)).as("step " + step).isEqualTo(scenario.first);
    }
    assertThat(steps).as("more steps than were tried").isZero();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aFailureWhilePuttingBackLeavesARunThatCanBeRolledBack(Transactions transactions) {
    for (long step = 1; step <= 12; step++) {
      Scenario scenario = new Scenario(transactions, OnFailure.ROLLBACK);
      MemoryStores.tampering(
          changes -> {
            if (changes.records().records() == 4) {
              throw new StoreException("LOST", "The store is gone.", "", false, null);
            }
            return changes;
          });
      Plan plan =
          scenario
              .world
              .waybill()
              .plan(
                  World.spec(
                      scenario.from,
                      scenario.to.replace("memory:", "tampered:"),
                      ConflictPolicy.OVERWRITE,
                      0,
                      OnFailure.ROLLBACK));
      long failing = step;
      RunResult result =
          scenario
              .world
              .waybill()
              .apply(
                  plan,
                  event -> {
                    if (event.text().equals("put back")) {
                      MemoryStores.faults().failAt(failing);
                    }
                  },
                  () -> false);
      MemoryStores.faults().failAt(0);
      MemoryStores.tampering(changes -> changes);

      if (result.status() == Status.STOPPED) {
        Waybill another = Waybill.at(home);
        assertThat(another.rollback(result.run(), OnChanged.ABORT, event -> {}).error())
            .as("step " + step)
            .isNull();
      } else {
        assertThat(result.status()).isEqualTo(Status.PUT_BACK);
      }
      assertThat(scenario.world.state(scenario.to)).as("step " + step).isEqualTo(scenario.first);
    }
  }
}
