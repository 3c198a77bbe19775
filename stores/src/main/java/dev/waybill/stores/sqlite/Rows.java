package dev.waybill.stores.sqlite;

import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.core.Codes;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;
import org.sqlite.core.SafeStmtPtr;

/**
 * The rows of a prepared query, each value with the storage class it has.
 *
 * <p>Goes below JDBC to the driver's column functions: JDBC would make a string of every text and
 * an object of every number, and would follow the declared type instead of the value's.
 */
final class Rows implements AutoCloseable {
  private final PreparedStatement statement;
  private final SafeStmtPtr pointer;
  private final int width;
  private final TextForm text;
  private @Nullable ResultSet rows;
  private boolean isOnRow;

  Rows(PreparedStatement statement, int width, TextForm text) {
    this.statement = statement;
    this.pointer = ((CoreStatement) statement).pointer;
    this.width = width;
    this.text = text;
  }

  PreparedStatement statement() {
    return statement;
  }

  /** Runs the query with the parameters that are set, from the beginning. */
  void begin() throws SQLException {
    end();
    TimeLimit.begun();
    ResultSet begun = statement.executeQuery();
    rows = begun;
    isOnRow = begun.next();
  }

  /** True while there is a row to append. */
  boolean isOnRow() {
    return isOnRow;
  }

  /**
   * Appends rows until a limit is reached or none is left; false if none was left.
   *
   * @throws SQLException TOOBIG for a record beyond {@link RecordLimit}
   */
  boolean append(RecordBatch into, int maxRecords, int maxBytes) throws SQLException {
    if (!isOnRow) {
      return false;
    }
    TimeLimit.begun();
    pointer.safeRunConsume(
        (db, address) -> {
          do {
            row(db, address, into);
            int code = db.step(address);
            if (code != Codes.SQLITE_ROW) {
              isOnRow = false;
              if (code != Codes.SQLITE_DONE) {
                db.throwex(code);
              }
            }
          } while (isOnRow && into.records() < maxRecords && into.size() < maxBytes);
        });
    return true;
  }

  private void row(DB db, long address, RecordBatch into) throws SQLException {
    int start = into.size();
    for (int i = 0; i < width; i++) {
      switch (db.column_type(address, i)) {
        case Codes.SQLITE_INTEGER -> into.putInt64(db.column_long(address, i));
        case Codes.SQLITE_FLOAT -> into.putFloat64(db.column_double(address, i));
        case Codes.SQLITE_TEXT -> {
          byte[] bytes = text.toUtf8(blob(db, address, i));
          requireRoom(into, start, bytes);
          into.putVariable(Kind.TEXT, bytes, 0, bytes.length);
        }
        case Codes.SQLITE_BLOB -> {
          byte[] bytes = blob(db, address, i);
          requireRoom(into, start, bytes);
          into.putBytes(bytes);
        }
        default -> into.putNull();
      }
    }
  }

  private static void requireRoom(RecordBatch into, int start, byte[] bytes) throws SQLException {
    if (bytes.length > RecordLimit.LARGEST - (into.size() - start)) {
      throw new SQLiteException("the record is too large", SQLiteErrorCode.SQLITE_TOOBIG);
    }
  }

  private static byte[] blob(DB db, long address, int column) throws SQLException {
    byte[] bytes = db.column_blob(address, column);
    return bytes == null ? new byte[0] : bytes;
  }

  /** Lets go of the rows but keeps the statement. */
  void end() throws SQLException {
    isOnRow = false;
    ResultSet open = rows;
    rows = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() throws SQLException {
    try {
      end();
    } finally {
      statement.close();
    }
  }
}
