package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.plan.Plan;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.testkit.Corpus;
import dev.waybill.testkit.HardValue;
import dev.waybill.testkit.MemoryForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a run left behind goes once it was mended. */
class QuarantineRedoTest {
  private static final Collection LOG =
      Collection.of(
          "log",
          List.of(
              World.field("line", LogicalType.TEXT, true),
              World.field("level", LogicalType.INT64, true)),
          List.of());

  @TempDir private Path home;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(home);
  }

  private static Collection needing(Collection collection, String field) {
    return collection.withFields(
        collection.fields().stream()
            .map(each -> each.name().equals(field) ? each.withNullable(false) : each)
            .toList());
  }

  private static RecordBatch log(int from, int to) {
    RecordBatch records = new RecordBatch(2);
    for (int i = from; i < to; i++) {
      records.putText("same line");
      if (i % 5 == 1) {
        records.putNull();
      } else {
        records.putInt64(i % 3);
      }
    }
    return records;
  }

  private static MigrationSpec allowing(String from, String to, long quarantined) {
    return World.spec(from, to, ConflictPolicy.FAIL, quarantined, OnFailure.ROLLBACK);
  }

  private MigrationSpec redo(RunResult run) {
    String from = "quarantine:" + run.run();
    return MigrationSpec.of(from, world.waybill().usualTarget(from).orElseThrow());
  }

  private static Path file(RunResult run) {
    return run.directory().resolve("quarantine/records.ndjson");
  }

  private static void edit(RunResult run, UnaryOperator<String> edit) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file(run))) {
      lines.add(edit.apply(line));
    }
    Files.write(file(run), lines);
  }

  private static long written(RunResult run) {
    assertThat(run.error()).isNull();
    return run.collections().stream().mapToLong(each -> each.written()).sum();
  }

  /** Two collections of which six and eight records stay behind, one of them without key. */
  private RunResult leftBehind(String to, Transactions transactions) {
    String from = World.url(transactions);
    world.fill(to, needing(People.people(), "name"), new RecordBatch(4));
    world.fill(to, needing(LOG, "level"), new RecordBatch(2));
    world.fill(from, People.people(), People.some(0, 40, 1));
    world.fill(from, LOG, log(0, 40));
    RunResult run = world.migrate(allowing(from, to, 14));
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    return run;
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsMendedInTheFileArriveAndASecondRedoWritesNothing(Transactions transactions)
      throws IOException {
    String to = World.url(transactions);
    RunResult run = leftBehind(to, transactions);
    edit(
        run,
        line ->
            line.replace("\"name\":null", "\"name\":\"Mended ä\"")
                .replace("\"level\":null", "\"level\":-9223372036854775808"));

    RunResult redone = world.migrate(redo(run));
    RunResult again = world.migrate(redo(run));

    assertThat(written(redone)).isEqualTo(14);
    assertThat(redone.status()).isEqualTo(Status.OK);
    assertThat(redone.collections()).allMatch(each -> each.verified() == each.written());
    assertThat(written(again)).isZero();
    assertThat(again.status()).isEqualTo(Status.OK);
    assertThat(world.read(to, "people").records()).isEqualTo(40);
    RecordBatch lines = world.read(to, "log");
    assertThat(lines.records()).isEqualTo(40);
    long mended = 0;
    for (int i = 0; i < 40; i++) {
      mended += lines.int64At(lines.at(i, 1)) == Long.MIN_VALUE ? 1 : 0;
    }
    assertThat(mended).isEqualTo(8);
    assertThat(world.waybill().verifyRun(redone.run(), event -> {}).isEqual()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRedoCanBeTakenBackAndDoneAgain(Transactions transactions) throws IOException {
    String to = World.url(transactions);
    RunResult run = leftBehind(to, transactions);
    Map<String, String> before = world.state(to);
    edit(
        run,
        line ->
            line.replace("\"name\":null", "\"name\":\"x\"")
                .replace("\"level\":null", "\"level\":7"));
    RunResult redone = world.migrate(redo(run));

    world.rollback(redone);

    assertThat(world.state(to)).isEqualTo(before);
    assertThat(written(world.migrate(redo(run)))).isEqualTo(14);
  }

  @Test
  void aPlanForRecordsWithoutKeyIsStaleOnceTheyWereAdded() throws IOException {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    edit(
        run,
        line ->
            line.replace("\"name\":null", "\"name\":\"x\"")
                .replace("\"level\":null", "\"level\":7"));
    Plan first = world.waybill().plan(redo(run));
    assertThat(world.apply(first, () -> false).error()).isNull();

    assertThatThrownBy(() -> world.apply(first, () -> false))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("log");
    assertThat(world.read(to, "log").records()).isEqualTo(40);
  }

  @Test
  void recordsArriveAsTheyWereOnceTheTargetWasMended() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(to, needing(People.rich(), "name"), new RecordBatch(10));
    world.fill(from, People.rich(), People.richOnes(0, 40));
    RunResult run = world.migrate(allowing(from, to, 6));
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    String mended = World.url(Transactions.BATCH);
    world.fill(mended, People.rich(), world.read(to, "people"));

    RunResult redone = world.migrate(MigrationSpec.of("quarantine:" + run.run(), mended));

    assertThat(written(redone)).isEqualTo(6);
    String whole = World.url(Transactions.BATCH);
    world.fill(whole, People.rich(), People.richOnes(0, 40));
    assertThat(world.state(mended)).isEqualTo(world.state(whole));
  }

  @Test
  void whatIsNotMendedStaysBehindAgainAsOftenAsTheRunAllowed() throws IOException {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    edit(
        run,
        line -> line.contains("p003") ? line.replace("\"name\":null", "\"name\":\"x\"") : line);

    RunResult redone = world.migrate(redo(run));

    assertThat(redone.status()).isEqualTo(Status.PARTIAL);
    assertThat(redone.collections())
        .extracting(each -> each.name() + " " + each.written() + " " + each.quarantined())
        .containsExactlyInAnyOrder("people 1 5", "log 0 8");
  }

  @Test
  void whatCannotBeReadIsRefusedByLineAndField() throws IOException {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    String text = Files.readString(file(run));
    int line = 0;
    for (String each : Files.readAllLines(file(run))) {
      line++;
      if (each.contains("p010")) {
        break;
      }
    }
    for (List<String> edit :
        List.of(
            List.of("\"age\":110", "\"age\":\"many\"", "\"age\""),
            List.of("\"age\":110", "\"age\":1.5", "\"age\""),
            List.of("\"age\":110", "\"age\":9223372036854775808", "\"age\""),
            List.of("\"score\":2.5", "\"score\":9007199254740993", "\"score\""),
            List.of("\"score\":2.5", "\"score\":1e999", "\"score\""),
            List.of("\"score\":2.5", "\"score\":{\"uuid\":\"x\"}", "\"score\""),
            List.of("\"name\":null", "\"name\":12", "\"name\""),
            List.of("\"name\":null,", "", "\"name\""),
            List.of("\"name\":null", "\"nane\":null", "nane"),
            List.of("\"collection\":\"people\"", "\"collection\":\"peeple\"", "\"peeple\""),
            List.of("{\"collection\":\"people\",", "\"people\"", "no JSON"))) {
      Files.writeString(
          file(run),
          text.lines()
              .map(each -> each.contains("p010") ? replaced(each, edit) : each)
              .collect(java.util.stream.Collectors.joining("\n")));

      int number = line;
      assertThatThrownBy(() -> world.migrate(redo(run)))
          .as(edit.get(1))
          .satisfies(
              error ->
                  assertThat(String.valueOf(error.getMessage()))
                      .contains("records.ndjson line " + number + " ", edit.get(2))
                      .doesNotContain("many"));
    }
  }

  /** Under {@code skip} the second would count as a record that the target had. */
  @ParameterizedTest
  @CsvSource({"p010, p010, p017", "p017, p017, p010", "p010, p024, p099"})
  void linesThatAreEditedToOneKeyAreRefusedByLine(String one, String other, String key)
      throws IOException {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    edit(
        run,
        line ->
            line.contains(one) || line.contains(other)
                ? line.replaceAll("\"id\":\"p0..\"", "\"id\":\"" + key + "\"")
                : line);
    String from = "quarantine:" + run.run();
    MigrationSpec spec = World.spec(from, to, ConflictPolicy.SKIP, 14, OnFailure.ROLLBACK);

    assertThatThrownBy(() -> world.migrate(spec))
        .isInstanceOfSatisfying(
            DataException.class, error -> assertThat(error.code()).isEqualTo("QUARANTINE_LINE"))
        .hasMessageContaining("records.ndjson line ")
        .hasMessageContaining("its id is that of line ");
  }

  private static String replaced(String line, List<String> edit) {
    assertThat(line).contains(edit.get(0));
    return line.replace(edit.get(0), edit.get(1));
  }

  @Test
  void theRunsOwnNamesAndTypesHold() throws IOException {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(
        to,
        Collection.of(
            "persons",
            List.of(
                World.field("number", LogicalType.TEXT, false),
                World.field("title", LogicalType.TEXT, false)),
            List.of("number")),
        new RecordBatch(2));
    world.fill(from, People.people(), People.some(0, 10, 1));
    Path profile = home.resolve("profile.yaml");
    Files.createDirectories(home);
    Files.writeString(
        profile,
        """
        waybill-profile: 1
        options: {max-quarantined: 1, on-loss: ["people.name:*=fail"]}
        collections:
          - source: people
            target: persons
            fields:
              - {source: id, target: number}
              - {source: name, target: title}
              - {source: age, drop: true}
              - {source: score, drop: true}
        """);
    RunResult run =
        world.migrate(MigrationSpec.of(from, to).withProfile(world.waybill().readProfile(profile)));
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    edit(run, line -> line.replace("\"name\":null", "\"name\":\"Mended\""));

    assertThat(written(world.migrate(redo(run)))).isEqualTo(1);
    assertThat(world.read(to, "persons").records()).isEqualTo(10);
  }

  @Test
  void onlyARunWhoseOtherRecordsAreThereCanBeRedone() throws IOException {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    world.rollback(run);

    assertThatThrownBy(() -> world.migrate(redo(run)))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("was put back");
    assertThatThrownBy(() -> world.waybill().usualTarget("quarantine:20200101-000000-abcdef"))
        .hasMessageContaining("There is no run");
  }

  @Test
  void aForgottenRunIsRedoneAllTheSameUnlessItHadNotEnded() {
    String to = World.url(Transactions.BATCH);
    RunResult run = leftBehind(to, Transactions.BATCH);
    world.waybill().forget(run.run(), false);

    RunResult redone = world.migrate(redo(run));
    world.waybill().forget(redone.run(), false);
    RunResult again = world.migrate(redo(run));

    assertThat(redone.status()).isEqualTo(Status.PARTIAL);
    assertThat(again.error()).isNull();
  }

  static List<LogicalType> types() {
    return Corpus.types();
  }

  /** The record in each line is replaced, so that every value is read from its text. */
  @ParameterizedTest
  @MethodSource("types")
  void whatIsShownIsReadBackToTheSameValue(LogicalType type) throws IOException {
    boolean isDynamic = type.toString().contains("dynamic");
    String from =
        World.url(isDynamic ? MemoryForm.DOCUMENT : MemoryForm.RELATIONAL, Transactions.BATCH);
    List<HardValue> values =
        Corpus.of(type).stream()
            .filter(
                value ->
                    value.traits().stream()
                        .noneMatch(
                            trait ->
                                trait == Trait.INVALID_UTF8
                                    || trait == Trait.LONE_SURROGATE
                                    || trait == Trait.NUL_IN_TEXT))
            .toList();
    String to = World.url(Transactions.BATCH);
    List<Field> fields =
        List.of(
            World.field("id", LogicalType.INT64, false),
            World.field("value", type, true),
            World.field("missing", LogicalType.TEXT, true));
    Collection collection = Collection.of("t", fields, List.of("id"));
    RecordBatch records = new RecordBatch(3);
    for (HardValue value : values) {
      records.putInt64(records.records());
      records.putValue(value.value(), value.value().at(0, 0));
      records.putNull();
    }
    world.fill(from, collection, records);
    world.fill(
        to,
        needing(
            Collection.of("t", List.of(fields.get(0), fields.get(2)), List.of("id")), "missing"),
        new RecordBatch(2));
    Path profile = home.resolve("profile.yaml");
    Files.createDirectories(home);
    Files.writeString(
        profile,
        "waybill-profile: 1\noptions: {max-quarantined: 1000}\n"
            + "collections: [{source: t, fields: [{source: value, drop: true}]}]\n");
    RunResult run =
        world.migrate(MigrationSpec.of(from, to).withProfile(world.waybill().readProfile(profile)));
    assertThat(run.status()).isEqualTo(Status.PARTIAL);
    RecordBatch nothing = new RecordBatch(3);
    nothing.putNull();
    nothing.putNull();
    nothing.putText("?");
    String other =
        "\"record\":\"" + Base64.getEncoder().encodeToString(nothing.recordBytes(0)) + "\"";
    List<String> edited = new ArrayList<>();
    edit(
        run,
        line -> {
          if (line.contains("{\"raw\":") || line.contains("{\"cut\":")) {
            return line;
          }
          edited.add(line);
          return line.replaceAll("\"record\":\"[^\"]*\"", other);
        });

    RecordBatch read = world.read("quarantine:" + run.run(), "t");

    assertThat(edited).isNotEmpty();
    assertThat(read.records()).isEqualTo(records.records());
    CanonicalForm canonical = new CanonicalForm();
    for (int i = 0; i < read.records(); i++) {
      int at = (int) read.int64At(read.at(i, 0));
      assertThat(canonical.digest(read, i))
          .as(values.get(at).name())
          .isEqualTo(canonical.digest(records, at));
    }
  }

  @Test
  void aDamagedRecordIsNamed() throws IOException {
    RunResult run = leftBehind(World.url(Transactions.BATCH), Transactions.BATCH);
    edit(
        run,
        line ->
            line.contains("p017") ? line.replaceAll("\"record\":\"....", "\"record\":\"") : line);

    assertThatThrownBy(() -> world.migrate(redo(run)))
        .hasMessageContaining("its record is damaged")
        .isInstanceOfAny(DataException.class, SpecException.class);
  }

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void aRedoThatWasStoppedGoesOnAndNoOtherBeginsMeanwhile(Transactions transactions)
      throws IOException {
    String to = World.url(transactions);
    RunResult run = leftBehind(to, transactions);
    edit(
        run,
        line ->
            line.replace("\"name\":null", "\"name\":\"x\"")
                .replace("\"level\":null", "\"level\":7"));
    AtomicBoolean isStopped = new AtomicBoolean();
    RunResult stopped =
        world
            .waybill()
            .apply(
                world.waybill().plan(redo(run)),
                event -> isStopped.set(isStopped.get() || event.type() == RunEvent.Type.PROGRESS),
                isStopped::get);
    assertThat(stopped.status()).isEqualTo(Status.STOPPED);
    assertThatThrownBy(() -> world.migrate(redo(run)))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("has not ended");

    RunResult resumed = world.waybill().resume(stopped.run(), event -> {}, () -> false);

    assertThat(resumed.error()).isNull();
    assertThat(world.read(to, "people").records()).isEqualTo(40);
    assertThat(world.read(to, "log").records()).isEqualTo(40);
    assertThat(written(world.migrate(redo(run)))).isZero();
  }

  // --- adding to records without key

  @ParameterizedTest
  @EnumSource(Transactions.class)
  void recordsWithoutKeyAreAddedToOthersOnlyWhenAskedFor(Transactions transactions) {
    String from = World.url(transactions);
    String to = World.url(transactions);
    world.fill(from, LOG, log(0, 30));
    world.fill(to, LOG, log(0, 5));
    Map<String, String> before = world.state(to);

    assertThatThrownBy(() -> world.migrate(from, to)).hasMessageContaining("is not empty");
    RunResult added =
        world.migrate(World.spec(from, to, ConflictPolicy.APPEND, 0, OnFailure.ROLLBACK));

    assertThat(written(added)).isEqualTo(30);
    assertThat(added.collections()).allMatch(each -> each.verified() == 30);
    assertThat(world.read(to, "log").records()).isEqualTo(35);
    assertThat(world.waybill().verifyRun(added.run(), event -> {}).isEqual()).isTrue();
    world.rollback(added);
    assertThat(world.state(to)).isEqualTo(before);
  }

  @Test
  void anAddedRecordThatIsLostShowsThoughAnotherLikeItWasThere() {
    String from = World.url(Transactions.BATCH);
    String to = World.url(Transactions.BATCH);
    world.fill(from, LOG, log(2, 5));
    world.fill(to, LOG, log(2, 5));
    MemoryStores.tampering(batch -> batch.slice(0, 2));

    RunResult added =
        world.migrate(
            World.spec(
                from,
                to.replace("memory:", "tampered:"),
                ConflictPolicy.APPEND,
                0,
                OnFailure.ROLLBACK));

    assertThat(added.status()).isEqualTo(Status.PUT_BACK);
    assertThat(MigrationTest.error(added).code()).isEqualTo("NOT_EQUAL");
  }
}
