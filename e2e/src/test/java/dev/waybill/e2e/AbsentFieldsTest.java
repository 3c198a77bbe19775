package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Loss;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.testkit.MemoryForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields that documents do not have, in stores that know only null. */
class AbsentFieldsTest {
  private static final int RECORDS = 300;

  @TempDir private Path folder;
  private World world;
  private String sqlite;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    sqlite = "sqlite:" + folder.resolve("to.db");
  }

  /** Lines with a field in each twentieth that the others lack, but for some. */
  private String lines(String name, String others, int... those) throws IOException {
    return write(
        name,
        IntStream.range(0, RECORDS)
            .mapToObj(
                id -> {
                  String member =
                      id % 20 == 0
                          ? ",\"note\":\"n" + id + "\""
                          : IntStream.of(those).anyMatch(each -> each == id) ? others : "";
                  return "{\"id\":" + id + member + "}";
                })
            .collect(Collectors.joining("\n", "", "\n")));
  }

  private String write(String name, String text) throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve(name)).resolve("people.jsonl"), text);
    return "json:" + folder.resolve(name) + "/";
  }

  private RunResult done(String from, String to, ConflictPolicy policy) {
    RunResult result = world.migrate(World.spec(from, to, policy, 0, OnFailure.ROLLBACK));
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  private RunResult done(String from, String to) {
    return done(from, to, ConflictPolicy.FAIL);
  }

  /** How the records came back that are told apart by what they lack. */
  private void requireBack(String first, String from) {
    String again = "json:" + folder.resolve("again") + "/";
    done(from, again);
    assertThat(world.read(again, "people").records()).isEqualTo(RECORDS);
    assertThat(world.state(again).get("people").split(" ")[1])
        .isEqualTo(world.state(first).get("people").split(" ")[1]);
  }

  private long values(String url) {
    return world.read(url, Sidecar.VALUES.name()).records();
  }

  @Test
  void whereNoneIsNullThatIsToldOnceForTheField() throws IOException {
    String first = lines("first", "");

    Plan plan = world.waybill().plan(World.spec(first, sqlite));
    RunResult run = done(first, sqlite);

    assertThat(plan.losses())
        .filteredOn(loss -> loss.code().equals("ABSENT"))
        .extracting(Loss::records)
        .containsExactly((long) RECORDS - RECORDS / 20);
    assertThat(run.losses())
        .filteredOn(loss -> loss.code().equals("ABSENT"))
        .extracting(loss -> loss.values())
        .containsExactly((long) RECORDS - RECORDS / 20);
    assertThat(values(sqlite)).isZero();
    requireBack(first, sqlite);
  }

  @Test
  void ofAbsentOnesAndNullsTheFewerAreValues() throws IOException {
    String first = lines("first", ",\"note\":null", 1, 2, 3);

    done(first, sqlite);

    assertThat(values(sqlite)).isEqualTo(3);
    requireBack(first, sqlite);
  }

  @Test
  void itIsToldOverSeveralStores() throws IOException {
    String first = lines("first", ",\"note\":null", 5);
    String memory = MemoryStores.url(MemoryForm.RELATIONAL);

    done(first, sqlite);
    done(sqlite, memory);

    assertThat(values(memory)).isEqualTo(1);
    requireBack(first, memory);
  }

  @Test
  void aValueThatSomebodyWroteInItsPlaceIsThatValue() throws IOException, SQLException {
    String first = lines("first", "");
    done(first, sqlite);
    try (Connection connection = DriverManager.getConnection("jdbc:" + sqlite);
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE people SET note = 'mine' WHERE id = 1");
      statement.execute("UPDATE people SET note = NULL WHERE id = 20");
    }

    String again = "json:" + folder.resolve("again") + "/";
    done(sqlite, again);

    assertThat(String.join("", Files.readAllLines(file("again"))))
        .contains("\"note\":\"mine\"")
        .doesNotContain("n20\"")
        .doesNotContain("null");
  }

  private Path file(String name) throws IOException {
    try (var files = Files.list(folder.resolve(name))) {
      return files
          .filter(each -> String.valueOf(each.getFileName()).startsWith("people"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** What nulls stand for was told by the run that made the table, whatever a later one finds. */
  @Test
  void aLaterRunIntoTheTableKeepsWhatItsNullsStandFor() throws IOException {
    done(lines("first", ""), sqlite);
    String nulls =
        write(
            "nulls",
            IntStream.range(0, 40)
                .mapToObj(id -> "{\"id\":" + id + (id == 3 ? "" : ",\"note\":null") + "}")
                .collect(Collectors.joining("\n", "", "\n")));
    done(nulls, sqlite, ConflictPolicy.OVERWRITE);

    String again = "json:" + folder.resolve("again") + "/";
    done(sqlite, again);

    String text = Files.readString(file("again"));
    assertThat(text.split("null", -1)).hasSize(40);
    assertThat(values(sqlite)).isEqualTo(39);
  }

  /** And the other way round: a table whose nulls are nulls stays so. */
  @Test
  void aLaterRunIntoATableWithNullsKeepsThemNulls() throws IOException {
    String nulls =
        write(
            "nulls",
            IntStream.range(0, RECORDS)
                .mapToObj(id -> "{\"id\":" + id + (id == 3 ? "" : ",\"note\":null") + "}")
                .collect(Collectors.joining("\n", "", "\n")));
    done(nulls, sqlite);
    assertThat(values(sqlite)).isEqualTo(1);
    String few = write("few", "{\"id\":1}\n{\"id\":2}\n{\"id\":9,\"note\":\"x\"}\n");
    done(few, sqlite, ConflictPolicy.OVERWRITE);

    String again = "json:" + folder.resolve("again") + "/";
    done(sqlite, again);

    assertThat(Files.readString(file("again")).split("null", -1)).hasSize(RECORDS - 4 + 1);
  }
}
