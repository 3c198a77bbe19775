package dev.waybill.stores.chroma;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * {@code header.bin} of a vector segment (hnswlib as Chroma has changed it): how {@code
 * data_level0.bin} is laid out. Immutable.
 *
 * @param count elements that were ever added, deleted ones too
 * @param elementSize bytes of an element
 * @param linksAt where an element's links begin, of which the third byte says that it is deleted
 * @param labelAt where its label is
 * @param vectorAt where its vector is
 */
record IndexHeader(long count, long elementSize, long linksAt, long labelAt, long vectorAt) {
  /** Bytes of the part that is read. */
  static final int LENGTH = 4 + 6 * 8;

  private static final int VERSION = 1;

  /**
   * Reads a header.
   *
   * @param dimension what the collection says
   */
  static IndexHeader of(Path file, ByteBuffer bytes, int dimension) {
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
    boolean isPossible =
        linksAt == 0
            && count >= 0
            && count <= most
            && count <= Integer.MAX_VALUE
            && vectorAt >= 4
            && vectorAt < 1 << 20
            && labelAt > vectorAt
            && labelAt < 1 << 24
            && elementSize == labelAt + Long.BYTES;
    if (!isPossible) {
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
    return new IndexHeader(count, elementSize, linksAt, labelAt, vectorAt);
  }
}
