package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.stores.postgres.BinaryEncoder.Unencodable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Sends batches with COPY, a slice of the encoded rows at a time. Not thread-safe. */
final class CopyWriter {
  private static final int SLICE = 1 << 18;

  private final BinaryEncoder encoder = new BinaryEncoder();

  /**
   * Sends records.
   *
   * @param chosen the positions of those that go
   * @param into what COPY writes to: a table and its columns, in the batch's order
   * @param columns the batch's fields
   * @param keyPositions the fields that name a record in messages; empty if nothing does
   * @param isNumbered whether a first column takes the record's position
   * @return how many the server says it took
   * @throws DataException if a value cannot go as it is
   * @throws SQLException if the server refuses; the transaction is then broken
   */
  long send(
      Connection connection,
      String into,
      Collection collection,
      List<TableShape.Column> columns,
      RecordBatch records,
      int[] chosen,
      int[] keyPositions,
      boolean isNumbered)
      throws SQLException {
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("COPY " + into + " FROM STDIN (FORMAT binary)");
    try {
      int width = columns.size();
      ColumnType[] types = new ColumnType[width];
      for (int i = 0; i < width; i++) {
        types[i] = columns.get(i).type();
      }
      encoder.clear();
      encoder.header();
      for (int record : chosen) {
        if (records.recordLength(record) > LargestRecord.BYTES) {
          String key = KeyText.of(records, record, keyPositions);
          throw LargestRecord.refusal(collection.name(), key, record, null);
        }
        encoder.beginRow(isNumbered ? width + 1 : width);
        if (isNumbered) {
          encoder.integer(record);
        }
        for (int i = 0; i < width; i++) {
          try {
            encoder.value(types[i], records, records.at(record, i));
          } catch (Unencodable refused) {
            throw refused(
                collection, columns.get(i).name(), records, record, keyPositions, refused);
          }
        }
        if (encoder.size() >= SLICE) {
          copy.writeToCopy(encoder.buffer(), 0, encoder.size());
          encoder.clear();
        }
      }
      encoder.trailer();
      copy.writeToCopy(encoder.buffer(), 0, encoder.size());
      return copy.endCopy();
    } finally {
      encoder.clear();
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  private static DataException refused(
      Collection collection,
      String field,
      RecordBatch records,
      int record,
      int[] keyPositions,
      Unencodable refused) {
    String key = keyPositions.length == 0 ? "" : " " + KeyText.of(records, record, keyPositions);
    return new DataException(
        refused.code,
        "Record"
            + key
            + " cannot go into \""
            + collection.name()
            + "\": field \""
            + field
            + "\" "
            + refused.getMessage()
            + ".",
        "correct the record in the source, or say in the plan what becomes of it",
        record,
        refused);
  }
}
