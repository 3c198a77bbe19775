package dev.waybill.stores.json;

import static java.util.stream.Collectors.joining;

import dev.waybill.model.RecordDigest;
import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;

/** The records of a shelf that is a table. */
final class TableReader implements ShelfReader {
  private final PreparedStatement statement;
  private final ResultSet rows;

  TableReader(Connection connection, Shelf kept, long from, long to) throws SQLException {
    statement =
        connection.prepareStatement(
            "SELECT id, mark, key, json FROM "
                + kept.table()
                + " WHERE id >= ? AND id < ? AND json IS NOT NULL ORDER BY id");
    statement.setLong(1, from);
    statement.setLong(2, to);
    rows = statement.executeQuery();
  }

  /** Those that are found by one of the keys. */
  TableReader(Connection connection, Shelf kept, Set<RecordDigest> keys) throws SQLException {
    statement =
        connection.prepareStatement(
            "SELECT id, mark, key, json FROM "
                + kept.table()
                + " WHERE key IN (SELECT unhex(value) FROM json_each(?)) AND json IS NOT NULL"
                + " ORDER BY id");
    statement.setString(
        1, keys.stream().map(each -> '"' + each.toString() + '"').collect(joining(",", "[", "]")));
    rows = statement.executeQuery();
  }

  @Override
  public boolean next() throws SQLException {
    return rows.next();
  }

  @Override
  public byte[] json() throws SQLException {
    return rows.getBytes(4);
  }

  @Override
  public long place() throws SQLException {
    return rows.getLong(1);
  }

  @Override
  public long mark() throws SQLException {
    return rows.getLong(2);
  }

  @Override
  public byte[] key() throws SQLException {
    return rows.getBytes(3);
  }

  @Override
  public void copyLines(OutputStream out) throws SQLException, IOException {
    while (rows.next()) {
      out.write(rows.getBytes(4));
      out.write('\n');
    }
  }

  @Override
  public void close() throws SQLException {
    rows.close();
    statement.close();
  }
}
