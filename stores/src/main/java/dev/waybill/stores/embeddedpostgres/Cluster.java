package dev.waybill.stores.embeddedpostgres;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.ServerAdapter.Address;
import dev.waybill.spi.StoreUrl;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The folder of one server: its data, its password file, its port, its log. Every wait is bounded.
 * What is done to the folder is done under a lock on it.
 */
final class Cluster {
  private static final String MARKER = "waybill-postgresql.txt";
  private static final String MARKER_TEXT =
      "A PostgreSQL server that Waybill made in this folder. pgpass holds its password.\n";
  private static final String USERS = "users";
  private static final String FOR_USERS = "stop-after-use";
  private static final String FOR_USERS_TEXT =
      "The server was started for a command; the last that uses it stops it.\n";
  private static final String SUPERUSER = "waybill";
  private static final String DATABASE = "postgres";
  private static final Duration INIT = Duration.ofSeconds(120);
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration LOCK = Duration.ofSeconds(120);
  private static final long CLOCK_TOLERANCE = 120;

  private final Path folder;
  private final String parameters;

  private Cluster(Path folder, String parameters) {
    this.folder = folder;
    this.parameters = parameters;
  }

  /**
   * The cluster that a URL means.
   *
   * @throws SpecException if it names no folder
   */
  static Cluster of(StoreUrl url) {
    String rest = url.resolved(System.getenv()).rest();
    int question = rest.indexOf('?');
    String path = question < 0 ? rest : rest.substring(0, question);
    if (path.isEmpty()) {
      throw new SpecException(
          "BAD_URL", "\"" + url + "\" names no folder.", "write embedded-postgresql:FOLDER");
    }
    return new Cluster(
        Path.of(path).toAbsolutePath().normalize(),
        question < 0 ? "" : rest.substring(question + 1));
  }

  Path folder() {
    return folder;
  }

  private Path data() {
    return folder.resolve("data");
  }

  private Path passwords() {
    return folder.resolve("pgpass");
  }

  /**
   * True if the folder holds a server of ours.
   *
   * @throws StoreException if it holds something else
   */
  boolean isThere() {
    try {
      if (!Binaries.hasContent(folder)) {
        return false;
      }
      if (!Files.isRegularFile(folder.resolve(MARKER))) {
        throw new StoreException(
            "FOREIGN_FOLDER",
            "The folder " + folder + " is not empty and holds no PostgreSQL of Waybill's.",
            "name another folder, or one that is not there yet",
            false,
            null);
      }
      return Files.isRegularFile(data().resolve("PG_VERSION"));
    } catch (IOException failure) {
      throw failed("cannot be looked at", failure);
    }
  }

