package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
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
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What must hold of a rollback into any store that speaks SQL, whoever wrote there meanwhile. */
final class Rollbacks {
  private static final String PEOPLE =
      "CREATE TABLE people (id text PRIMARY KEY NOT NULL, name text, age bigint)";
  private static final String PETS =
      "CREATE TABLE pets (id bigint PRIMARY KEY NOT NULL, owner text REFERENCES people(id))";

  private final World world;
  private final Path source;
  private final Target target;

  /** A target and its own client. */
  interface Target {
    String url();

    void run(String sql);
  }

  Rollbacks(Path folder, Target target) {
    this.world = new World(folder.resolve("home"));
    this.source = folder.resolve("source.db");
    this.target = target;
  }

  static void sqlite(Path file, String... statements) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement running = connection.createStatement()) {
      for (String statement : statements) {
        running.execute(statement);
      }
    } catch (SQLException failure) {
      throw new AssertionError(failure);
    }
  }

  private void source(String... statements) {
    sqlite(source, statements);
  }

  private static String people(int from, int to, int version) {
    return "INSERT INTO people WITH RECURSIVE n(i) AS (SELECT "
        + from
        + " UNION ALL SELECT i + 1 FROM n WHERE i + 1 < "
        + to
        + ") SELECT 'p' || i, 'name ' || i || ' v"
        + version
        + "', i FROM n";
  }

  private void target(String... statements) {
    for (String statement : statements) {
      target.run(statement);
    }
  }

  private RunResult migrate(ConflictPolicy onConflict) {
    MigrationSpec spec =
        World.spec("sqlite:" + source, target.url(), onConflict, 0, OnFailure.ROLLBACK);
    RunResult result = world.migrate(spec);
    assertThat(result.error()).isNull();
    return result;
  }

  /** A migration with batches as large as usual. */
  private MigrationSpec large(String from) {
    return new MigrationSpec(
        from,
        target.url(),
        List.of(),
        List.of(),
        Map.of(),
        ConflictPolicy.OVERWRITE,
        MigrationSpec.FULL,
        OnFailure.ROLLBACK,
        2,
        5_000,
        0,
        0);
  }

  private Set<String> keys(String table) {
    RecordBatch records = world.read(target.url(), table);
    Set<String> keys = new TreeSet<>();
    for (int i = 0; i < records.records(); i++) {
      keys.add(dev.waybill.model.KeyText.value(records, records.at(i, 0)));
    }
    return keys;
  }

  private Map<String, String> state() {
    return world.state(target.url());
  }

  private static WaybillException error(RunResult result) {
    WaybillException error = result.error();
    if (error == null) {
      throw new AssertionError("no error: " + result);
    }
    return error;
  }

  private List<String> lines(RunResult run, String file) {
    try {
      return Files.readAllLines(world.waybill().status(run.run()).directory().resolve(file));
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }

  private RunResult changedMadeTable() {
    source(PEOPLE, people(0, 60, 1));
    RunResult run = migrate(ConflictPolicy.FAIL);
    target(
        "INSERT INTO people VALUES ('x1', 'somebody', 1)",
        "UPDATE people SET name = 'other' WHERE id = 'p5'",
        "DELETE FROM people WHERE id = 'p6'");
    return run;
  }

  // --- laws

  /** Of a table that the run made, keep takes the run's own records and nothing else. */
  void keepTakesTheOwnRecordsOutOfAMadeTable() {
    Map<String, String> first = state();
    RunResult run = changedMadeTable();
    Map<String, String> changed = state();

    RunResult aborted = world.rollback(run);
    assertThat(error(aborted).code()).isEqualTo("CHANGED_SINCE");
    assertThat(error(aborted)).hasMessageContaining("people key p5").hasMessageContaining("60");
    assertThat(state()).isEqualTo(changed);

    for (int i = 0; i < 2; i++) {
      RunResult kept = world.rollback(run, OnChanged.KEEP);

      assertThat(kept.error()).isNull();
      assertThat(kept.status()).isEqualTo(Status.PARTIAL);
      assertThat(keys("people")).containsExactly("p5", "x1");
      assertThat(kept.notes()).anyMatch(note -> note.contains("p5") && note.contains("x1"));
      assertThat(lines(run, "left.ndjson")).hasSize(2);
    }
    assertThat(world.rollback(run, OnChanged.RESTORE).status()).isEqualTo(Status.OK);
    assertThat(state()).isEqualTo(first);
  }

  void aMadeTableFromWhichOthersOnlyDeletedIsDropped() {
    Map<String, String> first = state();
    source(PEOPLE, people(0, 60, 1));
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("DELETE FROM people WHERE id = 'p6'");

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.OK);
    assertThat(state()).isEqualTo(first);
  }

  void withoutItsKeyLogAMadeTableStaysWholeAndThatIsSaid() {
    RunResult run = changedMadeTable();
    RunDirectory.deleteTree(world.waybill().status(run.run()).directory().resolve("keys"));

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(kept.notes()).anyMatch(note -> note.contains("people: stays whole"));
    assertThat(keys("people")).hasSize(60);
  }

  void aKeyLogThatLacksABatchIsNotUsed() throws IOException {
    RunResult run = changedMadeTable();
    Path keys = world.waybill().status(run.run()).directory().resolve("keys");
    try (Stream<Path> tree = Files.walk(keys)) {
      Path file = tree.filter(Files::isRegularFile).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    }

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(keys("people")).hasSize(60);
  }

  /** What somebody else's record refers to stays, and the table it is in. */
  void aRecordThatSomebodyElseRefersToStaysWithItsTable() {
    source(PEOPLE, PETS, people(0, 60, 1), "INSERT INTO pets VALUES (1, 'p1'), (2, 'p2')");
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("INSERT INTO pets VALUES (90, 'p7')");

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(keys("pets")).containsExactly("90");
    assertThat(keys("people")).containsExactly("p7");
  }

  /** A table of somebody else that refers to a made one is seen before anything is changed. */
  void aMadeTableToWhichSomebodyElsesTableRefersStays() {
    source(PEOPLE, people(0, 60, 1));
    RunResult run = migrate(ConflictPolicy.FAIL);
    target(
        "CREATE TABLE theirs (id bigint PRIMARY KEY NOT NULL, who text REFERENCES people(id))",
        "INSERT INTO theirs VALUES (1, 'p7')");

    assertThat(error(world.rollback(run))).hasMessageContaining("theirs depends on it");
    assertThat(keys("people")).hasSize(60);
    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(keys("people")).containsExactly("p7");
  }

  /** An added record to which somebody else refers stays, is named, and all else is as before. */
  void anAddedRecordThatSomebodyElseRefersToIsKeptAndNamed() {
    target(PEOPLE, PETS, people(0, 10, 1));
    source(PEOPLE, people(0, 20, 2));
    RunResult run = migrate(ConflictPolicy.OVERWRITE);
    target("INSERT INTO pets VALUES (90, 'p15')");

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.notes()).anyMatch(note -> note.contains("people key p15"));
    assertThat(kept.notes()).noneMatch(note -> note.startsWith("The target is as it was"));
    assertThat(keys("people")).hasSize(11).contains("p15");
  }

  /** Whoever refers to what the run added is seen before anything is changed, however it ends. */
  void whoRefersToAddedRecordsIsSeenBeforeAnythingIsChanged() {
    target(PEOPLE, PETS, people(0, 10, 1), "INSERT INTO pets VALUES (1, 'p1'), (2, 'p2')");
    Map<String, String> first = state();
    source(
        PEOPLE,
        PETS,
        people(0, 60, 2),
        "INSERT INTO pets VALUES (1, 'p11'), (3, 'p3'), (4, 'p40'), (5, 'p55')");
    RunResult run = migrate(ConflictPolicy.OVERWRITE);
    target("INSERT INTO pets VALUES (90, 'p55'), (91, 'p2'), (92, NULL)");
    Map<String, String> changed = state();

    for (boolean isDry : new boolean[] {true, false}) {
      WaybillException aborted = error(rollback(run, OnChanged.ABORT, isDry));
      assertThat(aborted.code()).isEqualTo("CHANGED_SINCE");
      assertThat(aborted).hasMessageContaining("people key p55 (pets key 90 refers to it)");
      assertThat(lines(run, "changed.ndjson")).hasSize(1);
      WaybillException refused = error(rollback(run, OnChanged.RESTORE, isDry));
      assertThat(refused.code()).isEqualTo("NEEDED_BY_OTHERS");
      assertThat(refused).hasMessageContaining("people key p55 (pets key 90 refers to it)");
      assertThat(state()).isEqualTo(changed);
    }
    assertThat(rollback(run, OnChanged.KEEP, true).notes())
        .anyMatch(note -> note.contains("people key p55 (pets key 90 refers to it)"));
    assertThat(state()).isEqualTo(changed);

    RunResult kept = world.rollback(run, OnChanged.KEEP);
    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(kept.notes()).anyMatch(note -> note.contains("people key p55"));
    assertThat(kept.notes()).noneMatch(note -> note.contains("--on-changed restore"));
    assertThat(keys("people")).hasSize(11).contains("p55");
    assertThat(keys("pets")).containsExactly("1", "2", "90", "91", "92");

    target("DELETE FROM pets WHERE id >= 90");
    assertThat(world.rollback(run).error()).isNull();
    assertThat(state()).isEqualTo(first);
  }

  private RunResult rollback(RunResult run, OnChanged onChanged, boolean isDry) {
    return isDry
        ? world.waybill().dryRollback(run.run(), onChanged)
        : world.rollback(run, onChanged);
  }

  /** What the run added to its own table may refer to itself; what others hang on it may not. */
  void whoRefersToAddedRecordsOfATreeIsSeenBefore() {
    String nodes =
        "CREATE TABLE nodes (id bigint PRIMARY KEY NOT NULL, up bigint REFERENCES nodes)";
    String chain =
        "INSERT INTO nodes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            + " WHERE i < %d) SELECT i, CASE WHEN i > 1 THEN i - 1 END FROM n";
    target(nodes, String.format(chain, 5));
    Map<String, String> first = state();
    source(nodes, String.format(chain, 35));
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("INSERT INTO nodes VALUES (900, 22), (901, 900)");
    Map<String, String> changed = state();

    assertThat(error(world.rollback(run)))
        .hasMessageContaining("nodes key 22 (nodes key 900 refers to it)");
    assertThat(lines(run, "changed.ndjson")).hasSize(1);
    assertThat(state()).isEqualTo(changed);
    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(keys("nodes")).hasSize(24).contains("22", "21", "900", "901").doesNotContain("23");
    target("DELETE FROM nodes WHERE id > 900", "DELETE FROM nodes WHERE id = 900");
    assertThat(world.rollback(run).error()).isNull();
    assertThat(state()).isEqualTo(first);
  }

  /** Nothing of others is deleted or set to null along with what the run added, seen or unseen. */
  void whatADeleteWouldReachElsewhereStandsInTheWay(String table, String... others) {
    target(PEOPLE, people(0, 10, 1));
    source(PEOPLE, people(0, 20, 2));
    RunResult run = migrate(ConflictPolicy.OVERWRITE);
    target(others);
    Map<String, String> changed = state();

    for (OnChanged onChanged : List.of(OnChanged.ABORT, OnChanged.RESTORE)) {
      assertThat(error(world.rollback(run, onChanged)))
          .hasMessageContaining("people key p15 (")
          .hasMessageContaining(table);
      assertThat(state()).isEqualTo(changed);
    }
    assertThat(world.rollback(run, OnChanged.KEEP).status()).isEqualTo(Status.PARTIAL);
    assertThat(keys("people")).hasSize(11).contains("p15");
  }

  /** Records without key that the run added are known by what others refer to. */
  void whoRefersToAddedRecordsWithoutKeyIsSeenBefore() {
    String tags = "CREATE TABLE tags (code text UNIQUE, n bigint)";
    target(
        tags,
        "CREATE TABLE uses (id bigint PRIMARY KEY NOT NULL, code text REFERENCES tags(code))",
        "INSERT INTO tags VALUES ('a', 1)");
    source(tags, "INSERT INTO tags VALUES ('b', 2), ('c', 3), (NULL, 4)");
    RunResult run = migrate(ConflictPolicy.APPEND);
    target("INSERT INTO uses VALUES (1, 'a'), (7, 'c'), (8, NULL)");
    Map<String, String> changed = state();

    assertThat(error(world.rollback(run))).hasMessageContaining("uses key 7 refers to it");
    assertThat(lines(run, "changed.ndjson")).hasSize(1);
    assertThat(state()).isEqualTo(changed);

    target("DELETE FROM uses WHERE id = 7");
    assertThat(world.rollback(run).error()).isNull();
    assertThat(world.read(target.url(), "tags").records()).isEqualTo(1);
  }

  /** A view of somebody else keeps a made table from being dropped; it is emptied. */
  void aMadeTableThatSomebodyElsesViewNeedsIsEmptiedAndStays() {
    source(PEOPLE, PETS, people(0, 60, 1));
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("CREATE VIEW theirs AS SELECT name FROM people");

    Map<String, String> changed = state();

    for (OnChanged onChanged : List.of(OnChanged.ABORT, OnChanged.RESTORE)) {
      assertThat(error(world.rollback(run, onChanged)))
          .hasMessageContaining("view theirs depends on it");
      assertThat(state()).isEqualTo(changed);
    }
    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.notes()).anyMatch(note -> note.contains("people: stays, empty"));
    assertThat(keys("people")).isEmpty();
    target("DROP VIEW theirs");
    assertThat(world.rollback(run).error()).isNull();
    assertThat(state()).doesNotContainKey("people");
  }

  void aMadeTableWithoutKeyStaysWhole() {
    source("CREATE TABLE log (line text)", "INSERT INTO log VALUES ('a'), ('b')");
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("INSERT INTO log VALUES ('c')");

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(kept.notes()).anyMatch(note -> note.contains("log: stays whole: without a key"));
    assertThat(world.read(target.url(), "log").records()).isEqualTo(3);
  }

  /**
   * Overwritten records come back, those that somebody else changed stay and are listed: of 10,000
   * records 1,000 and 100, times the scale that is asked for.
   */
  void whatOthersChangedAmongOverwrittenRecordsIsListedAndUntouched() {
    int scale = Integer.getInteger("waybill.scale", 1);
    int all = 10_000 * scale;
    int over = 1_000 * scale;
    int by = scale == 1 ? 100 : 10 * scale;
    source(PEOPLE, people(all - over, all, 2), people(all, all + 10, 2));
    Path before = source.resolveSibling("before.db");
    sqlite(before, PEOPLE, people(0, all, 1));
    assertThat(world.migrate(large("sqlite:" + before)).error()).isNull();
    RunResult run = world.migrate(large("sqlite:" + source));
    assertThat(run.error()).isNull();
    target("UPDATE people SET name = 'other' WHERE age >= " + (all - by) + " AND age < " + all);

    RunResult aborted = world.rollback(run);
    String more = String.format("+%,d more: ", by - 20);
    assertThat(error(aborted)).hasMessageContaining(more).hasMessageContaining("changed.ndjson");
    assertThat(lines(run, "changed.ndjson")).hasSize(by);
    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.OK);
    assertThat(kept.notes()).anyMatch(note -> note.contains(more));
    assertThat(lines(run, "left.ndjson")).hasSize(by);
    sqlite(before, "UPDATE people SET name = 'other' WHERE age >= " + (all - by));
    assertThat(world.state("sqlite:" + before).get("people")).isNotNull();
    assertThat(digest(target.url())).isEqualTo(digest("sqlite:" + before));
  }

  /** Count and digest of the people of a store. */
  private String digest(String url) {
    return world.state(url).getOrDefault("people", "").replaceFirst("^(\\S+ \\S+) .*", "$1");
  }

  private RunResult overwritten() {
    Path before = source.resolveSibling("before.db");
    sqlite(before, PEOPLE, people(0, 40, 1));
    source(PEOPLE, people(20, 60, 2));
    assertThat(world.migrate("sqlite:" + before, target.url()).error()).isNull();
    return migrate(ConflictPolicy.OVERWRITE);
  }

  /**
   * A field that is gone keeps its records from being put back; that is named, and nothing fails.
   */
  void aTableThatWasAlteredMeanwhileIsNamedAndLeft() {
    RunResult run = overwritten();
    target("ALTER TABLE people RENAME COLUMN age TO years");
    Map<String, String> altered = state();

    RunResult aborted = world.rollback(run);
    assertThat(error(aborted).code()).isEqualTo("CHANGED_SINCE");
    assertThat(error(aborted)).hasMessageContaining("people: field age is gone");

    RunResult restored = world.rollback(run, OnChanged.RESTORE);
    assertThat(error(restored).code()).isEqualTo("NOT_PUT_BACK");
    assertThat(error(restored)).hasMessageContaining("field age is gone");

    RunResult kept = world.rollback(run, OnChanged.KEEP);
    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
    assertThat(kept.notes()).anyMatch(note -> note.contains("people: field age is gone"));
    assertThat(state()).isEqualTo(altered);

    target("ALTER TABLE people RENAME COLUMN years TO age");
    RunResult undone = world.rollback(run);
    assertThat(undone.error()).isNull();
    assertThat(undone.status()).isEqualTo(Status.OK);
    assertThat(digest(target.url())).isEqualTo(beforeDigest());
  }

  void aTableThatIsGoneStopsNothingButItself() {
    RunResult run = overwritten();
    target("DROP TABLE people");

    assertThat(error(world.rollback(run))).hasMessageContaining("people: is gone");
    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(kept.status()).isEqualTo(Status.PARTIAL);
  }

  /** A field or an index more does not stand in the way: records come back, and that is named. */
  void whatOthersAddedToATableStaysAndIsNamed() {
    RunResult run = overwritten();
    target(
        "ALTER TABLE people ADD COLUMN note text",
        "CREATE INDEX by_age ON people(age)",
        "CREATE TABLE theirs (id bigint PRIMARY KEY)");

    RunResult undone = world.rollback(run);

    assertThat(undone.error()).isNull();
    assertThat(undone.status()).isEqualTo(Status.OK);
    assertThat(undone.notes())
        .anyMatch(note -> note.contains("people (field note is new)"))
        .anyMatch(note -> note.contains("theirs (new)"));
    assertThat(keys("people")).hasSize(40).contains("p39").doesNotContain("p40");
  }

  void whatTheProofComparedIsSaid() {
    RunResult run = overwritten();

    RunResult undone = world.rollback(run);

    // The sidecar of the copy that made the collection is one too.
    int there;
    try (TargetStore store = world.target(target.url())) {
      there = store.catalog().collections().size();
    }
    assertThat(undone.notes())
        .contains(
            String.format(
                "The target is as it was before the run: the structure of %d collection%s and the"
                    + " digests of 1 of them are what was noted then.",
                there, there == 1 ? "" : "s"));
  }

  /** Writes as the run itself would that corrects what it wrote before. */
  private void writeAgain(RunResult run, int from, int to, int version) {
    Path home = world.waybill().status(run.run()).directory().getParent().getParent();
    RunHeader header = new RunHeader(run.run(), Instant.EPOCH, "", "test");
    Collection people = world.collection(target.url(), "people");
    RecordBatch records = World.batch(people);
    for (int i = from; i < to; i++) {
      records.putText("p" + i);
      records.putText("name " + i + " v" + version);
      records.putInt64(i);
    }
    try (TargetStore store = world.target(target.url());
        TargetSession session =
            store.begin(
                header, new FileLedger(RunDirectory.open(home, run.run()), Clock.systemUTC()));
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      writer.apply(
          people,
          World.puts(records),
          ConflictPolicy.OVERWRITE,
          new Mark("people", 9, version, 0, false));
    }
  }

  /** Records that the run inserted or overwrote and then overwrote again become what they were. */
  void whatTheRunWroteTwiceComesBack() {
    RunResult run = overwritten();
    writeAgain(run, 30, 50, 3);
    writeAgain(run, 35, 45, 4);

    RunResult undone = world.rollback(run);

    assertThat(undone.error()).isNull();
    assertThat(undone.status()).isEqualTo(Status.OK);
    assertThat(digest(target.url())).isEqualTo(beforeDigest());
  }

  /** Of such records too only those count as changed that somebody else changed. */
  void whatTheRunWroteTwiceAndOthersChangedIsKeptOrPutBack(OnChanged onChanged) {
    RunResult run = overwritten();
    writeAgain(run, 30, 50, 3);
    writeAgain(run, 35, 45, 4);
    target("UPDATE people SET name = 'other' WHERE id IN ('p36', 'p44')");

    assertThat(error(world.rollback(run)).code()).isEqualTo("CHANGED_SINCE");
    assertThat(lines(run, "changed.ndjson"))
        .hasSize(2)
        .anyMatch(line -> line.contains("p36"))
        .anyMatch(line -> line.contains("p44"));
    RunResult undone = world.rollback(run, onChanged);

    assertThat(undone.error()).isNull();
    if (onChanged == OnChanged.KEEP) {
      assertThat(lines(run, "left.ndjson")).hasSize(2);
      target("DELETE FROM people WHERE id = 'p44'");
      target("UPDATE people SET name = 'name 36 v1' WHERE id = 'p36'");
    }
    assertThat(digest(target.url())).isEqualTo(beforeDigest());
  }

  /** Records of a made table that refer to each other all go. */
  void aMadeTreeIsTakenApart() {
    source(
        "CREATE TABLE nodes (id bigint PRIMARY KEY NOT NULL, up bigint REFERENCES nodes(id))",
        "INSERT INTO nodes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            + " WHERE i < 45) SELECT i, CASE WHEN i < 45 THEN i + 1 END FROM n");
    RunResult run = migrate(ConflictPolicy.FAIL);
    target("INSERT INTO nodes VALUES (900, 43)");

    RunResult kept = world.rollback(run, OnChanged.KEEP);

    assertThat(kept.error()).isNull();
    assertThat(keys("nodes")).containsExactly("43", "44", "45", "900");
  }

  private String beforeDigest() {
    return digest("sqlite:" + source.resolveSibling("before.db"));
  }

  /** A trigger's doings elsewhere no before-image tells. */
  void whatTriggersDidElsewhereIsNamed(String... trigger) {
    Path before = source.resolveSibling("before.db");
    sqlite(before, PEOPLE, people(0, 40, 1));
    source(PEOPLE, people(20, 60, 2));
    assertThat(world.migrate("sqlite:" + before, target.url()).error()).isNull();
    target("CREATE TABLE audit (id text)");
    target(trigger);
    RunResult run = migrate(ConflictPolicy.OVERWRITE);

    RunResult undone = world.rollback(run);

    assertThat(undone.error()).isNull();
    assertThat(undone.notes())
        .anyMatch(note -> note.startsWith("What triggers did to other collections stays"));
    assertThat(undone.notes()).anyMatch(note -> note.contains("people (noted)"));
  }

  /** Records that somebody else puts into a table that was there, and empty, are theirs. */
  void othersMayWriteIntoATableThatWasEmpty(Runnable whileItRuns) {
    target(PEOPLE);
    source(PEOPLE, people(0, 60, 1));
    MigrationSpec spec =
        World.spec("sqlite:" + source, target.url(), ConflictPolicy.FAIL, 0, OnFailure.ROLLBACK);
    boolean[] isDone = new boolean[1];
    RunResult run =
        world
            .waybill()
            .apply(
                world.waybill().plan(spec),
                event -> {
                  if (event.text().equals("finish") && !isDone[0]) {
                    isDone[0] = true;
                    whileItRuns.run();
                  }
                },
                () -> false);

    assertThat(run.error()).isNull();
    assertThat(run.status()).isEqualTo(Status.OK);
    assertThat(world.waybill().verifyRun(run.run(), event -> {}).isEqual()).isTrue();
    RunResult undone = world.rollback(run);
    assertThat(undone.error()).isNull();
    assertThat(keys("people")).containsExactly("x1");
  }
}
