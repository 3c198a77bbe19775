package dev.waybill.stores.postgres;

import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a guarded table once under each scope of the user's settings, over one connection; each row
 * once. Not thread-safe.
 */
final class ScopedReader implements RecordReader {
  private final Connection connection;
  private final Consumer<Connection> giveBack;
  private final String where;
  private final TableShape shape;
  private final List<Map<String, String>> scopes;
  private final String query;
  private final SeenRows seen = new SeenRows();
  private @Nullable CopyReader current;
  private int next;
  private boolean isClosed;

  /**
   * A reader of what a query gives.
   *
   * @param query gives the table and place of each row, then the shape's columns
   */
  ScopedReader(
      Connection connection,
      Consumer<Connection> giveBack,
      String where,
      TableShape shape,
      List<Map<String, String>> scopes,
      String query)
      throws SQLException {
    this.connection = connection;
    this.giveBack = giveBack;
    this.where = where;
    this.shape = shape;
    this.scopes = scopes;
    this.query = query;
    this.current = open();
  }

  private @Nullable CopyReader open() throws SQLException {
    if (next == scopes.size()) {
      return null;
    }
    SessionSettings.enter(connection, scopes.get(next++));
    return new CopyReader(connection, kept -> {}, where, shape, seen, query);
  }

  @Override
  public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
    CopyReader reader = current;
    while (reader != null && !reader.read(into, maxRecords, maxBytes)) {
      reader.close();
      current = null;
      try {
        reader = open();
      } catch (SQLException failure) {
        throw ServerErrors.store(failure, "let \"" + shape.name() + "\" be read", where);
      }
      current = reader;
    }
    return reader != null;
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    CopyReader reader = current;
    if (reader != null) {
      // Left early: the reader gives the connection up.
      reader.close();
    } else {
      giveBack.accept(connection);
    }
  }
}
