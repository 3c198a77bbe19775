package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.waybill.testkit.ChromaProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Chroma server of a test's own, on a folder of its own, spoken to as an application would; or a
 * database of its own on the server that the tests were given.
 */
final class OwnServer implements AutoCloseable {
  static final String USUAL = "/tenants/default_tenant/databases/default_database";
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient client = HttpClient.newHttpClient();
  private final @Nullable ChromaProcess process;
  private final String base;
  private final String database;

  private OwnServer(@Nullable ChromaProcess process, String base, String database) {
    this.process = process;
    this.base = base;
    this.database = database;
  }

  /** A server of the test's own, or else a new database of the one that was given. */
  static OwnServer startOrGiven(Path folder) throws Exception {
    String given = System.getenv(ChromaProcess.URL);
    if (System.getenv(ChromaProcess.HOME) != null || given == null || given.isEmpty()) {
      return start(folder);
    }
    String name = "waybill-" + UUID.randomUUID();
    OwnServer server =
        new OwnServer(
            null, given.replace("chroma+", ""), "/tenants/default_tenant/databases/" + name);
    server.post("/tenants/default_tenant/databases", Map.of("name", name));
    return server;
  }

  boolean isOwn() {
    return process != null;
  }

  /** Without a server the test is skipped, or fails where servers are required. */
  static OwnServer start(Path folder) throws Exception {
    ChromaProcess process = ChromaProcess.start(folder);
    return new OwnServer(process, process.base(), USUAL);
  }

  /** Where it listens. */
  String base() {
    return base;
  }

  String url() {
    return "chroma+" + base + database.replace("/tenants/", "/").replace("/databases/", "/");
  }

  /** The URL of a new database. */
  String freshDatabase() throws Exception {
    String name = "waybill-" + UUID.randomUUID();
    post("/tenants/default_tenant/databases", Map.of("name", name));
    return "chroma+" + base + "/default_tenant/" + name;
  }

  JsonNode get(String path) throws Exception {
    return send("GET", path, null);
  }

  JsonNode post(String path, Object body) throws Exception {
    return send("POST", path, body);
  }

  JsonNode send(String method, String path, Object body) throws Exception {
    HttpRequest.BodyPublisher content =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofByteArray(json.writeValueAsBytes(body));
    HttpResponse<byte[]> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(base + "/api/v2" + path))
                .method(method, content)
                .header("content-type", "application/json")
                .timeout(LONGEST)
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(answer.statusCode())
        .as(
            method
                + " "
                + path
                + ": "
                + new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8))
        .isLessThan(300);
    return json.readTree(answer.body());
  }

  /** Answers what somebody in front of it was asked as it would itself. */
  void forward(HttpExchange asked, byte[] body) throws IOException {
    try {
      HttpResponse<byte[]> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(base + asked.getRequestURI()))
                  .method(asked.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body))
                  .header("content-type", "application/json")
                  .timeout(LONGEST)
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      asked.sendResponseHeaders(answer.statusCode(), answer.body().length);
      asked.getResponseBody().write(answer.body());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Makes a collection in the usual database; its path. */
  String collection(String name, String space, int threshold) throws Exception {
    return collection(database, name, space, threshold);
  }

  String collection(String database, String name, String space, int threshold) throws Exception {
    JsonNode made =
        post(
            database + "/collections",
            Map.of(
                "name",
                name,
                "configuration",
                Map.of("hnsw", Map.of("space", space, "sync_threshold", threshold))));
    return database + "/collections/" + made.get("id").asText();
  }

  /** Everything that the server answers about a collection. */
  JsonNode all(String collection) throws Exception {
    return post(
        collection + "/get",
        Map.of("include", List.of("documents", "embeddings", "metadatas", "uris")));
  }

  /** Ends it as an administrator would. */
  void stop() throws Exception {
    if (process != null) {
      process.stop();
    }
  }

  /** Ends it at once, in the middle of whatever it does. */
  void kill() throws InterruptedException {
    if (process != null) {
      process.kill();
    }
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
