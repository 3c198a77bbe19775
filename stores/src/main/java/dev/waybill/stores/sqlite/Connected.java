package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;
import org.sqlite.SQLiteOpenMode;
import org.sqlite.jdbc4.JDBC4Connection;

/** One connection to a database file. */
final class Connected implements AutoCloseable {
  /** How long a lock of another program is waited for unless it is said. */
  static final int BUSY_MILLIS = 5_000;

  private static final int JOURNAL_LOOKS = 50;
  private static final long JOURNAL_PAUSE_NANOS = 2_000_000;

  private final Path file;
  private final Connection jdbc;
  private final @Nullable TimeLimit limit;
  private int users;

  private Connected(Path file, Connection jdbc, @Nullable TimeLimit limit) {
    this.file = file;
    this.jdbc = jdbc;
    this.limit = limit;
  }

  /**
   * Opens a file that is there.
   *
   * @param parameters of SQLite's URI: {@code mode=ro}
   */
  static Connected open(Path file, String parameters, SessionOptions options) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setOpenMode(SQLiteOpenMode.OPEN_URI);
    config.setOpenMode(SQLiteOpenMode.FULLMUTEX);
    config.setBusyTimeout(
        options.lockTimeout().isZero()
            ? BUSY_MILLIS
            : (int) Math.min(Integer.MAX_VALUE, options.lockTimeout().toMillis()));
    // Else the driver prepares a query for the last rowid after every single insert.
    config.setGetGeneratedKeys(false);
    String uri = "file:" + file.toUri().getRawPath() + "?" + parameters;
    return open(file, uri, config, options.statementTimeout());
  }

  /** An empty database that stands for a file that is not there. */
  static Connected nothing(Path file) throws SQLException {
    return open(file, ":memory:", new SQLiteConfig(), Duration.ZERO);
  }

  private static Connected open(Path file, String uri, SQLiteConfig config, Duration longest)
      throws SQLException {
    OpenFiles.connected(file);
    try {
      Connection jdbc = new JDBC4Connection("jdbc:sqlite:" + uri, uri, config.toProperties());
      // The driver's own transactions are not used: in its auto-commit mode each statement costs a
      // failing BEGIN, in the other every COMMIT begins anew.
      jdbc.setAutoCommit(false);
      TimeLimit limit = longest.isZero() ? null : TimeLimit.on(jdbc, longest);
      Connected connected = new Connected(file, jdbc, limit);
      connected.run("COMMIT");
      return connected;
    } catch (SQLException failure) {
      OpenFiles.disconnected(file);
      throw failure;
    }
  }

  Path file() {
    return file;
  }

  Connection jdbc() {
    return jdbc;
  }

  /** Makes SQLite refuse values and rows that are too large, before it hands them out. */
  void limitValues() throws SQLException {
    jdbc.unwrap(SQLiteConnection.class)
        .getDatabase()
        .limit(SQLiteLimits.SQLITE_LIMIT_LENGTH.getId(), RecordLimit.IN_SQLITE);
  }

  PreparedStatement prepare(String sql) throws SQLException {
    begun();
    return jdbc.prepareStatement(sql);
  }

  /** Says that this thread begins a statement, from when on its time counts. */
  void begun() {
    if (limit != null) {
      TimeLimit.begun();
    }
  }

  void run(String sql) throws SQLException {
    begun();
    try (Statement statement = jdbc.createStatement()) {
      statement.execute(sql);
    }
  }

  /**
   * Begins a transaction that reads, and takes its lock.
   *
   * @throws SQLException among others if there is a crashed program's journal that this connection
   *     may not play back
   */
  void beginRead() throws SQLException {
    run("BEGIN");
    for (int look = 1; ; look++) {
      try {
        number("SELECT count(*) FROM sqlite_schema");
        return;
      } catch (SQLException failure) {
        if (!SqliteErrors.isJournalSeen(failure) || look == JOURNAL_LOOKS) {
          throw failure;
        }
        // As isJournalSeen says, it may have been that of a transaction that has just ended.
        LockSupport.parkNanos(JOURNAL_PAUSE_NANOS);
      }
    }
  }

  /** The only column of the only row; null if there is no row or it holds null. */
  @Nullable Long number(String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = prepare(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return null;
        }
        long value = rows.getLong(1);
        return rows.wasNull() ? null : value;
      }
    }
  }

  /** The first column of all rows, for things that are few. */
  List<String> texts(String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = prepare(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      List<String> texts = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          texts.add(rows.getString(1));
        }
      }
      return texts;
    }
  }

  /** Readers that use this connection now: the pool gives the least used one. */
  int users() {
    return users;
  }

  void addUser(int more) {
    users += more;
  }

  @Override
  public void close() throws SQLException {
    try {
      jdbc.close();
    } finally {
      OpenFiles.disconnected(file);
    }
  }
}
