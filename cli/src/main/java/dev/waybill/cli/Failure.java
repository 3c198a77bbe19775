package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.model.InternalException;
import dev.waybill.model.WaybillException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What went wrong, as text, JSON and exit code: the one place that maps errors. Immutable.
 *
 * @param code stable, for programs
 * @param message what failed, on what and why; may have several lines
 * @param hint what to try, empty where there is nothing
 */
record Failure(
    int exit,
    String code,
    String message,
    String hint,
    Map<String, String> facts,
    Throwable cause) {

  /** Something that was thrown before anything was written. */
  static Failure of(Throwable thrown) {
    if (thrown instanceof WaybillException error) {
      int exit =
          error instanceof InternalException
              ? Exit.INTERNAL
              : error.code().equals("STALE_PLAN") ? Exit.STALE : Exit.REFUSED;
      return of(exit, error);
    }
    String message =
        thrown instanceof OutOfMemoryError
            ? "memory was exhausted"
            : thrown.getClass().getSimpleName()
                + (thrown.getMessage() == null ? "" : ": " + thrown.getMessage());
    return new Failure(
        Exit.INTERNAL,
        "INTERNAL",
        message,
        "run the same command with --verbose, and report what it prints",
        new LinkedHashMap<>(),
        thrown);
  }

  /** An error whose exit code the outcome of a run decides. */
  static Failure of(int exit, WaybillException error) {
    String message = error.getMessage() == null ? error.code() : error.getMessage();
    return new Failure(exit, error.code(), message, error.hint(), error.facts(), error);
  }

  Failure withHint(String other) {
    return new Failure(exit, code, message, other, facts, cause);
  }

  /** The same, without the secrets that were given on the command line. */
  Failure masked(String[] arguments) {
    return new Failure(
        exit,
        code,
        Secrets.masked(message, arguments),
        Secrets.masked(hint, arguments),
        facts,
        cause);
  }

  boolean isInternal() {
    return code.equals("INTERNAL");
  }

  /** What failed. */
  void printMessage(Screen screen) {
    String lead = isInternal() ? "A fault of Waybill's own: " : "";
    for (String line : (lead + message).strip().split("\n")) {
      screen.error(line);
    }
  }

  /** What to try, and with --verbose whatever else is known. */
  void printRest(Screen screen) {
    if (screen.isVerbose()) {
      facts.forEach((name, value) -> screen.error("  " + name + ": " + value));
      StringWriter trace = new StringWriter();
      if (isInternal() || cause.getCause() != null) {
        cause.printStackTrace(new PrintWriter(trace));
      }
      trace.toString().lines().forEach(line -> screen.error(line.replace("\t", "    ")));
    }
    if (!hint.isEmpty()) {
      screen.error("Try: " + hint);
    }
  }

  void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("error");
    json.writeStringField("code", code);
    json.writeStringField("message", Secrets.masked(message));
    json.writeStringField("hint", Secrets.masked(hint));
    json.writeObjectFieldStart("facts");
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      json.writeStringField(fact.getKey(), Secrets.masked(fact.getValue()));
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /**
   * Prints it whole.
   *
   * @param wrote what is to be said about writing, e.g. "Nothing was written."
   * @param seconds since the command began
   */
  int print(Screen screen, String wrote, double seconds) {
    printMessage(screen);
    if (!wrote.isEmpty()) {
      screen.error(wrote);
    }
    printRest(screen);
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "summary",
              json -> {
                json.writeNullField("run");
                json.writeStringField("status", Exit.word(exit));
                json.writeNumberField("exit", exit);
                Summary.writeSeconds(json, seconds);
                json.writeArrayFieldStart("collections");
                json.writeEndArray();
                write(json);
              });
    }
    return exit;
  }
}
