package dev.waybill.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Signals that Java has no word for. */
final class Signals {
  private static final String IGNORED = "SigIgn:";
  private static final int INTERRUPT = 2;

  private Signals() {}

  /** Sends a signal, by its name without SIG; one that is too late does nothing. */
  static void send(String name, long process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-s", name, Long.toString(process))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  /** True if a process lets SIGINT pass by; false where the system does not tell. */
  static boolean isInterruptIgnored(long process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process), "status");
    if (!Files.isReadable(status)) {
      return false;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(IGNORED)) {
        long mask = Long.parseUnsignedLong(line.substring(IGNORED.length()).strip(), 16);
        return (mask & 1L << INTERRUPT - 1) != 0;
      }
    }
    return false;
  }
}
