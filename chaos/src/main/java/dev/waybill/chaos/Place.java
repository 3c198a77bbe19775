package dev.waybill.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** A store of a round, through its vendor's driver. */
interface Place {
  Dialect dialect();

  /** How Waybill is told of it. */
  String url();

  /** False for a file that is not there. */
  boolean exists();

  /** For reading. */
  Connection connect() throws SQLException;

  /** Writes as an application would: all of it at once. */
  default void write(Writing writing) throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      writing.into(connection);
      connection.commit();
    }
  }

  /** What an application writes. */
  @FunctionalInterface
  interface Writing {
    void into(Connection connection) throws SQLException;
  }

  /** Everything that can be seen of it. */
  Portrait portrait() throws SQLException;

  /**
   * Whether each table goes from what it was to what it will be at one moment, so that nobody ever
   * sees it half done.
   */
  default boolean isNeverHalfDone() {
    return false;
  }

  /** What is beside the tables and has to stay, whatever becomes of them. */
  default Portrait rest() {
    return new Portrait();
  }

  /** What a run has left here beside its records, by name. */
  List<String> traces() throws SQLException;

  /** Sees to it that what is there now outlives the end of a server to the letter. */
  void settle() throws SQLException;

  /** Removes it. */
  void remove() throws SQLException;
}
