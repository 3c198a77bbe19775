package dev.waybill.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Embeddings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server that answers what it is told, well or badly. */
@Timeout(60)
class OpenAiModelTest {
  private static final String KEY = "sk-planted-secret";

  @TempDir private Path folder;
  private HttpServer server;
  private final Deque<String> answers = new ArrayDeque<>();
  private final List<String> bodies = new ArrayList<>();
  private final List<String> keys = new ArrayList<>();
  private int status = 200;

  @BeforeEach
  void begin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.createContext(
        "/v1/embeddings",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          String answer = answers.isEmpty() ? "" : answers.poll();
          int code = answer.startsWith("{") ? status : Integer.parseInt(answer.split(" ")[0]);
          String text = answer.startsWith("{") ? answer : answer.substring(3);
          exchange.getResponseHeaders().add("Retry-After", "0");
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
  }

  private String spec(String more) {
    return "openai+http://127.0.0.1:" + server.getAddress().getPort() + "/v1?model=m" + more;
  }

  private Embeddings open(String more) {
    Endpoint endpoint = Endpoint.parse(spec(more), Map.of("MY_KEY", KEY));
    return new CachedEmbeddings(
        new OpenAiModel(endpoint, null, Duration.ofMillis(1)),
        new VectorCache(folder.resolve("cache.db")));
  }

  private static String data(String... embeddings) {
    return "{\"data\":[" + String.join(",", embeddings) + "]}";
  }

  private static String embedding(int index, String numbers) {
    return "{\"index\":" + index + ",\"embedding\":[" + numbers + "]}";
  }

  @Test
  void vectorsAreThoseOfTheTextsTheirIndexNames() {
    answers.add(data(embedding(0, "1,0")));
    answers.add(data(embedding(1, "0.1,2"), embedding(0, "3,4")));
    try (Embeddings embeddings = open("&key=${MY_KEY}")) {
      assertThat(embeddings.of(List.of("a", "b", "a")))
          .isDeepEqualTo(new float[][] {{3, 4}, {0.1f, 2}, {3, 4}});
    }
    assertThat(bodies.get(1)).contains("\"input\":[\"a\",\"b\"]");
    assertThat(keys).containsOnly("Bearer " + KEY);
  }

  @Test
  void anAnswerOfAnotherDimensionOrOfTooFewIsRefused() {
    answers.add(data(embedding(0, "1,0")));
    answers.add(data(embedding(0, "1,0,0")));
    answers.add(data(embedding(0, "1,0")));
    answers.add(data(embedding(0, "1,0"), embedding(0, "1,0")));
    answers.add(data(embedding(0, "1,\"x\"")));
    try (Embeddings embeddings = open("")) {
      assertThatThrownBy(() -> embeddings.of(List.of("a"))).hasMessageContaining("3 dimensions");
      assertThatThrownBy(() -> embeddings.of(List.of("a", "b")))
          .hasMessageContaining("1 vectors for 2 texts");
      assertThatThrownBy(() -> embeddings.of(List.of("a", "b")))
          .hasMessageContaining("other texts");
      assertThatThrownBy(() -> embeddings.of(List.of("a")))
          .hasMessageContaining("no finite number");
      assertThat(embeddings.known(List.of("a"))[0]).isNull();
    }
  }

  @Test
  void whatIsBusyIsAskedAgainButNotForEver() {
    answers.add("503 ");
    answers.add("429 ");
    answers.add(data(embedding(0, "1,0")));
    for (int i = 0; i < 10; i++) {
      answers.add("500 ");
    }
    try (Embeddings embeddings = open("")) {
      assertThat(bodies).hasSize(3);
      assertThatThrownBy(() -> embeddings.of(List.of("a")))
          .isInstanceOfSatisfying(
              StoreException.class, failure -> assertThat(failure.isResumable()).isTrue());
    }
    assertThat(bodies).hasSize(9);
  }

  @Test
  void aRefusedKeyIsNamedButNeverShown() {
    answers.add("401 {\"error\":{\"message\":\"no such key: " + KEY + "\"}}");

    assertThatThrownBy(() -> open("&key=${MY_KEY}"))
        .isInstanceOfSatisfying(
            WaybillException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("KEY_REFUSED");
              assertThat(failure.toString() + failure.hint()).doesNotContain(KEY);
            });
    assertThat(bodies).hasSize(1);
  }

  @Test
  void aKeyInTheModelItselfIsRefusedAndNotShown() {
    assertThatThrownBy(() -> Endpoint.parse(spec("&key=" + KEY), Map.of()))
        .isInstanceOf(SpecException.class)
        .hasMessageNotContaining(KEY);
    assertThatThrownBy(
            () -> Endpoint.parse("openai+https://me:" + KEY + "@host/v1?model=m", Map.of()))
        .isInstanceOf(SpecException.class)
        .hasMessageNotContaining(KEY);
  }
}
