package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.KeyText;
import dev.waybill.model.LogicalType;
import dev.waybill.model.LossRules;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.PlanFile;
import dev.waybill.testkit.MemoryForm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was left behind several copies ago comes back as well. */
class SidecarChainTest {
  @TempDir private Path folder;
  private World world;
  private Rounds rounds;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    rounds = new Rounds(world);
  }

  private static String memory(MemoryForm form) {
    return MemoryStores.url(form);
  }

  private Path nasty() throws Exception {
    Path file = folder.resolve("nasty.db");
    SidecarIT.make(file, SidecarIT.NASTY.toArray(new String[0]));
    return file;
  }

  private void round(List<String> between) throws Exception {
    Path first = nasty();
    Path last = folder.resolve("last.db");
    List<String> urls = new ArrayList<>(between);
    urls.add(0, "sqlite:" + first);
    urls.add("sqlite:" + last);

    rounds.move(urls);

    rounds.requireSame(first, last);
  }

  @Test
  void overTwoStoresEverythingComesBack() throws Exception {
    round(List.of(memory(MemoryForm.RELATIONAL), memory(MemoryForm.DOCUMENT)));
  }

  @Test
  void theOtherWayRoundTheSame() throws Exception {
    round(List.of(memory(MemoryForm.DOCUMENT), memory(MemoryForm.RELATIONAL)));
  }

  private static final Collection SPARSE =
      Collection.of(
          "sparse",
          List.of(
              World.field("id", LogicalType.TEXT, false),
              World.field("a", LogicalType.TEXT, true),
              World.field("b", LogicalType.FLOAT64, true)),
          List.of("id"));

  /** A document in each way of having a field or not. */
  private String sparse() {
    String url = memory(MemoryForm.DOCUMENT);
    RecordBatch records = World.batch(SPARSE);
    records.putText("both");
    records.putText("x\0");
    records.putFloat64(Double.NaN);
    records.putText("null");
    records.putNull();
    records.putNull();
    records.putText("absent");
    records.putAbsent();
    records.putAbsent();
    records.putText("mixed");
    records.putNull();
    records.putAbsent();
    world.fill(url, SPARSE, records);
    return url;
  }

  @Test
  void whatIsAbsentAndWhatIsNullAreToldApartAfterwards() {
    String first = sparse();
    String last = memory(MemoryForm.DOCUMENT);

    rounds.move(
        List.of(
            first, memory(MemoryForm.RELATIONAL), "sqlite:" + folder.resolve("between.db"), last));

    assertThat(world.state(last)).containsAllEntriesOf(world.state(first));
    rounds.requireEqual(first, last);
  }

  @Test
  void absentFieldsGoWithoutAWordOfTheUsers() {
    String first = memory(MemoryForm.DOCUMENT);
    RecordBatch records = World.batch(SPARSE);
    for (String id : List.of("1", "2")) {
      records.putText(id);
      records.putAbsent();
      records.putNull();
    }
    world.fill(first, SPARSE, records);
    String there = "sqlite:" + folder.resolve("there.db");
    String last = memory(MemoryForm.DOCUMENT);

    rounds.move(MigrationSpec.of(first, there));
    rounds.move(MigrationSpec.of(there, last));

    assertThat(world.state(last)).containsAllEntriesOf(world.state(first));
    assertThat(
            world
                .waybill()
                .plan(Rounds.with(first, "sqlite:" + folder.resolve("other.db"), "ABSENT=fail"))
                .refusals())
        .extracting(loss -> loss.collection() + "." + loss.field() + " " + loss.code())
        .containsExactly("sparse.a ABSENT");
  }

  @Test
  void backInTheDialectBetweenItsSidecarIsThereAgain() throws Exception {
    Path first = nasty();
    String a = "sqlite:" + first;
    String b = memory(MemoryForm.RELATIONAL);
    String c = memory(MemoryForm.DOCUMENT);
    String again = memory(MemoryForm.RELATIONAL);
    Path last = folder.resolve("last.db");

    rounds.move(List.of(a, b, c, again, "sqlite:" + last));

    rounds.requireEqual(b, again);
    rounds.requireSame(first, last);
  }

  @Test
  void aCopyWithinTheDialectKeepsTheWayBack() throws Exception {
    Path first = nasty();
    Path last = folder.resolve("last.db");

    rounds.move(
        List.of(
            "sqlite:" + first,
            memory(MemoryForm.RELATIONAL),
            memory(MemoryForm.RELATIONAL),
            memory(MemoryForm.DOCUMENT),
            memory(MemoryForm.DOCUMENT),
            memory(MemoryForm.RELATIONAL),
            "sqlite:" + last));

    rounds.requireSame(first, last);
  }

  @Test
  void aStandInThatWasChangedOnTheWayCounts() throws Exception {
    String between = "sqlite:" + folder.resolve("between.db");
    String start = sparse();
    String last = memory(MemoryForm.DOCUMENT);
    rounds.move(List.of(start, memory(MemoryForm.RELATIONAL), between));
    try (Connection connection = DriverManager.getConnection("jdbc:" + between);
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE sparse SET a = 'new' WHERE id = 'absent'");
    }

    rounds.move(between, last);

    assertThat(kinds(last))
        .containsExactlyInAnyOrder(
            "both TEXT FLOAT64", "null NULL NULL", "absent TEXT ABSENT", "mixed NULL ABSENT");
  }

  @Test
  void aNullWrittenOverAStandInIsNull() {
    String first = sparse();
    String between = memory(MemoryForm.RELATIONAL);
    String there = "sqlite:" + folder.resolve("there.db");
    String last = memory(MemoryForm.DOCUMENT);
    rounds.move(List.of(first, between, there));
    RecordBatch changed = World.batch(SPARSE);
    changed.putText("absent");
    changed.putNull();
    changed.putNull();
    world.put(first, SPARSE, changed);

    rounds.move(over(first, between));
    rounds.move(over(between, there));
    rounds.move(there, last);

    assertThat(world.state(last)).containsAllEntriesOf(world.state(first));
  }

  private static MigrationSpec over(String from, String to) {
    MigrationSpec spec =
        World.spec(from, to, ConflictPolicy.OVERWRITE, 0, MigrationSpec.OnFailure.ROLLBACK);
    return spec.withOnLoss(LossRules.parse(List.of("sidecar")));
  }

  @Test
  void aRollbackTakesTheCarriedSidecarBack() throws Exception {
    String b = memory(MemoryForm.RELATIONAL);
    String c = memory(MemoryForm.DOCUMENT);
    rounds.move("sqlite:" + nasty(), b);
    Map<String, String> before = world.state(b);

    RunResult result = rounds.move(b, c);
    assertThat(world.state(c)).containsKey("waybill_sidecar_values");
    RunResult undone = world.rollback(result);

    assertThat(undone.error()).isNull();
    assertThat(world.state(c)).doesNotContainKey("waybill_sidecar_values");
    assertThat(world.state(b)).isEqualTo(before);
  }

  private static Path script(Path file, String... more) throws Exception {
    String script =
        Files.readString(Repository.root().resolve("e2e/src/test/resources/sidecar/version-1.sql"));
    List<String> statements = new ArrayList<>(List.of(script.split("(?<=;)\n")));
    statements.addAll(List.of(more));
    SidecarIT.make(file, statements.toArray(new String[0]));
    return file;
  }

  private List<String> things(String url) {
    RecordBatch records = world.read(url, "things");
    List<String> things = new ArrayList<>();
    for (int record = 0; record < records.records(); record++) {
      StringJoiner values = new StringJoiner(" ");
      for (int field = 0; field < records.width(); field++) {
        values.add(KeyText.value(records, records.at(record, field)));
      }
      things.add(values.toString());
    }
    return things;
  }

  @Test
  void version1IsReadAndTravelsOn() throws Exception {
    String file = "sqlite:" + script(folder.resolve("version-1.db"));
    String straight = memory(MemoryForm.DOCUMENT);
    String between = memory(MemoryForm.RELATIONAL);
    String over = memory(MemoryForm.DOCUMENT);

    rounds.move(file, straight);
    rounds.move(List.of(file, between, over));

    assertThat(things(straight))
        .containsExactlyInAnyOrder("1 NaN true", "2 -0.0 null", "3 1.5 false");
    assertThat(world.state(over))
        .containsAllEntriesOf(Map.of("things", world.state(straight).get("things")));
  }

  @Test
  void intoAStoreWithVersion1GoesVersion2() throws Exception {
    String there = "sqlite:" + script(folder.resolve("there.db"));
    String first = sparse();
    String documents = memory(MemoryForm.DOCUMENT);

    rounds.move(List.of(first, memory(MemoryForm.RELATIONAL), there, documents));

    assertThat(things(documents)).contains("1 NaN true", "2 -0.0 null");
    assertThat(world.state(documents)).containsAllEntriesOf(world.state(first));
  }

  @Test
  void whatWasAddedOnTheWayIsCarriedAndWhatDoesNotFitIsNamed() throws Exception {
    String between = memory(MemoryForm.RELATIONAL);
    Path file = folder.resolve("there.db");
    rounds.move(List.of(sparse(), between, "sqlite:" + file));
    SidecarIT.make(
        file,
        "ALTER TABLE sparse ADD COLUMN more TEXT DEFAULT 'm'",
        "CREATE TABLE own (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO own VALUES (1, 'mine')");
    String last = memory(MemoryForm.DOCUMENT);

    rounds.move("sqlite:" + file, last);

    assertThat(world.collection(last, "sparse").writtenNames())
        .containsExactly("id", "a", "b", "more");
    assertThat(world.read(last, "sparse").records()).isEqualTo(4);
    assertThat(kinds(last)).contains("absent ABSENT ABSENT", "both TEXT FLOAT64");
    assertThat(world.read(last, "own").records()).isEqualTo(1);

    SidecarIT.make(
        file,
        "UPDATE waybill_sidecar_schema SET definition ="
            + " replace(definition, 'native: text', 'nat: text')");
    assertThat(
            world
                .waybill()
                .plan(MigrationSpec.of("sqlite:" + file, memory(MemoryForm.DOCUMENT)))
                .risks())
        .anyMatch(risk -> risk.contains("What the sidecar tells of sparse"));
  }

  private List<String> kinds(String url) {
    RecordBatch records = world.read(url, "sparse");
    List<String> kinds = new ArrayList<>();
    for (int record = 0; record < records.records(); record++) {
      kinds.add(
          KeyText.value(records, records.at(record, 0))
              + " "
              + records.kind(record, 1)
              + " "
              + records.kind(record, 2));
    }
    return kinds;
  }

  @Test
  void aStatementWithALineBetweenTwoDefinitionsDoesNotPartThem() throws Exception {
    Path first = folder.resolve("first.db");
    SidecarIT.make(
        first,
        "CREATE TABLE t (id INTEGER PRIMARY KEY,\n---\n--- memory\nv TEXT DEFAULT '\n---\n')",
        "INSERT INTO t VALUES (1, '---')");
    Path last = folder.resolve("last.db");

    rounds.move(
        List.of(
            "sqlite:" + first,
            memory(MemoryForm.RELATIONAL),
            memory(MemoryForm.DOCUMENT),
            "sqlite:" + last));

    rounds.requireSame(first, last);
  }

  @Test
  void aRenamingOnTheWayDoesNotPartValuesFromTheirFields() throws Exception {
    Path first = nasty();
    Path last = folder.resolve("last.db");
    String there = memory(MemoryForm.RELATIONAL);
    String renamed = memory(MemoryForm.RELATIONAL);
    String further = memory(MemoryForm.DOCUMENT);
    rounds.move("sqlite:" + first, there);

    rounds.move(
        Rounds.with(there, renamed, "sidecar")
            .withProfile(
                PlanFile.readFragment(
                    "profile.yaml",
                    "waybill-profile: 1\ncollections:\n  - {source: select, target: chosen, fields:"
                        + " [{source: mixed, target: other}]}")));
    rounds.move(renamed, further);
    rounds.move(further, "sqlite:" + last);

    rounds.requireSame(first, last);
  }
}
