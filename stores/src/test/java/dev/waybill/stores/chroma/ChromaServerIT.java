package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server is read as it answers, and notices what changes meanwhile. */
class ChromaServerIT {
  @TempDir Path temp;
  private Path work;
  private OwnServer server;

  @BeforeEach
  void start() throws Exception {
    work = temp.resolve("work");
    server = OwnServer.startOrGiven(temp.resolve("data"));
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static Map<String, Object> records(int from, int count, int dimension) {
    Random random = new Random(from);
    List<String> ids = new ArrayList<>();
    List<Object> vectors = new ArrayList<>();
    List<Object> documents = new ArrayList<>();
    List<Object> metadatas = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      ids.add("id " + i);
      documents.add(i % 3 == 0 ? null : "document ☃ " + i);
      List<Float> vector = new ArrayList<>();
      for (int j = 0; j < dimension; j++) {
        vector.add((float) random.nextGaussian());
      }
      vectors.add(vector);
      metadatas.add(
          Map.of("n", i, "mixed", i % 2 == 0 ? (Object) 1 : 1.5, "list", List.of(i, 0, i)));
    }
    Map<String, Object> body = new HashMap<>();
    body.put("ids", ids);
    body.put("embeddings", vectors);
    body.put("documents", documents);
    body.put("metadatas", metadatas);
    return body;
  }

