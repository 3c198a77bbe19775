package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders that a real server writes are read as that server answers. */
class ChromaFolderIT {
  private static final int THRESHOLD = 40;

  @TempDir Path temp;
  private Path folder;
  private Path work;

  @BeforeEach
  void folders() {
    folder = temp.resolve("data");
    work = temp.resolve("work");
  }

  private static List<Object> vector(Random random, int dimension) {
    List<Object> vector = new ArrayList<>();
    for (int i = 0; i < dimension; i++) {
      vector.add((float) random.nextGaussian() * (random.nextInt(5) == 0 ? 1e-3f : 7f));
    }
    return vector;
  }

  private static Map<String, Object> metadata(Random random) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("number", random.nextLong());
    metadata.put("ratio", random.nextDouble());
    metadata.put("text", "täxt ☃ " + random.nextInt(100));
    metadata.put("flag", random.nextBoolean());
    metadata.put("mixed", random.nextBoolean() ? (Object) 1L : random.nextBoolean() ? 1.0 : "one");
    metadata.put("names", List.of("b", "a", "b" + random.nextInt(3)));
    metadata.put("counts", List.of(3L, random.nextInt(9), 1L));
    metadata.put("id", "not the id");
    metadata.keySet().removeIf(key -> random.nextInt(3) == 0);
    return metadata;
  }

  /** Adds, upserts, updates and deletes, each in batches of any size, ids colliding. */
  private static void change(
      OwnServer server, String collection, Random random, int dimension, int rounds)
      throws Exception {
    for (int round = 0; round < rounds; round++) {
      int count = 1 + random.nextInt(12);
      Map<String, Integer> chosen = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        chosen.put("record " + random.nextInt(90), i);
      }
      List<String> ids = List.copyOf(chosen.keySet());
      int kind = random.nextInt(8);
      if (kind == 0) {
        server.post(collection + "/delete", Map.of("ids", ids));
        continue;
      }
      Map<String, Object> body = new HashMap<>();
      body.put("ids", ids);
      if (kind < 6 || random.nextBoolean()) {
        body.put("embeddings", ids.stream().map(id -> vector(random, dimension)).toList());
      }
      if (random.nextInt(4) > 0) {
        List<Object> documents = new ArrayList<>();
        ids.forEach(
            id -> documents.add(random.nextInt(4) == 0 ? null : "doc " + random.nextInt(3)));
        body.put("documents", documents);
      }
      if (random.nextInt(4) > 0) {
        List<Object> uris = new ArrayList<>();
        ids.forEach(id -> uris.add(random.nextInt(3) == 0 ? "file:" + id : null));
        body.put("uris", uris);
      }
      List<Object> metadatas = new ArrayList<>();
      for (String id : ids) {
        Map<String, Object> metadata = metadata(random);
        if (kind >= 3) {
          metadata.put(random.nextBoolean() ? "ratio" : "names", null);
        }
        metadatas.add(metadata.isEmpty() ? null : metadata);
      }
      body.put("metadatas", metadatas);
      String verb = kind < 3 ? "/add" : kind < 6 ? "/upsert" : "/update";
      server.post(collection + verb, body);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "l2,3,20",
    "l2,8,60",
    "ip,5,60",
    "ip,16,12",
    "cosine,1,60",
    "cosine,4,20",
    "cosine,7,60",
    "cosine,33,60"
  })
  void aFolderIsReadAsItsServerAnswersWhateverWasDone(String space, int dimension, int rounds)
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Map<String, Map<String, Object>> answered;
    try (OwnServer server = OwnServer.start(folder)) {
      String collection = server.collection("things", space, THRESHOLD);
      change(server, collection, random, dimension, rounds);
      server.stop();
    }
    // What it answers after it has read its own files again, as they are now.
    try (OwnServer server = OwnServer.start(folder)) {
      String path = OwnServer.USUAL + "/collections/things";
      String id = server.get(path).get("id").asText();
      answered = Answers.of(server.all(OwnServer.USUAL + "/collections/" + id));

      try (Store besideIt = Answers.open(folder, work)) {
        assertThat(Answers.read(besideIt, "things", 10)).isEqualTo(answered);
      }
      server.stop();
    }

    assertThat(answered).as("seed " + seed).isNotEmpty();
    try (Store store = Answers.open(folder, work)) {
      assertThat(Answers.read(store, "things", 17)).as("seed " + seed).isEqualTo(answered);
      assertThat(
              store.catalog().collection("things").orElseThrow().detail().properties().get("space"))
          .isEqualTo(space);
    }
  }

  @Test
  void fieldsAreWhatAllRecordsSay() throws Exception {
    try (OwnServer server = OwnServer.start(folder)) {
      String collection = server.collection("things", "cosine", 1000);
      server.post(
          collection + "/add",
          Map.of(
              "ids",
              List.of("a", "b", "c\0d"),
              "embeddings",
              List.of(List.of(1, 2), List.of(3, 4), List.of(-0.0, 0)),
              "documents",
              Arrays.asList("", "x", null),
              "metadatas",
              Arrays.asList(
                  Map.of("id", "clash", "metadata_id", 1, "number", 1, "list", List.of("x", "y")),
                  Map.of("number", 1.0, "list", List.of("z"), "truth", true),
                  null)));
      server.stop();
    }

    try (Store store = Answers.open(folder, work)) {
      Collection things = store.catalog().collection("things").orElseThrow();
      Map<String, LogicalType> types = new HashMap<>();
      for (Field field : things.fields()) {
        types.put(field.name(), field.type());
      }
      assertThat(types)
          .isEqualTo(
              Map.of(
                  "id", LogicalType.TEXT,
                  "document", LogicalType.TEXT,
                  "embedding", LogicalType.vector(LogicalType.FLOAT32, 2),
                  "metadata_id", LogicalType.INT64,
                  "metadata_id_2", LogicalType.TEXT,
                  "number", LogicalType.DYNAMIC,
                  "list", LogicalType.list(LogicalType.TEXT),
                  "truth", LogicalType.BOOLEAN));
      assertThat(things.detail().properties()).containsEntry("key.metadata_id_2", "id");
      assertThat(things.key()).containsExactly("id");
      assertThat(things.indexes()).hasSize(1);
      Map<String, Map<String, Object>> records = Answers.read(store, "things", 1);
      assertThat(records.get("a"))
          .containsEntry("document", "")
          .containsEntry("number", 1L)
          .containsEntry("list", List.of("x", "y"))
          .doesNotContainKey("truth");
      assertThat(records.get("b")).containsEntry("number", 1.0);
      assertThat(records.get("c\0d")).containsOnlyKeys("id", "embedding");
    }
  }

  @Test
  void allTenantsAndDatabasesAreReadAndDeletedCollectionsAreNot() throws Exception {
    Map<String, Object> record =
        Map.of("ids", List.of("one"), "embeddings", List.of(List.of(1, 2, 3)));
    try (OwnServer server = OwnServer.start(folder)) {
      server.post("/tenants", Map.of("name", "acme"));
      server.post("/tenants/acme/databases", Map.of("name", "sales"));
      server.post("/tenants/default_tenant/databases", Map.of("name", "other"));
      server.collection("empty", "l2", 1000);
      server.post(server.collection("gone", "l2", 2) + "/add", record);
      server.post(server.collection("things", "l2", 1000) + "/add", record);
      server.post(
          server.collection("/tenants/acme/databases/sales", "things", "ip", 1000) + "/add",
          record);
      server.collection("/tenants/default_tenant/databases/other", "things", "l2", 1000);
      server.send("DELETE", OwnServer.USUAL + "/collections/gone", null);
      server.stop();
    }

    try (Store store = Answers.open(folder, work)) {
      assertThat(store.catalog().collections().stream().map(Collection::name))
          .containsExactly("acme/sales/things", "empty", "things", "default_tenant/other/things");
      assertThat(Answers.read(store, "acme/sales/things", 5)).hasSize(1);
      assertThat(Answers.read(store, "empty", 5)).isEmpty();
      assertThat(store.catalog().collection("empty").orElseThrow().writtenNames())
          .containsExactly("id");
    }
    try (Store store = Answers.open("chroma:" + folder + "?tenant=acme&database=sales", work)) {
      assertThat(store.catalog().collections().stream().map(Collection::name))
          .containsExactly("things");
    }
  }

  @Test
  void whatAKilledServerHasOnlyQueuedIsReadToo() throws Exception {
    Map<String, Map<String, Object>> answered;
    Random random = new Random(7);
    try (OwnServer server = OwnServer.start(folder)) {
      String collection = server.collection("things", "cosine", THRESHOLD);
      change(server, collection, random, 4, 40);
      answered = Answers.of(server.all(collection));
      server.kill();
    }
    // As if it had been killed before it applied the queue to the ids and metadata too.
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("chroma.sqlite3"));
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DELETE FROM embedding_metadata WHERE id IN (SELECT id FROM embeddings WHERE seq_id >"
              + " (SELECT min(seq_id) FROM embeddings_queue))");
      statement.execute(
          "DELETE FROM embedding_metadata_array WHERE id IN (SELECT id FROM embeddings WHERE seq_id"
              + " > (SELECT min(seq_id) FROM embeddings_queue))");
      statement.execute(
          "DELETE FROM embeddings WHERE seq_id > (SELECT min(seq_id) FROM embeddings_queue)");
      statement.execute(
          "UPDATE max_seq_id SET seq_id = (SELECT min(seq_id) FROM embeddings_queue) WHERE"
              + " segment_id IN (SELECT id FROM segments WHERE scope = 'METADATA')");
    }

    try (Store store = Answers.open(folder, work)) {
      Map<String, Map<String, Object>> read = Answers.read(store, "things", 13);
      assertThat(read.keySet()).isSubsetOf(answered.keySet()).isNotEmpty();
      read.forEach(
          (id, record) ->
              assertThat(record.get("embedding")).isEqualTo(answered.get(id).get("embedding")));
    }
  }

  @Test
  void recordsAreFoundByTheirIds() throws Exception {
    try (OwnServer server = OwnServer.start(folder)) {
      String collection = server.collection("things", "l2", 1000);
      change(server, collection, new Random(3), 4, 20);
      server.stop();
    }

    try (Store store = Answers.open(folder, work);
        Snapshot snapshot = store.snapshot()) {
      Map<String, Map<String, Object>> all = Answers.read(store, "things", 100);
      Collection things = store.catalog().collection("things").orElseThrow();
      List<String> wanted = all.keySet().stream().limit(5).toList();
      RecordBatch keys = new RecordBatch(1);
      keys.putText("nobody");
      wanted.forEach(keys::putText);
      keys.putText(wanted.get(0));
      keys.putInt64(5);
      Map<String, Map<String, Object>> found = new TreeMap<>();
      try (RecordReader reader = snapshot.lookup(things, keys)) {
        Answers.collect(reader, things, found);
      }
      assertThat(found.keySet()).containsExactlyElementsOf(wanted);
      found.forEach((id, record) -> assertThat(record).isEqualTo(all.get(id)));

      RecordBatch vectors = new RecordBatch(1);
      vectors.putInt64(-1);
      Object embedding = all.get(wanted.get(2)).get("embedding");
      Map<String, Map<String, Object>> byOther = new TreeMap<>();
      RecordBatch other = new RecordBatch(1);
      float[] floats = new float[4];
      for (int i = 0; i < 4; i++) {
        floats[i] = Float.intBitsToFloat((Integer) ((List<?>) embedding).get(i));
      }
      other.putVector(floats);
      try (RecordReader reader = snapshot.lookup(things.withKey(List.of("embedding")), other)) {
        Answers.collect(reader, things, byOther);
      }
      assertThat(byOther.keySet()).containsExactly(wanted.get(2));
    }
  }
}
