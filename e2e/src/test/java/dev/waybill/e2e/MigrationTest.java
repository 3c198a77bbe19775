package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Overwritten;
import dev.waybill.testkit.MemoryForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole runs from store to store, in memory. */
class MigrationTest {
  @TempDir private Path home;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(home);
  }

  static Stream<Arguments> targets() {
    return Stream.of(MemoryForm.values())
        .flatMap(form -> Stream.of(Transactions.values()).map(tx -> Arguments.of(form, tx)));
  }

  private static void assertCountsAddUp(RunResult result) {
    for (CollectionResult each : result.collections()) {
      assertThat(each.written() + each.unchanged() + each.skipped() + each.quarantined())
          .as("read of " + each.name())
          .isEqualTo(each.read());
    }
  }

  private static CollectionResult only(RunResult result) {
    assertThat(result.collections()).hasSize(1);
    return result.collections().get(0);
  }

  // --- arriving

  @ParameterizedTest
  @MethodSource("targets")
  void everyRecordArrivesInEveryFormOfStore(MemoryForm form, Transactions transactions) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(form, transactions);
    world.fill(from, People.rich(), People.richOnes(0, 47));

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(only(result).read()).isEqualTo(47);
    assertThat(only(result).written()).isEqualTo(47);
    assertThat(only(result).verified()).isEqualTo(47);
    assertThat(world.read(to, "people").records()).isEqualTo(47);
    assertCountsAddUp(result);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void whatWentThereComesBackTheSame(MemoryForm form, Transactions transactions) {
    String from = World.url(Transactions.BATCH);
    String there = World.url(form, transactions);
    String back = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 47, 1));

    world.migrate(from, there);
    RunResult result = world.migrate(there, back);

    assertThat(result.error()).isNull();
    assertThat(world.state(back)).isEqualTo(world.state(from));
    Comparison comparison = world.waybill().diff(World.spec(from, back), event -> {});
    assertThat(comparison.isEqual()).isTrue();
    assertThat(comparison.collections().get(0).equal()).isEqualTo(47);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void aSecondRunWritesNothing(MemoryForm form, Transactions transactions) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(form, transactions);
    world.fill(from, People.rich(), People.richOnes(0, 47));
    world.migrate(from, to);
    Map<String, String> first = world.state(to);

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(only(result).written()).isZero();
    assertThat(only(result).unchanged()).isEqualTo(47);
    assertThat(only(result).verified()).isEqualTo(47);
    assertThat(world.state(to)).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsWithoutKeyArriveAsOftenAsTheyAre(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, log(), lines("same", 23, "other", 4));

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(only(result).verified()).isEqualTo(27);
    assertThat(world.state(to)).isEqualTo(world.state(from));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsWithoutKeyAreNotAppendedToOthers(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, log(), lines("same", 23, "other", 4));
    world.migrate(from, to);
    Map<String, String> first = world.state(to);

    assertThatThrownBy(() -> world.migrate(from, to))
        .isInstanceOfSatisfying(
            SpecException.class,
            refused -> assertThat(refused.code()).isEqualTo("TARGET_NOT_EMPTY"));
    assertThat(world.state(to)).isEqualTo(first);
  }

  private static Collection log() {
    return Collection.of("log", List.of(World.field("line", LogicalType.TEXT, true)), List.of());
  }

  private static RecordBatch lines(String first, int ofFirst, String second, int ofSecond) {
    RecordBatch lines = new RecordBatch(1);
    for (int i = 0; i < ofFirst; i++) {
      lines.putText(first);
    }
    for (int i = 0; i < ofSecond; i++) {
      lines.putText(second);
    }
    return lines;
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void absentFieldsStayAbsentBetweenDocuments(Transactions transactions) {
    String from = World.url(MemoryForm.DOCUMENT, transactions);
    String to = World.url(MemoryForm.DOCUMENT, transactions);
    RecordBatch records = new RecordBatch(4);
    for (int i = 0; i < 12; i++) {
      records.putText(People.id(i));
      if (i % 3 == 0) {
        records.putAbsent();
      } else {
        records.putNull();
      }
      records.putAbsent();
      records.putFloat64(i);
    }
    world.fill(from, People.people(), records);

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(world.state(to)).isEqualTo(world.state(from));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void parentsChildrenAndThoseInACycleArriveWithTheirConstraints(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    settleFamily(from);

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(world.state(to)).isEqualTo(world.state(from));
    assertThat(world.collection(to, "orders").foreignKeys()).hasSize(2);
    assertCountsAddUp(result);
  }

  @Test
  void parentsAreLoadedFirst() {
    String from = World.url(Transactions.BATCH);
    settleFamily(from);

    Plan plan = world.waybill().plan(World.spec(from, World.url(Transactions.BATCH)));

    assertThat(plan.steps().stream().map(step -> step.source()))
        .containsSubsequence("customers", "orders");
  }

  /** Orders of customers; the first order of each customer; orders that follow others. */
  private void settleFamily(String url) {
    Field id = World.field("id", LogicalType.INT64, false);
    Collection customers =
        Collection.of(
            "customers", List.of(id, World.field("name", LogicalType.TEXT, false)), List.of("id"));
    Collection orders =
        new Collection(
            "orders",
            List.of(
                id,
                World.field("customer", LogicalType.INT64, true),
                World.field("after", LogicalType.INT64, true)),
            List.of("id"),
            List.of(List.of("customer", "after")),
            List.of(refers("customer", "customers"), refers("after", "orders")),
            List.of(
                new Index(
                    "by_customer", List.of(new Index.Column("customer", true)), false, "", "")),
            List.of(),
            List.of(),
            null,
            -1,
            -1);
    world.write(
        url,
        session -> {
          session.create(orders);
          session.create(customers);
          try (var writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            RecordBatch records = World.batch(orders);
            for (int i = 0; i < 30; i++) {
              records.putInt64(i);
              records.putInt64(i % 5);
              if (i == 29) {
                records.putNull();
              } else {
                records.putInt64(29 - i);
              }
            }
            writer.apply(orders, World.puts(records), ConflictPolicy.FAIL, World.mark(orders));
            records = World.batch(customers);
            for (int i = 0; i < 5; i++) {
              records.putInt64(i);
              records.putText("customer " + i);
            }
            writer.apply(
                customers, World.puts(records), ConflictPolicy.FAIL, World.mark(customers));
          }
          session.finish(List.of(customers, orders), List.of());
        });
  }

  private static ForeignKey refers(String field, String to) {
    return new ForeignKey(
        "",
        List.of(field),
        to,
        List.of("id"),
        ForeignKey.Action.NO_ACTION,
        ForeignKey.Action.NO_ACTION,
        false);
  }

  @ParameterizedTest
  @EnumSource(
      value = MemoryForm.class,
      names = {"DOCUMENT", "GRAPH"})
  void foreignKeysThatTheTargetCannotHaveAreNamed(MemoryForm form) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(form, Transactions.BATCH);
    settleFamily(from);

    Plan plan = world.waybill().plan(World.spec(from, to));
    RunResult result = world.apply(plan, () -> false);

    assertThat(plan.losses().stream().filter(loss -> loss.code().equals("FOREIGN_KEY_NOT_CARRIED")))
        .hasSize(2);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
  }

  @Test
  void aDryRunLeavesNothingAnywhere() throws IOException {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 47, 1));
    Map<String, String> first = world.state(to);

    Plan plan = world.waybill().plan(World.spec(from, to));
    RunResult result = world.waybill().dryRun(plan, event -> {});

    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(only(result).read()).isEqualTo(47);
    assertThat(world.state(to)).isEqualTo(first);
    assertThat(files(home)).isEmpty();
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile).toList();
    }
  }

  // --- conflicts

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aConflictIsNamedBeforeAnythingIsWritten(Transactions transactions) throws IOException {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 26, 2));
    Map<String, String> first = world.state(to);

    assertThatThrownBy(() -> world.migrate(from, to))
        .isInstanceOfSatisfying(
            SpecException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("CONFLICTS");
              assertThat(refused).hasMessageContaining("people").hasMessageContaining("p025");
              assertThat(refused.hint()).contains("skip", "overwrite", "newer");
            });

    assertThat(world.state(to)).isEqualTo(first);
    assertThat(files(home)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void skippingKeepsWhatTheTargetHas(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 35, 2));

    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.SKIP, 0, OnFailure.ROLLBACK));

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(only(result).written()).isEqualTo(25);
    assertThat(only(result).skipped()).isEqualTo(5);
    assertThat(only(result).verified()).isEqualTo(25);
    assertThat(only(result).different()).isZero();
    assertCountsAddUp(result);
    assertHolds(to, People.some(0, 25, 1), People.some(25, 35, 2));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void overwritingTakesWhatTheSourceHas(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 35, 2));

    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));

    assertThat(result.error()).isNull();
    assertThat(only(result).written()).isEqualTo(30);
    assertThat(only(result).verified()).isEqualTo(30);
    assertCountsAddUp(result);
    assertHolds(to, People.some(0, 30, 1), People.some(30, 35, 2));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void theNewerOneOfTwoStays(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 2));
    world.fill(to, People.people(), concat(People.some(10, 20, 3), People.some(20, 25, 1)));

    RunResult result =
        world.migrate(
            World.spec(from, to, ConflictPolicy.parse("newer:age"), 0, OnFailure.ROLLBACK));

    assertThat(result.error()).isNull();
    assertThat(only(result).written()).isEqualTo(20);
    assertThat(only(result).skipped()).isEqualTo(10);
    assertCountsAddUp(result);
    assertHolds(to, People.some(0, 10, 2), concat(People.some(10, 20, 3), People.some(20, 30, 2)));
  }

  private static RecordBatch concat(RecordBatch a, RecordBatch b) {
    RecordBatch both = a.slice(0, a.records());
    for (int record = 0; record < b.records(); record++) {
      both.putRecord(b, record);
    }
    return both;
  }

  private void assertHolds(String url, RecordBatch some, RecordBatch others) {
    String wanted = World.url(Transactions.BATCH);
    world.fill(wanted, People.people(), concat(some, others));
    assertThat(world.state(url)).isEqualTo(world.state(wanted));
  }

  // --- quarantine

  /** The target needs names, which some people of the source do not have (3, 10, 17, …). */
  private String needsNames(Transactions transactions) {
    String to = World.url(transactions);
    List<Field> fields =
        List.of(
            People.FIELDS.get(0),
            World.field("name", LogicalType.TEXT, false),
            People.FIELDS.get(2),
            People.FIELDS.get(3));
    world.fill(to, Collection.of("people", fields, List.of("id")), new RecordBatch(4));
    return to;
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsThatCannotGoStayBehindWithKeyAndReason(Transactions transactions) throws IOException {
    String from = World.url(transactions);
    String to = needsNames(transactions);
    world.fill(from, People.people(), People.some(0, 40, 1));

    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.FAIL, 6, OnFailure.ROLLBACK));

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.PARTIAL);
    assertThat(only(result).quarantined()).isEqualTo(6);
    assertThat(only(result).written()).isEqualTo(34);
    assertThat(only(result).verified()).isEqualTo(34);
    assertCountsAddUp(result);
    List<String> lines =
        Files.readAllLines(result.directory().resolve("quarantine/records.ndjson"));
    assertThat(lines).hasSize(6);
    assertThat(lines.get(0)).contains("\"key\":\"p003\"", "name", "VALUE_REFUSED");
    assertThat(world.events())
        .filteredOn(event -> event.type() == RunEvent.Type.RECORD_REFUSED)
        .hasSize(6)
        .allSatisfy(event -> assertThat(event.text()).contains("name").startsWith("p0"));
    assertThat(world.waybill().verifyRun(result.run(), event -> {}).isEqual()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void tooManyThatCannotGoPutTheTargetBack(Transactions transactions) {
    String from = World.url(transactions);
    String to = needsNames(transactions);
    world.fill(from, People.people(), People.some(0, 40, 1));
    Map<String, String> first = world.state(to);

    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.FAIL, 5, OnFailure.ROLLBACK));

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(error(result).code()).isEqualTo("TOO_MANY_REFUSED");
    assertThat(error(result)).hasMessageContaining("p003").hasMessageContaining("p038");
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void aLostRunGoesOnUntilTwentyAreFound() {
    String from = World.url(Transactions.BATCH);
    String to = needsNames(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 700, 1));

    RunResult result = world.migrate(from, to);

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(error(result)).hasMessageContaining("p003").hasMessageContaining("p136");
    assertThat(world.read(to, "people").isEmpty()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void valuesThatTheMappingRefusesAreQuarantinedToo(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    Field id = World.field("id", LogicalType.INT64, false);
    world.fill(
        to,
        Collection.of(
            "codes", List.of(id, World.field("code", LogicalType.UUID, true)), List.of("id")),
        new RecordBatch(2));
    RecordBatch records = new RecordBatch(2);
    for (int i = 0; i < 20; i++) {
      records.putInt64(i);
      records.putText(i == 13 ? "no uuid at all" : "00000000-0000-0000-0000-0000000000" + (i + 10));
    }
    world.fill(
        from,
        Collection.of(
            "codes", List.of(id, World.field("code", LogicalType.TEXT, true)), List.of("id")),
        records);

    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.FAIL, 1, OnFailure.ROLLBACK));

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.PARTIAL);
    assertThat(only(result).quarantined()).isEqualTo(1);
    assertThat(only(result).verified()).isEqualTo(19);
    assertThat(world.events())
        .filteredOn(event -> event.type() == RunEvent.Type.RECORD_REFUSED)
        .singleElement()
        .satisfies(
            event ->
                assertThat(event.text()).contains("13", "code").doesNotContain("no uuid at all"));
  }

  static WaybillException error(RunResult result) {
    return java.util.Objects.requireNonNull(result.error(), "the run's error");
  }

  // --- stopping

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aStoppedRunStopsBetweenBatchesAndCanBeRolledBack(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 47, 1));
    world.fill(to, People.people(), People.some(100, 103, 1));
    Map<String, String> first = world.state(to);
    AtomicBoolean isCancelled = new AtomicBoolean();
    Plan plan = world.waybill().plan(World.spec(from, to));

    RunResult result =
        world
            .waybill()
            .apply(
                plan,
                event ->
                    isCancelled.compareAndSet(
                        false, event.type() == RunEvent.Type.PROGRESS && event.done() >= 20),
                isCancelled::get);

    assertThat(result.status()).isEqualTo(Status.STOPPED);
    assertThat(error(result).code()).isEqualTo("STOPPED");
    assertThat(only(result).written()).isEqualTo(20);
    assertThat(world.read(to, "people").records()).isEqualTo(23);
    assertThat(world.waybill().status(result.run()).state()).isEqualTo("stopped");
    assertThat(world.rollback(result).status()).isEqualTo(Status.OK);
    assertThat(world.state(to)).isEqualTo(first);
  }

  // --- undoing

  @ParameterizedTest
  @MethodSource("targets")
  void aRollbackOfMadeCollectionsGivesTheFirstState(MemoryForm form, Transactions transactions) {
    String from = World.url(Transactions.BATCH);
    String to = World.url(form, transactions);
    world.fill(from, People.rich(), People.richOnes(0, 47));
    Map<String, String> first = world.state(to);
    RunResult result = world.migrate(from, to);

    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(undone.status()).isEqualTo(Status.OK);
    assertThat(world.state(to)).isEqualTo(first);
    assertThat(world.waybill().status(result.run()).state()).isEqualTo("rolled-back");
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRollbackOfFilledCollectionsGivesTheFirstState(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 47, 1));
    world.fill(from, log(), lines("same", 12, "other", 4));
    world.fill(to, People.people(), People.some(25, 60, 2));
    world.fill(to, log(), new RecordBatch(1));
    Map<String, String> first = world.state(to);
    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));
    assertThat(result.error()).isNull();

    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void aRunThatWroteNothingIsRolledBackAlsoAfterTheOneThatMadeEverything() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 7, 1));
    RunResult made = world.migrate(from, to);
    RunResult nothing = world.migrate(from, to);
    world.rollback(made);

    RunResult undone = world.rollback(nothing);

    assertThat(undone.error()).isNull();
    assertThat(world.state(to)).isEmpty();
  }

  @Test
  void recordsOfOneKeyAreNotLeftOutForEachOther() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    Collection keyed = People.people();
    RecordBatch twice = People.some(0, 30, 1);
    twice.putRecord(People.some(7, 8, 2), 0);
    world.fill(from, Collection.of(keyed.name(), keyed.fields(), List.of()), twice);
    world.fill(to, keyed, People.some(25, 35, 2));

    assertThat(
            world
                .waybill()
                .plan(World.spec(from, to, ConflictPolicy.SKIP, 0, OnFailure.ROLLBACK))
                .refusals())
        .anyMatch(refusal -> refusal.toString().contains("(1 beyond the first of each)"));
  }

  @Test
  void aRunThatSkippedRecordsIsVerifiedAgainWithoutThem() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 35, 2));
    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.SKIP, 0, OnFailure.ROLLBACK));

    Comparison comparison = world.waybill().verifyRun(result.run(), event -> {});

    assertThat(comparison.isEqual()).isTrue();
    assertThat(comparison.notes()).anyMatch(note -> note.contains("5 records"));
  }

  @Test
  void aStoreIsNeverItsOwnTarget() {
    String one = World.url(Transactions.BATCH);
    world.fill(one, People.people(), People.some(0, 7, 1));
    Map<String, String> first = world.state(one);

    assertThatThrownBy(() -> world.migrate(one, one))
        .isInstanceOfSatisfying(
            WaybillException.class, refusal -> assertThat(refusal.code()).isEqualTo("ONE_STORE"));

    assertThat(world.state(one)).isEqualTo(first);
  }

  @Test
  void skippedRecordsExcuseNoOther() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 26, 2));
    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.SKIP, 0, OnFailure.ROLLBACK));
    world.put(to, People.people(), People.some(25, 26, 1));
    world.put(to, People.people(), People.some(7, 8, 9));

    Comparison comparison = world.waybill().verifyRun(result.run(), event -> {});

    assertThat(comparison.isEqual()).isFalse();
    assertThat(comparison.differences())
        .singleElement()
        .satisfies(difference -> assertThat(difference.key()).contains("p007"));
  }

  @Test
  void aRunIsRolledBackOnce() {
    String from = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 7, 1));
    RunResult result = world.migrate(from, World.url(Transactions.BATCH));
    world.rollback(result);

    assertThatThrownBy(() -> world.rollback(result))
        .isInstanceOfSatisfying(
            SpecException.class,
            refused -> assertThat(refused.code()).isEqualTo("ALREADY_ROLLED_BACK"));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aDryRollbackChangesNothing(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 7, 1));
    Map<String, String> first = world.state(to);
    RunResult result = world.migrate(from, to);
    Map<String, String> written = world.state(to);

    world.waybill().dryRollback(result.run(), dev.waybill.Waybill.OnChanged.ABORT);

    assertThat(world.state(to)).isEqualTo(written);
    world.rollback(result);
    assertThat(world.state(to)).isEqualTo(first);
  }

  /** A run into a filled collection, after which somebody changes p005, and deletes p006. */
  private RunResult changedSince(String from, String to) {
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 35, 2));
    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));
    assertThat(result.error()).isNull();
    world.put(to, People.people(), People.some(5, 6, 9));
    world.put(to, People.people(), People.some(26, 27, 9));
    world.delete(to, People.people(), People.keys(6));
    return result;
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatSomebodyElseChangedStopsTheRollbackBeforeItBegins(Transactions transactions) {
    String to = World.url(transactions);
    RunResult result = changedSince(World.url(transactions), to);
    Map<String, String> before = world.state(to);

    RunResult undone = world.rollback(result);

    assertThat(undone.status()).isEqualTo(Status.STOPPED);
    assertThat(error(undone).code()).isEqualTo("CHANGED_SINCE");
    assertThat(error(undone)).hasMessageContaining("p005").hasMessageContaining("p026");
    assertThat(error(undone).hint()).contains("keep", "restore");
    assertThat(world.state(to)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatSomebodyElseChangedIsKept(Transactions transactions) {
    String to = World.url(transactions);
    RunResult result = changedSince(World.url(transactions), to);

    RunResult undone = world.rollback(result, dev.waybill.Waybill.OnChanged.KEEP);

    assertThat(undone.error()).isNull();
    assertThat(undone.notes()).anySatisfy(note -> assertThat(note).contains("p005"));
    assertHolds(
        to,
        concat(People.some(25, 26, 2), People.some(27, 35, 2)),
        concat(People.some(5, 6, 9), People.some(26, 27, 9)));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void whatSomebodyElseChangedIsPutBackToo(Transactions transactions) {
    String to = World.url(transactions);
    RunResult result = changedSince(World.url(transactions), to);

    RunResult undone = world.rollback(result, dev.waybill.Waybill.OnChanged.RESTORE);

    assertThat(undone.error()).isNull();
    assertHolds(to, People.some(25, 30, 2), People.some(30, 35, 2));
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aMadeCollectionThatSomebodyElseChangedIsNotDroppedUnasked(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    Map<String, String> first = world.state(to);
    RunResult result = world.migrate(from, to);
    world.put(to, People.people(), People.some(90, 91, 9));
    Map<String, String> changed = world.state(to);

    RunResult aborted = world.rollback(result);
    assertThat(error(aborted).code()).isEqualTo("CHANGED_SINCE");
    assertThat(error(aborted)).hasMessageContaining("people");
    assertThat(world.state(to)).isEqualTo(changed);

    RunResult restored = world.rollback(result, dev.waybill.Waybill.OnChanged.RESTORE);
    assertThat(restored.error()).isNull();
    assertThat(world.state(to)).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aMadeCollectionThatSomebodyElseChangedIsKeptWhenAsked(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    Map<String, String> first = world.state(to);
    RunResult result = world.migrate(from, to);
    world.put(to, People.people(), People.some(90, 91, 9));

    RunResult kept = world.rollback(result, dev.waybill.Waybill.OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertHolds(to, People.some(90, 91, 9), People.some(0, 0, 0));
    assertThat(kept.notes()).anySatisfy(note -> assertThat(note).contains("people key p090"));
    assertThat(world.rollback(result, dev.waybill.Waybill.OnChanged.RESTORE).status())
        .isEqualTo(Status.OK);
    assertThat(world.state(to)).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsThatSomebodyElseAddedSinceDoNotStandInTheWay(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 30, 1));
    world.fill(to, People.people(), People.some(25, 35, 2));
    RunResult result =
        world.migrate(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));
    world.put(to, People.people(), People.some(90, 91, 9));

    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(undone.status()).isEqualTo(Status.OK);
    assertHolds(to, People.some(25, 35, 2), People.some(90, 91, 9));
  }

  // --- nodes without key

  @Test
  void recordsThatOnlyHandlesIdentifyAreRefusedInThePlan() {
    String from = World.url(MemoryForm.GRAPH, Transactions.BATCH);
    Collection nodes =
        Collection.of(
            "nodes",
            List.of(
                new Field(
                    "handle", LogicalType.INT64, "int64", false, null, Field.Generation.HANDLE),
                World.field("name", LogicalType.TEXT, true)),
            List.of());
    RecordBatch records = new RecordBatch(2);
    for (int i = 0; i < 5; i++) {
      records.putInt64(i);
      records.putText("node " + i);
    }
    world.fill(from, nodes, records);
    String to = World.url(MemoryForm.GRAPH, Transactions.BATCH);
    Map<String, String> first = world.state(to);

    Plan plan = world.waybill().plan(World.spec(from, to));

    assertThat(plan.refusals())
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss.code()).isEqualTo("HANDLE_NOT_CARRIED");
              assertThat(loss.collection()).isEqualTo("nodes");
              assertThat(loss.field()).isEqualTo("handle");
            });
    assertThatThrownBy(() -> world.apply(plan, () -> false))
        .isInstanceOfSatisfying(
            SpecException.class, refused -> assertThat(refused.code()).isEqualTo("PLAN_REFUSED"));
    assertThat(world.state(to)).isEqualTo(first);
  }

  @Test
  void keyedNodesAndTheirRelationshipsArrive() {
    String from = World.url(MemoryForm.GRAPH, Transactions.BATCH);
    String to = World.url(MemoryForm.GRAPH, Transactions.NONE);
    world.fill(from, People.people(), People.some(0, 25, 1));
    Collection knows =
        new Collection(
            "knows",
            List.of(
                World.field("from", LogicalType.TEXT, false),
                World.field("to", LogicalType.TEXT, false),
                World.field("since", LogicalType.DATE, true)),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            new Collection.Endpoints("people", List.of("from"), "people", List.of("to")),
            -1,
            -1);
    RecordBatch edges = new RecordBatch(3);
    for (int i = 0; i < 40; i++) {
      edges.putText(People.id(i % 25));
      edges.putText(People.id(i % 5));
      edges.putDate(i % 2);
    }
    world.fill(from, knows, edges);

    RunResult result = world.migrate(from, to);

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(world.state(to)).isEqualTo(world.state(from));
    RunResult undone = world.rollback(result);
    assertThat(undone.error()).isNull();
  }

  // --- failures

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aBatchThatFailsPutsTheTargetBackExactly(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, People.people(), People.some(0, 47, 1));
    world.fill(to, People.people(), People.some(30, 60, 2));
    Map<String, String> first = world.state(to);
    Plan plan =
        world.waybill().plan(World.spec(from, to, ConflictPolicy.OVERWRITE, 0, OnFailure.ROLLBACK));
    MemoryStores.faults().failAt(8);

    RunResult result = world.apply(plan, () -> false);

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(error(result).code()).isEqualTo("FAULT_INJECTED");
    assertThat(world.state(to)).isEqualTo(first);
    assertThat(world.waybill().status(result.run()).state()).isEqualTo("put-back");
  }

  @Test
  void aPlanIsRefusedOnceTheSourcesSchemaChanged() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 7, 1));
    Plan plan = world.waybill().plan(World.spec(from, to));
    world.fill(from, log(), lines("same", 1, "other", 1));

    assertThatThrownBy(() -> world.apply(plan, () -> false))
        .isInstanceOfSatisfying(
            SpecException.class,
            stale -> {
              assertThat(stale.code()).isEqualTo("STALE_PLAN");
              assertThat(stale).hasMessageContaining("log is new");
            });
  }

  @Test
  void verifyingARunNamesEveryRecordThatChangedSince() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 300, 1));
    RunResult result = world.migrate(from, to);
    assertThat(world.waybill().verifyRun(result.run(), event -> {}).isEqual()).isTrue();
    world.put(to, People.people(), People.some(7, 8, 9));
    world.put(to, People.people(), People.some(900, 901, 9));
    world.delete(to, People.people(), People.keys(123));

    Comparison comparison = world.waybill().verifyRun(result.run(), event -> {});

    assertThat(comparison.isEqual()).isFalse();
    assertThat(comparison.differences().stream().map(each -> each.kind() + " " + each.key()))
        .containsExactlyInAnyOrder("CHANGED p007", "EXTRA p900", "MISSING p123");
    assertThat(comparison.differences())
        .filteredOn(each -> each.key().equals("p007"))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each.fields().stream().map(field -> field.field()))
                    .containsExactly("name", "age"));
    assertThat(comparison.collections().get(0).equal()).isEqualTo(298);
  }

  @Test
  void countingProvesNoRecordEqual() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, People.people(), People.some(0, 7, 1));
    MigrationSpec base = World.spec(from, to);
    MigrationSpec spec =
        new MigrationSpec(
            from,
            to,
            base.only(),
            base.exclude(),
            base.keys(),
            base.onConflict(),
            dev.waybill.plan.Plan.Verify.parse("count"),
            base.onFailure(),
            1,
            10,
            0,
            0);

    RunResult result = world.migrate(spec);

    assertThat(result.status()).isEqualTo(Status.OK);
    assertThat(only(result).verified()).isZero();
  }
}
