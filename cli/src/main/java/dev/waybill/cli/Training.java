package dev.waybill.cli;

import java.util.List;

/**
 * Runs in one process what users run most, so that the launcher's archive of classes has those of
 * every store that can be tried here. Not a command: only the launcher starts it, in a folder that
 * it throws away.
 */
final class Training {
  private Training() {}

  /**
   * @param arguments the URL of a store with some records
   */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.ofProcess();
    String server = "embedded-postgresql:server";
    for (List<String> command :
        List.of(
            List.of("migrate", "--from", arguments[0], "--to", server),
            List.of("migrate", "--from", server, "--to", "sqlite:copy.db"),
            List.of("migrate", "--from", arguments[0], "--to", "sqlite:other.db"))) {
      Main.run(terminal, command.toArray(String[]::new));
    }
  }
}
