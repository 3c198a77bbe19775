package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.Inspection;
import dev.waybill.MigrationSpec;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.FoundModel;
import dev.waybill.model.Loss;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Plan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which models vectors are of, where applications keep it. */
class VectorModelsTest {
  private static final int DIMENSION = 64;

  @TempDir private Path folder;
  private World world;
  private Reembeddings database;
  private String url;

  @BeforeEach
  void begin() {
    world = new World(folder.resolve("home"));
    url = "sqlite:" + folder.resolve("app.db");
    database = new Reembeddings(url);
  }

  private static void fill(Reembeddings database, String table, int from, int to, String model)
      throws Exception {
    database.run(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (id INTEGER PRIMARY KEY, embedding BLOB, embedding_model TEXT, model TEXT)");
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO " + table + " VALUES (?, ?, ?, 'gpt')")) {
      for (int i = from; i < to; i++) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(TestEndpoint.vector("text " + i, DIMENSION));
        insert.setInt(1, i);
        insert.setBytes(2, bytes.array());
        insert.setString(3, model);
        insert.execute();
      }
    }
  }

  private FoundModel found(String collection) {
    Inspection inspection = world.waybill().inspect(url);
    return inspection.models().getOrDefault(collection, Map.of()).get("embedding");
  }

  @Test
  void aFieldBesideTheVectorsNamesTheModelOfAllRecords() throws Exception {
    fill(database, "notes", 0, 30, "nomic");

    FoundModel found = found("notes");

    assertThat(found.seen()).containsExactly(Map.entry(new EmbeddingModel("nomic", 64, ""), 30L));
    assertThat(found.evidence()).contains("embedding_model").contains("30 records");
  }

  @Test
  void severalModelsAreNamedWithTheirCountsAndCalledMixed() throws Exception {
    fill(database, "notes", 0, 1200, "nomic");
    fill(database, "notes", 1200, 1203, "bge");

    FoundModel found = found("notes");

    assertThat(found.isMixed()).isTrue();
    assertThat(found).hasToString("mixed: nomic@64 (1,200 records), bge@64 (3 records)");
  }

  @Test
  void aCollectionThatListsModelsHasHashAndDimension() throws Exception {
    fill(database, "notes", 0, 30, null);
    fill(database, "others", 0, 30, "nomic");
    database.run(
        "CREATE TABLE embedding_model (id INTEGER PRIMARY KEY, name TEXT, dimension INTEGER,"
            + " hash TEXT)",
        "INSERT INTO embedding_model VALUES (1, 'nomic', 64, 'abab')");

    assertThat(found("notes")).hasToString("nomic@64#abab");
    assertThat(found("notes").evidence()).isEqualTo("embedding_model");
    assertThat(found("others")).hasToString("nomic@64#abab");
    assertThat(found("others").evidence()).contains("beside it").contains("and embedding_model");
  }

  private Plan plan(Map<String, String> models) {
    MigrationSpec spec = MigrationSpec.of(url, "sqlite:" + folder.resolve("there.db"));
    MigrationSpec overwriting =
        new MigrationSpec(
            spec.from(),
            spec.to(),
            List.of("notes"),
            List.of(),
            Map.of(),
            ConflictPolicy.OVERWRITE,
            spec.verify(),
            spec.onFailure(),
            2,
            5000,
            0,
            0);
    return world
        .waybill()
        .plan(
            models.isEmpty()
                ? overwriting
                : overwriting.withProfile(Fragment.withModels(null, models)));
  }

  @Test
  void vectorsOfAnotherModelThanTheTargetsAreRefusedWithBothAndTheCommand() throws Exception {
    fill(database, "notes", 0, 30, "nomic");
    fill(new Reembeddings("sqlite:" + folder.resolve("there.db")), "notes", 0, 30, "bge");

    Plan refused = plan(Map.of());

    assertThat(refused.refusals()).extracting(Loss::code).containsExactly("MODEL_MISMATCH");
    assertThat(refused.refusals().get(0).text())
        .contains("nomic@64")
        .contains("bge")
        .contains("waybill reembed sqlite:" + folder.resolve("there.db") + " --collection notes");
    assertThat(plan(Map.of("notes.embedding", "bge")).refusals()).isEmpty();
  }

  @Test
  void whatOneSideDoesNotSayIsSaidAndNotRefused() throws Exception {
    fill(database, "notes", 0, 30, "nomic");
    fill(new Reembeddings("sqlite:" + folder.resolve("there.db")), "notes", 0, 30, null);

    Plan plan = plan(Map.of());

    assertThat(plan.refusals()).isEmpty();
    assertThat(String.join("\n", plan.risks()))
        .contains("Vectors of notes.embedding are of nomic@64")
        .contains("whether they are of the same is not known");
    assertThat(world.waybill().planText(plan)).contains("model: nomic@64");
  }

  @Test
  void aPersonsWordIsReadStrictly() {
    assertThat(EmbeddingModel.parse("org/name:v1@384#0a-cls"))
        .isEqualTo(new EmbeddingModel("org/name:v1", 384, "0a-cls"));
    assertThat(EmbeddingModel.parse("name")).isEqualTo(new EmbeddingModel("name", 0, ""));
    assertThatThrownBy(() -> Fragment.withModels(null, Map.of("notes.embedding", " ")))
        .isInstanceOf(SpecException.class);
    assertThatThrownBy(() -> Fragment.withModels(null, Map.of("notes", "a@3")))
        .isInstanceOf(SpecException.class);
  }
}
