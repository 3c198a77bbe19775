package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Tables of Chroma's form in a database of ours, and what Chroma's changes make of them. Not
 * thread-safe.
 */
final class WorkTables implements AutoCloseable {
  static final RecordTables TABLES = new RecordTables(true, true);

  private final PreparedStatement find;
  private final PreparedStatement add;
  private final PreparedStatement remove;
  private final PreparedStatement put;
  private final PreparedStatement putElement;
  private final PreparedStatement[] clearKey;
  private final PreparedStatement[] clearAll;
  private final String segment;

  WorkTables(Connection connection, String segment) throws SQLException {
    this.segment = segment;
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS embeddings(id INTEGER PRIMARY KEY, segment_id TEXT,"
              + " embedding_id TEXT, UNIQUE(segment_id, embedding_id))");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS embedding_metadata(id INTEGER, key TEXT, string_value TEXT,"
              + " int_value INTEGER, float_value REAL, bool_value INTEGER, PRIMARY KEY(id, key))");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS embedding_metadata_array(id INTEGER, key TEXT,"
              + " string_value TEXT, int_value INTEGER, float_value REAL, bool_value INTEGER)");
      statement.execute(
          "CREATE INDEX IF NOT EXISTS array_by_key ON embedding_metadata_array(id, key)");
    }
    find =
        connection.prepareStatement(
            "SELECT id FROM embeddings WHERE segment_id = ? AND embedding_id = CAST(? AS TEXT)");
    add =
        connection.prepareStatement(
            "INSERT INTO embeddings(segment_id, embedding_id) VALUES(?, CAST(? AS TEXT))"
                + " RETURNING id");
    remove = connection.prepareStatement("DELETE FROM embeddings WHERE id = ?");
    String values = " VALUES(?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)";
    put = connection.prepareStatement("INSERT OR REPLACE INTO embedding_metadata" + values);
    putElement = connection.prepareStatement("INSERT INTO embedding_metadata_array" + values);
    String one = " WHERE id = ? AND key = CAST(? AS TEXT)";
    clearKey =
        new PreparedStatement[] {
          connection.prepareStatement("DELETE FROM embedding_metadata" + one),
          connection.prepareStatement("DELETE FROM embedding_metadata_array" + one)
        };
    clearAll =
        new PreparedStatement[] {
          connection.prepareStatement("DELETE FROM embedding_metadata WHERE id = ?"),
          connection.prepareStatement("DELETE FROM embedding_metadata_array WHERE id = ?")
        };
  }

  /** Where they are read afterwards. */
  static RecordPlace in(WorkDatabase work) {
    return new RecordPlace() {
      @Override
      public RecordTables tables() {
        return TABLES;
      }

      @Override
      public Rows open() throws SQLException {
        Connection connection = work.reader();
        return new Rows() {
          @Override
          public Connection jdbc() {
            return connection;
          }

          @Override
          public void close() throws SQLException {
            connection.close();
          }
        };
      }
    };
  }

  /** The row of a record, −1 if there is none. */
  long find(byte[] id) throws SQLException {
    find.setString(1, segment);
    find.setBytes(2, id);
    try (ResultSet rows = find.executeQuery()) {
      return rows.next() ? rows.getLong(1) : -1;
    }
  }

  /** Makes a record that is not there; its row. */
  long add(byte[] id) throws SQLException {
    add.setString(1, segment);
    add.setBytes(2, id);
    try (ResultSet rows = add.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  void remove(long row) throws SQLException {
    for (PreparedStatement each : clearAll) {
      each.setLong(1, row);
      each.executeUpdate();
    }
    remove.setLong(1, row);
    remove.executeUpdate();
  }

  /** Copies a row of metadata: key, kind, text, number, double and boolean at these columns. */
  void copy(long row, ResultSet from, int first, boolean isElement) throws SQLException {
    PreparedStatement insert = isElement ? putElement : put;
    insert.setLong(1, row);
    insert.setBytes(2, from.getBytes(first));
    insert.setBytes(3, from.getBytes(first + 2));
    for (int i = 3; i < 6; i++) {
      insert.setObject(i + 1, from.getObject(first + i));
    }
    insert.executeUpdate();
  }

  /**
   * Makes what an object of metadata says: values replace those of their keys, null removes them.
   *
   * @param json at the object's beginning; is at its end afterwards
   */
  void change(long row, JsonParser json) throws SQLException, IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      byte[] key = json.currentName().getBytes(StandardCharsets.UTF_8);
      JsonToken token = json.nextToken();
      set(row, key, token, json);
    }
  }

  /** Makes one value, the parser standing on it. */
  void set(long row, byte[] key, JsonToken token, JsonParser json)
      throws SQLException, IOException {
    for (PreparedStatement each : clearKey) {
      each.setLong(1, row);
      each.setBytes(2, key);
      each.executeUpdate();
    }
    if (token == JsonToken.START_ARRAY) {
      for (JsonToken element = json.nextToken();
          element != JsonToken.END_ARRAY;
          element = json.nextToken()) {
        insert(putElement, row, key, element, json);
      }
    } else if (token != JsonToken.VALUE_NULL) {
      insert(put, row, key, token, json);
    }
  }

  private static void insert(
      PreparedStatement insert, long row, byte[] key, JsonToken token, JsonParser json)
      throws SQLException, IOException {
    insert.setLong(1, row);
    insert.setBytes(2, key);
    for (int i = 3; i <= 6; i++) {
      insert.setObject(i, null);
    }
    switch (token) {
      case VALUE_STRING -> insert.setBytes(3, json.getText().getBytes(StandardCharsets.UTF_8));
      case VALUE_NUMBER_INT -> {
        // As Chroma takes a whole number that is too large.
        if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
          insert.setDouble(5, Double.parseDouble(json.getText()));
        } else {
          insert.setLong(4, json.getLongValue());
        }
      }
      case VALUE_NUMBER_FLOAT -> insert.setDouble(5, Double.parseDouble(json.getText()));
      case VALUE_TRUE -> insert.setInt(6, 1);
      case VALUE_FALSE -> insert.setInt(6, 0);
      default ->
          throw new IOException(
              "metadata under the key \""
                  + ChromaErrors.shown(RecordTables.text(key))
                  + "\" is of a kind that is not known: "
                  + token);
    }
    insert.executeUpdate();
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement each :
        new PreparedStatement[] {
          find, add, remove, put, putElement, clearKey[0], clearKey[1], clearAll[0], clearAll[1]
        }) {
      each.close();
    }
  }
}