  @Test
  void aServerIsReadAsItAnswersRecordForRecord() throws Exception {
    String things = server.collection("things", "cosine", 1000);
    for (int from = 0; from < 6_000; from += 2_000) {
      server.post(things + "/add", records(from, 2_000, 6));
    }
    server.collection("empty", "l2", 1000);
    Map<String, Map<String, Object>> answered = Answers.of(server.all(things));

    try (Store store = Answers.open(server.url(), work)) {
      assertThat(store.catalog().collections().stream().map(Collection::name))
          .containsExactly("empty", "things");
      assertThat(Answers.read(store, "things", 777)).hasSize(6_000).isEqualTo(answered);
      assertThat(Answers.read(store, "empty", 777)).isEmpty();
    }

    try (Stream<Path> left = Files.list(work)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aFolderAndItsServerAreOneCatalogButForTheirKinds() throws Exception {
    assumeTrue(server.isOwn(), "the server that was given has its folder elsewhere");
    server.post(server.collection("things", "ip", 5) + "/add", records(0, 20, 3));

    try (Store asServer = Answers.open(server.base().replace("http", "chroma+http"), work);
        Store asFolder = Answers.open(temp.resolve("data"), work)) {
      Collection served = asServer.catalog().collection("things").orElseThrow();
      Collection stored = asFolder.catalog().collection("things").orElseThrow();
      assertThat(served.fields()).isEqualTo(stored.fields());
      assertThat(served.indexes()).isEqualTo(stored.indexes());
      assertThat(served.indexes().get(0).options())
          .isEqualTo(Map.of("metric", "ip", "m", "16", "ef_construction", "100"));
      assertThat(served.detail().properties().get("id"))
          .isEqualTo(stored.detail().properties().get("id"));
      assertThat(Answers.read(asServer, "things", 9))
          .isEqualTo(Answers.read(asFolder, "things", 9));
    }
  }

  @Test
  void aSearchGivesTheRecordsThatTheServerFinds() throws Exception {
    String things = server.collection("things", "cosine", 1000);
    server.post(things + "/add", records(0, 500, 6));

    try (Store store = Answers.open(server.url(), work);
        Snapshot snapshot = store.snapshot()) {
      Collection collection = store.catalog().collection("things").orElseThrow();
      RecordBatch query = new RecordBatch(1);
      query.putVector(new float[] {1, 0.5f, -0.25f, 0, 2, -1});
      RecordBatch found = new RecordBatch(collection.writtenFields().size());
      try (NearestSearch search =
          snapshot.search(collection, collection.indexes().get(0)).orElseThrow()) {
        search.find(query, query.at(0, 0), 10, found);
      }

      Map<String, Object> asked =
          Map.of(
              "query_embeddings",
              List.of(List.of(1, 0.5, -0.25, 0, 2, -1)),
              "n_results",
              10,
              "include",
              List.of());
      List<String> answered = new ArrayList<>();
      server
          .post(things + "/query", asked)
          .path("ids")
          .path(0)
          .forEach(id -> answered.add(id.asText()));
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < found.records(); i++) {
        ids.add(found.textAt(found.at(i, 0)));
      }
      assertThat(ids).hasSize(10).containsExactlyInAnyOrderElementsOf(answered);
    }
  }

  @Test
  void aCatalogIsTheSameEachTime() throws Exception {
    server.post(server.collection("things", "ip", 5) + "/add", records(0, 20, 3));

    for (int i = 0; i < 5; i++) {
      try (Store one = Answers.open(server.url(), work);
          Store other = Answers.open(server.url(), work)) {
        assertThat(one.catalog()).isEqualTo(other.catalog());
      }
    }
  }

  @Test
  void otherTenantsAndDatabasesAreNamedInTheUrl() throws Exception {
    String tenant = "acme-" + UUID.randomUUID();
    server.post("/tenants", Map.of("name", tenant));
    server.post("/tenants/" + tenant + "/databases", Map.of("name", "sales"));
    server.post(
        server.collection("/tenants/" + tenant + "/databases/sales", "deals", "l2", 1000) + "/add",
        records(0, 3, 2));

    String url = "chroma+" + server.base() + "/" + tenant;
    try (Store store = Answers.open(url + "/sales", work)) {
      assertThat(Answers.read(store, "deals", 9)).hasSize(3);
    }
    assertThatThrownBy(() -> Answers.open(url + "/nothing", work))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("nothing");
  }

  @Test
  void idsThatComeOrGoAfterwardsAreNoticed() throws Exception {
    String things = server.collection("things", "l2", 1000);
    server.post(things + "/add", records(0, 20, 2));

    try (Store store = Answers.open(server.url(), work);
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      server.post(things + "/delete", Map.of("ids", List.of("id 3")));
      assertThat(snapshot.hasMoved()).isTrue();
    }
    try (Store store = Answers.open(server.url(), work);
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      server.post(things + "/add", records(100, 1, 2));
      assertThat(snapshot.hasMoved()).isTrue();
    }
  }

  /** Lets through who has the right header, and deletes a record whenever ids are listed. */
  private HttpServer doorkeeper(String header, String value, Runnable meanwhile) throws Exception {
    HttpServer door = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    door.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (!value.equals(exchange.getRequestHeaders().getFirst(header))) {
              exchange.sendResponseHeaders(401, -1);
              return;
            }
            String text = new String(body, java.nio.charset.StandardCharsets.UTF_8);
            server.forward(exchange, body);
            if (text.contains("offset")) {
              meanwhile.run();
            }
          }
        });
    door.start();
    return door;
  }

  /** The database under test, behind a door. */
  private String through(HttpServer door) {
    return server.url().replace(server.base(), "http://127.0.0.1:" + door.getAddress().getPort());
  }

  private Store open(String url, Map<String, String> variables) {
    return new ChromaAdapter()
        .openSource(StoreUrl.parse(url).resolved(variables), new Workspace(work, 2));
  }

  @Test
  void aServerIsAskedWithTheTokenOrPasswordOfTheUrl() throws Exception {
    server.post(server.collection("things", "l2", 1000) + "/add", records(0, 3, 2));
    String secret = "s3cr+t/%41==";
    Map<String, String> variables = Map.of("SECRET", secret);
    Map<String, String[]> ways = new TreeMap<>();
    ways.put("?token=${SECRET}", new String[] {"Authorization", "Bearer " + secret});
    ways.put("?token=${SECRET}&auth=x-chroma-token", new String[] {"X-Chroma-Token", secret});

    for (Map.Entry<String, String[]> way : ways.entrySet()) {
      HttpServer door = doorkeeper(way.getValue()[0], way.getValue()[1], () -> {});
      String url = through(door);
      try (Store store = open(url + way.getKey(), variables)) {
        assertThat(Answers.read(store, "things", 9)).hasSize(3);
        assertThat(store.identity()).doesNotContain(secret);
      }
      assertThatThrownBy(() -> open(url + "?token=wrong", Map.of()))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("401")
          .hasMessageNotContaining("wrong");
      door.stop(0);
    }

    String basic =
        java.util.Base64.getEncoder()
            .encodeToString(("me:" + secret).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    HttpServer door = doorkeeper("Authorization", "Basic " + basic, () -> {});
    String url = through(door).replace("http://", "http://me:${SECRET}@");
    try (Store store = open(url, variables)) {
      assertThat(Answers.read(store, "things", 9)).hasSize(3);
    }
    door.stop(0);
  }

  @Test
  void aServerThatNeverHoldsStillIsRefused() throws Exception {
    String things = server.collection("things", "l2", 1000);
    server.post(things + "/add", records(0, 40, 2));
    int[] next = {0};
    HttpServer moving =
        doorkeeper(
            "Authorization",
            "Bearer x",
            () -> {
              try {
                server.post(things + "/delete", Map.of("ids", List.of("id " + next[0]++)));
              } catch (Exception failed) {
                throw new AssertionError(failed);
              }
            });

    assertThatThrownBy(() -> open(through(moving) + "?token=x", Map.of()))
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("SOURCE_KEEPS_MOVING");
              assertThat(failure.isTransient()).isTrue();
            });
    moving.stop(0);
  }

  @Test
  void addressesThatMakeNoSenseAreRefusedByName() {
    for (String url :
        List.of(
            "chroma+http:localhost",
            "chroma+http://h/only-tenant",
            "chroma+http://h?nothing=1",
            "chroma+http://h?token=a&auth=magic")) {
      assertThatThrownBy(() -> Answers.open(url, work)).as(url).isInstanceOf(SpecException.class);
    }
    assertThatThrownBy(() -> Answers.open("chroma+http://127.0.0.1:1", work))
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("STORE_UNREACHABLE");
              assertThat(failure.isTransient()).isTrue();
            });
  }
}
