package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line as a whole, with JSON files on one side or both. */
class JsonRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String AGENTS =
      """
      [
        {"id": 1, "name": "ada", "tags": ["x", {"y": null}]},
        {"id": 2, "name": null},
        {"id": 3}
      ]
      """;

  @TempDir Path folder;
  private Recorded recorded = new Recorded();

  @BeforeEach
  void aSource() throws IOException {
    Files.writeString(folder.resolve("agents.json"), AGENTS);
  }

  private String json(String name) {
    return "json:" + folder.resolve(name);
  }

  private int run(String... arguments) {
    recorded = new Recorded();
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    return Main.run(recorded.terminal(), all.toArray(String[]::new));
  }

  private int migrate(String from, String to, String... options) {
    List<String> all = new ArrayList<>(List.of("migrate", "--from", from, "--to", to));
    all.addAll(Arrays.asList(options));
    return run(all.toArray(String[]::new));
  }

  private TreeSet<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(java.util.stream.Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void aFileComesBackOverSqliteAndIsRolledBack() throws IOException {
    String there = "sqlite:" + folder.resolve("there.db");
    String last = json("last/agents.json");
    Files.createDirectories(folder.resolve("last"));

    assertThat(migrate(json("agents.json"), there, "--json")).as(recorded.all()).isZero();
    JsonNode summary = recorded.lastLine();
    assertThat(summary.path("type").asText()).isEqualTo("summary");
    assertThat(summary.path("status").asText()).isEqualTo("ok");
    JsonNode agents = summary.path("collections").get(0);
    assertThat(agents.path("name").asText()).isEqualTo("agents");
    for (String count : List.of("read", "written", "verified")) {
      assertThat(agents.path(count).asLong()).as(count).isEqualTo(3);
    }

    assertThat(migrate(there, last, "--json")).as(recorded.all()).isZero();
    String run = recorded.lastLine().path("run").asText();
    assertThat(recorded.lastLine().path("collections").get(0).path("written").asLong())
        .isEqualTo(3);
    assertThat(JSON.readTree(folder.resolve("last/agents.json").toFile()))
        .isEqualTo(JSON.readTree(AGENTS));
    assertThat(run("diff", "--from", json("agents.json"), "--to", last)).isZero();
    assertThat(recorded.out()).startsWith("No difference: 3 records in 1 collection.");
    assertThat(run("verify", run)).as(recorded.all()).isZero();

    assertThat(run("rollback", run)).as(recorded.all()).isZero();
    assertThat(folder.resolve("last")).isEmptyDirectory();
    assertThat(folder.resolve("agents.json")).hasContent(AGENTS);
  }

  @Test
  void aSecondRunWritesNothing() {
    assertThat(migrate(json("agents.json"), json("b.json"))).as(recorded.all()).isZero();

    assertThat(migrate(json("agents.json"), json("b.json"), "--json")).as(recorded.all()).isZero();
    JsonNode agents = recorded.lastLine().path("collections").get(0);
    assertThat(agents.path("written").asLong()).isZero();
    assertThat(agents.path("unchanged").asLong()).isEqualTo(3);
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    assertThat(migrate(json("agents.json"), json("b.json"), "--dry-run")).isZero();

    assertThat(recorded.out()).contains("Nothing was written. 3 records in 1 collection were read");
    assertThat(files()).containsExactly("agents.json", "home");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 20, 45, 70, 90})
  void aFileThatIsCutIsRefusedWithItsOffset(int bytes) throws IOException {
    Files.writeString(folder.resolve("cut.json"), AGENTS.substring(0, bytes));

    for (String to : List.of("sqlite:" + folder.resolve("b.db"), json("b.json"))) {
      assertThat(migrate(json("cut.json"), to)).isEqualTo(Exit.REFUSED);
      assertThat(recorded.err())
          .contains("cut.json", "byte " + bytes, "\nNothing was written.\n")
          .doesNotContain("Exception", "ada");
    }
    assertThat(files()).containsExactly("agents.json", "cut.json");
  }

  @Test
  void inspectNamesTheFieldsAndHowManyRecordsHaveThem() {
    assertThat(run("inspect", json("agents.json"))).isZero();
    assertThat(recorded.out())
        .contains("agents (3 records, key id)", "name text (1 of 3, null in 1, absent in 1)");

    assertThat(run("inspect", json("agents.json"), "--json")).isZero();
    assertThat(recorded.lastLine().path("collections").findValuesAsText("name")).contains("agents");
  }

  @Test
  void whatIsNoStoreIsOneClearError() throws IOException {
    Files.writeString(folder.resolve("text.json"), "no JSON at all");
    Files.createDirectory(folder.resolve("empty"));

    for (String url :
        List.of(json("absent.json"), json("text.json"), "json:", json("a.json?x=y"))) {
      assertThat(run("inspect", url)).as(url).isEqualTo(Exit.REFUSED);
      assertThat(recorded.err().lines().filter(line -> line.equals("Nothing was written.")))
          .hasSize(1);
      assertThat(recorded.err()).doesNotContain("Exception");
    }
    assertThat(files()).doesNotContain("absent.json");
  }

  @Test
  void storesNamesJson() {
    assertThat(run("stores")).isZero();
    assertThat(recorded.out()).contains("json:");
  }
}
