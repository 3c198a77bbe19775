package dev.waybill.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Programs of this machine. */
final class Programs {
  private Programs() {}

  /** Where a program is, by the PATH. */
  static Optional<String> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      Path candidate = Path.of(folder, name);
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return Optional.of(candidate.toString());
      }
    }
    return Optional.empty();
  }

  /** The Java that runs this. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Waybill as its users start it. */
  static List<String> waybill(Setting setting, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(setting.root().resolve("waybill").toString());
    Collections.addAll(command, arguments);
    return command;
  }

  /**
   * Has Waybill built and its class archive made: the first call does the one, the second finds the
   * other.
   */
  static void prepareWaybill(Setting setting) throws IOException, InterruptedException {
    for (int call = 0; call < 2; call++) {
      new Pipeline(setting.folder("data"), Map.of(), List.of(waybill(setting, "--version")), null)
          .run();
    }
  }

  /** The folder of the jars that {@link #waybill} runs, once it is prepared. */
  static Path waybillLibraries(Setting setting) throws IOException {
    Path launcher = setting.root().resolve("cli/target/launcher");
    return launcher.resolve(Files.readString(launcher.resolve("ready")).strip()).resolve("lib");
  }

  /** A main class of this module in a process of its own, with the memory that Waybill is given. */
  static List<String> java(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    Collections.addAll(command, java(), "-XX:+UseSerialGC", "-Xmx256m", "-XX:-UsePerfData", "-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    Collections.addAll(command, arguments);
    return command;
  }
}
