package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON files that somebody else wrote, as targets: a run goes into them as they are. */
class JsonOfOthersTest {
  private static final String PEOPLE = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)";
  private static final Collection PRICES =
      Collection.of(
          "prices",
          List.of(
              World.field("id", LogicalType.INT64, false),
              World.field("amount", LogicalType.DECIMAL, true)),
          List.of("id"));
  private static final String LOG = "CREATE TABLE log(at INTEGER PRIMARY KEY, word TEXT)";

  @TempDir private Path folder;
  private World world;

  @BeforeEach
  void home() {
    world = new World(folder.resolve("home"));
  }

  private String sqlite(String... statements) throws SQLException {
    Path file = folder.resolve(UUID.randomUUID() + ".db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
    return "sqlite:" + file;
  }

  private Path written(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static RecordBatch prices(int first, int end) {
    RecordBatch records = World.batch(PRICES);
    for (int id = first; id < end; id++) {
      records.putInt64(id);
      records.putDecimal(id + ".10");
    }
    return records;
  }

  private RunResult done(MigrationSpec spec) {
    Plan plan = world.waybill().plan(spec);
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.OK);
    result
        .collections()
        .forEach(each -> assertThat(each.verified()).as(each.name()).isEqualTo(each.read()));
    return result;
  }

  private RunResult done(String from, String to) {
    return done(World.spec(from, to));
  }

  private void rolledBack(RunResult run) {
    RunResult back = world.rollback(run);
    assertThat(back.error()).isNull();
    assertThat(back.status()).isEqualTo(Status.OK);
  }

  private List<String> besides(Path file) throws IOException {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files
          .map(each -> String.valueOf(each.getFileName()))
          .filter(each -> each.contains("waybill"))
          .toList();
    }
  }

  // --- a place without records

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "there/log.json   | there/       | []",
        "there/log.json   | there/       | ' [ CRLF ]CRLF'",
        "there/log.jsonl  | there/       | ''",
        "log.json         | log.json     | '[]\n'",
        "other.json       | other.json   | '\uFEFF[]'",
        "app.json         | app.json     | '{\"v\":1, \"people\":[ {\"id\":9} ],\"log\":[ ] , \"x\":null}'",
        "app.json         | app.json?shape=wrapper | '{\"log\":[],\"people\":[]}\n'",
      })
  void anEmptyArrayTakesTheFieldsThatComeAndComesBackByteForByte(
      String name, String to, String said) throws Exception {
    String text = said.replace("CRLF", "\r\n");
    Path file = written(name, text);
    String from = sqlite(LOG, "INSERT INTO log VALUES (1, 'one'), (2, null)");

    RunResult run = done(from, "json:" + folder.resolve("") + "/" + to);

    assertThat(Files.readString(file)).contains("{\"at\":1,\"word\":\"one\"}");
    assertThat(world.read("json:" + folder.resolve("") + "/" + to, "log").records()).isEqualTo(2);

    rolledBack(run);

    assertThat(Files.readString(file)).isEqualTo(text);
    assertThat(besides(file)).isEmpty();
  }

  @Test
  void aFolderWithAFileOfOthersTakesANewFileAndItsSidecar() throws Exception {
    Path file = written("there/others.json", "[{\"id\":1}]");
    String from = sqlite(LOG, "INSERT INTO log VALUES (1, 'one')");

    RunResult run = done(from, "json:" + file.getParent() + "/");

    assertThat(besides(file)).contains("waybill-sidecar.json");

    rolledBack(run);

    assertThat(besides(file)).isEmpty();
    assertThat(Files.readString(file)).isEqualTo("[{\"id\":1}]");
  }

  @ParameterizedTest
  @CsvSource({"'',''", "?shape=array,'\"v\":1,'"})
  void aWrapperOfSeveralBecomesAFileForEach(String options, String beside) throws Exception {
    Path from = written("app.json", "{" + beside + "\"people\":[{\"id\":9}],\"log\":[{\"at\":1}]}");
    Path there = written("there/own.json", "[{\"k\":1}]").resolveSibling("people.json");
    String to = "json:" + there.getParent() + "/" + options;

    RunResult run = done("json:" + from, to);

    assertThat(Files.readString(there).replaceAll("\\s", "")).isEqualTo("[{\"id\":9}]");
    assertThat(world.read(to, "log").records()).isEqualTo(1);
    rolledBack(run);
    assertThat(there).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "people | [{\"id\":1,\"name\":\"a\"}] | people(id INTEGER PRIMARY KEY, name TEXT)",
        "tags | [{\"a\":1,\"b\":1},{\"a\":1,\"b\":2}] | tags(a INTEGER, b INTEGER, PRIMARY KEY (a, b))"
      })
  void aPlanHoldsForAFileOfOthersThatTheRunItselfHasFilled(String name, String text, String table)
      throws Exception {
    Path file = written(name + ".json", text);
    String from = sqlite("CREATE TABLE " + table, "INSERT INTO " + name + " VALUES (7, 7)");
    MigrationSpec spec = spec(from, "json:" + file, ConflictPolicy.SKIP, Map.of());
    Plan before = world.waybill().plan(spec);

    done(spec);

    // Else a run that is stopped before its verification could not go on.
    assertThat(world.waybill().plan(spec).toFingerprint()).isEqualTo(before.toFingerprint());
  }

  @Test
  void whatStandsBesideSeveralCollectionsIsNotDroppedUnasked() throws Exception {
    Path from =
        written("app.json", "{\"v\":1,\"people\":[{\"id\":9}],\"log\":[{\"at\":1}],\"x\":null}");
    Path there = written("there/own.json", "[{\"k\":1}]");
    Plan plan = world.waybill().plan(World.spec("json:" + from, "json:" + there.getParent() + "/"));

    assertThatThrownBy(() -> world.apply(plan, () -> false))
        .isInstanceOf(WaybillException.class)
        .hasMessageContaining("(v, x) has no place in a folder");
    assertThat(besides(there)).isEmpty();
  }

  @Test
  void anEmptyArrayIsLeftEmptyWhereSomebodyElseChangedTheFileSince() throws Exception {
    Path file = written("app.json", "{\"people\":[{\"id\":9}],\"log\":[],\"v\":1}");
    String from = sqlite(LOG, "INSERT INTO log VALUES (1, 'one')");
    RunResult run = done(from, "json:" + file);
    Files.writeString(file, Files.readString(file).replace("{\"id\":9}", "{\"id\":10}"));

    rolledBack(run);

    assertThat(Files.readString(file).replaceAll("\\s", ""))
        .isEqualTo("{\"people\":[{\"id\":10}],\"log\":[],\"v\":1}");
  }

  @Test
  void aFileOfAnEmptyArrayIsLeftSoWhereSomebodyElseTouchedItSince() throws Exception {
    Path file = written("there/log.json", "[]");
    String from = sqlite(LOG, "INSERT INTO log VALUES (1, 'one')");
    RunResult run = done(from, "json:" + file.getParent() + "/");
    Files.writeString(file, Files.readString(file) + "\n");

    rolledBack(run);

    assertThat(file).hasContent("[]");
    assertThat(world.collection("json:" + file.getParent() + "/", "log").fields()).isEmpty();
  }

  @Test
  void aFileOfAnEmptyArrayTakesOneCollectionOnly() throws Exception {
    Path file = written("app.json", "[]");
    String from = sqlite(LOG, PEOPLE, "INSERT INTO log VALUES (1, 'one')");
    Plan plan = world.waybill().plan(World.spec(from, "json:" + file));

    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNotNull();
    assertThat(file).hasContent("[]");
    assertThat(besides(file)).isEmpty();
  }

  @Test
  void aPlanSaysThatAnEmptyArrayWillBeFilled() throws Exception {
    Path file = written("there/log.json", "[]");
    String from = sqlite(LOG);

    Plan plan = world.waybill().plan(World.spec(from, "json:" + file.getParent() + "/"));

    assertThat(plan.steps().get(0).creates()).isTrue();
  }

  // --- keys that no file promises

  private static final String TAGS =
      "CREATE TABLE tags(person INTEGER, tag TEXT, weight REAL, PRIMARY KEY(person, tag))";

  private static final String THEIRS =
      "[ {\"person\":1, \"tag\":\"x\",\"weight\":0.5},\r\n"
          + " {\"person\":1,\"tag\":\"y\",\"weight\":0.5} ]";

  private static MigrationSpec spec(
      String from, String to, ConflictPolicy policy, Map<String, List<String>> keys) {
    return new MigrationSpec(
        from,
        to,
        List.of(),
        List.of(),
        keys,
        policy,
        MigrationSpec.FULL,
        MigrationSpec.OnFailure.ROLLBACK,
        1,
        10,
        0,
        0);
  }

  private static MigrationSpec overwriting(String from, String to) {
    return spec(from, to, ConflictPolicy.OVERWRITE, Map.of());
  }

  @Test
  void aKeyOfTwoFieldsIsProvenByTheRecordsOfTheFile() throws Exception {
    Path file = written("tags.json", THEIRS);
    String from = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'y', 2.5), (2, 'x', 3.5)");

    RunResult run = done(overwriting(from, "json:" + file));

    assertThat(Files.readString(file))
        .contains("{\"person\":1, \"tag\":\"x\",\"weight\":0.5}")
        .containsSubsequence("\"y\",\"weight\":2.5", "\"person\":2");
    assertThat(world.collection("json:" + file, "tags").key()).containsExactly("person", "tag");

    rolledBack(run);

    assertThat(Files.readString(file)).isEqualTo(THEIRS);
  }

  @Test
  void theKeyOfTheSourceTellsWhatIsThereAlready() throws Exception {
    Path file = written("tags.json", THEIRS);
    String from = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'x', 0.5), (2, 'x', 3.5)");

    RunResult run = done(spec(from, "json:" + file, ConflictPolicy.FAIL, Map.of()));

    assertThat(run.collections().get(0).unchanged()).isEqualTo(1);
    assertThat(run.collections().get(0).written()).isEqualTo(1);
  }

  @Test
  void aPlanSaysWhichKeyItsRecordsProve() throws Exception {
    Path file = written("tags.json", THEIRS);

    Plan plan = world.waybill().plan(overwriting(sqlite(TAGS), "json:" + file));

    assertThat(plan.steps().get(0).target().key()).containsExactly("person", "tag");
    assertThat(plan.risks())
        .anySatisfy(risk -> assertThat(risk).contains("person, tag", "records are unique"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'person':1,'tag':'x','weight':1.0},{'person':1,'tag':'x','weight':2.0} | equal person, tag",
        "{'person':1,'tag':'x','weight':1.0},{'person':null,'tag':'x','weight':2.0} | without person",
        "{'person':1,'tag':'x','weight':1.0},{'person':1,'weight':2.0} | without tag",
      },
      quoteCharacter = '`')
  void recordsThatRefuteTheKeyAreNamedAndNothingIsWritten(String records, String why)
      throws Exception {
    Path file = written("tags.json", "[" + records.replace('\'', '"') + "]");
    String from = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'y', 2.5)");

    assertThat(world.waybill().plan(overwriting(from, "json:" + file)).refusals())
        .anySatisfy(refusal -> assertThat(refusal.toString()).contains("KEY_NOT_UNIQUE", why));
  }

  @Test
  void aKeyIsProvenAgainBeforeTheFirstWrite() throws Exception {
    String theirs = THEIRS.replace("]", ",{\"person\":2,\"tag\":\"x\",\"weight\":0.5}]");
    Path file = written("tags.json", theirs);
    String from = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'y', 2.5)");
    Plan plan = world.waybill().plan(overwriting(from, "json:" + file));
    String twice = theirs.replace("\"y\"", "\"x\"");
    Files.writeString(file, twice);

    assertThatThrownBy(() -> world.apply(plan, () -> false))
        .isInstanceOfSatisfying(
            WaybillException.class,
            refused -> assertThat(refused.code()).isEqualTo("KEY_NOT_UNIQUE"));

    assertThat(Files.readString(file)).isEqualTo(twice);
    assertThat(besides(file)).isEmpty();
  }

  @Test
  void aChosenKeyOfASourceIsProvenByItsRecords() throws Exception {
    Path file = written("tags.json", THEIRS);
    String to = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'y', 2.5), (7, 'x', 3.5)");
    Map<String, List<String>> key = Map.of("tags", List.of("person", "tag"));

    done(spec("json:" + file, to, ConflictPolicy.OVERWRITE, key));

    assertThat(world.read(to, "tags").records()).isEqualTo(3);
  }

  @Test
  void aTableWithoutKeyIsProvenByItsRecordsToo() throws Exception {
    String bare = TAGS.replace(", PRIMARY KEY(person, tag)", "");
    String from = sqlite(bare, "INSERT INTO tags VALUES (1, 'y', 2.5), (1, 'x', 2.5)");
    String to = sqlite(TAGS, "INSERT INTO tags VALUES (1, 'y', 0.5)");

    done(overwriting(from, to));

    assertThat(world.read(to, "tags").records()).isEqualTo(2);
    String twice = sqlite(bare, "INSERT INTO tags VALUES (1, 'y', 2.5), (1, 'y', 3.5)");
    assertThat(world.waybill().plan(overwriting(twice, to)).refusals())
        .anySatisfy(refusal -> assertThat(refusal.toString()).contains("equal person, tag"));
  }

  @Test
  void aKeyOfTwoFieldsInTheUrlIsProvenToo() throws Exception {
    Path file = written("tags.json", THEIRS.replace("\"y\"", "\"x\""));

    assertThatThrownBy(() -> world.source("json:" + file + "?key=person,tag"))
        .isInstanceOfSatisfying(
            WaybillException.class,
            refused -> assertThat(refused.code()).isEqualTo("KEY_NOT_UNIQUE"));
  }

  // --- types that the records of a file do not have

  @Test
  void bytesGoIntoATextFieldInBase64AndThePlanSaysSo() throws Exception {
    String theirs = "[{\"id\":1 ,\"photo\":\"aGk=\"},{\"id\":5,\"photo\":\"not base64\"}]";
    Path file = written("photos.json", theirs);
    String from =
        sqlite(
            "CREATE TABLE photos(id INTEGER PRIMARY KEY, photo BLOB)",
            "INSERT INTO photos VALUES (1, x'6869'), (2, x'00ff')");

    assertThat(world.waybill().plan(World.spec(from, "json:" + file)).losses())
        .anySatisfy(loss -> assertThat(loss.sentence()).contains("bytes", "base64", "photo"));
    RunResult run = done(from, "json:" + file);

    assertThat(run.collections().get(0).unchanged()).isEqualTo(1);
    assertThat(Files.readString(file)).contains("\"AP8=\"", "not base64");
    assertThat(world.collection("json:" + file, "photos").field("photo").orElseThrow().type())
        .isEqualTo(LogicalType.TEXT);

    rolledBack(run);

    assertThat(Files.readString(file)).isEqualTo(theirs);
  }

  @ParameterizedTest
  @CsvSource({"0.5, number", "5, integer", "NaN, number", "-0.0, number"})
  void aFieldOfNumbersTakesExactDecimalsAndThePlanSaysSo(String there, String nativeType)
      throws Exception {
    String theirs = "[{\"id\":1, \"amount\":" + there + "}]";
    Path file = written("prices.json", theirs);
    RecordBatch records = World.batch(PRICES);
    records.putInt64(2);
    records.putDecimal("12345678901234567890.12");
    String from = World.url(Transactions.BATCH);
    world.fill(from, PRICES, records);
    assertThat(
            world.collection("json:" + file, "prices").field("amount").orElseThrow().nativeType())
        .isEqualTo(nativeType);

    assertThat(world.waybill().plan(World.spec(from, "json:" + file)).losses())
        .anySatisfy(loss -> assertThat(loss.sentence()).contains("amount", "number(decimal)"));
    RunResult run = done(from, "json:" + file);

    assertThat(Files.readString(file))
        .contains("{\"id\":1, \"amount\":" + there + "}", ":12345678901234567890.12}");
    RecordBatch read = world.read("json:" + file, "prices");
    assertThat(read.records()).isEqualTo(2);
    assertThat(KeyText.value(read, read.at(0, 1))).isEqualTo(there);
    assertThat(read.kindAt(read.at(1, 1))).isEqualTo(Kind.DECIMAL);

    rolledBack(run);

    assertThat(Files.readString(file)).isEqualTo(theirs);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"log\": [ ]", ", \"log\":[]"})
  void aRunThatIsBrokenOffInAWrapperGoesOn(String log) throws Exception {
    String from =
        sqlite(
            PEOPLE,
            LOG,
            "INSERT INTO people VALUES (2, 'b')",
            "INSERT INTO log VALUES (1, 'one'), (2, null)");
    String theirs = "{\"v\":1, \"people\": [{\"id\":1, \"name\":\"a\"}]" + log + "}";

    boolean isStopped = true;
    for (int asked = 0; isStopped; asked++) {
      Path file = written("at-" + asked + "/app.json", theirs);
      Plan plan = world.waybill().plan(World.spec(from, "json:" + file));
      AtomicInteger left = new AtomicInteger(asked);
      RunResult run = world.apply(plan, () -> left.getAndDecrement() <= 0);
      isStopped = run.status() == Status.STOPPED;
      if (isStopped) {
        RunResult resumed = world.waybill().resume(run.run(), event -> {}, () -> false);
        assertThat(resumed.status()).isEqualTo(Status.OK);
      }
      assertThat(Files.readString(file)).contains("\"name\":\"b\"", "\"word\":\"one\"");
      rolledBack(run);
      assertThat(Files.readString(file)).isEqualTo(theirs);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "5"})
  void whatOthersAddToAFieldOfNumbersStaysWhenTheRunIsTakenBack(String there) throws Exception {
    Path file = written("prices.json", "[{\"id\":1, \"amount\":" + there + "}]");
    String from = World.url(Transactions.BATCH);
    world.fill(from, PRICES, prices(2, 5));
    RunResult run = done(from, "json:" + file);
    String theirs = "{\"id\":77,\"amount\":" + there + "}";
    Files.writeString(file, Files.readString(file).replaceFirst("]\\s*$", "," + theirs + "]"));

    rolledBack(run);

    assertThat(Files.readString(file))
        .contains("{\"id\":1, \"amount\":" + there + "}", theirs)
        .doesNotContain("2.10");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "5"})
  void aRunThatIsBrokenOffInAFieldOfNumbersGoesOnAndIsTakenBack(String there) throws Exception {
    String theirs = "[{\"id\":1, \"amount\":" + there + "}]";
    String from = World.url(Transactions.BATCH);
    world.fill(from, PRICES, prices(2, 40));

    boolean isStopped = true;
    for (int asked = 0; isStopped; asked++) {
      Path file = written("at-" + asked + "/prices.json", theirs);
      Plan plan = world.waybill().plan(World.spec(from, "json:" + file));
      AtomicInteger left = new AtomicInteger(asked);
      RunResult run = world.apply(plan, () -> left.getAndDecrement() <= 0);
      isStopped = run.status() == Status.STOPPED;
      if (asked % 2 == 1 && isStopped) {
        RunResult resumed = world.waybill().resume(run.run(), event -> {}, () -> false);
        assertThat(resumed.status()).isEqualTo(Status.OK);
        assertThat(Files.readString(file)).contains(":39.10}");
      }
      rolledBack(run);
      assertThat(Files.readString(file)).isEqualTo(theirs);
    }
  }

  // --- half surrogate pairs

  private static final String HALVES =
      "[{\"id\":1,\"text\":\"a\\ud83db\"},{\"id\":2,\"text\":\"\\ude00\\ud83d\"},"
          + "{\"id\":3,\"text\":\"\\ud83d\\ude00\"}]";

  @Test
  void halfASurrogatePairIsKeptFromJsonToJson() throws Exception {
    Path file = written("halves.json", HALVES);
    Path other = Files.createDirectory(folder.resolve("other")).resolve("halves.json");

    done("json:" + file, "json:" + other);

    assertThat(Files.readString(other))
        .contains("\"a\\ud83db\"", "\"\\ude00\\ud83d\"", "\uD83D\uDE00");
    assertThat(world.waybill().diff(World.spec("json:" + file, "json:" + other), event -> {}))
        .satisfies(comparison -> assertThat(comparison.isEqual()).isTrue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "memory"})
  void halfASurrogatePairComesBackByTheSidecar(String over) throws Exception {
    Path file = written("halves.json", HALVES);
    String there = over.equals("sqlite") ? sqlite() : World.url(Transactions.BATCH);
    Path other = Files.createDirectory(folder.resolve("other")).resolve("halves.json");
    LossRules rules = LossRules.parse(List.of("LONE_SURROGATE=sidecar"));

    done(World.spec("json:" + file, there).withOnLoss(rules));
    done(World.spec(there, "json:" + other));

    assertThat(Files.readString(other)).contains("\"a\\ud83db\"", "\"\\ude00\\ud83d\"");
    assertThat(world.waybill().diff(World.spec("json:" + file, "json:" + other), event -> {}))
        .satisfies(comparison -> assertThat(comparison.isEqual()).isTrue());
  }

  @Test
  void halfASurrogatePairIsNamedWhereItCannotGo() throws Exception {
    Path file = written("halves.json", HALVES);

    assertThat(
            world
                .waybill()
                .plan(World.spec("json:" + file, World.url(Transactions.BATCH)))
                .refusals())
        .anySatisfy(refusal -> assertThat(refusal.toString()).contains("LONE_SURROGATE"));
  }
}
