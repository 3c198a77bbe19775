package dev.waybill.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL of our own that may be killed and comes back on the same port. */
final class PrivateServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path binaries;
  private final Path folder;
  private final List<String> wrapper;
  private final int port;
  private @Nullable Process process;

  /** How a server ends without notice. */
  enum End {
    /** SIGQUIT, as of {@code pg_ctl stop -m immediate}: it recovers at the next start. */
    IMMEDIATE,
    /** SIGKILL to all of its processes. */
    KILLED
  }

  private PrivateServer(Path binaries, Path folder, List<String> wrapper, int port) {
    this.binaries = binaries;
    this.folder = folder;
    this.wrapper = wrapper;
    this.port = port;
  }

  /**
   * Makes a cluster and starts it.
   *
   * @param binaries what {@code ./dev} fetches: {@code bin/initdb} and {@code start}
   * @param folder where data and log go; the process id goes beside it
   * @param wrapper what becomes the server, given its command line; empty for nothing
   */
  static PrivateServer create(Path binaries, Path folder, List<String> wrapper)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    PrivateServer server = new PrivateServer(binaries, folder, wrapper, freePort());
    Process initdb =
        server.run(
            List.of(),
            binaries.resolve("bin/initdb").toString(),
            "-D",
            server.data().toString(),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N");
    if (!initdb.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || initdb.exitValue() != 0) {
      initdb.destroyForcibly();
      throw new IOException("initdb failed: " + server.log());
    }
    server.start();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Path data() {
    return folder.resolve("postgres");
  }

  private Path log() {
    return folder.resolve("postgres.log");
  }

  int port() {
    return port;
  }

  /** PostgreSQL refuses to run as root; in a user namespace root is nobody in particular. */
  private Process run(List<String> before, String... command) throws IOException {
    List<String> line = new ArrayList<>(before);
    if (!before.isEmpty() || System.getProperty("user.name").equals("root")) {
      Collections.addAll(line, "unshare", "-U");
    }
    Collections.addAll(line, command);
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .redirectInput(Path.of("/dev/null").toFile())
        .start();
  }

  /** Starts it and waits until it takes connections. Does nothing if it runs. */
  void start() throws IOException, InterruptedException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (process == null || !process.isAlive()) {
      Process started =
          run(
              wrapper,
              binaries.resolve("start").toString(),
              "-D",
              data().toString(),
              "-p",
              Integer.toString(port),
              "-c",
              "listen_addresses=127.0.0.1",
              "-c",
              "unix_socket_directories=",
              "-c",
              "dynamic_shared_memory_type=mmap",
              "-c",
              "fsync=off");
      process = started;
      Files.writeString(Path.of(folder + ".pid"), started.pid() + "\n");
      // Until the last process of one that was killed is gone, a new one ends at once.
      while (started.isAlive() && !isReady()) {
        if (System.nanoTime() > until) {
          throw new IOException("The server does not start: " + log());
        }
        Thread.sleep(10);
      }
      if (!started.isAlive() && System.nanoTime() > until) {
        throw new IOException("The server does not start: " + log());
      }
    }
  }

  private boolean isReady() {
    try (Connection connection = connect("postgres")) {
      return connection.isValid(5);
    } catch (SQLException notYet) {
      return false;
    }
  }

  /** Ends it without notice, and returns when it is gone. */
  void kill(End end) throws IOException, InterruptedException {
    Process running = process;
    if (running == null) {
      return;
    }
    if (end == End.KILLED) {
      List<ProcessHandle> children = running.toHandle().descendants().toList();
      running.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    } else {
      Signals.send("QUIT", running.pid());
    }
    if (!running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("The server does not end: " + log());
    }
    process = null;
  }

  Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    properties.setProperty("connectTimeout", "10");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, properties);
  }

  @Override
  public void close() {
    Process running = process;
    if (running == null) {
      return;
    }
    try {
      Signals.send("INT", running.pid());
      if (!running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    process = null;
  }
}
