package dev.waybill.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.TargetSession;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Breaks a run off before each of its steps in turn, and its rollback too. */
class MemoryCrashTest {
  private static final String RUN = "run";

  static Stream<Arguments> forms() {
    return Stream.of(MemoryForm.values())
        .flatMap(form -> Stream.of(Transactions.values()).map(tx -> Arguments.of(form, tx)));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aRunResumedAfterAnyStepWritesAllRecordsOnce(MemoryForm form, Transactions transactions) {
    BucketDigest wanted = runBrokenAt(form, transactions, 0).digests("people");
    long steps = new Scenario(form, transactions).countedSteps();
    assertThat(steps).isGreaterThan(5);

    for (long step = 1; step <= steps; step++) {
      Scenario broken = runBrokenAt(form, transactions, step);

      assertThat(broken.digests("people").isEqual(wanted)).as("step " + step).isTrue();
      assertThat(broken.countOfLog()).as("step " + step).isEqualTo(broken.hasLog ? 6 : 0);
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aRollbackGivesBackTheFirstStateAfterAnyStep(MemoryForm form, Transactions transactions) {
    long steps = new Scenario(form, transactions).countedSteps();

    for (long step = 1; step <= steps; step++) {
      Scenario scenario = new Scenario(form, transactions);
      scenario.attempt(step, scenario::write);
      scenario.attempt(0, scenario::undo);

      assertThat(scenario.digests("people").isEqual(scenario.first)).as("step " + step).isTrue();
      assertThat(scenario.trial.catalog().collection("log")).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aRollbackBrokenOffAtAnyStepCanGoOn(MemoryForm form, Transactions transactions) {
    for (long step = 1; step <= 30; step++) {
      Scenario scenario = new Scenario(form, transactions);
      scenario.attempt(0, scenario::write);
      scenario.attempt(step, scenario::undo);
      scenario.attempt(0, scenario::undo);

      assertThat(scenario.digests("people").isEqual(scenario.first)).as("step " + step).isTrue();
      assertThat(scenario.trial.catalog().collection("log")).isEmpty();
    }
  }

  private static Scenario runBrokenAt(MemoryForm form, Transactions transactions, long step) {
    Scenario scenario = new Scenario(form, transactions);
    scenario.attempt(step, scenario::write);
    scenario.attempt(0, scenario::write);
    return scenario;
  }

  /** Overwrites and adds people who were there before, and fills a log that was not. */
  private static final class Scenario {
    private final MemoryAdapter adapter;
    private final Trial trial;
    private final Collection people;
    private final Collection log;
    private final boolean hasLog;
    private final BucketDigest first;

    Scenario(MemoryForm form, Transactions transactions) {
      adapter = new MemoryAdapter(form, transactions);
      trial = new Trial(TckStore.of(adapter, "memory:store"), Path.of("unused"), false);
      people = trial.people("people");
      hasLog = form != MemoryForm.VECTOR;
      Field line = Field.of("line", LogicalType.TEXT, "text", true);
      Field handle =
          new Field("handle", LogicalType.INT64, "int64", false, null, Field.Generation.HANDLE);
      log =
          Collection.of(
              "log", form == MemoryForm.GRAPH ? List.of(handle, line) : List.of(line), List.of());
      trial.settle(people, trial.somePeople(people, 0, 4, 1));
      first = digests("people");
    }

    long countedSteps() {
      adapter.faults().failAt(0);
      trial.in(
          RUN,
          session -> {
            write(session);
            return null;
          });
      return adapter.faults().steps();
    }

    void attempt(long failingStep, Consumer<TargetSession> work) {
      adapter.faults().failAt(failingStep);
      try {
        trial.in(
            RUN,
            session -> {
              work.accept(session);
              return null;
            });
      } catch (StoreException broken) {
        assertThat(broken.code()).isEqualTo("FAULT_INJECTED");
      }
      adapter.faults().failAt(0);
    }

    void write(TargetSession session) {
      Set<Mark> done =
          session.ledger().marks().stream()
              .map(Ledger.MarkedBatch::mark)
              .collect(Collectors.toSet());
      for (int batch = 0; batch < 2; batch++) {
        if (!done.contains(Trial.mark(people, batch))) {
          Outcome outcome =
              Trial.put(
                  session,
                  people,
                  trial.somePeople(people, 2 + batch * 2, 6 + batch * 2, 2 + batch),
                  ConflictPolicy.OVERWRITE,
                  batch);
          assertThat(outcome.written() + outcome.unchanged()).isEqualTo(4);
        }
      }
      if (hasLog) {
        session.create(log);
        for (int batch = 0; batch < 2; batch++) {
          if (!done.contains(Trial.mark(log, batch))) {
            Trial.put(session, log, lines(batch), ConflictPolicy.FAIL, batch);
          }
        }
        session.finish(List.of(log), List.of(people));
      }
    }

    private RecordBatch lines(int batch) {
      RecordBatch lines = Trial.batch(log);
      for (int i = 0; i < 3; i++) {
        if (log.fields().size() == 2) {
          lines.putInt64(10L * batch + i);
        }
        lines.putText("the same line");
      }
      return lines;
    }

    void undo(TargetSession session) {
      Trial.undo(session, people, ConflictPolicy.FAIL);
      if (hasLog && trial.catalog().collection("log").isPresent()) {
        session.drop("log");
      }
      session.restore();
    }

    BucketDigest digests(String collection) {
      return trial.digestNow(collection);
    }

    long countOfLog() {
      return hasLog ? digests("log").count() : 0;
    }
  }
}
