package dev.waybill.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Processes joined by pipes, run to their end and measured.
 *
 * <p>CPU and memory are looked at while they run, so that the last {@value #LOOK_MILLIS} ms may be
 * missing; only Linux tells them.
 */
final class Pipeline {
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final int LOOK_MILLIS = 10;

  private final List<List<String>> commands;
  private final Path folder;
  private final Map<String, String> environment;
  private final @Nullable Path input;

  /**
   * @param folder where {@code out.txt} and {@code err.txt} keep what they print
   * @param environment variables besides this process's own
   * @param input the first one's standard input, or null for none
   */
  Pipeline(
      Path folder,
      Map<String, String> environment,
      List<List<String>> commands,
      @Nullable Path input) {
    this.folder = folder;
    this.environment = Map.copyOf(environment);
    this.commands = List.copyOf(commands);
    this.input = input;
  }

  /**
   * Runs them.
   *
   * @throws IOException if one does not end in time or not with 0
   */
  Cost run() throws IOException, InterruptedException {
    Path errors = folder.resolve("err.txt");
    Files.deleteIfExists(errors);
    List<ProcessBuilder> builders = new ArrayList<>();
    for (List<String> command : commands) {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
      builders.add(builder);
    }
    Path read = input;
    builders.get(0).redirectInput(read == null ? new File("/dev/null") : read.toFile());
    builders.get(builders.size() - 1).redirectOutput(folder.resolve("out.txt").toFile());
    long start = System.nanoTime();
    List<Process> processes = ProcessBuilder.startPipeline(builders);
    try {
      return await(processes, start);
    } finally {
      for (Process process : processes) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  private Cost await(List<Process> processes, long start) throws IOException, InterruptedException {
    Map<Long, ProcFile.Usage> usages = new HashMap<>();
    Process last = processes.get(processes.size() - 1);
    boolean hasEnded = false;
    while (!hasEnded) {
      for (Process process : processes) {
        ProcFile.look(process.toHandle(), usages);
      }
      hasEnded = last.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (!hasEnded && System.nanoTime() - start > LONGEST.toNanos()) {
        throw failed("did not end within " + LONGEST.toMinutes() + " minutes");
      }
    }
    Duration wall = Duration.ofNanos(System.nanoTime() - start);
    for (Process process : processes) {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw failed("did not end");
      }
      if (process.exitValue() != 0) {
        throw failed("ended with exit code " + process.exitValue());
      }
    }
    long cpu = usages.values().stream().mapToLong(ProcFile.Usage::cpuMillis).sum();
    long peak =
        usages.isEmpty() ? -1 : usages.values().stream().mapToLong(ProcFile.Usage::peakBytes).sum();
    return new Cost(wall, Duration.ofMillis(cpu), peak);
  }

  private IOException failed(String how) throws IOException {
    String names =
        String.join(
            " | ", commands.stream().map(c -> Path.of(c.get(0)).getFileName() + "").toList());
    Path errors = folder.resolve("err.txt");
    String said = Files.exists(errors) ? Files.readString(errors).strip() : "";
    return new IOException(
        names + " " + how + (said.isEmpty() ? "." : ", saying: " + lastOf(said)));
  }

  private static String lastOf(String text) {
    return text.length() <= 2000 ? text : text.substring(text.length() - 2000);
  }
}
