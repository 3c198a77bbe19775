package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Mark;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final RunResult run;

    Scenario(Transactions transactions) {
      String from = World.url(transactions);
      to = World.url(transactions);
      world.fill(from, People.people(), People.some(0, 24, 1));
      world.fill(from, OTHERS, People.some(0, 14, 3));
      world.fill(to, People.people(), People.some(8, 27, 2));
      first = world.state(to);
      run = world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.KEEP));
      assertThat(run.error()).isNull();
    }

    /** The run writes records anew that it has written already. */
    void writeAgain(Collection collection, RecordBatch records, int batch) {
      RunHeader header = new RunHeader(run.run(), Instant.EPOCH, "", "test");
      try (TargetStore store = world.target(to);
          TargetSession session =
              store.begin(
                  header, new FileLedger(RunDirectory.open(home, run.run()), Clock.systemUTC()));
          TargetWriter writer = session.writer(Triggers.FIRE)) {
        writer.apply(
            collection,
            World.puts(records),
            ConflictPolicy.OVERWRITE,
            new Mark(collection.name(), 5, batch, 0, false));
      }
    }

    RunResult rollbackFailingAt(long step, OnChanged onChanged) {
      MemoryStores.faults().failAt(step);
      RunResult result = world.rollback(run, onChanged);
      MemoryStores.faults().failAt(0);
      return result;
    }
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
          scenario.world.rollback(scenario.run, OnChanged.ABORT, () -> left.getAndDecrement() <= 0);
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
}
