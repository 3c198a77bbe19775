package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Reembedding;
import dev.waybill.run.BrokenMigration;
import dev.waybill.run.Ended;
import dev.waybill.run.Environment;
import dev.waybill.run.Retry;
import dev.waybill.run.Stores;
import dev.waybill.sidecar.RestoringStore;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import dev.waybill.testkit.MemoryForm;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Verification finds what a fault in a mapping or a store does to values. */
class ProofTest {
  @TempDir private Path home;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(home);
  }

  private Environment environment() {
    Stores stores =
        new Stores() {
          @Override
          public Store openStored(
              String url, Path workspace, int connections, SessionOptions session) {
            return world.source(url);
          }

          @Override
          public SeenStore openSource(
              String url,
              @Nullable String other,
              Nesting nesting,
              Path workspace,
              int connections,
              SessionOptions session) {
            return RestoringStore.of(world.source(url), null);
          }

          @Override
          public Embeddings openEmbeddings(Reembedding reembedding) {
            throw new AssertionError();
          }

          @Override
          public TargetStore openTarget(
              String url, Path workspace, int connections, SessionOptions session) {
            return world.target(url);
          }
        };
    return new Environment(
        stores,
        home,
        "waybill test",
        Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC),
        () -> 0,
        new SplittableRandom(7),
        event -> {},
        () -> false,
        Retry.Backoff.USUAL);
  }

  /** A field of the source and of the target, and a value that the broken mapping changes. */
  record Way(LogicalType from, LogicalType to, String zero, String other) {}

  static Stream<Way> ways() {
    return Stream.of(
        new Way(LogicalType.FLOAT64, LogicalType.FLOAT64, "0.0", "0.5"),
        new Way(LogicalType.TEXT, LogicalType.TEXT, "0.0", "0.5"),
        new Way(LogicalType.DECIMAL, LogicalType.TEXT, "0.0", "0.5"),
        new Way(LogicalType.TEXT, LogicalType.DECIMAL, "0.0", "0.5"),
        new Way(LogicalType.TEXT, LogicalType.JSON, "[0.0]", "[0.5]"));
  }

  private static Collection measures(LogicalType type) {
    return Collection.of(
        "measures",
        List.of(
            World.field("id", LogicalType.INT64, false),
            World.field("note", LogicalType.TEXT, true),
            World.field("reading", type, true)),
        List.of("id"));
  }

  /** Ninety measures, the 42nd of which is the value that breaks. */
  private static RecordBatch measures(Way way) {
    RecordBatch records = new RecordBatch(3);
    for (int i = 0; i < 90; i++) {
      String value = i == 42 ? way.zero() : way.other();
      records.putInt64(i);
      records.putNull();
      switch (way.from().kind()) {
        case FLOAT64 -> records.putFloat64(Double.parseDouble(value));
        case DECIMAL -> records.putDecimal(value);
        default -> records.putText(value);
      }
    }
    return records;
  }

  private static void assertNamed(WaybillException error) {
    assertThat(error.code()).isEqualTo("NOT_EQUAL");
    assertThat(error)
        .hasMessageContaining("measures: 1")
        .hasMessageContaining("measures key 42")
        .hasMessageContaining("reading");
  }

  @ParameterizedTest
  @MethodSource("ways")
  void aBrokenMappingIsFoundAndTheTargetPutBack(Way way) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, measures(way.from()), measures(way));
    world.fill(to, measures(way.to()), new RecordBatch(3));
    Map<String, String> first = world.state(to);
    Plan plan = world.waybill().plan(World.spec(from, to));

    Ended ended = BrokenMigration.apply(plan, environment());

    assertThat(ended.end()).isEqualTo(Ended.End.PUT_BACK);
    assertNamed(Objects.requireNonNull(ended.error()));
    assertThat(ended.collections().get(0).verified()).isEqualTo(89);
    assertThat(ended.collections().get(0).different()).isEqualTo(1);
    assertThat(world.state(to)).isEqualTo(first);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void theRightMappingIsNotSuspected(Way way) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, measures(way.from()), measures(way));
    world.fill(to, measures(way.to()), new RecordBatch(3));

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(result.collections().get(0).verified()).isEqualTo(90);
  }

  @Test
  void aBrokenMappingIsFoundAmongRecordsThatWereThereBefore() {
    Way way = ways().findFirst().orElseThrow();
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.NONE);
    world.fill(from, measures(way.from()), measures(way));
    world.fill(to, measures(way.to()), measures(way).slice(10, 20));
    Map<String, String> first = world.state(to);
    Plan plan = world.waybill().plan(World.spec(from, to));

    Ended ended = BrokenMigration.apply(plan, environment());

    assertThat(ended.end()).isEqualTo(Ended.End.PUT_BACK);
    assertNamed(Objects.requireNonNull(ended.error()));
    assertThat(world.state(to)).isEqualTo(first);
  }

  /** A store that writes 1.0 for 0.0 and says that all is well. */
  private static ChangeBatch zerosToOnes(ChangeBatch changes) {
    RecordBatch records = new RecordBatch(changes.records().width());
    for (int record = 0; record < changes.records().records(); record++) {
      for (int field = 0; field < records.width(); field++) {
        int at = changes.records().at(record, field);
        boolean isZero =
            changes.records().kindAt(at) == Kind.FLOAT64 && changes.records().float64At(at) == 0;
        if (isZero) {
          records.putFloat64(1);
        } else {
          records.putValue(changes.records(), at);
        }
      }
    }
    return new ChangeBatch(changes.kind(), records, changes.digests(), changes.expected());
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aStoreThatKeepsAnotherValueIsFoundAndPutBack(Transactions transactions) {
    Way way = ways().findFirst().orElseThrow();
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, measures(way.from()), measures(way));
    Map<String, String> first = world.state(to);
    MemoryStores.tampering(ProofTest::zerosToOnes);

    RunResult result = world.migrate(from, to.replace("memory:", "tampered:"));

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertNamed(MigrationTest.error(result));
    assertThat(world.state(to)).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aStoreThatLosesOrDoublesRecordsIsFound(Transactions transactions) {
    Field line = World.field("line", LogicalType.TEXT, true);
    Collection log = Collection.of("log", List.of(line), List.of());
    RecordBatch lines = new RecordBatch(1);
    for (int i = 0; i < 25; i++) {
      lines.putText("line " + i);
    }
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, log, lines);
    Map<String, String> first = world.state(to);
    MemoryStores.tampering(
        changes -> {
          RecordBatch others = changes.records().slice(0, changes.records().records() - 1);
          others.putRecord(changes.records(), 0);
          return new ChangeBatch(changes.kind(), others, changes.digests(), changes.expected());
        });

    RunResult result = world.migrate(from, to.replace("memory:", "tampered:"));

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(MigrationTest.error(result).code()).isEqualTo("NOT_EQUAL");
    assertThat(MigrationTest.error(result))
        .hasMessageContaining("line 9 missing")
        .hasMessageContaining("line 0 extra");
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void aStoreThatKeepsAnotherValueIsFoundAfterOverwriting() {
    Way way = ways().findFirst().orElseThrow();
    String from = World.url(MemoryForm.RELATIONAL, Transactions.BATCH);
    String to = World.url(MemoryForm.RELATIONAL, Transactions.BATCH);
    world.fill(from, measures(way.from()), measures(way));
    world.fill(
        to,
        measures(way.to()),
        measures(new Way(way.from(), way.to(), "7.0", "7.5")).slice(40, 50));
    Map<String, String> first = world.state(to);
    MemoryStores.tampering(ProofTest::zerosToOnes);

    RunResult result =
        world.migrate(
            World.spec(
                from,
                to.replace("memory:", "tampered:"),
                ConflictPolicy.OVERWRITE,
                0,
                OnFailure.ROLLBACK));

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertNamed(MigrationTest.error(result));
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void everyDifferenceOfManyIsFoundByManyThreads() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 45_000, 1));
    MigrationSpec spec = MigrationSpec.of(from, to);
    RunResult result = world.migrate(spec);
    assertThat(result.error()).isNull();
    assertThat(result.collections().get(0).verified()).isEqualTo(45_000);
    world.put(to, People.people(), People.some(100, 44_100, 2));

    Comparison comparison = world.waybill().diff(spec, event -> {});

    assertThat(comparison.collections().get(0).changed()).isEqualTo(44_000);
    assertThat(comparison.collections().get(0).equal()).isEqualTo(1_000);
    assertThat(comparison.differences()).hasSize(Comparison.SHOWN);
    assertThat(Objects.requireNonNull(comparison.file()))
        .content()
        .satisfies(lines -> assertThat(lines.lines()).hasSize(44_000));
  }
}
