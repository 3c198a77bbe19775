package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.run.TraceResult;
import dev.waybill.run.TraceResult.Fate;
import dev.waybill.run.TraceResult.Now;
import dev.waybill.run.TraceResult.TracedField;
import dev.waybill.run.TraceResult.Written;
import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What became of one record can be told afterwards. */
class TraceTest {
  @TempDir private Path folder;
  private World world;
  private String from;
  private String to;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    from = World.url(Transactions.BATCH);
    to = World.url(Transactions.BATCH);
  }

  private TraceResult trace(RunResult run, int person, boolean withValues) {
    return world.waybill().trace(run.run(), "people", People.id(person), withValues);
  }

  private static Written written(TraceResult trace) {
    return Objects.requireNonNull(trace.written());
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRecordIsFoundInTheBatchThatWroteIt(Transactions transactions) {
    to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 47, 1));
    RunResult run = world.migrate(from, to);

    TraceResult trace = trace(run, 23, false);

    assertThat(trace.isInSource()).isTrue();
    assertThat(written(trace).batch()).isEqualTo(2);
    assertThat(written(trace).part()).isZero();
    assertThat(written(trace).outcome()).isEqualTo("inserted");
    assertThat(written(trace).at()).isAfter(trace.startedAt().minusSeconds(1));
    assertThat(trace.now()).isEqualTo(Now.EQUAL);
    assertThat(trace.verified()).startsWith("equal: every record");
    assertThat(trace.snapshotAt()).isNotNull();
    assertThat(trace.fates()).isEmpty();
    assertThat(trace.fields().stream().map(TracedField::target))
        .containsExactly("id", "name", "age", "score");
  }

  @Test
  void valuesAreShownOnlyIfAskedFor() {
    world.fill(from, People.people(), People.some(0, 5, 1));
    RunResult run = world.migrate(from, to);

    assertThat(trace(run, 1, false).toString()).doesNotContain("name 1 v1");
    assertThat(trace(run, 1, true).fields().get(1))
        .extracting(TracedField::sourceValue, TracedField::targetValue)
        .containsExactly("name 1 v1", "name 1 v1");
  }

  @Test
  void whatTheRunDidToARecordThatWasThereIsTold() {
    world.fill(from, People.people(), People.some(0, 6, 1));
    RecordBatch there = People.some(0, 2, 1);
    People.one(there, 2, "another", 7);
    world.fill(to, People.people(), there);
    RunResult overwriting =
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));

    assertThat(written(trace(overwriting, 1, false)).outcome()).isEqualTo("unchanged");
    assertThat(written(trace(overwriting, 2, false)).outcome()).isEqualTo("updated");
    assertThat(written(trace(overwriting, 4, false)).outcome()).isEqualTo("inserted");
  }

  @Test
  void whatSomebodyElseDidSinceIsSeen() {
    world.fill(from, People.people(), People.some(0, 6, 1));
    RunResult run = world.migrate(from, to);
    RecordBatch other = World.batch(People.people());
    People.one(other, 2, "changed", 102);
    world.put(to, world.collection(to, "people"), other);
    world.delete(to, world.collection(to, "people"), People.keys(4));

    assertThat(trace(run, 2, false).now()).isEqualTo(Now.CHANGED);
    assertThat(trace(run, 2, false).changed()).containsExactly("name");
    assertThat(trace(run, 4, false).now()).isEqualTo(Now.GONE);
    assertThat(trace(run, 5, false).now()).isEqualTo(Now.EQUAL);
  }

  @Test
  void aRecordThatStayedBehindTellsWhy() {
    LateFamily family = new LateFamily(world, folder, to);
    RunResult run = family.run(14, OnFailure.ROLLBACK);

    TraceResult trace = world.waybill().trace(run.run(), "message", "202", false);

    assertThat(trace.fates())
        .containsExactly(
            new Fate(
                "quarantined",
                "quarantine/records.ndjson",
                "FOREIGN_KEY_VIOLATED: points with parent at no record of \"message\""));
    assertThat(trace.verified()).startsWith("left out: it was quarantined");
    assertThat(trace.now()).isEqualTo(Now.GONE);
  }

  @Test
  void aRecordThatTheSourceHasNoMoreIsSaidToBeGone() {
    world.fill(from, People.people(), People.some(0, 6, 1));
    RunResult run = world.migrate(from, to);
    world.delete(from, world.collection(from, "people"), People.keys(3));

    TraceResult trace = trace(run, 3, false);

    assertThat(trace.isInSource()).isFalse();
    assertThat(trace.written()).isNull();
    assertThat(trace.notes()).contains("The source has no such record now.");
  }

  @Test
  void aRunThatWasRolledBackHasNoBatchesAndIsNotBegunAnew() {
    world.fill(from, People.people(), People.some(0, 6, 1));
    RunResult run = world.migrate(from, to);
    world.rollback(run, OnChanged.ABORT);

    TraceResult trace = trace(run, 3, false);

    assertThat(trace.written()).isNull();
    assertThat(trace.now()).isEqualTo(Now.GONE);
  }

  @Test
  void anUnknownCollectionIsNamedWithThoseThatThereAre() {
    world.fill(from, People.people(), People.some(0, 6, 1));
    RunResult run = world.migrate(from, to);

    assertThatThrownBy(() -> world.waybill().trace(run.run(), "persons", "1", false))
        .isInstanceOf(SpecException.class)
        .extracting(thrown -> ((SpecException) thrown).hint())
        .isEqualTo("it has people");
  }
}
