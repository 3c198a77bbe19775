package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The Chroma server under test, spoken to as an application would. */
final class TestChroma {
  private static final String VARIABLE = "WAYBILL_TEST_CHROMA_URL";
  private static final String TENANT = "/api/v2/tenants/default_tenant/databases";

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;

  /** Without a server the test is skipped, or fails where servers are required. */
  TestChroma() {
    String given = System.getenv(VARIABLE);
    if (given == null || given.isEmpty()) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(VARIABLE + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, VARIABLE + " is not set");
      throw new IllegalStateException("assumed");
    }
    base = given.replaceFirst("^chroma\\+", "");
  }

  /** The URL of a new and empty database. */
  String database() {
    String name = "waybill-" + UUID.randomUUID();
    send("POST", TENANT, Map.of("name", name));
    return "chroma+" + base + "/default_tenant/" + name;
  }

  /** Asks something about a database. */
  JsonNode ask(String database, String method, String path, @Nullable Object body) {
    return send(method, TENANT + database.substring(database.lastIndexOf('/')) + path, body);
  }

  /** A collection by its name, as the server tells of it. */
  JsonNode collection(String database, String name) {
    return ask(database, "GET", "/collections/" + name, null);
  }

  /** Everything that a collection answers. */
  JsonNode all(String database, String name) {
    return ask(
        database,
        "POST",
        "/collections/" + collection(database, name).get("id").asText() + "/get",
        Map.of("include", java.util.List.of("documents", "embeddings", "metadatas", "uris")));
  }

  private JsonNode send(String method, String path, @Nullable Object body) {
    try {
      HttpRequest.BodyPublisher content =
          body == null
              ? HttpRequest.BodyPublishers.noBody()
              : HttpRequest.BodyPublishers.ofByteArray(json.writeValueAsBytes(body));
      HttpResponse<byte[]> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(base + path))
                  .method(method, content)
                  .header("content-type", "application/json")
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).as(method + " " + path).isLessThan(300);
      return json.readTree(answer.body());
    } catch (IOException failure) {
      throw new AssertionError(failure);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AssertionError(stopped);
    }
  }
}
