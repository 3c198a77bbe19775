package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.cli.Spoken;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Capabilities.Transactions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every check before a run, failing: what is said, and that nothing was written. */
class PreflightTest {
  private static final String[] SOURCE = {
    "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT)",
    "INSERT INTO agents VALUES (1, 'ada'), (2, 'bob'), (3, NULL)",
    "CREATE TABLE links (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
    "INSERT INTO links VALUES (1, 2)"
  };

  @TempDir private Path folder;

  @BeforeEach
  void makeSource() throws Exception {
    execute("a.db", SOURCE);
  }

  private void execute(String file, String... statements) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(file));
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private String url(String file) {
    return "sqlite:" + folder.resolve(file);
  }

  /** Every file there is with its content. */
  private static Map<String, String> files(Path folder) {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.filter(Files::isRegularFile).toList()) {
        files.put(each.toString(), HexFormat.of().formatHex(Files.readAllBytes(each)));
      }
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
    return files;
  }

  /** Without what differs from run to run. */
  private String plain(String said) {
    return said.replace(folder.toString(), "DIR")
        .replaceAll("has [0-9,]+ MB", "has N MB")
        .replaceAll("\\d{8}-\\d{6}-[0-9a-f]{6}", "RUN");
  }

  private Spoken run(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    Map<String, String> before = files(folder);
    Spoken spoken = Spoken.of(all.toArray(String[]::new));
    assertThat(files(folder)).as("files").isEqualTo(before);
    return spoken;
  }

  private void refuses(int exit, String code, String said, String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--json");
    Spoken spoken = run(all.toArray(String[]::new));
    assertThat(plain(spoken.err())).isEqualTo(said);
    assertThat(spoken.code()).isEqualTo(code);
    assertThat(spoken.exit()).isEqualTo(exit);
  }

  private static String[] migrate(String from, String to, String... options) {
    List<String> all = new ArrayList<>(List.of("migrate", "--from", from, "--to", to));
    all.addAll(Arrays.asList(options));
    return all.toArray(String[]::new);
  }

  /** Refused both as a run and as a dry run, in the same words. */
  private void refusesToMigrate(String code, String from, String to, String said) {
    refuses(2, code, said, migrate(from, to));
    refuses(2, code, said, migrate(from, to, "--dry-run"));
  }

  private void refusesToApply(int exit, String code, String plan, String said) {
    refuses(exit, code, said, "apply", plan);
    refuses(exit, code, said, "apply", plan, "--dry-run");
  }

  /** A plan file from a.db, its text changed. */
  private String plan(String to, String find, String replace) throws Exception {
    Path file = folder.resolve("plan.yaml");
    Spoken spoken = run("plan", "--from", url("a.db"), "--to", to);
    assertThat(spoken.exit()).as(spoken.err()).isZero();
    String changed = spoken.out().replaceAll(find, replace);
    assertThat(changed).isNotEqualTo(find.isEmpty() ? "" : spoken.out());
    Files.writeString(file, changed);
    return file.toString();
  }

  private void patch(String file, long at, int... bytes) throws Exception {
    try (RandomAccessFile open = new RandomAccessFile(folder.resolve(file).toFile(), "rw")) {
      open.seek(at);
      for (int each : bytes) {
        open.write(each);
      }
    }
  }

  // --- reachability and versions

  @Test
  void aSourceThatIsNotThereIsNamed() {
    refusesToMigrate(
        "FILE_MISSING",
        url("none.db"),
        url("b.db"),
        """
        There is no file DIR/none.db.
        Nothing was written.
        Try: see what is there: ls 'DIR'
        """);
  }

  @Test
  void aTargetInAFolderThatIsNotThereIsNamed() {
    refusesToMigrate(
        "FOLDER_MISSING",
        url("a.db"),
        url("no/b.db"),
        """
        There is no folder DIR/no to make the database b.db in.
        Nothing was written.
        Try: make it: mkdir -p 'DIR/no'
        """);
  }

  @Test
  void aSourceThatIsNoDatabaseIsNamed() throws Exception {
    Files.writeString(folder.resolve("notes.txt"), "these are not the records\n");

    refusesToMigrate(
        "FILE_IS_NO_DATABASE",
        url("notes.txt"),
        url("b.db"),
        """
        The file DIR/notes.txt is no SQLite database: it does not begin as one.
        Nothing was written.
        Try: see what it is: file 'DIR/notes.txt'
        """);
    refusesToMigrate(
        "FILE_IS_NO_DATABASE",
        "sqlite:" + folder,
        url("b.db"),
        """
        DIR is a folder, not a SQLite database.
        Nothing was written.
        Try: name the database file itself
        """);
  }

  @Test
  void aServerThatDoesNotAnswerIsNamed() {
    refusesToMigrate(
        "UNREACHABLE",
        url("a.db"),
        "postgresql://u@127.0.0.1:1/db?connect_timeout=2",
        """
        PostgreSQL at 127.0.0.1:1/db cannot be reached: Connection refused.
        Nothing was written.
        Try: look whether the server runs and the address is right: pg_isready -h 127.0.0.1 -p 1
        """);
  }

  @Test
  void aHostThatNobodyKnowsIsNamed() {
    refusesToMigrate(
        "UNREACHABLE",
        "postgresql://u@nowhere.invalid/db?connect_timeout=2",
        url("b.db"),
        """
        PostgreSQL at nowhere.invalid:5432/db cannot be reached: no such host.
        Nothing was written.
        Try: look whether the server runs and the address is right: pg_isready -h nowhere.invalid \
        -p 5432
        """);
  }

  @Test
  void aFileOfAFormatThatIsTooNewToReadIsNamed() throws Exception {
    patch("a.db", 18, 3, 3);

    refusesToMigrate(
        "FORMAT_TOO_NEW",
        url("a.db"),
        url("b.db"),
        """
        The database DIR/a.db has a format that only a newer SQLite reads (format 3, schema format 4).
        Nothing was written.
        Try: see what made it: file 'DIR/a.db'; or write it out with that program: .dump
        """);
  }

  @Test
  void aFileOfAFormatThatIsTooNewToWriteIsNoTarget() throws Exception {
    execute("b.db", "CREATE TABLE other (id INTEGER PRIMARY KEY)");
    patch("b.db", 18, 3, 1);

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        url("b.db"),
        """
        The plan cannot be applied: 1 thing stands in the way from sqlite:DIR/a.db to sqlite:DIR/b.db:
          The target DIR/b.db has a format that only a newer SQLite writes. Try: choose another file
        Nothing was written.
        """);
  }

  // --- integrity

  @Test
  void aDamagedSourceIsNamed() throws Exception {
    execute(
        "big.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            + " INSERT INTO t SELECT i, printf('body %d', i) FROM n");
    patch("big.db", 4096 * 4, IntStream.range(0, 200).map(i -> 0xff).toArray());

    refusesToMigrate(
        "DATABASE_DAMAGED",
        url("big.db"),
        url("b.db"),
        """
        The database DIR/big.db is damaged: database disk image is malformed.
        Nothing was written.
        Try: take a backup of it, or see what can be saved: sqlite3 'DIR/big.db' .recover
        """);
  }

  @Test
  void aSourceThatEndsTooSoonIsNamed() throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("a.db").toFile(), "rw")) {
      file.setLength(4096);
    }

    refusesToMigrate(
        "DATABASE_DAMAGED",
        url("a.db"),
        url("b.db"),
        """
        The database DIR/a.db is damaged: it should have 16384 bytes and has 4096.
        Nothing was written.
        Try: take a backup of it, or see what can be saved: sqlite3 'DIR/a.db' .recover
        """);
  }

  /** Makes the index on names say another name than its table. */
  private void damageIndex() throws Exception {
    byte[] bytes = Files.readAllBytes(folder.resolve("a.db"));
    int last = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf("bob");
    patch("a.db", last, 'b', 'a', 'b');
  }

  @Test
  void aDamagedIndexOfTheSourceIsNamed() throws Exception {
    execute("a.db", "CREATE INDEX by_name ON agents (name)");
    damageIndex();

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        url("b.db"),
        """
        The plan cannot be applied: 1 thing stands in the way from sqlite:DIR/a.db to sqlite:DIR/b.db:
          SQLite's integrity check says: row 2 missing from index by_name. Try: take a backup of the \
        file, then make its indexes anew: sqlite3 FILE REINDEX
        Nothing was written.
        """);
  }

  @Test
  void aSourceThatWasDamagedSinceThePlanIsRefusedByApply() throws Exception {
    execute("a.db", "CREATE INDEX by_name ON agents (name)");
    String plan = plan(url("b.db"), "", "");
    damageIndex();

    refusesToApply(
        2,
        "DATABASE_DAMAGED",
        plan,
        """
        SQLite's integrity check says: row 2 missing from index by_name.
        Nothing was written.
        Try: take a backup of the file, then make its indexes anew: sqlite3 FILE REINDEX
        """);
  }

  @Test
  void danglingReferencesAreNamed() throws Exception {
    execute(
        "a.db",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, agent INTEGER REFERENCES agents (id))",
        "INSERT INTO child VALUES (1, 42), (2, 1), (3, 43)");

    refusesToMigrate(
        "PLAN_REFUSED",
        url("a.db"),
        url("b.db"),
        """
        The plan cannot be applied: 1 thing cannot go from sqlite:DIR/a.db to \
        sqlite:DIR/b.db:
          child.agent: it points at no record of agents (2 records: 1; 3)
        Nothing was written.
        Try: mend it in the source, or leave it out: --exclude child; or let them through: \
        --on-loss FOREIGN_KEY_DANGLES=sidecar
        """);
    assertThat(dryRun("--on-loss", "FOREIGN_KEY_DANGLES=sidecar"))
        .contains(
            "note:   FOREIGN_KEY_DANGLES  2 records of \"child\" point at no record of \"agents\" (key"
                + " 1; 3).");
  }

  // --- what is in the way

  @Test
  void conflictsOfAllCollectionsAreNamedTogether() throws Exception {
    execute("b.db", SOURCE);
    for (String file : List.of("a.db", "b.db")) {
      execute(
          file,
          "ALTER TABLE links ADD COLUMN place TEXT",
          "UPDATE links SET place = '" + file + "'",
          "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 34)"
              + " INSERT INTO agents SELECT i, '"
              + file
              + "' FROM n");
    }

    refusesToMigrate(
        "CONFLICTS",
        url("a.db"),
        url("b.db"),
        """
        2 collections of the target hold records of the same key and another content:
          "agents": 25 records: key 10; 11; 12; 13; 14; 15; 16; 17; 18; 19; 20; 21; 22; 23; 24; 25; \
        26; 27; 28; 29 (+5 more)
          "links": 1 record: key 1, 2
        Nothing was written.
        Try: see both sides: waybill diff --from sqlite:DIR/a.db --to sqlite:DIR/b.db; then keep the \
        target's: --on-conflict skip, replace them: --on-conflict overwrite, or take the newer: \
        --on-conflict newer:FIELD
        """);
  }

  @Test
  void collectionsWithoutKeyThatAreNotEmptyAreNamedTogether() throws Exception {
    String[] log = {
      "CREATE TABLE log (line TEXT)", "CREATE TABLE trace (line TEXT)",
      "INSERT INTO log VALUES ('one'), ('two')", "INSERT INTO trace VALUES ('three')"
    };
    execute("a.db", log);
    execute("b.db", log);

    refusesToMigrate(
        "TARGET_NOT_EMPTY",
        url("a.db"),
        url("b.db"),
        """
        Target collections "log" (2 records), "trace" (1 record) are not empty and have no key by \
        which records that are there could be told from new ones.
        Nothing was written.
        Try: leave them out: --exclude log,trace, choose an empty target, or add to what is there: \
        --on-conflict append
        """);
  }

  @Test
  void somethingElseOfTheSameNameIsNamed() throws Exception {
    execute(
        "b.db",
        "CREATE TABLE other (id INTEGER PRIMARY KEY, n INTEGER)",
        "CREATE VIEW agents AS SELECT id FROM other",
        "CREATE INDEX links ON other (n)");

    refusesToMigrate(
        "PREFLIGHT_REFUSED",
        url("a.db"),
        url("b.db"),
        """
        2 things stand in the way of this run:
          NAME_TAKEN  Collection "agents" cannot be made: there is a view "agents" in the target.
          NAME_TAKEN  Collection "links" cannot be made: there is an index "links" in the target.
        Nothing was written.
        Try: give it another name in the plan, or leave it out (--exclude)
        """);
  }

  @Test
  void aNameThatDiffersByCaseOnlyIsTaken() throws Exception {
    execute("b.db", "CREATE TABLE Agents (id INTEGER PRIMARY KEY)");

    refusesToMigrate(
        "NAME_TAKEN",
        url("a.db"),
        url("b.db"),
        """
        Collection "agents" cannot be made: there is a table "Agents" in the target.
        Nothing was written.
        Try: give it another name in the plan, or leave it out (--exclude)
        """);
  }

  @Test
  void moreFieldsThanATableCanHaveAreNamed() {
    World world = new World(folder.resolve("outside"));
    List<Field> fields =
        IntStream.rangeClosed(0, 2000)
            .mapToObj(i -> World.field("f" + i, LogicalType.INT64, i > 0))
            .toList();
    Collection wide = Collection.of("wide", fields, List.of("f0"));
    RecordBatch records = World.batch(wide);
    fields.forEach(field -> records.putInt64(1));
    String from = World.url(Transactions.BATCH);
    world.fill(from, wide, records);

    refusesToMigrate(
        "TOO_MANY_FIELDS",
        from,
        url("b.db"),
        """
        Collection "wide" has 2,001 fields, and a table of SQLite at most 2,000.
        Nothing was written.
        Try: leave fields out in the plan
        """);
  }

  // --- one store, stale plans

  private static final String ONE_STORE =
      """
      Source and target are one store: sqlite:DIR/a.db and sqlite:DIR/NAME.
      Nothing was written.
      Try: name another target
      """;

  @Test
  void aStoreIsNotItsOwnTarget() throws Exception {
    Files.createSymbolicLink(folder.resolve("link.db"), folder.resolve("a.db"));
    Files.createLink(folder.resolve("hard.db"), folder.resolve("a.db"));

    for (String same : List.of("a.db", "link.db", "hard.db")) {
      refusesToMigrate("ONE_STORE", url("a.db"), url(same), ONE_STORE.replace("NAME", same));
    }
  }

  @Test
  void aPlanThatWasEditedIntoOneStoreIsRefused() throws Exception {
    String plan = plan(url("b.db"), "b\\.db", "a.db");

    refusesToApply(2, "ONE_STORE", plan, ONE_STORE.replace("NAME", "a.db"));
  }

  @Test
  void aPlanWhoseSourceHasChangedSinceIsStale() throws Exception {
    String plan = plan(url("b.db"), "", "");
    execute("a.db", "ALTER TABLE agents ADD COLUMN mood TEXT", "DROP TABLE links");

    refusesToApply(
        5,
        "STALE_PLAN",
        plan,
        """
        The source's schema is not the one that the plan was made for: agents.mood is new, links is \
        gone.
        Nothing was written.
        Try: make a new plan and read what is different: waybill plan --from … --to …
        """);
  }

  @Test
  void aPlanWhoseTargetHasChangedSinceIsStale() throws Exception {
    String plan = plan(url("b.db"), "", "");
    execute("b.db", "CREATE TABLE agents (id INTEGER PRIMARY KEY)");

    refusesToApply(
        5,
        "STALE_PLAN",
        plan,
        """
        The target's schema is not the one that the plan was made for: agents is there now.
        Nothing was written.
        Try: make a new plan and read what is different: waybill plan --from … --to …
        """);
  }

  // --- room

  @Test
  void aTargetWithoutRoomIsNamedBeforeItIsTouched() throws Exception {
    String plan = plan(url("b.db"), "bytes: \\d+", "bytes: 4000000000000000");

    refusesToApply(
        2,
        "NO_SPACE",
        plan,
        """
        The target has N MB free at sqlite:DIR/b.db and needs about 10,000,000,000 MB.
        Nothing was written.
        Try: make room there, take less (--only, --exclude), or choose another place
        """);
  }

  @Test
  void aRunDirectoryWithoutRoomIsNamedWhereTheTargetDoesNotSay() throws Exception {
    String plan = plan(World.url(Transactions.BATCH), "bytes: \\d+", "bytes: 4000000000000000");

    refusesToApply(
        2,
        "NO_SPACE",
        plan,
        """
        The run directory has N MB free at DIR/home/runs/RUN and needs about 800,000,001 MB.
        Nothing was written.
        Try: make room there, take less (--only, --exclude), or choose another place
        """);
  }

  // --- the dry run

  private String dryRun(String... options) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.add("--dry-run");
    Spoken spoken = run(migrate(url("a.db"), url("b.db"), all.toArray(String[]::new)));
    assertThat(spoken.exit()).as(spoken.err()).isZero();
    return plain(spoken.out());
  }

  @Test
  void aDryRunSaysWhatItLookedAtAndLeavesNoFileBehind() {
    assertThat(dryRun())
        .isEqualTo(
            """
            collection  read  written  verified
            agents         3        0         0
            links          1        0         0
            total          4        0         0

            note: The source (SQLite 3.54.1) answers, its schema is the plan's, and its own checks find \
            nothing.
            note: The target (SQLite 3.54.1) is not there yet; the run would make it.
            note: The target has N MB free; about 1 MB needed.
            note: The run directory has N MB free; about 17 MB needed.
            note: It takes about 1 s, guessed from the source's size.
            note: The run would write 4 records.
            Nothing was written. 4 records in 2 collections were read, and every one can go.
            """);
  }

  @Test
  void aDryRunCountsWhatIsThereAlready() throws Exception {
    execute("b.db", SOURCE);
    execute(
        "b.db", "UPDATE agents SET name = 'eve' WHERE id = 2", "DELETE FROM agents WHERE id = 3");

    assertThat(dryRun("--on-conflict", "skip"))
        .contains("agents         3        0          1        1         0")
        .contains(
            "note: The run would write 1 record; 2 are there already; 1 stay as the target has"
                + " them.");
    assertThat(dryRun("--on-conflict", "overwrite"))
        .contains(
            "note: The run would write 2 records, 1 of them over another; 2 are there already.");
  }
}
