package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JSON files that somebody else wrote, as targets: a run goes into them as they are. */
class JsonOfOthersTest {
  private static final String PEOPLE = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)";
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
}
