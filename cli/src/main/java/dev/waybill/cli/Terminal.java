package dev.waybill.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What surrounds a command.
 *
 * @param isLive whether lines on {@code err} can be redrawn
 * @param isColoured whether {@code out} shows colours
 * @param columns how wide the terminal is now
 * @param nanoTime a clock that only goes forward
 * @param clock the time of day
 */
record Terminal(
    PrintStream out,
    PrintStream err,
    boolean isLive,
    boolean isColoured,
    IntSupplier columns,
    LongSupplier nanoTime,
    InstantSource clock,
    Map<String, String> environment) {
  private static final int USUAL_COLUMNS = 80;

  /** That of this process. */
  static Terminal ofProcess() {
    Map<String, String> environment = System.getenv();
    boolean isDumb = "dumb".equals(environment.get("TERM"));
    return new Terminal(
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        !isDumb && isTerminal(2),
        !isDumb && environment.getOrDefault("NO_COLOR", "").isEmpty() && isTerminal(1),
        Terminal::askColumns,
        System::nanoTime,
        InstantSource.system(),
        environment);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new java.io.BufferedOutputStream(new FileOutputStream(descriptor), 8192),
        false,
        StandardCharsets.UTF_8);
  }

  private static boolean isTerminal(int descriptor) {
    Path link = Path.of("/proc/self/fd/" + descriptor);
    try {
      String file = Files.readSymbolicLink(link).toString();
      return file.startsWith("/dev/pts/")
          || file.startsWith("/dev/tty")
          || file.startsWith("/dev/console");
    } catch (IOException | UnsupportedOperationException noSuchFolder) {
      // Elsewhere Java knows only about input and output together. From Java 22 on there may be a
      // console without a terminal; then one is rather not assumed.
      return Runtime.version().feature() < 22 && System.console() != null;
    }
  }

  /** Java cannot ask a terminal for its size; stty can. */
  private static int askColumns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/tty").toFile()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (stty.waitFor(1, TimeUnit.SECONDS) && stty.exitValue() == 0) {
        String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        int columns = Integer.parseInt(size.strip().split(" ")[1]);
        return columns > 0 ? columns : USUAL_COLUMNS;
      }
      stty.destroy();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException unknown) {
      return USUAL_COLUMNS;
    }
    return USUAL_COLUMNS;
  }
}
