package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.Comparison;
import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.verify.SearchEquality;
import dev.waybill.verify.SearchSample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What searching both sides of a move finds, on a real pgvector. */
@Timeout(300)
class SearchIT {
  private static final int DIMENSION = 24;
  private static final SearchSample SAMPLE = new SearchSample(50, 7);

  @TempDir private Path folder;
  private TestServer server;
  private World world;

  @BeforeEach
  void begin() {
    server = new TestServer();
    world = new World(folder.resolve("home"));
  }

  @AfterEach
  void end() {
    server.close();
  }

  /** Vectors of which each is there twice, so that every search has ties. */
  private String blobs(int records) throws Exception {
    Path file = folder.resolve("blobs.db");
    Random random = new Random(3);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, embedding BLOB)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO notes VALUES (?, ?)")) {
        byte[] bytes = new byte[0];
        for (int i = 0; i < records; i++) {
          if (i % 2 == 0) {
            ByteBuffer vector = ByteBuffer.allocate(4 * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
            for (int k = 0; k < DIMENSION; k++) {
              vector.putFloat((float) random.nextGaussian());
            }
            bytes = vector.array();
          }
          insert.setInt(1, i);
          insert.setBytes(2, i == 5 ? null : bytes);
          insert.execute();
        }
      }
      connection.commit();
    }
    return "sqlite:" + file;
  }

  private RunResult move(String from, String to) {
    RunResult result = world.apply(world.waybill().plan(MigrationSpec.of(from, to)), () -> false);
    assertThat(result.error()).isNull();
    return result;
  }

  private Comparison verified(RunResult run) {
    return world.waybill().verifyRun(run.run(), SAMPLE, event -> {});
  }

  @Test
  void bothSidesFindTheSameAndTheReceiptSaysWhatTheIndexFinds() throws Exception {
    String there = server.database();
    RunResult run = move(blobs(3_000), there);
    server.run(there, "CREATE INDEX near ON notes USING hnsw (embedding vector_cosine_ops)");

    Comparison good = verified(run);
    server.run(
        there,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET hnsw.ef_search = 1',"
            + " current_database()); END $$");
    Comparison bad = verified(run);

    SearchEquality search = good.searches().get(0);
    assertThat(good.isEqual()).isTrue();
    assertThat(search.queries()).isEqualTo(50);
    assertThat(search.nearest()).isEqualTo(10);
    assertThat(search.metric()).isEqualTo("cosine");
    assertThat(search.recall()).isEqualTo(1);
    assertThat(search.source()).isEqualTo(new SearchEquality.Side("", "", Double.NaN, "no index"));
    assertThat(search.target().index()).isEqualTo("near");
    assertThat(search.target().setting()).isEqualTo("hnsw.ef_search=40");
    assertThat(search.target().recall()).isBetween(0.5, 1.0);
    SearchEquality worse = bad.searches().get(0);
    assertThat(bad.isEqual()).as("what an index does not find is no difference").isTrue();
    assertThat(worse.target().setting()).isEqualTo("hnsw.ef_search=1");
    assertThat(worse.target().recall()).isLessThan(0.3);
    JsonNode receipt =
        new ObjectMapper().readTree(run.directory().resolve("receipt.json").toFile());
    JsonNode noted = receipt.path("search").path("fields").path(0);
    assertThat(noted.path("recall").asDouble()).isEqualTo(1);
    assertThat(noted.path("seed").asLong()).isEqualTo(7);
    assertThat(noted.path("target").path("recall").asDouble()).isEqualTo(worse.target().recall());
    assertThat(noted.path("source").path("not-asked").asText()).isEqualTo("no index");
    assertThat(receipt.path("collections").path(0).path("verified").asLong()).isEqualTo(3_000);
  }

  private void randomVectors(String database, int first, int last) {
    server.run(database, "CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector(24))");
    server.run(
        database,
        "INSERT INTO notes SELECT i, array_agg(random())::vector(24) FROM generate_series("
            + first
            + ", "
            + last
            + ") i, generate_series(1, 24) GROUP BY i");
  }

  @Test
  void aTargetOfBytesIsSearchedInTheFormThatHasVectors() throws Exception {
    String there = server.database();
    randomVectors(there, 1, 400);
    server.run(there, "CREATE INDEX near ON notes USING ivfflat (embedding vector_l2_ops)");
    RunResult back = move(there, "sqlite:" + folder.resolve("last.db"));

    SearchEquality search = verified(back).searches().get(0);

    assertThat(search.recall()).isEqualTo(1);
    assertThat(search.metric()).isEqualTo("l2");
    assertThat(search.source().index()).isEqualTo("near");
    assertThat(search.source().setting()).isEqualTo("ivfflat.probes=1");
    assertThat(search.target().isAsked()).isFalse();
  }

  @Test
  void aVectorThatIsNotTheSameIsFoundBySearchingToo() throws Exception {
    String there = server.database();
    RunResult run = move(blobs(9), there);
    server.run(
        there,
        "UPDATE notes SET embedding = (SELECT array_agg(9e9)::vector(24) FROM generate_series(1, 24))"
            + " WHERE id = 4");

    Comparison comparison = verified(run);

    SearchEquality search = comparison.searches().get(0);
    assertThat(comparison.isEqual()).isFalse();
    assertThat(search.queries()).isEqualTo(8);
    assertThat(search.nearest()).isEqualTo(8);
    assertThat(search.metric()).isEqualTo("l2");
    server.run(there, "DELETE FROM notes WHERE id = 4");
    assertThat(verified(run).searches().get(0).recall()).isLessThan(1);
  }

  @Test
  void recordsOfOthersAreFoundAndAreNoDifference() throws Exception {
    String there = server.database();
    randomVectors(there, 100_000, 100_300);
    server.run(there, "INSERT INTO notes SELECT 1000, array_fill(0.01, ARRAY[24])::vector(24)");
    RunResult run = move(blobs(300), there);

    Comparison comparison = verified(run);

    assertThat(comparison.isEqual()).isTrue();
    assertThat(comparison.searches().get(0).isDifference()).isFalse();
  }
}
