package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
   * Looks for the records that have a key; null is equal to null here.
   *
   * @param fields where the key's values are in {@code keys}
   * @return them, to be read and then ended, or null if there are none
   */
  @Nullable Rows find(RecordBatch keys, int record, int[] fields) throws SQLException {
    Rows rows = statements.bound(keys, record, fields, width);
    if (rows == null) {
      return null;
    }
    rows.begin();
    if (!rows.isOnRow()) {
      rows.end();
      return null;
    }
    return rows;
  }

  @Override
  public void close() throws SQLException {
    statements.close();
  }
}
