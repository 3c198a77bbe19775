package dev.waybill.stores.json;

import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The records of a shelf in their order, whichever form it has. A record has the same place in both
 * forms. Not thread-safe.
 */
interface ShelfReader extends AutoCloseable {
  /** Goes to the next record; false at the end. */
  boolean next() throws SQLException, IOException;

  /** The record's text. */
  byte[] json() throws SQLException;

  long place() throws SQLException;

  /** The batch that it came with, 0 if it stood in the file before. */
  long mark() throws SQLException;

  /** The digest of what it is found by, as it was when it came; may be null of what was there. */
  byte[] key() throws SQLException;

  /** Writes all records as they stand, a line each; to be called instead of all else. */
  void copyLines(OutputStream out) throws SQLException, IOException;

  @Override
  void close() throws SQLException, IOException;

  /** All records, in the form that the shelf has as the connection sees it. */
  static ShelfReader of(Connection connection, Path folder, Shelf kept)
      throws SQLException, IOException {
    return of(connection, folder, kept, 0, Long.MAX_VALUE);
  }

  /**
   * Those from one place to before another.
   *
   * @param folder where the work is
   */
  static ShelfReader of(Connection connection, Path folder, Shelf kept, long from, long to)
      throws SQLException, IOException {
    return isInParts(connection, kept)
        ? new PartReader(connection, folder, kept, from, to)
        : new TableReader(connection, kept, from, to);
  }

  static boolean isInParts(Connection connection, Shelf kept) throws SQLException {
    try (PreparedStatement form =
        connection.prepareStatement("SELECT parts FROM collection WHERE id = ?")) {
      form.setLong(1, kept.id());
      try (ResultSet row = form.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
