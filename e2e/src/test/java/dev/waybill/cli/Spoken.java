package dev.waybill.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;

/**
 * What a command said.
 *
 * @param exit its exit code
 * @param out what it printed to stdout
 * @param err what it printed to stderr
 */
public record Spoken(int exit, String out, String err) {
  /** Runs a command as a shell would, in this process. */
  public static Spoken of(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            false,
            () -> 80,
            () -> 1,
            () -> Instant.EPOCH,
            Map.of());
    int exit = Main.run(terminal, arguments);
    return new Spoken(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The code of the error that the summary names, empty if it names none. */
  public String code() {
    java.util.regex.Matcher code =
        java.util.regex.Pattern.compile("\"error\":\\{\"code\":\"([A-Z_]+)\"").matcher(out);
    return code.find() ? code.group(1) : "";
  }
}
