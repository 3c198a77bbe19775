package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import java.sql.SQLException;
import java.util.List;

/** Finds records by key over one connection. Not thread-safe. */
final class KeyLookup implements AutoCloseable {
  private final Statements statements;
  private final int width;

  KeyLookup(Connected connection, TextForm text, Table table, Collection collection) {
    List<String> key = collection.key();
    width = collection.writtenFields().size();
    statements =
        new Statements(
            connection,
            text,
            key.size(),
            spelling -> {
              StringBuilder sql =
                  new StringBuilder(SqliteSnapshot.select(table, collection.writtenNames()));
              for (int i = 0; i < key.size(); i++) {
                sql.append(i == 0 ? " WHERE t." : " AND t.")
                    .append(Sql.quoted(key.get(i)))
                    .append(" IS ")
                    .append(spelling.parameter(i));
              }
              return sql.toString();
            });
  }

  /**
   * Appends the records that have a key; null is equal to null here.
   *
   * @param fields where the key's values are in {@code keys}
   * @return how many there are
   */
  int find(RecordBatch keys, int record, int[] fields, RecordBatch into) throws SQLException {
    Rows rows = statements.bound(keys, record, fields, width);
    if (rows == null) {
      return 0;
    }
    int before = into.records();
    rows.begin();
    rows.append(into, Integer.MAX_VALUE, Integer.MAX_VALUE);
    rows.end();
    return into.records() - before;
  }

  @Override
  public void close() throws SQLException {
    statements.close();
  }
}
