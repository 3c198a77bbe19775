package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a whole, from one SQLite file to another. */
class SqliteRunTest {
  @TempDir Path folder;
  private Recorded recorded = new Recorded();

  @BeforeEach
  void aSource() throws Exception {
    execute(
        "a.db",
        "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO agents VALUES (1, 'ada'), (2, 'bob'), (3, NULL)",
        "CREATE TABLE links (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
        "INSERT INTO links VALUES (1, 2)");
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

  private int run(String... arguments) {
    recorded = new Recorded();
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    return Main.run(recorded.terminal(), all.toArray(String[]::new));
  }

  private int migrate(String... options) {
    List<String> all = new ArrayList<>(List.of("migrate", "--from", url("a.db")));
    all.addAll(List.of("--to", url("b.db")));
    all.addAll(Arrays.asList(options));
    return run(all.toArray(String[]::new));
  }

  private String runId() {
    return recorded.lastLine().path("run").asText();
  }

  @Test
  void aRunArrivesIsVerifiedAndRolledBack() {
    assertThat(migrate("--json")).isZero();
    JsonNode summary = recorded.lastLine();
    String run = runId();
    assertThat(summary.path("status").asText()).isEqualTo("ok");
    assertThat(summary.path("collections").findValuesAsText("written")).containsExactly("3", "1");
    assertThat(summary.path("collections").findValuesAsText("verified")).containsExactly("3", "1");
    assertThat(recorded.lines().get(0).path("type").asText()).isEqualTo("run-started");
    assertThat(recorded.lines().get(0).path("run").asText()).isEqualTo(run);
    assertThat(recorded.err()).isEmpty();

    assertThat(run("verify", run)).isZero();
    assertThat(recorded.out()).startsWith("Equal: 4 records in 2 collections, every one compared.");

    assertThat(run("diff", "--from", url("a.db"), "--to", url("b.db"))).isZero();
    assertThat(recorded.out()).startsWith("No difference: 4 records in 2 collections.");

    assertThat(run("status", run)).isZero();
    assertThat(recorded.out()).contains("done", "agents");

    assertThat(run("rollback", run, "--dry-run")).isZero();
    assertThat(recorded.out()).contains("Nothing was changed. To roll back: waybill rollback");
    assertThat(folder.resolve("b.db")).exists();

    assertThat(run("rollback", run)).isZero();
    assertThat(recorded.out()).contains("Run " + run + " is rolled back.");
    assertThat(folder.resolve("b.db")).doesNotExist();

    assertThat(run("runs", "--json")).isZero();
    assertThat(recorded.lastLine().path("runs").get(0).path("state").asText())
        .isEqualTo("rolled-back");
  }

  @Test
  void theLastLineSaysWhatArrivedAndHowToUndoIt() {
    assertThat(migrate()).isZero();

    assertThat(recorded.out().lines().reduce((first, last) -> last).orElseThrow())
        .startsWith("4 records in 2 collections arrived, every one verified. ")
        .contains("; to undo it: waybill rollback ")
        .endsWith(" --home " + folder.resolve("home"));
  }

  @Test
  void aSecondRunWritesNothing() {
    migrate();

    assertThat(migrate("--json")).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("written"))
        .containsExactly("0", "0");
    assertThat(recorded.lastLine().path("collections").findValuesAsText("unchanged"))
        .containsExactly("3", "1");
  }

  @Test
  void anotherContentUnderTheSameKeyIsRefusedByName() throws Exception {
    migrate();
    execute("b.db", "UPDATE agents SET name = 'eve' WHERE id = 2");

    assertThat(migrate()).isEqualTo(Exit.REFUSED);
    assertThat(recorded.err())
        .contains("agents", "key 2", "\nNothing was written.\nTry: ", "--on-conflict skip");
  }

