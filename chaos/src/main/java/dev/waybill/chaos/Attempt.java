package dev.waybill.chaos;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One process of Waybill's, what it has told so far, and the power to end it. Thread-safe. */
final class Attempt {
  /** What it is in before it says anything. */
  static final String START = "start";

  private static final JsonFactory JSON = new JsonFactory();

  private final String verb;
  private final Process process;
  private final Path log;
  private final Thread reader;
  private final long startedAt = System.nanoTime();
  private final Map<String, Long> phases = new LinkedHashMap<>();
  private String phase = START;
  private @Nullable String run;
  private boolean isKilled;

  Attempt(String verb, Process process, Path log) {
    this.verb = verb;
    this.process = process;
    this.log = log;
    phases.put(START, 0L);
    reader = new Thread(this::read, "reads " + verb);
    reader.start();
  }

  private void read() {
    try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
        Writer out = Files.newBufferedWriter(log)) {
      String line;
      while ((line = in.readLine()) != null) {
        out.write(line + "\n");
        if (line.startsWith("{")) {
          hear(line);
        }
      }
    } catch (IOException closed) {
      // A process that is killed leaves half a line; what it said before is known.
      return;
    }
  }

  private synchronized void hear(String line) {
    Map<String, String> event = members(line);
    String told = event.get("run");
    if (told != null) {
      run = told;
    }
    String next = event.get("phase");
    if (next != null) {
      phase = next;
      phases.putIfAbsent(next, System.nanoTime() - startedAt);
    }
    notifyAll();
  }

  private static Map<String, String> members(String line) {
    Map<String, String> members = new HashMap<>();
    try (JsonParser json = JSON.createParser(line)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING) {
          members.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
    } catch (IOException cutOff) {
      return members;
    }
    return members;
  }

  String verb() {
    return verb;
  }

  Path log() {
    return log;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The last phase that it told. */
  synchronized String phase() {
    return phase;
  }

  /** When each phase began, in nanoseconds from the start. */
  synchronized Map<String, Long> phases() {
    return new LinkedHashMap<>(phases);
  }

  /** The run's id, once it has told it. */
  synchronized @Nullable String run() {
    return run;
  }

  long age() {
    return System.nanoTime() - startedAt;
  }

  /** Waits until it is in a phase or has ended. */
  synchronized void awaitPhase(String name) throws InterruptedException {
    while (!phases.containsKey(name) && process.isAlive()) {
      wait(5);
    }
  }

  /** Waits so long, or until it has ended. True if it lives. */
  boolean livesAfter(Duration time) throws InterruptedException {
    return !process.waitFor(Math.max(0, time.toNanos()), TimeUnit.NANOSECONDS);
  }

  /** SIGKILL. */
  void kill() {
    isKilled = true;
    process.destroyForcibly();
  }

  /**
   * Asks it to stop, as Ctrl-C does. A shell lets what it starts in the background ignore SIGINT,
   * and their children with them; there it is SIGTERM, which Waybill takes for the same.
   */
  void interrupt() throws IOException, InterruptedException {
    Signals.send(Signals.isInterruptIgnored(process.pid()) ? "TERM" : "INT", process.pid());
  }

  void signal(String name) throws IOException, InterruptedException {
    Signals.send(name, process.pid());
  }

  /** False where it had ended before. */
  boolean wasKilled() {
    return isKilled && !process.isAlive() && process.exitValue() == 128 + 9;
  }

  /**
   * Waits for its end.
   *
   * @return its exit code
   * @throws Fault if it does not end
   */
  int await(Duration patience) throws InterruptedException {
    if (livesAfter(patience)) {
      process.destroyForcibly();
      throw new Fault(verb + " does not end within " + patience.toSeconds() + " s: " + log);
    }
    reader.join();
    return process.exitValue();
  }
}
