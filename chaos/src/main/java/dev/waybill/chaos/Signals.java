package dev.waybill.chaos;

import java.io.IOException;

/** Signals that Java has no word for. */
final class Signals {
  private Signals() {}

  /** Sends a signal, by its name without SIG; one that is too late does nothing. */
  static void send(String name, long process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-s", name, Long.toString(process))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
