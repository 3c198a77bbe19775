package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Loss;
import dev.waybill.plan.Plan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Into Chroma and out of it, on real servers. */
@Timeout(300)
class ChromaIT {
  private static final int RECORDS = 120;
  private static final int DIMENSION = 24;

  @TempDir private Path folder;
  private TestServer postgres;
  private TestChroma chroma;
  private World world;

  @BeforeEach
  void begin() {
    postgres = new TestServer();
    chroma = new TestChroma();
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    if (postgres != null) {
      postgres.close();
    }
  }

  private RunResult move(String from, String to) {
    Plan plan = world.waybill().plan(MigrationSpec.of(from, to));
    assertThat(plan.refusals()).isEmpty();
    RunResult result = world.apply(plan, () -> false);
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(RunResult.Status.OK);
    return result;
  }

  private String blobs() throws Exception {
    Path file = folder.resolve("blobs.db");
    Random random = new Random(7);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE notes (id INTEGER PRIMARY KEY, document TEXT, score REAL, embedding BLOB)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO notes VALUES (?, ?, ?, ?)")) {
        for (int i = 0; i < RECORDS; i++) {
          ByteBuffer vector = ByteBuffer.allocate(4 * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
          for (int k = 0; k < DIMENSION; k++) {
            vector.putFloat((float) random.nextGaussian());
          }
          insert.setInt(1, i);
          insert.setString(2, i % 5 == 0 ? null : "note " + i);
          insert.setDouble(3, random.nextDouble());
          insert.setBytes(4, vector.array());
          insert.execute();
        }
      }
    }
    return "sqlite:" + file;
  }

  private void requireEqual(String from, String to) {
    assertThat(world.waybill().diff(MigrationSpec.of(from, to), event -> {}).differences())
        .isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> vectorsComeBackBitForBitFromEveryOrderOfStores() {
    List<String> others = List.of("chroma", "postgresql", "json");
    List<List<String>> ways = new ArrayList<>();
    for (String first : others) {
      for (String second : others) {
        ways.add(first.equals(second) ? List.of(first) : List.of(first, second));
      }
    }
    return ways.stream()
        .map(
            way ->
                DynamicTest.dynamicTest(
                    way + " and back",
                    () -> {
                      String first = blobs();
                      String last = first;
                      for (String each : way) {
                        String next = fresh(each);
                        move(last, next);
                        last = next;
                      }
                      String back = "sqlite:" + folder.resolve("back" + way + ".db");
                      move(last, back);

                      requireEqual(first, back);
                      Files.delete(Path.of(first.substring("sqlite:".length())));
                    }));
  }

  private String fresh(String kind) {
    return switch (kind) {
      case "chroma" -> chroma.database();
      case "postgresql" -> postgres.database();
      default -> "json:" + folder.resolve("json-" + java.util.UUID.randomUUID()) + "/";
    };
  }

  @Test
  void underCosineTheLargestDifferenceIsNamedAndWhatTheServerAnswersIsProven() throws Exception {
    String source = postgres.database();
    move(blobs(), source);
    postgres.run(
        source, "CREATE INDEX near ON notes USING hnsw (embedding vector_cosine_ops) WITH (m = 8)");
    String target = chroma.database();

    Plan plan = world.waybill().plan(MigrationSpec.of(source, target));
    RunResult result = world.apply(plan, () -> false);

    assertThat(result.error()).isNull();
    assertThat(plan.losses())
        .filteredOn(loss -> loss.field().equals("embedding"))
        .extracting(Loss::code)
        .contains("NOT_PROVEN_BACK");
    assertThat(result.notes()).anyMatch(note -> note.contains("notes.embedding differs from"));
    JsonNode told = chroma.collection(target, "notes");
    assertThat(told.at("/configuration_json/hnsw/space").asText()).isEqualTo("cosine");
    assertThat(told.at("/configuration_json/hnsw/max_neighbors").asInt()).isEqualTo(8);
    // From one Chroma to another nothing changes any more.
    String other = chroma.database();
    move(target, other);
    assertThat(vectors(other)).isEqualTo(vectors(target)).hasSize(RECORDS);
  }

  private Map<String, String> vectors(String database) {
    Map<String, String> vectors = new java.util.TreeMap<>();
    JsonNode all = chroma.all(database, "notes");
    for (int i = 0; i < all.get("ids").size(); i++) {
      vectors.put(all.get("ids").get(i).asText(), all.get("embeddings").get(i).toString());
    }
    return vectors;
  }

  @Test
  void aRollbackGivesTheVeryCollectionBackThatWasThere() throws Exception {
    String target = chroma.database();
    chroma.ask(
        target,
        "POST",
        "/collections",
        Map.of(
            "name", "notes",
            "metadata", Map.of("owner", "app", "ratio", 0.449491064788738),
            "configuration", Map.of("hnsw", Map.of("space", "cosine"))));
    String id = chroma.collection(target, "notes").get("id").asText();
    chroma.ask(
        target,
        "POST",
        "/collections/" + id + "/upsert",
        Map.of(
            "ids", List.of("a", "b", "c"),
            "documents", List.of("one", "two", "three"),
            "metadatas", List.of(Map.of("n", 1), Map.of("n", 2), Map.of("n", 3)),
            "embeddings", List.of(List.of(0.1, 0.7), List.of(0.2, -0.3), List.of(5, 3.3))));
    JsonNode before = chroma.all(target, "notes");
    String other = chroma.database();
    move(target, other);
    chroma.ask(
        other,
        "POST",
        "/collections/" + chroma.collection(other, "notes").get("id").asText() + "/upsert",
        Map.of(
            "ids", List.of("b", "d"),
            "documents", List.of("two, changed", "four"),
            "metadatas", List.of(Map.of("n", 22), Map.of("n", 4)),
            "embeddings", List.of(List.of(0.25, -0.35), List.of(1, 1))));

    RunResult run =
        world.migrate(
            World.spec(
                other, target, ConflictPolicy.OVERWRITE, 0, MigrationSpec.OnFailure.ROLLBACK));

    assertThat(run.error()).isNull();
    JsonNode now = chroma.all(target, "notes");
    assertThat(now.get("ids")).hasSize(4);
    assertThat(chroma.collection(target, "notes").get("id").asText()).isNotEqualTo(id);
    assertThat(chroma.collection(target, "notes").get("metadata"))
        .isEqualTo(chroma.collection(other, "notes").get("metadata"));
    assertThat(world.rollback(run).error()).isNull();
    assertThat(chroma.collection(target, "notes").get("id").asText()).isEqualTo(id);
    JsonNode after = chroma.all(target, "notes");
    assertThat(after.get("ids")).isEqualTo(before.get("ids"));
    assertThat(after.get("embeddings")).isEqualTo(before.get("embeddings"));
    assertThat(after.get("documents")).isEqualTo(before.get("documents"));
    assertThat(chroma.ask(target, "GET", "/collections_count", null).asInt()).isEqualTo(1);
    assertThat(after.at("/embeddings/2/0").asDouble()).isCloseTo(5, within(1e-6));
  }
}
