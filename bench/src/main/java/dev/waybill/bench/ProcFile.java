package dev.waybill.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What Linux tells about a living process in /proc. */
final class ProcFile {
  /** Linux counts CPU in these for every program, whatever its own clock does. */
  private static final int TICKS_PER_SECOND = 100;

  private static final int USER = 11;
  private static final int KERNEL = 12;
  private static final int USER_OF_ENDED_CHILDREN = 13;
  private static final int KERNEL_OF_ENDED_CHILDREN = 14;

  private ProcFile() {}

  /** What a process has used so far. */
  record Usage(long cpuMillis, long peakBytes) {
    Usage max(Usage other) {
      return new Usage(Math.max(cpuMillis, other.cpuMillis), Math.max(peakBytes, other.peakBytes));
    }
  }

  /**
   * Notes what a process has used, by its id. Its short-lived children are within its CPU once they
   * have ended.
   */
  static void look(ProcessHandle process, Map<Long, Usage> usages) {
    try {
      String id = Long.toString(process.pid());
      String stat = Files.readString(Path.of("/proc", id, "stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      long ticks = 0;
      for (int field : new int[] {USER, KERNEL, USER_OF_ENDED_CHILDREN, KERNEL_OF_ENDED_CHILDREN}) {
        ticks += Long.parseLong(fields[field]);
      }
      long peak = kibibytes(Path.of("/proc", id, "status"), "VmHWM:") * 1024;
      usages.merge(process.pid(), new Usage(ticks * 1000 / TICKS_PER_SECOND, peak), Usage::max);
    } catch (IOException ended) {
      // It ended before it was looked at, or this is not Linux: what is known already stays.
      return;
    }
  }

  /** The value of a line such as {@code VmHWM: 1234 kB}, 0 if there is none. */
  static long kibibytes(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
      }
    }
    return 0;
  }
}
