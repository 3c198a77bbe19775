package dev.waybill.stores.postgres;

import dev.waybill.model.RecordDigest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Packs before-images of one kind into few rows: a row for each would cost as much as the record it
 * is the image of. Not thread-safe.
 */
final class ImageSegments {
  private static final int LARGEST = 1 << 20;

  private final Row row;
  private final ByteArrayOutputStream records = new ByteArrayOutputStream();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private int images;

  /** Where a full segment goes. */
  interface Row {
    void write(int images, byte[] records, byte[] written) throws SQLException;
  }

  ImageSegments(Row row) {
    this.row = row;
  }

  /** Adds one image; {@code digest} is that of the record as written, null if it was deleted. */
  void add(byte[] record, @Nullable RecordDigest digest) throws SQLException {
    records.writeBytes(ByteBuffer.allocate(4).putInt(record.length).array());
    records.writeBytes(record);
    if (digest != null) {
      written.writeBytes(
          ByteBuffer.allocate(16).putLong(digest.high()).putLong(digest.low()).array());
    }
    images++;
    if (records.size() >= LARGEST) {
      flush();
    }
  }

  /** Writes what is left. */
  void flush() throws SQLException {
    if (images > 0) {
      row.write(images, records.toByteArray(), written.toByteArray());
      images = 0;
      records.reset();
      written.reset();
    }
  }
}
