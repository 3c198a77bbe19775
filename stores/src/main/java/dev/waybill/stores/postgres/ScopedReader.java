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
 * Reads what one query after the other gives, all of them once under each scope of the user's
 * settings, over one connection. Not thread-safe.
 */
final class ScopedReader implements RecordReader {
  private final Connection connection;
  private final Consumer<Connection> giveBack;
  private final String where;
  private final TableShape shape;
  private final List<Map<String, String>> scopes;
  private final List<Query> queries;
  private final @Nullable SeenRows seen;
  private @Nullable CopyReader current;
  private int next;
  private boolean isClosed;

  /** Makes the connection ready for a query, and spells it. */
  interface Query {
    String on(Connection connection) throws SQLException;
  }

  /**
   * A reader of what queries give.
   *
   * @param seen if rows are to be read once: the queries then give the table and place of each, and
   *     behind these the shape's columns
   */
  ScopedReader(
      Connection connection,
      Consumer<Connection> giveBack,
      String where,
      TableShape shape,
      List<Map<String, String>> scopes,
      List<Query> queries,
      @Nullable SeenRows seen)
      throws SQLException {
    this.connection = connection;
    this.giveBack = giveBack;
    this.where = where;
    this.shape = shape;
    this.scopes = scopes;
    this.queries = queries;
    this.seen = seen;
    this.current = open();
  }

  private @Nullable CopyReader open() throws SQLException {
    if (next == scopes.size() * queries.size()) {
      return null;
    }
    if (next % queries.size() == 0) {
      SessionSettings.enter(connection, scopes.get(next / queries.size()));
    }
    String query = queries.get(next++ % queries.size()).on(connection);
    return seen == null
        ? new CopyReader(connection, kept -> {}, where, shape, false, query)
        : new CopyReader(connection, kept -> {}, where, shape, seen, query);
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
