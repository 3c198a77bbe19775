package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept and what stayed behind, from the command line. */
class BackupCommandTest {
  @TempDir Path folder;
  private Recorded recorded = new Recorded();

  @BeforeEach
  void twoFiles() throws Exception {
    execute(
        "a.db",
        "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO agents VALUES (1, 'ada'), (2, 'bob'), (3, NULL)");
    execute(
        "b.db",
        "CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "INSERT INTO agents VALUES (1, 'before'), (2, 'bob')");
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

  private List<String> names(String file) throws Exception {
    List<String> names = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(file));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT name FROM agents ORDER BY id")) {
      while (row.next()) {
        names.add(row.getString(1));
      }
    }
    return names;
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

  private String overwritten() throws Exception {
    assertThat(
            run(
                "migrate",
                "--from",
                url("a.db"),
                "--to",
                url("b.db"),
                "--on-conflict",
                "overwrite",
                "--max-quarantined",
                "1",
                "--json"))
        .isEqualTo(Exit.PARTIAL);
    assertThat(names("b.db")).containsExactly("ada", "bob");
    return recorded.lastLine().path("run").asText();
  }

  @Test
  void aBackupIsListedRestoredAndPruned() throws Exception {
    String run = overwritten();

    assertThat(run("backup", "list")).isZero();
    assertThat(recorded.out()).contains(run, "keep until");
    assertThat(run("backup", "list", "--json")).isZero();
    assertThat(recorded.lastLine().path("backups").get(0).path("run").asText()).isEqualTo(run);
    assertThat(recorded.lastLine().path("backups").get(0).path("records").asInt()).isEqualTo(1);

    assertThat(run("backup", "restore", run, "--to", url("c.db"), "--json")).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("verified"))
        .containsExactly("1");
    assertThat(names("c.db")).containsExactly("before");

    assertThat(run("backup", "prune")).isZero();
    assertThat(recorded.out()).isEqualTo("There is no backup whose time is over.\n");
    assertThat(run("backup", "prune", "--older-than", "0s", "--dry-run")).isZero();
    assertThat(recorded.out()).contains(run, "1 backup would be removed");
    assertThat(folder.resolve("home/runs/" + run + "/backup")).exists();
    assertThat(run("backup", "prune", "--older-than", "0s")).isZero();
    assertThat(recorded.out()).contains(run, "1 backup was removed");
    assertThat(folder.resolve("home/runs/" + run + "/backup")).doesNotExist();
    assertThat(run("backup", "list")).isZero();
    assertThat(recorded.out()).isEqualTo("There are no backups.\n");
    assertThat(run("backup", "restore", run, "--to", url("d.db"))).isEqualTo(Exit.REFUSED);
    assertThat(recorded.err()).contains("has no backup", "waybill backup list");
  }

  @Test
  void withNoBackupThereIsNone() {
    run(
        "migrate",
        "--from",
        url("a.db"),
        "--to",
        url("b.db"),
        "--on-conflict",
        "overwrite",
        "--max-quarantined",
        "1",
        "--no-backup");

    assertThat(run("backup", "list")).isZero();
    assertThat(recorded.out()).isEqualTo("There are no backups.\n");
  }

  @Test
  void whatStayedBehindGoesIntoTheRunsOwnTargetOnceItIsMended() throws Exception {
    String run = overwritten();
    Path file = folder.resolve("home/runs/" + run + "/quarantine/records.ndjson");
    Files.writeString(file, Files.readString(file).replace("\"name\":null", "\"name\":\"mended\""));

    assertThat(run("migrate", "--from", "quarantine:" + run)).isZero();
    assertThat(recorded.out()).contains("1 record in 1 collection arrived");
    assertThat(names("b.db")).containsExactly("ada", "bob", "mended");
    assertThat(run("migrate", "--from", "quarantine:" + run, "--json")).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("written"))
        .containsExactly("0");
  }

  @Test
  void aBackupIsNotWrittenTo() throws Exception {
    String run = overwritten();

    assertThat(run("migrate", "--from", url("a.db"), "--to", "backup:" + run))
        .isEqualTo(Exit.REFUSED);
    assertThat(recorded.err()).contains("can be read but not written");
    assertThat(run("backup", "restore", run, "--from", url("a.db"), "--to", url("c.db")))
        .isEqualTo(Exit.REFUSED);
    assertThat(run("backup", "prune", "--older-than", "soon")).isEqualTo(Exit.REFUSED);
    assertThat(run("backup")).isEqualTo(Exit.REFUSED);
  }
}
