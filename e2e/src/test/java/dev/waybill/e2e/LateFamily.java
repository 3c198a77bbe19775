package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.MigrationSpec.OnFailure;
import dev.waybill.RunResult;
import dev.waybill.RunResult.Status;
import dev.waybill.Waybill.OnChanged;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Index;
import dev.waybill.plan.Plan;
import dev.waybill.run.CollectionResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * People, two of whom have an address that another has too, and their messages, which answer each
 * other. The plan forbids that, so two people, their messages and all answers to these cannot stay.
 */
final class LateFamily {
  static final int PEOPLE = 40;
  static final int MESSAGES = 202;
  static final List<String> REFUSED =
      List.of(
          "message 11",
          "message 131",
          "message 166",
          "message 171",
          "message 201",
          "message 202",
          "message 46",
          "message 51",
          "message 6",
          "message 86",
          "message 91",
          "message 126",
          "person 12",
          "person 7");

  private final World world;
  private final String from;
  private final String to;
  private final Map<String, String> first;

  LateFamily(World world, Path folder, String to) {
    this(world, source(folder), to);
  }

  LateFamily(World world, String from, String to) {
    this.world = world;
    this.from = from;
    this.to = to;
    this.first = world.state(to);
  }

  /** The URL of their database, made anew. */
  static String source(Path folder) {
    Path file = folder.resolve("family.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT, name TEXT NOT NULL)");
      statement.execute(
          "CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER REFERENCES person(id),"
              + " parent INTEGER REFERENCES message(id), body TEXT)");
      statement.execute(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
              + PEOPLE
              + ") INSERT INTO person SELECT i, CASE WHEN i IN (3, 7, 12) THEN 'same' WHEN i < 30"
              + " THEN 'a' || i END, 'name ' || i FROM n");
      statement.execute(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
              + " INSERT INTO message SELECT i, i % 40 + 1, nullif(max(i - 40, 0), 0), 'body ' || i"
              + " FROM n");
      statement.execute("INSERT INTO message VALUES (201, 1, 166, 'a'), (202, 2, 201, 'b')");
    } catch (java.sql.SQLException failure) {
      throw new AssertionError(failure);
    }
    return "sqlite:" + file;
  }

  /** The plan with a unique index that the source does not have. */
  Plan plan(long maxQuarantined, OnFailure onFailure) {
    Plan plan =
        world.waybill().plan(World.spec(from, to, ConflictPolicy.FAIL, maxQuarantined, onFailure));
    return plan.withSteps(
        plan.steps().stream()
            .map(
                step ->
                    step.source().equals("person") ? step.withTarget(unique(step.target())) : step)
            .toList());
  }

  private Collection unique(Collection person) {
    Index index =
        new Index("person_email", List.of(new Index.Column("email", false)), true, "", "");
    return person.withConstraints(
        List.of(List.of("email")),
        person.foreignKeys(),
        to.startsWith("sqlite:") ? List.of(index) : List.of());
  }

  RunResult run(long maxQuarantined, OnFailure onFailure) {
    return world.apply(plan(maxQuarantined, onFailure), () -> false);
  }

  /** All but those that cannot stay arrive, everything is proven, and it can be undone. */
  void whatCannotStayIsQuarantinedAndTheRestArrives() {
    RunResult result = run(REFUSED.size(), OnFailure.ROLLBACK);

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(Status.PARTIAL);
    CollectionResult person = of(result, "person");
    CollectionResult message = of(result, "message");
    assertThat(person.read()).isEqualTo(PEOPLE);
    assertThat(person.written()).isEqualTo(PEOPLE - 2);
    assertThat(person.verified()).isEqualTo(PEOPLE - 2);
    assertThat(person.quarantined()).isEqualTo(2);
    assertThat(person.deleted()).isZero();
    assertThat(message.read()).isEqualTo(MESSAGES);
    assertThat(message.written()).isEqualTo(MESSAGES - 12);
    assertThat(message.verified()).isEqualTo(MESSAGES - 12);
    assertThat(message.quarantined()).isEqualTo(12);
    assertThat(quarantined(result)).containsExactlyInAnyOrderElementsOf(REFUSED);
    assertThat(world.read(to, "person").records()).isEqualTo(PEOPLE - 2);
    assertThat(world.collection(to, "message").foreignKeys()).hasSize(2);
    assertThat(world.collection(to, "person").uniqueSets()).hasSize(1);

    assertThat(world.rollback(result).error()).isNull();
    assertThat(world.state(to)).isEqualTo(first);
  }

  /** Without leave to stay behind they fail the run, which names them all. */
  void withoutLeaveAllAreNamedAndTheTargetIsPutBack() {
    RunResult result = run(0, OnFailure.ROLLBACK);

    assertThat(result.status()).isEqualTo(Status.PUT_BACK);
    assertThat(MigrationTest.error(result).code()).isEqualTo("TOO_MANY_REFUSED");
    assertThat(MigrationTest.error(result).getMessage())
        .startsWith("14 records cannot go, 0 may stay behind:")
        .contains("person 7: has the same email as another, which stays")
        .contains("message 202: points with parent at no record of \"message\"");
    assertThat(quarantined(result)).containsExactlyInAnyOrderElementsOf(REFUSED);
    assertThat(world.state(to)).isEqualTo(first);
  }

  /** What was written is kept as asked, and is taken back later. */
  void aRunThatIsKeptIsRolledBackLater() {
    RunResult result = run(5, OnFailure.KEEP);

    assertThat(result.status()).isEqualTo(Status.STOPPED);
    assertThat(world.rollback(result, OnChanged.ABORT).error()).isNull();
    assertThat(world.state(to)).isEqualTo(first);
  }

  Map<String, String> first() {
    return first;
  }

  String to() {
    return to;
  }

  private static CollectionResult of(RunResult result, String name) {
    return result.collections().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static List<String> quarantined(RunResult result) {
    List<String> found = new ArrayList<>();
    try {
      for (String line :
          Files.readAllLines(result.directory().resolve("quarantine/records.ndjson"))) {
        JsonNode node = new ObjectMapper().readTree(line);
        found.add(node.path("collection").asText() + " " + node.path("key").asText());
      }
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
    assertThat(new TreeSet<>(found)).as("each once").hasSameSizeAs(found);
    return found;
  }
}