  @Test
  void whatDiffersIsNamedByKeyAndField() throws Exception {
    migrate("--json");
    String run = runId();
    execute(
        "b.db",
        "UPDATE agents SET name = 'eve' WHERE id = 2",
        "DELETE FROM links",
        "INSERT INTO agents VALUES (9, 'zoe')");

    assertThat(run("verify", run)).isEqualTo(Exit.DIFFERENT);
    assertThat(recorded.out())
        .contains("~ agents 2 name: bob → eve\n", "+ agents 9\n", "- links 1, 2\n");

    assertThat(run("rollback", run)).isEqualTo(Exit.STOPPED);
    assertThat(recorded.err()).contains("--on-changed keep");
  }

  @Test
  void aDryRunWritesNothing() {
    assertThat(migrate("--dry-run")).isZero();

    assertThat(recorded.out())
        .contains(
            "Nothing was written. 4 records in 2 collections were read, and every one can go.");
    assertThat(folder.resolve("b.db")).doesNotExist();
  }

  @Test
  void aPlanIsPrintedWrittenAndApplied() throws Exception {
    Path file = folder.resolve("plan.yaml");
    assertThat(run("plan", "--from", url("a.db"), "--to", url("b.db"))).isZero();
    String printed = recorded.out();
    assertThat(recorded.err()).contains("in all 4 records in 2 collections");

    assertThat(run("plan", "--from", url("a.db"), "--to", url("b.db"), "-o", file.toString()))
        .isZero();
    assertThat(file).hasContent(printed);
    assertThat(recorded.out()).contains("waybill apply " + file);

    assertThat(run("apply", file.toString())).isZero();
    assertThat(run("verify", file.toString())).isZero();
  }

  @Test
  void anEditedPlanIsCompletedAppliedAndVerified() throws Exception {
    Path file = folder.resolve("plan.yaml");
    run("plan", "--from", url("a.db"), "--to", url("b.db"), "-o", file.toString());
    String text = Files.readString(file);
    String edited =
        text.replaceFirst(
            "(?m)^      - source: name\n(        .*\n)+",
            "      - {source: name, target: called}\n"
                + "      - {constant: acme, target: tenant}\n");
    assertThat(edited).isNotEqualTo(text);

    Files.writeString(file, edited.replace("source: name", "source: nam"));
    assertThat(run("apply", file.toString())).isEqualTo(Exit.REFUSED);
    assertThat(recorded.err())
        .contains(file + " line ", "fields[1].source: the source's agents has no field \"nam\"")
        .contains("\nNothing was written.\n");
    assertThat(folder.resolve("b.db")).doesNotExist();

    Files.writeString(file, edited);
    assertThat(run("apply", file.toString())).as(recorded.all()).isZero();
    execute("b.db", "CREATE TABLE seen AS SELECT id, called, tenant FROM agents");
    assertThat(run("verify", file.toString())).as(recorded.all()).isZero();
  }

