package dev.waybill.stores.chroma;

import dev.waybill.stores.support.HnswLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code header.bin} of a vector segment (hnswlib as Chroma has changed it): how {@code
 * data_level0.bin} is laid out.
 */
final class IndexHeader {
  /** Bytes of the part that is read. */
  static final int LENGTH = 4 + 6 * 8;

  private static final int VERSION = 1;

  private IndexHeader() {}

  /**
   * Reads a header.
   *
   * @param dimension what the collection says
   */
  static HnswLayout of(Path file, ByteBuffer bytes, int dimension) {
    if (bytes.remaining() < LENGTH) {
      throw ChromaErrors.damaged(file, "it has only " + bytes.remaining() + " bytes", null);
    }
    ByteBuffer header = bytes.order(ByteOrder.LITTLE_ENDIAN);
    int version = header.getInt();
    if (version != VERSION) {
      throw ChromaErrors.unknown(
          file, "it says format " + version + ", and only format " + VERSION + " is known");
    }
    long linksAt = header.getLong();
    long most = header.getLong();
    long count = header.getLong();
    long elementSize = header.getLong();
    long labelAt = header.getLong();
    long vectorAt = header.getLong();
    Optional<HnswLayout> layout =
        HnswLayout.of(0, linksAt, most, count, elementSize, labelAt, vectorAt);
    if (layout.isEmpty()) {
      throw ChromaErrors.damaged(
          file,
          String.format(
              "its numbers contradict each other (%,d of %,d elements of %,d bytes, label at %,d,"
                  + " vector at %,d)",
              count, most, elementSize, labelAt, vectorAt),
          null);
    }
    if (labelAt - vectorAt != (long) dimension * Float.BYTES) {
      throw ChromaErrors.damaged(
          file,
          String.format(
              "its vectors have %,d bytes, and the collection's have %,d dimensions",
              labelAt - vectorAt, dimension),
          null);
    }
    return layout.get();
  }
}
