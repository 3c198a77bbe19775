package dev.waybill.stores.chroma;

import dev.waybill.model.CosineForm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The changes to a collection that Chroma has accepted, in their order. */
final class Queue {
  /** What a change does. */
  enum Operation {
    ADD,
    UPDATE,
    UPSERT,
    DELETE
  }

  /** Takes changes. */
  interface Sink {
    /**
     * @param isVector whether the change brings a vector
     * @param metadata JSON in UTF-8, empty if there is none
     */
    void change(long number, Operation operation, byte[] id, boolean isVector, byte[] metadata)
        throws SQLException;
  }

  private static final String ENCODING = "FLOAT32";
  private static final int SIGNIFICANT = Long.BYTES;

  private final Path file;
  private final FoundCollection found;

  Queue(Path file, FoundCollection found) {
    this.file = file;
    this.found = found;
  }

  /**
   * The last change that a segment holds, −1 if it holds none. Chroma before 0.5.18 wrote it as
   * bytes.
   */
  long last(Connection connection, String segment) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT seq_id FROM max_seq_id WHERE segment_id = ?")) {
      statement.setString(1, segment);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return -1;
        }
        Object value = rows.getObject(1);
        if (value instanceof Number number) {
          return number.longValue();
        }
        if (value instanceof byte[] bytes && bytes.length > 0) {
          long number = 0;
          for (int i = 0; i < bytes.length; i++) {
            if (i < bytes.length - SIGNIFICANT && bytes[i] != 0 || number < 0) {
              throw ChromaErrors.damaged(file, "a number of max_seq_id is too large", null);
            }
            number = number << 8 | bytes[i] & 0xFF;
          }
          return number;
        }
        throw ChromaErrors.damaged(file, "max_seq_id holds no number for " + segment, null);
      }
    }
  }

  /** True if there are changes after one. */
  boolean isBeyond(Connection connection, long last) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT 1 FROM embeddings_queue WHERE seq_id > ? AND substr(topic, -37) = ? LIMIT 1")) {
      statement.setLong(1, last);
      statement.setString(2, "/" + found.id());
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  /** Hands on the changes after one, in their order. */
  void changes(Connection connection, long last, Sink sink) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT seq_id, operation, CAST(id AS BLOB), vector IS NOT NULL,"
                + " CAST(metadata AS BLOB) FROM embeddings_queue"
                + " WHERE seq_id > ? AND substr(topic, -37) = ? ORDER BY seq_id")) {
      statement.setLong(1, last);
      statement.setString(2, "/" + found.id());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          long number = rows.getLong(1);
          byte[] metadata = rows.getBytes(5);
          sink.change(
              number,
              operation(rows.getInt(2), number),
              rows.getBytes(3),
              rows.getBoolean(4),
              metadata == null ? new byte[0] : metadata);
        }
      }
    }
  }

  private Operation operation(int code, long number) {
    Operation[] all = Operation.values();
    if (code < 0 || code >= all.length) {
      throw ChromaErrors.unknown(
          file, "change " + number + " of embeddings_queue is of the unknown operation " + code);
    }
    return all[code];
  }

  /** Finds vectors by the numbers of the changes that brought them. */
  PreparedStatement vectors(Connection connection) throws SQLException {
    return connection.prepareStatement(
        "SELECT vector, encoding FROM embeddings_queue WHERE seq_id = ?");
  }

  /** The vector that a change brought, as the server answers it. */
  void vector(PreparedStatement vectors, long number, float[] into) throws SQLException {
    vectors.setLong(1, number);
    try (ResultSet rows = vectors.executeQuery()) {
      if (!rows.next()) {
        throw ChromaErrors.damaged(file, "change " + number + " of embeddings_queue is gone", null);
      }
      String encoding = rows.getString(2);
      if (!ENCODING.equals(encoding)) {
        throw ChromaErrors.unknown(
            file,
            "the vector of change "
                + number
                + " of embeddings_queue is written as "
                + encoding
                + ", and only "
                + ENCODING
                + " is known");
      }
      byte[] bytes = rows.getBytes(1);
      if (bytes.length != into.length * Float.BYTES) {
        throw ChromaErrors.damaged(
            file,
            String.format(
                "the vector of change %,d of embeddings_queue has %,d bytes and not %,d",
                number, bytes.length, into.length * Float.BYTES),
            null);
      }
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(into);
    }
    if (found.space() == FoundCollection.Space.COSINE) {
      CosineForm.apply(into);
    }
  }
}
