package dev.waybill.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a reader must know about the machine to make sense of a number, and no more. */
final class Machine {
  private Machine() {}

  static Map<String, Object> facts() throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    Path cpu = Path.of("/proc/cpuinfo");
    if (Files.isReadable(cpu)) {
      Files.readAllLines(cpu, StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .ifPresent(line -> facts.put("cpu", line.substring(line.indexOf(':') + 1).strip()));
    }
    Path memory = Path.of("/proc/meminfo");
    if (Files.isReadable(memory)) {
      facts.put("memoryMiB", ProcFile.kibibytes(memory, "MemTotal:") / 1024);
    }
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put(
        "jdk",
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    facts.put("loadBefore", load());
    return facts;
  }

  /** Processes that wanted to run in the last minute; negative where the system does not tell. */
  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /** True if something else wants the processors too. */
  static boolean isBusy() {
    return load() > Runtime.getRuntime().availableProcessors() * 0.5;
  }
}
