package dev.waybill.embed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A model behind an endpoint that speaks as OpenAI's does. */
final class OpenAiModel implements TextModel {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ATTEMPTS = 6;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(120);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final int LARGEST_ANSWER = 256 << 20;
  private static final int SHOWN = 300;
  private static final Set<Integer> LATER = Set.of(408, 429, 500, 502, 503, 504);
  private static final String PROBE = "dimension";

  private final Endpoint endpoint;
  private final Duration pause;
  private final HttpClient client;
  private final EmbeddingModel signature;

  /**
   * @param expected what it was, null to ask it for its dimension
   * @param pause before the first further attempt; each time twice as long
   */
  OpenAiModel(Endpoint endpoint, @Nullable EmbeddingModel expected, Duration pause) {
    this.endpoint = endpoint;
    this.pause = pause;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            // A key must not go where an answer says.
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    String hash =
        Digests.shown(
            Digests.of(
                endpoint.embeddings() + "\n" + endpoint.model() + "\n" + endpoint.dimensions()));
    this.signature =
        expected != null && expected.hash().equals(hash)
            ? expected
            : new EmbeddingModel(endpoint.model(), request(List.of(PROBE)).get(0).length, hash);
  }

  @Override
  public EmbeddingModel signature() {
    return signature;
  }

  @Override
  public List<float[]> embed(List<String> texts) {
    return request(texts);
  }

  @Override
  public String longTexts() {
    return "the endpoint decides; most refuse them, and then the run stops and can be resumed";
  }

  private List<float[]> request(List<String> texts) {
    HttpRequest request = httpRequest(texts);
    Duration wait = pause;
    for (int attempt = 1; ; attempt++) {
      Answer answer = send(request, texts.size());
      if (answer.vectors() != null) {
        return answer.vectors();
      }
      if (!answer.isLater() || attempt == ATTEMPTS) {
        throw new StoreException(
            answer.status() == 401 || answer.status() == 403 ? "KEY_REFUSED" : "ENDPOINT_FAILED",
            "The endpoint " + endpoint + " " + answer.why() + ".",
            answer.status() == 401 || answer.status() == 403
                ? "check the key: OPENAI_API_KEY, or key=${VARIABLE} in --model"
                : "ask it by hand whether it serves " + endpoint.model(),
            answer.isLater(),
            answer.cause());
      }
      sleep(answer.retryAfter() == null ? wait : answer.retryAfter());
      wait = wait.multipliedBy(2);
    }
  }

  private static void sleep(Duration wished) {
    Duration wait = wished.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wished;
    long due = System.nanoTime() + wait.toNanos();
    for (long left = wait.toNanos();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private HttpRequest httpRequest(List<String> texts) {
    ObjectNode body = JSON.createObjectNode().put("model", endpoint.model());
    ArrayNode input = body.putArray("input");
    texts.forEach(input::add);
    body.put("encoding_format", "float");
    if (endpoint.dimensions() > 0) {
      body.put("dimensions", endpoint.dimensions());
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint.embeddings())
            .timeout(ANSWER)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
    if (!endpoint.key().isEmpty()) {
      request.header("Authorization", "Bearer " + endpoint.key());
    }
    return request.build();
  }

  /**
   * What came of a request.
   *
   * @param vectors null if there are none
   * @param isLater true if the same request may succeed later
   */
  private record Answer(
      @Nullable List<float[]> vectors,
      int status,
      boolean isLater,
      String why,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {

    static Answer failed(int status, boolean isLater, String why, @Nullable Throwable cause) {
      return new Answer(null, status, isLater, why, null, cause);
    }
  }

  private Answer send(HttpRequest request, int texts) {
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(LARGEST_ANSWER);
        int status = response.statusCode();
        if (status != 200) {
          return new Answer(
              null,
              status,
              LATER.contains(status),
              "answers " + status + said(bytes),
              retryAfter(response),
              null);
        }
        return vectors(JSON.readTree(bytes), texts);
      }
    } catch (com.fasterxml.jackson.core.JacksonException unreadable) {
      return Answer.failed(200, false, "answers what is no JSON", null);
    } catch (IOException unreachable) {
      return Answer.failed(
          0,
          true,
          "cannot be reached or does not answer in time (" + reason(unreachable) + ")",
          unreachable);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return Answer.failed(0, false, "was not waited for", stopped);
    }
  }

  private static String reason(IOException failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  /** What the server says of it, without the key should it repeat that. */
  private String said(byte[] bytes) {
    String text = new String(bytes, 0, Math.min(bytes.length, 4 * SHOWN), StandardCharsets.UTF_8);
    try {
      JsonNode message = JSON.readTree(bytes).path("error").path("message");
      text = message.isTextual() ? message.asText() : text;
    } catch (IOException noJson) {
      // As it is.
    }
    if (!endpoint.key().isEmpty()) {
      text = text.replace(endpoint.key(), "…");
    }
    text = text.replaceAll("\\s+", " ").strip();
    return text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), SHOWN));
  }

  private static @Nullable Duration retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d{1,6}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .orElse(null);
  }

  private Answer vectors(JsonNode answer, int texts) {
    float[][] vectors = new float[texts][];
    JsonNode data = answer.path("data");
    for (JsonNode each : data) {
      int index = each.path("index").asInt(-1);
      JsonNode numbers = each.path("embedding");
      if (index < 0 || index >= texts || vectors[index] != null || !numbers.isArray()) {
        return Answer.failed(200, false, "answers vectors for other texts than were asked", null);
      }
      float[] vector = new float[numbers.size()];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = numbers.get(i).isNumber() ? numbers.get(i).floatValue() : Float.NaN;
      }
      vectors[index] = vector;
    }
    return Arrays.asList(vectors).contains(null)
        ? Answer.failed(
            200, false, "answers " + data.size() + " vectors for " + texts + " texts", null)
        : new Answer(new ArrayList<>(Arrays.asList(vectors)), 200, false, "", null, null);
  }

  @Override
  public void close() {}
}
