package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Breaks a rollback off at each of its steps in turn; repeated, it ends as if undisturbed. */
class RollbackCrashTest {
  private static final Collection OTHERS = People.named("others");

  @TempDir private Path home;

  private final class Scenario {
    private final World world = new World(home);
    private final String to;
    private final Map<String, String> first;
    private final String run;
    private boolean isDead;

    Scenario(Transactions transactions) {
      this(transactions, () -> {});
    }

    /**
     * @param beforeBatch is done before each batch is written
     */
    Scenario(Transactions transactions, Runnable beforeBatch) {
      String from = World.url(transactions);
      to = World.url(transactions).replace("memory:", "tampered:");
      world.fill(from, People.people(), People.some(0, 24, 1));
      world.fill(from, OTHERS, People.some(0, 14, 3));
      world.fill(to, People.people(), People.some(8, 27, 2));
      first = world.state(to);
      MemoryStores.tampering(
          changes -> {
            beforeBatch.run();
            return changes;
          });
      try {
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));
      } catch (Killed dead) {
        isDead = true;
      }
      MemoryStores.tampering(changes -> changes);
      run =
          world.events().stream()
              .filter(event -> event.type() == RunEvent.Type.RUN_STARTED)
              .map(RunEvent::text)
              .findFirst()
              .orElseThrow();
    }

    /** The run writes records anew that it has written already. */
    void writeAgain(Collection collection, RecordBatch records, int batch) {
      RunHeader header = new RunHeader(run, Instant.EPOCH, "", "test");
      try (TargetStore store = world.target(to);
          TargetSession session =
              store.begin(header, new FileLedger(RunDirectory.open(home, run), Clock.systemUTC()));
          TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
        writer.apply(
            collection,
            World.puts(records),
            ConflictPolicy.OVERWRITE,
            new Mark(collection.name(), 5, batch, 0, false));
      }
    }

    RunResult rollbackFailingAt(long step, OnChanged onChanged) {
      MemoryStores.faults().failAt(step);
      RunResult result = rollback(onChanged);
      MemoryStores.faults().failAt(0);
      return result;
    }

    RunResult rollback(OnChanged onChanged) {
      return world.waybill().rollback(run, onChanged, event -> {});
    }

    RunResult resume() {
      return world.waybill().resume(run, event -> {}, () -> false);
    }

    /** Somebody else writes, and nothing may happen to that any more. */
    Map<String, String> written() {
      world.put(to, People.people(), People.some(90, 92, 9));
      return world.state(to);
    }
  }

  /** The end of a process. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static void dieOnceForgotten() {
    MemoryStores.forgotten(
        () -> {
          MemoryStores.forgotten(() -> {});
          throw new Killed();
        });
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackThatDiedOnceItsLedgerWasGoneEndsWhateverOthersWroteSince(
      Transactions transactions) {
    Scenario scenario = new Scenario(transactions);
    dieOnceForgotten();
    assertThatThrownBy(() -> scenario.rollback(OnChanged.ABORT)).isInstanceOf(Killed.class);
    Map<String, String> written = scenario.written();

    RunResult again = scenario.rollback(OnChanged.ABORT);

    assertThat(again.error()).isNull();
    assertThat(again.status()).isEqualTo(Status.OK);
    assertThat(again.notes()).anyMatch(note -> note.startsWith("The target is as it was before"));
    assertThat(scenario.world.state(scenario.to)).isEqualTo(written);
    assertThat(scenario.world.waybill().status(scenario.run).state()).isEqualTo("rolled-back");
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackThatKeptOthersChangesEndsThoughItDiedOnceItsLedgerWasGone(
      Transactions transactions) {
    Scenario scenario = new Scenario(transactions);
    scenario.world.put(scenario.to, People.people(), People.some(4, 6, 9));
    dieOnceForgotten();
    assertThatThrownBy(() -> scenario.rollback(OnChanged.KEEP)).isInstanceOf(Killed.class);
    Map<String, String> kept = scenario.world.state(scenario.to);

    RunResult again = scenario.resume();

    assertThat(again.error()).isNull();
    assertThat(again.notes()).anyMatch(note -> note.contains("changes were kept"));
    assertThat(scenario.world.state(scenario.to)).isEqualTo(kept);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRunThatDiedOnceItWasPutBackEndsWhateverOthersWroteSince(Transactions transactions) {
    int[] batches = new int[1];
    Scenario scenario =
        new Scenario(
            transactions,
            () -> {
              if (++batches[0] > 2) {
                dieOnceForgotten();
                throw new StoreException("BROKEN", "It breaks here.", "", false, null);
              }
            });
    assertThat(scenario.isDead).isTrue();
    assertThat(scenario.world.state(scenario.to)).isEqualTo(scenario.first);
    Map<String, String> written = scenario.written();

    RunResult again = scenario.resume();

    assertThat(again.status()).isEqualTo(Status.PUT_BACK);
    assertThat(again.error()).hasMessageContaining("It breaks here.");
    assertThat(scenario.world.state(scenario.to)).isEqualTo(written);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatTheRunWroteTwiceComesBackWhereverTheRollbackBrokeOff(Transactions transactions) {
    boolean isBroken = true;
    for (long step = 1; isBroken; step++) {
      Scenario scenario = new Scenario(transactions);
      scenario.writeAgain(People.people(), People.some(4, 12, 7), 0);
      scenario.writeAgain(People.people(), People.some(6, 10, 8), 1);
      isBroken = scenario.rollbackFailingAt(step, OnChanged.ABORT).error() != null;
      if (isBroken) {
        RunResult undone = scenario.rollbackFailingAt(0, OnChanged.ABORT);
        assertThat(undone.error()).as("step " + step).isNull();
      }
      assertThat(scenario.world.state(scenario.to)).as("step " + step).isEqualTo(scenario.first);
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatTheRunWroteComesBackWhereverTheRollbackWasAskedToStop(Transactions transactions) {
    boolean isStopped = true;
    for (int asked = 0; isStopped; asked++) {
      Scenario scenario = new Scenario(transactions);
      AtomicInteger left = new AtomicInteger(asked);
      RunResult first =
          scenario
              .world
              .waybill()
              .rollback(
                  scenario.run, OnChanged.ABORT, event -> {}, () -> left.getAndDecrement() <= 0);
      isStopped = first.status() == Status.STOPPED;
      if (isStopped) {
        assertThat(first.error()).hasMessageContaining("stopped");
        assertThat(scenario.rollbackFailingAt(0, OnChanged.ABORT).error()).isNull();
      }
      assertThat(scenario.world.state(scenario.to)).as("asked " + asked).isEqualTo(scenario.first);
      assertThat(asked).as("endless").isLessThan(1000);
    }
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatOthersAddedToAMadeCollectionStaysWhereverTheRollbackBrokeOff(Transactions transactions) {
    boolean isBroken = true;
    for (long step = 1; isBroken; step++) {
      Scenario scenario = new Scenario(transactions);
      scenario.writeAgain(OTHERS, People.some(4, 8, 7), 0);
      scenario.world.put(scenario.to, OTHERS, People.some(90, 92, 9));
      scenario.world.put(scenario.to, OTHERS, People.some(5, 6, 9));
      isBroken = scenario.rollbackFailingAt(step, OnChanged.KEEP).error() != null;
      if (isBroken) {
        RunResult kept = scenario.rollbackFailingAt(0, OnChanged.KEEP);
        assertThat(kept.error()).as("step " + step).isNull();
        assertThat(kept.status()).as("step " + step).isEqualTo(Status.PARTIAL);
      }
      Map<String, String> state = scenario.world.state(scenario.to);
      assertThat(state.get("people")).as("step " + step).isEqualTo(scenario.first.get("people"));
      RecordBatch left = scenario.world.read(scenario.to, "others");
      assertThat(left.records()).as("step " + step).isEqualTo(3);
    }
  }

  @Test
  void whatARunWroteIsNotCalledUnwrittenBecauseItsLedgerIsGone() {
    World world = new World(home);
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 24, 1));
    world.fill(to, People.people(), People.some(20, 27, 1));
    RunResult run = world.migrate(from, to);
    assertThat(run.error()).isNull();
    Map<String, String> written = world.state(to);
    try (TargetStore store = world.target(to);
        TargetSession session =
            store.begin(
                new RunHeader(run.run(), Instant.EPOCH, "", "test"),
                new FileLedger(RunDirectory.open(home, run.run()), Clock.systemUTC()))) {
      session.ledger().forget();
    }

    assertThatThrownBy(() -> world.rollback(run))
        .isInstanceOfSatisfying(
            SpecException.class, lost -> assertThat(lost.code()).isEqualTo("RUN_NOT_IN_TARGET"));
    assertThat(world.state(to)).isEqualTo(written);
  }
}
