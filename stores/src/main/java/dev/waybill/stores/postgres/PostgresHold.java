package dev.waybill.stores.postgres;

import dev.waybill.model.SpecException;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetStore.Hold;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;

/**
 * Advisory locks of one session, one for each table: the server lets them go when the connection
 * ends, however it ends. They mean something to Waybill only.
 */
final class PostgresHold implements Hold {
  private static final int ALIVE_SECONDS = 5;

  private final Location location;
  private final Set<String> tables;
  private Connection connection;

  PostgresHold(Location location, Set<String> tables) {
    this.location = location;
    this.tables = new TreeSet<>(tables);
    this.connection = take();
  }

  private Connection take() {
    Connection fresh = location.connect();
    boolean isDone = false;
    try {
      neverEnd(fresh);
      try (PreparedStatement statement =
          fresh.prepareStatement("SELECT pg_catalog.pg_try_advisory_lock(?)")) {
        for (String table : tables) {
          statement.setLong(1, number(location.schema(), table));
          try (ResultSet row = statement.executeQuery()) {
            row.next();
            if (!row.getBoolean(1)) {
              throw new SpecException(
                  TargetStore.TARGET_IS_BUSY,
                  "Another run of Waybill is writing to \""
                      + table
                      + "\" in PostgreSQL at "
                      + location
                      + ".",
                  "wait until it has ended; waybill runs shows those of this folder");
            }
          }
        }
      }
      isDone = true;
      return fresh;
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "keep other runs off", location.toString());
    } finally {
      if (!isDone) {
        unlock(fresh);
        close(fresh);
      }
    }
  }

  /**
   * It may idle as long as an index takes: what stands between would cut a silent connection, and a
   * server that asks in vain must let the locks of a lost one go soon.
   */
  private static void neverEnd(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET idle_session_timeout TO 0; SET tcp_keepalives_idle TO 60;"
              + " SET tcp_keepalives_interval TO 10; SET tcp_keepalives_count TO 6");
    }
  }

  private static long number(String schema, String table) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(("waybill\0" + schema + "\0" + table).getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  @Override
  public synchronized void renew() {
    try {
      if (connection.isValid(ALIVE_SECONDS)) {
        return;
      }
    } catch (SQLException impossible) {
      throw new IllegalStateException(impossible);
    }
    close(connection);
    connection = take();
  }

  /** Before the connection is closed: the server notices that only a while later. */
  private static void unlock(Connection ending) {
    try (Statement statement = ending.createStatement()) {
      statement.execute("SELECT pg_catalog.pg_advisory_unlock_all()");
    } catch (SQLException lost) {
      // The locks of a connection that is gone go with it.
      return;
    }
  }

  private void close(Connection ended) {
    try {
      ended.close();
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "let a connection go", location.toString());
    }
  }

  @Override
  public synchronized void close() {
    unlock(connection);
    close(connection);
  }
}
