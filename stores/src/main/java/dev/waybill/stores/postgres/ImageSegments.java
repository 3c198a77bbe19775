package dev.waybill.stores.postgres;

import dev.waybill.model.RecordDigest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packs before-images of one kind into few rows: a row for each would cost as much as the record it
 * is the image of. Not thread-safe.
 */
final class ImageSegments {
  private static final int LARGEST = 1 << 20;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Row row;
  private byte[] records = new byte[64 << 10];
  private int size;
  private byte[] written = new byte[16 << 10];
  private int images;
  private boolean hasDigests;

  /** Where a full segment goes. */
  interface Row {
    void write(int images, byte[] records, byte[] written) throws SQLException;
  }

  ImageSegments(Row row) {
    this.row = row;
  }

  /** Adds one image; {@code digest} is that of the record as written, null if it was deleted. */
  void add(byte[] record, @Nullable RecordDigest digest) throws SQLException {
    if (records.length - size < record.length + 4) {
      records = Arrays.copyOf(records, Math.max(size + record.length + 4, records.length * 2));
    }
    INT.set(records, size, record.length);
    System.arraycopy(record, 0, records, size + 4, record.length);
    size += 4 + record.length;
    if (digest != null) {
      if (written.length < (images + 1) * 16) {
        written = Arrays.copyOf(written, written.length * 2);
      }
      LONG.set(written, images * 16, digest.high());
      LONG.set(written, images * 16 + 8, digest.low());
      hasDigests = true;
    }
    images++;
    if (size >= LARGEST) {
      flush();
    }
  }

  /** Writes what is left. */
  void flush() throws SQLException {
    if (images > 0) {
      row.write(
          images,
          Arrays.copyOf(records, size),
          Arrays.copyOf(written, hasDigests ? images * 16 : 0));
      images = 0;
      size = 0;
    }
  }
}
