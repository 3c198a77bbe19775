package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A terminal that keeps what is printed, with a clock that stands until it is moved. */
final class Recorded {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  final Map<String, String> environment = new HashMap<>();
  boolean isLive;
  boolean isColoured;
  int columns = 80;
  long nanos = 1;

  Terminal terminal() {
    return new Terminal(
        new PrintStream(out, false, StandardCharsets.UTF_8),
        new PrintStream(err, false, StandardCharsets.UTF_8),
        isLive,
        isColoured,
        () -> columns,
        () -> nanos,
        () -> Instant.parse("2026-01-02T03:04:05Z"),
        environment);
  }

  Screen text() {
    return new Screen(terminal(), false, false, false);
  }

  Screen json() {
    return new Screen(terminal(), true, false, false);
  }

  Screen quiet() {
    return new Screen(terminal(), false, true, false);
  }

  void pass(double seconds) {
    nanos += Math.round(seconds * 1e9);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  String all() {
    return out() + err();
  }

  /** Every line of stdout, read as JSON. */
  List<JsonNode> lines() {
    return out()
        .lines()
        .map(
            line -> {
              try {
                return JSON.readTree(line);
              } catch (JsonProcessingException noJson) {
                throw new AssertionError(line, noJson);
              }
            })
        .toList();
  }

  JsonNode lastLine() {
    List<JsonNode> lines = lines();
    return lines.get(lines.size() - 1);
  }

  /** Holds both streams and the exit code against a golden file. */
  void isAsIn(String file, int exit) {
    String now =
        "stdout\n" + indented(out()) + "stderr\n" + indented(err()) + "exit " + exit + "\n";
    Path golden =
        Path.of(System.getProperty("waybill.root", ".."))
            .resolve("cli/src/test/resources/golden")
            .resolve(file);
    try {
      if ("write".equals(System.getProperty("waybill.golden"))) {
        Files.createDirectories(golden.getParent());
        Files.writeString(golden, now);
      }
      assertThat(now).isEqualTo(Files.readString(golden));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static String indented(String text) {
    StringBuilder out = new StringBuilder();
    text.lines().forEach(line -> out.append(line.isEmpty() ? "|" : "| " + line).append('\n'));
    return out.toString();
  }
}
