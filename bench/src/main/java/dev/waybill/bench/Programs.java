package dev.waybill.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