  private StoreException failed(String what, IOException failure) {
    return new StoreException(
        "EMBEDDED_FAILED",
        "The folder "
            + folder
            + " of the embedded PostgreSQL "
            + what
            + ": "
            + failure.getMessage()
            + ".",
        "look at its permissions: ls -la " + folder,
        false,
        failure);
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  /** Only one process at a time makes, starts or stops a server. */
  private <T> T locked(Work<T> work) {
    try {
      PrivateFiles.makeFolder(folder);
      if (!Files.exists(folder.resolve(MARKER))) {
        isThere();
        PrivateFiles.write(folder.resolve(MARKER), MARKER_TEXT);
      }
      synchronized (Cluster.class) {
        try (FileChannel channel =
                FileChannel.open(
                    folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = take(channel)) {
          if (!lock.isValid()) {
            throw new IOException("its lock is gone");
          }
          return work.run();
        }
      }
    } catch (IOException failure) {
      throw failed("cannot be used", failure);
    }
  }

  private static FileLock take(FileChannel channel) throws IOException {
    Instant end = Instant.ofEpochMilli(System.currentTimeMillis()).plus(LOCK);
    while (System.currentTimeMillis() < end.toEpochMilli()) {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      pause();
    }
    throw new IOException("another process holds its lock");
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  /** Makes the server if it is missing and starts it if it does not run, until it is stopped. */
  void start() {
    locked(
        () -> {
          startServer();
          return Files.deleteIfExists(folder.resolve(FOR_USERS));
        });
  }

  /**
   * Starts the server if it does not run, for as long as anybody uses it.
   *
   * @return what tells other processes that this one uses it; to be given back to {@link #leave}
   */
  FileChannel use() {
    return locked(
        () -> {
          FileChannel users = users();
          boolean isDone = false;
          try {
            // Looked at exclusively only under the folder's lock, so it is free to be shared now.
            if (users.tryLock(0, Long.MAX_VALUE, true) == null) {
              throw new IOException("another process holds \"" + USERS + "\" for itself");
            }
            if (startServer()) {
              PrivateFiles.write(folder.resolve(FOR_USERS), FOR_USERS_TEXT);
            }
            isDone = true;
            return users;
          } finally {
            if (!isDone) {
              users.close();
            }
          }
        });
  }

  private FileChannel users() throws IOException {
    return FileChannel.open(
        folder.resolve(USERS),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  /** Stops a server that was started for its users if this was the last of them. */
  void leave(FileChannel use) {
    locked(
        () -> {
          use.close();
          try (FileChannel users = users();
              FileLock alone = users.tryLock()) {
            if (alone != null && Files.exists(folder.resolve(FOR_USERS))) {
              stopServer();
            }
            return alone != null;
          }
        });
  }

  /** True if it did not run before. */
  private boolean startServer() throws IOException {
    Path programs = Binaries.unpacked(folder);
    if (!isThere()) {
      make(programs);
    }
    if (isRunning()) {
      return false;
    }
    removeStalePid();
    StoreException last = null;
    for (int attempt = 0; attempt < 3; attempt++) {
      int port = attempt == 0 ? port() : freePort();
      PrivateFiles.write(folder.resolve("port"), port + "\n");
      try {
        run(
            START.plusSeconds(30),
            "PostgreSQL in " + folder + " does not start",
            program(programs, "pg_ctl"),
            "start",
            "-D",
            data().toString(),
            "-w",
            "-t",
            Long.toString(START.toSeconds()),
            "-l",
            folder.resolve("server.log").toString(),
            "-o",
            "-p " + port);
        return true;
      } catch (StoreException failure) {
        last = failure;
        if (isBindable(port)) {
          break;
        }
      }
    }
    throw last == null ? new IllegalStateException("not tried") : last;
  }

  /** Stops the server; false if none ran. */
  boolean stop() {
    if (!isThere()) {
      return false;
    }
    return locked(this::stopServer);
  }

  private boolean stopServer() throws IOException {
    if (!isRunning()) {
      return false;
    }
    run(
        START.plusSeconds(30),
        "PostgreSQL in " + folder + " does not stop",
        program(Binaries.unpacked(folder), "pg_ctl"),
        "stop",
        "-D",
        data().toString(),
        "-m",
        "fast",
        "-w",
        "-t",
        Long.toString(START.toSeconds()));
    Files.deleteIfExists(folder.resolve(FOR_USERS));
    return true;
  }

  private void make(Path programs) throws IOException {
    Path fresh = folder.resolve("data.new");
    PrivateFiles.removeFolder(fresh);
    PrivateFiles.removeFolder(data());
    byte[] secret = new byte[24];
    new SecureRandom().nextBytes(secret);
    String password = HexFormat.of().formatHex(secret);
    Path passwordFile = folder.resolve("password.new");
    PrivateFiles.write(passwordFile, password + "\n");
    try {
      run(
          INIT,
          "PostgreSQL in " + folder + " cannot be made",
          program(programs, "initdb"),
          "-D",
          fresh.toString(),
          "-U",
          SUPERUSER,
          "-A",
          "scram-sha-256",
          "--pwfile=" + passwordFile,
          "-E",
          "UTF8",
          "--locale=C");
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.writeString(
        fresh.resolve("postgresql.conf"),
        "\n# Waybill: reached from this machine only.\n"
            + "listen_addresses = '127.0.0.1'\n"
            + "unix_socket_directories = ''\n",
        StandardCharsets.UTF_8,
        StandardOpenOption.APPEND);
    PrivateFiles.write(passwords(), "127.0.0.1:*:*:" + SUPERUSER + ":" + password + "\n");
    Files.move(fresh, data(), StandardCopyOption.ATOMIC_MOVE);
  }

  // --- running or not

  private Optional<List<String>> pidFile() throws IOException {
    Path file = data().resolve("postmaster.pid");
    return Files.exists(file) ? Optional.of(Files.readAllLines(file)) : Optional.empty();
  }

  /** True if the server's process lives and somebody listens on its port. */
  private boolean isRunning() throws IOException {
    Optional<List<String>> lines = pidFile();
    if (lines.isEmpty() || !isAlive(lines.get())) {
      return false;
    }
    long end = System.currentTimeMillis() + START.toMillis();
    while (System.currentTimeMillis() < end) {
      List<String> now = pidFile().orElse(List.of());
      if (now.isEmpty() || !isAlive(now)) {
        return false;
      }
      if (now.size() >= 8 && now.get(7).strip().equals("ready")) {
        int port = Integer.parseInt(now.get(3).strip());
        if (isListening(port)) {
          PrivateFiles.write(folder.resolve("port"), port + "\n");
          return true;
        }
      }
      pause();
    }
    throw new IOException("its server lives but does not answer");
  }

  /** Whether the process of a pid file is that server still, and no other that got its number. */
  private static boolean isAlive(List<String> pidFile) {
    try {
      Optional<ProcessHandle> found =
          ProcessHandle.of(Long.parseLong(pidFile.get(0).strip())).filter(ProcessHandle::isAlive);
      if (found.isEmpty()) {
        return false;
      }
      ProcessHandle.Info info = found.get().info();
      if (info.command().map(command -> !command.contains("postgres")).orElse(false)) {
        return false;
      }
      long started = pidFile.size() > 2 ? Long.parseLong(pidFile.get(2).strip()) : 0;
      return started == 0
          || info.startInstant()
              .map(start -> Math.abs(start.getEpochSecond() - started) < CLOCK_TOLERANCE)
              .orElse(true);
    } catch (NumberFormatException damaged) {
      return false;
    }
  }

  private void removeStalePid() throws IOException {
    // Whether the process lives was asked before; PostgreSQL itself would trust the number alone.
    Files.deleteIfExists(data().resolve("postmaster.pid"));
  }

  private static boolean isListening(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private int port() throws IOException {
    Path file = folder.resolve("port");
    if (Files.isRegularFile(file)) {
      try {
        int port = Integer.parseInt(Files.readString(file).strip());
        if (isBindable(port)) {
          return port;
        }
      } catch (NumberFormatException damaged) {
        return freePort();
      }
    }
    return freePort();
  }

  private static boolean isBindable(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException | IllegalArgumentException taken) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  // --- programs

  private static boolean isWindows() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
  }

  private static String program(Path programs, String name) {
    return programs.resolve("bin").resolve(isWindows() ? name + ".exe" : name).toString();
  }

  /** Runs a program to its end; a file takes what it says, since a pipe would outlive it. */
  private void run(Duration limit, String failure, String... command) throws IOException {
    List<String> line = new ArrayList<>();
    if (System.getProperty("user.name", "").equals("root") && !isWindows()) {
      // PostgreSQL refuses to run as root; in a user namespace of its own it does not see that.
      line.addAll(List.of("unshare", "-U"));
    }
    line.addAll(List.of(command));
    File output = folder.resolve("command.log").toFile();
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.redirectOutput(output);
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    Process process;
    try {
      process = builder.start();
    } catch (IOException missing) {
      throw new StoreException(
          "EMBEDDED_FAILED",
          failure + ": " + missing.getMessage() + ".",
          "run as an ordinary user, not as root",
          false,
          missing);
    }
    process.getOutputStream().close();
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new StoreException(
            "EMBEDDED_FAILED",
            failure + " within " + limit.toSeconds() + " s.",
            "see " + folder.resolve("server.log"),
            false,
            null);
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
    if (process.exitValue() != 0) {
      throw new StoreException(
          "EMBEDDED_FAILED",
          failure + ": " + reason(output.toPath()) + ".",
          "see " + output + " and " + folder.resolve("server.log"),
          false,
          null);
    }
  }

  /** The last line that says something went wrong, from the server's own log if it has one. */
  private String reason(Path output) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(output, StandardCharsets.UTF_8));
    Path log = folder.resolve("server.log");
    if (Files.exists(log)) {
      lines.addAll(Files.readAllLines(log, StandardCharsets.UTF_8));
    }
    String reason = "it gives no reason";
    for (String line : lines) {
      if (line.contains("FATAL:") || line.contains("rror:") || line.contains("unshare:")) {
        reason = line.replaceFirst(".*(FATAL|rror): *", "").strip();
      }
    }
    return reason;
  }

  // --- where it is

  /** The URL of the running server, with the parameters of the URL it was asked for with. */
  StoreUrl url() {
    return StoreUrl.parse(plainUrl() + (parameters.isEmpty() ? "" : "&" + parameters));
  }

  private String plainUrl() {
    try {
      return "postgresql://"
          + SUPERUSER
          + "@127.0.0.1:"
          + Files.readString(folder.resolve("port")).strip()
          + "/"
          + DATABASE
          + "?passfile="
          + URLEncoder.encode(passwords().toString(), StandardCharsets.UTF_8)
              .replace("+", "%20")
              .replace("%2F", "/");
    } catch (IOException failure) {
      throw failed("does not say its port", failure);
    }
  }

  Address address() {
    return new Address(url().toString(), "psql '" + plainUrl() + "'");
  }
}
