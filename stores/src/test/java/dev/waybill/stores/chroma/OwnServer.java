package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Chroma server of a test's own, on a folder of its own, spoken to as an application would. */
final class OwnServer implements AutoCloseable {
  static final String USUAL = "/tenants/default_tenant/databases/default_database";
  private static final String HOME = "WAYBILL_TEST_CHROMA_HOME";
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  private OwnServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Without a server the test is skipped, or fails where servers are required. */
  static OwnServer start(Path folder) throws Exception {
    String home = System.getenv(HOME);
    if (home == null || home.isEmpty()) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(HOME + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, HOME + " is not set");
    }
    int port = freePort();
    Path log = Files.createTempFile("chroma", ".log");
    Process process =
        new ProcessBuilder(
                home + "/start",
                "run",
                "--path",
                folder.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    OwnServer server = new OwnServer(process, port);
    for (long end = System.nanoTime() + LONGEST.toNanos(); ; Thread.sleep(20)) {
      if (Files.readString(log).contains("listening on address")) {
        Files.delete(log);
        return server;
      }
      if (!process.isAlive() || System.nanoTime() > end) {
        server.kill();
        throw new AssertionError("Chroma did not start: " + Files.readString(log));
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  String url() {
    return "chroma+http://127.0.0.1:" + port;
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
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v2" + path))
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

  /** Makes a collection in the usual database; its path. */
  String collection(String name, String space, int threshold) throws Exception {
    return collection(USUAL, name, space, threshold);
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

  /** Ends it as an administrator would; SIGTERM it does not understand. */
  void stop() throws Exception {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
      kill();
    }
  }

  /** Ends it at once, in the middle of whatever it does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