  @Test
  void aProfileSaysOnlyWhatIsToBeOtherwise() throws Exception {
    Path file = folder.resolve("p.yaml");
    Files.writeString(
        file,
        "{waybill-profile: 1, collections: [{source: agents, target: people, filter: id <> 2}]}");

    assertThat(migrate("--profile", file.toString(), "--json")).as(recorded.all()).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("written"))
        .containsExactly("2", "1");
    execute("b.db", "CREATE TABLE seen AS SELECT id FROM people");
  }

  @Test
  void aPlanWhoseSourceHasChangedItsSchemaIsStale() throws Exception {
    Path file = folder.resolve("plan.yaml");
    run("plan", "--from", url("a.db"), "--to", url("b.db"), "-o", file.toString());
    execute("a.db", "ALTER TABLE agents ADD COLUMN age INTEGER");

    assertThat(run("apply", file.toString())).isEqualTo(Exit.STALE);
    assertThat(recorded.err()).contains("\nNothing was written.\n");
    assertThat(folder.resolve("b.db")).doesNotExist();
  }

  private void aTargetThatRefusesBob() throws Exception {
    execute(
        "b.db",
        "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT CHECK (name NOT LIKE 'b%'))",
        "CREATE TABLE links (a INTEGER, b INTEGER, PRIMARY KEY (a, b))");
  }

  @Test
  void aRefusedRecordPutsTheTargetBack() throws Exception {
    aTargetThatRefusesBob();

    assertThat(migrate()).isEqualTo(Exit.PUT_BACK);
    assertThat(recorded.err()).contains("rejected: agents 2").contains("is as it was before run");
    assertThat(recorded.all()).doesNotContain("bob");
    assertThat(run("diff", "--from", url("a.db"), "--to", url("b.db"), "--json"))
        .isEqualTo(Exit.DIFFERENT);
    assertThat(recorded.lastLine().path("collections").findValuesAsText("target"))
        .containsExactly("0", "0");
  }

  @Test
  void aRefusedRecordMayStayBehind() throws Exception {
    aTargetThatRefusesBob();

    assertThat(migrate("--max-quarantined", "1", "--json")).isEqualTo(Exit.PARTIAL);
    assertThat(recorded.lastLine().path("status").asText()).isEqualTo("partial");
    assertThat(recorded.lastLine().path("collections").findValuesAsText("quarantined"))
        .containsExactly("1", "0");
    assertThat(recorded.lines())
        .anyMatch(line -> line.path("type").asText().equals("record-refused"));
  }

  @Test
  void whatAFailedRunWroteStaysWhenAskedFor() throws Exception {
    aTargetThatRefusesBob();

    assertThat(migrate("--on-failure", "keep")).isEqualTo(Exit.STOPPED);
    assertThat(recorded.err()).contains("Written and still there: ");
  }

  @Test
  void ofARunWhosePlanIsLostNobodySaysThatNothingWasWritten() throws Exception {
    assertThat(migrate("--json")).isZero();
    String run = runId();
    Path plan = folder.resolve("home/runs").resolve(run).resolve("plan.yaml");
    String text = Files.readString(plan);
    for (String left : new String[] {null, text.substring(0, text.length() / 2)}) {
      Files.delete(plan);
      if (left != null) {
        Files.writeString(plan, left);
      }
      for (String command : List.of("resume", "rollback")) {
        assertThat(run(command, run)).isEqualTo(Exit.REFUSED);
        assertThat(recorded.err())
            .contains("plan.yaml", "what run " + run + " had written is as it was")
            .contains("waybill rollback " + run, "waybill forget " + run + " --yes --force")
            .doesNotContain("Nothing was written");
      }
      Files.writeString(plan, text);
    }
    Files.delete(plan);
    assertThat(run("forget", run, "--yes", "--force")).isZero();
  }

  @Test
  void whatIsNoStoreIsOneClearError() throws Exception {
    Files.writeString(folder.resolve("text.db"), "not a database, but long enough to look at");

    for (String url : List.of(url("absent.db"), url("text.db"), "sqlite", "nosuch:x")) {
      assertThat(run("inspect", url)).isEqualTo(Exit.REFUSED);
      assertThat(recorded.err().lines().filter(line -> line.equals("Nothing was written.")))
          .hasSize(1);
      assertThat(recorded.err()).doesNotContain("Exception");
    }
    assertThat(folder.resolve("absent.db")).doesNotExist();
  }

  @Test
  void inspectNamesTheFieldsAndCountsTheRecords() {
    assertThat(run("inspect", url("a.db"))).isZero();
    assertThat(recorded.out()).contains("agents (3 records, key id)", "  name", "1 null");

    assertThat(run("inspect", url("a.db"), "--json")).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("name"))
        .contains("agents", "links");
  }

  @Test
  void anEmbeddedServerIsOnlyForStoresThatHaveOne() {
    assertThat(run("store", "start", url("a.db"))).isEqualTo(Exit.REFUSED);
    assertThat(run("stores")).isZero();
    assertThat(recorded.out()).contains("sqlite:", "postgresql:");
  }
}
