package dev.waybill.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command line as it is built: how its processes are started.
 *
 * @param wrapper what becomes Waybill, given its command line; empty for nothing
 * @param classPath its jars
 * @param archive of loaded classes, which halves the time to start; null for none
 */
record Waybill(List<String> wrapper, String classPath, @Nullable Path archive) {
  /** As the launcher has built it: a folder with {@code lib} and perhaps an archive. */
  static Waybill in(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return new Waybill(
          List.of(),
          one(folder.resolve("lib"), "waybill-cli-", ".jar").toString(),
          files.filter(file -> file.toString().endsWith(".jsa")).findFirst().orElse(null));
    }
  }

  private static Path one(Path folder, String start, String end) throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(start))
          .filter(file -> file.toString().endsWith(end))
          .findFirst()
          .orElseThrow(() -> new IOException("There is no " + start + "*" + end + " in " + folder));
    }
  }

  /**
   * Starts a command.
   *
   * @param home where it keeps its run directories
   * @param log where all that it prints goes too
   */
  Attempt start(Path home, Path log, List<String> arguments) throws IOException {
    List<String> line = new ArrayList<>(wrapper);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (archive != null && Files.size(archive) > 0) {
      line.add("-XX:SharedArchiveFile=" + archive);
    }
    Collections.addAll(
        line,
        "-XX:+UseSerialGC",
        "-Xms32m",
        "-Xmx256m",
        "-XX:MinHeapFreeRatio=20",
        "-XX:MaxHeapFreeRatio=40",
        "-XX:-UsePerfData",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-Xlog:disable",
        "-Dfile.encoding=UTF-8",
        "-cp",
        classPath,
        "dev.waybill.cli.Main",
        "--json",
        "--home",
        home.toString());
    line.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    return new Attempt(arguments.get(0), builder.start(), log);
  }
}
