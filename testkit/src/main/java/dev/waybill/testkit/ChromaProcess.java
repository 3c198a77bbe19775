package dev.waybill.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A Chroma server on a folder of a test's own, from the program that {@code
 * WAYBILL_TEST_CHROMA_HOME} names.
 */
public final class ChromaProcess implements AutoCloseable {
  /** The folder of the program. */
  public static final String HOME = "WAYBILL_TEST_CHROMA_HOME";

  /** A server that was given, which has its folder elsewhere. */
  public static final String URL = "WAYBILL_TEST_CHROMA_URL";

  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final Process process;
  private final String base;

  private ChromaProcess(Process process, String base) {
    this.process = process;
    this.base = base;
  }

  /** Without the program the test is skipped, or fails where servers are required. */
  public static ChromaProcess start(Path folder) throws IOException, InterruptedException {
    String home = System.getenv(HOME);
    if (home == null || home.isEmpty()) {
      // On a server that was given no folder can be made; whoever gives one says so.
      assertThat(System.getenv(URL) == null ? System.getenv("REQUIRE_SERVERS") : null)
          .as(HOME + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, HOME + " is not set");
    }
    int port = freePort();
    Path log = Files.createTempFile("chroma", ".log");
    Process process =
        new ProcessBuilder(
                home + "/start",
                "run",
                "--path",
                folder.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    ChromaProcess server = new ChromaProcess(process, "http://127.0.0.1:" + port);
    for (long end = System.nanoTime() + LONGEST.toNanos(); ; Thread.sleep(20)) {
      if (Files.readString(log).contains("listening on address")) {
        Files.delete(log);
        return server;
      }
      if (!process.isAlive() || System.nanoTime() > end) {
        server.kill();
        throw new AssertionError("Chroma did not start: " + Files.readString(log));
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Where it listens: {@code http://127.0.0.1:8000}. */
  public String base() {
    return base;
  }

  /** Ends it as an administrator would; SIGTERM it does not understand. */
  public void stop() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
      kill();
    }
  }

  /** Ends it at once, in the middle of whatever it does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
