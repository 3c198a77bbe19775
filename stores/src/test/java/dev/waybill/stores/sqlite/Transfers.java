package dev.waybill.stores.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;

/**
 * An application in a process of its own that moves money between accounts without rest, so that
 * their sum never changes and every transaction shows.
 */
final class Transfers implements AutoCloseable {
  static final int ACCOUNTS = 2_000;
  static final long SUM = ACCOUNTS * 100L;

  private final Process process;

  /** What became of an application. */
  record Told(long transfers, long refused) {}

  /** Makes the accounts, each as large as given. */
  static void make(Path file, String mode, int bytes) throws SQLException {
    Sample.make(
        file,
        "PRAGMA journal_mode=" + mode,
        "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER, moves INTEGER, rest BLOB)",
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<"
            + ACCOUNTS
            + ") INSERT INTO account SELECT i, 100, 0, randomblob("
            + bytes
            + ") FROM n");
  }

  /**
   * Starts the application and waits until it writes.
   *
   * @param isComing true if it opens the file anew for each transfer, as scripts do
   */
  Transfers(Path file, String mode, boolean isComing, int restMillis) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Transfers.class.getName(),
                file.toString(),
                mode,
                Boolean.toString(isComing),
                Integer.toString(restMillis))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (process.getInputStream().read() != '>') {
      throw new IOException("the application did not begin");
    }
  }

  /** Stops the application. */
  Told stop() throws IOException {
    process.getOutputStream().close();
    InputStream out = process.getInputStream();
    String[] told = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip().split(" ");
    return new Told(Long.parseLong(told[0]), Long.parseLong(told[1]));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The application itself; ends when its input does. */
  public static void main(String[] arguments) throws SQLException, IOException {
    Path file = Path.of(arguments[0]);
    boolean isComing = Boolean.parseBoolean(arguments[2]);
    Application application = new Application(file, arguments[1]);
    while (!application.isEnded()) {
      application.transfer(isComing);
      application.rest(Integer.parseInt(arguments[3]));
    }
    application.leave();
    System.out.println(application.transfers + " " + application.refused);
  }

  private static final class Application {
    private final Path file;
    private final String mode;
    private final SplittableRandom random = new SplittableRandom(7);
    private @org.jspecify.annotations.Nullable Connection connection;
    private long transfers;
    private long refused;

    Application(Path file, String mode) {
      this.file = file;
      this.mode = mode;
    }

    private static volatile boolean hasEnded;

    boolean isEnded() {
      if (transfers == 1) {
        System.out.print('>');
        System.out.flush();
        Thread waiting = new Thread(Application::await);
        waiting.setDaemon(true);
        waiting.start();
      }
      return hasEnded;
    }

    private static void await() {
      try {
        while (System.in.read() >= 0) {
          continue;
        }
      } catch (IOException closed) {
        throw new java.io.UncheckedIOException(closed);
      } finally {
        hasEnded = true;
      }
    }

    private Connection open() throws SQLException {
      Connection opened = Sample.open(file);
      Sample.run(
          opened,
          "PRAGMA busy_timeout=5000",
          "PRAGMA synchronous=off",
          "PRAGMA journal_mode=" + mode);
      return opened;
    }

    void transfer(boolean isComing) throws SQLException {
      Connection used = connection;
      if (used == null) {
        used = open();
      }
      try (Statement statement = used.createStatement();
          PreparedStatement move =
              used.prepareStatement(
                  "UPDATE account SET balance = balance + ?, moves = moves + 1 WHERE id = ?")) {
        statement.execute("BEGIN IMMEDIATE");
        int amount = random.nextInt(50);
        for (int sign = -1; sign <= 1; sign += 2) {
          move.setInt(1, sign * amount);
          move.setInt(2, 1 + random.nextInt(ACCOUNTS));
          move.executeUpdate();
        }
        statement.execute("COMMIT");
        transfers++;
      } catch (SQLException failure) {
        refused++;
        Sample.run(used, "ROLLBACK");
      }
      connection = used;
      if (isComing) {
        leave();
      }
    }

    void leave() throws SQLException {
      if (connection != null) {
        connection.close();
      }
      connection = null;
    }

    void rest(int millis) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException stopped) {
        hasEnded = true;
      }
    }
  }

  /** What the database says now. */
  static long now(Path file, String what) throws SQLException {
    try (Connection connection = Sample.open(file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT sum(" + what + ") FROM account")) {
      row.next();
      return row.getLong(1);
    }
  }
}
