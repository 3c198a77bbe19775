package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connections that all see one state of a database. Thread-safe; a connection may serve several
 * readers at once, SQLite takes turns between them.
 */
final class Reading implements AutoCloseable {
  private final Path named;
  private final Path opened;
  private final String parameters;
  private final int most;
  private final @Nullable Stamp watched;
  private final SessionOptions options;
  private final Runnable closed;
  private boolean isClosed;
  private final List<Connected> connections = new ArrayList<>();

  /**
   * @param named the database as the user knows it
   * @param opened the file to open, perhaps a copy
   * @param watched what the file must still look like, or null where locks keep it as it is
   * @param closed run once when this is closed
   */
  private Reading(
      Path named,
      Path opened,
      String parameters,
      int most,
      @Nullable Stamp watched,
      SessionOptions options,
      Runnable closed) {
    this.options = options;
    this.closed = closed;
    this.named = named;
    this.opened = opened;
    this.parameters = parameters;
    this.most = most;
    this.watched = watched;
  }

  /**
   * Opens one connection; the others follow when they are needed and see the same state because
   * nothing can change while the first holds its lock (or nobody writes to the file at all).
   */
  static Reading locked(
      Path named,
      Path opened,
      String parameters,
      int most,
      @Nullable Stamp watched,
      SessionOptions options,
      Runnable closed)
      throws SQLException {
    Reading reading = new Reading(named, opened, parameters, most, watched, options, closed);
    reading.connections.add(reading.begin());
    return reading;
  }

  /** The state of a file that is not there. */
  static Reading nothing(Path named) throws SQLException {
    Reading reading = new Reading(named, named, "", 1, null, SessionOptions.USUAL, () -> {});
    reading.connections.add(Connected.nothing(named));
    return reading;
  }

  /**
   * Opens all connections at once on a WAL database that others may write to. They see one state if
   * nothing was committed between the first and the last; else it is tried again.
   */
  static Reading agreed(Path named, String parameters, int most, SessionOptions options)
      throws SQLException {
    Reading reading = new Reading(named, named, parameters, most, null, options, () -> {});
    if (most == 1) {
      reading.connections.add(reading.begin());
      return reading;
    }
    try (Connected monitor = Connected.open(named, parameters, options)) {
      for (int attempt = 0; attempt < 100; attempt++) {
        Long before = monitor.number("PRAGMA data_version");
        while (reading.connections.size() < most) {
          reading.connections.add(reading.begin());
        }
        if (java.util.Objects.equals(before, monitor.number("PRAGMA data_version"))) {
          return reading;
        }
        reading.closeAll();
      }
    } catch (SQLException | RuntimeException failure) {
      reading.closeAll();
      throw failure;
    }
    // On a database that is never quiet one connection is the state that all share.
    Reading single = new Reading(named, named, parameters, 1, null, options, () -> {});
    single.connections.add(single.begin());
    return single;
  }

  private Connected begin() throws SQLException {
    Connected connection = Connected.open(opened, parameters, options);
    try {
      connection.beginRead();
      return connection;
    } catch (SQLException failure) {
      try {
        connection.close();
      } catch (SQLException second) {
        failure.addSuppressed(second);
      }
      throw failure;
    }
  }

  /** The database as the user knows it. */
  Path file() {
    return named;
  }

  /** A connection for one reader; give it back with {@link #release}. */
  synchronized Connected take() throws SQLException {
    Connected least = connections.get(0);
    for (Connected each : connections) {
      if (each.users() < least.users()) {
        least = each;
      }
    }
    if (least.users() > 0 && connections.size() < most) {
      least = begin();
      connections.add(least);
    }
    least.addUser(1);
    return least;
  }

  synchronized void release(Connected connection) {
    connection.addUser(-1);
  }

  boolean hasMoved() {
    return watched != null && !watched.isSameDatabase(Stamp.of(named));
  }

  private synchronized void closeAll() throws SQLException {
    SQLException first = null;
    for (Connected each : connections) {
      try {
        each.close();
      } catch (SQLException failure) {
        first = first == null ? failure : first;
      }
    }
    connections.clear();
    if (first != null) {
      throw first;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isClosed = true;
    }
    try {
      closeAll();
    } catch (SQLException failure) {
      throw SqliteErrors.store(named, "close", failure);
    } finally {
      closed.run();
    }
  }
}
