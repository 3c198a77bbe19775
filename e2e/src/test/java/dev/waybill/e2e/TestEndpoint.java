package dev.waybill.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An endpoint that speaks as OpenAI's does, whose vectors are made of digests of the texts. */
final class TestEndpoint implements AutoCloseable {
  private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final HttpServer server;
  private final int dimension;
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile int millis;
  private volatile int refusing;

  TestEndpoint(int dimension) throws IOException {
    this.dimension = dimension;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/v1/embeddings", this::answer);
    server.start();
  }

  String model() {
    return "openai+http://127.0.0.1:" + server.getAddress().getPort() + "/v1?model=digests";
  }

  /** From now on each request takes so long. */
  void slow(int wished) {
    millis = wished;
  }

  /** The next requests are refused for now. */
  void refuse(int count) {
    refusing = count;
  }

  int requests() {
    return requests.get();
  }

  /** How often texts were asked for, but for what a client asks to learn the dimension. */
  Map<String, Integer> asked() {
    Map<String, Integer> texts = new ConcurrentHashMap<>(asked);
    texts.remove("dimension");
    return texts;
  }

  float[] vector(String text) {
    return vector(text, dimension);
  }

  static float[] vector(String text, int dimension) {
    float[] vector = new float[dimension];
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] digest = new byte[0];
      for (int i = 0; i < dimension; i++) {
        if (i % 32 == 0) {
          digest =
              sha256.digest((text + "\0" + i + "\0" + dimension).getBytes(StandardCharsets.UTF_8));
        }
        vector[i] = digest[i % 32] / 128f + 0.001f;
      }
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
    return vector;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.incrementAndGet();
    if (refusing > 0) {
      refusing--;
      exchange.getResponseHeaders().add("Retry-After", "0");
      exchange.sendResponseHeaders(429, -1);
      exchange.close();
      return;
    }
    pause();
    int from = body.indexOf('[');
    List<String> texts = new ArrayList<>();
    Matcher matcher = TEXT.matcher(body.substring(from, body.lastIndexOf(']')));
    while (matcher.find()) {
      texts.add(matcher.group(1).replace("\\\"", "\"").replace("\\\\", "\\"));
    }
    texts.forEach(text -> asked.merge(text, 1, Integer::sum));
    List<String> vectors = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      StringBuilder vector =
          new StringBuilder("{\"object\":\"embedding\",\"index\":" + i + ",\"embedding\":[");
      float[] elements = vector(texts.get(i));
      for (int k = 0; k < elements.length; k++) {
        vector.append(k == 0 ? "" : ",").append(elements[k]);
      }
      vectors.add(vector.append("]}").toString());
    }
    // Their order is nobody's promise; the index is.
    Collections.reverse(vectors);
    byte[] answer =
        ("{\"object\":\"list\",\"data\":[" + String.join(",", vectors) + "]}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, answer.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(answer);
    }
  }

  private void pause() {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
