package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system of its own, small enough to be filled: mounted in a namespace, so that nobody needs
 * a privilege for it.
 */
final class SmallDisk implements AutoCloseable {
  private final Path folder;
  private final Process holder;

  /** Where there are no namespaces the test is skipped, or fails where servers are required. */
  SmallDisk(Path folder, int mebibytes) throws IOException {
    this.folder = Files.createDirectories(folder);
    holder =
        new ProcessBuilder(
                "unshare",
                "-Urm",
                "sh",
                "-c",
                "mount -t tmpfs -o size=\"$1\"m none \"$0\" && echo ready && read end",
                folder.toString(),
                Integer.toString(mebibytes))
            .redirectErrorStream(true)
            .start();
    BufferedReader said = holder.inputReader(StandardCharsets.UTF_8);
    String answer = said.readLine();
    if (!"ready".equals(answer)) {
      assertThat(System.getenv("REQUIRE_SERVERS")).as("a small disk: " + answer).isNotEqualTo("1");
      assumeTrue(false, "no small disk: " + answer);
    }
  }

  /** Where it is for a process inside of its namespace. */
  Path inside() {
    return folder;
  }

  /** Where it is for every other process. */
  Path outside() {
    return Path.of("/proc/" + holder.pid() + "/root" + folder);
  }

  /** What puts a command into the namespace. */
  List<String> wrapper() {
    return List.of(
        "nsenter", "--preserve-credentials", "-U", "-m", "-t", Long.toString(holder.pid()));
  }

  /** Leaves not a byte. */
  void fill() throws IOException {
    byte[] ballast = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(outside().resolve("ballast"))) {
      while (outside().toFile().getUsableSpace() > 0) {
        out.write(ballast, 0, (int) Math.min(ballast.length, outside().toFile().getUsableSpace()));
      }
    }
  }

  /** Makes room again. */
  void clear() throws IOException {
    Files.delete(outside().resolve("ballast"));
  }

  @Override
  public void close() {
    holder.destroyForcibly();
  }
}
