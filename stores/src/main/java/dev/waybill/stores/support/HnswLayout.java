package dev.waybill.stores.support;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * How hnswlib lays out its elements, one after the other, each with its links, its vector and its
 * label. Immutable; what it is given decides whether its methods may be called by several threads.
 *
 * @param start where the first one is in its file
 * @param count elements that were ever added, deleted ones too
 * @param elementSize bytes of an element
 * @param vectorAt where its vector of floats is
 * @param labelAt where its label is, behind the vector
 */
public record HnswLayout(long start, long count, int elementSize, int vectorAt, int labelAt) {
  private static final int BLOCK = 1 << 20;
  private static final int LARGEST_LINKS = 1 << 20;
  private static final int LARGEST = 1 << 24;

  /** Where the links begin, of which the third byte says whether the element is deleted. */
  private static final int DELETED = 2;

  /** Takes elements that are not deleted. */
  public interface Sink<E extends Exception> {
    /**
     * An element.
     *
     * @param block holds it from {@code at} on, little-endian, only until this returns
     */
    void element(long label, long position, ByteBuffer block, int at) throws E;
  }

  /**
   * The layout that the numbers of a header tell; empty if they contradict each other, or are of
   * another kind of element than floats with a label of 64 bits.
   *
   * @param most elements that there is room for
   */
  public static Optional<HnswLayout> of(
      long start,
      long linksAt,
      long most,
      long count,
      long elementSize,
      long labelAt,
      long vectorAt) {
    boolean isPossible =
        linksAt == 0
            && count >= 0
            && count <= most
            && count <= Integer.MAX_VALUE
            && vectorAt >= Integer.BYTES
            && vectorAt < LARGEST_LINKS
            && labelAt > vectorAt
            && labelAt < LARGEST
            && (labelAt - vectorAt) % Float.BYTES == 0
            && elementSize == labelAt + Long.BYTES;
    return isPossible
        ? Optional.of(
            new HnswLayout(start, count, (int) elementSize, (int) vectorAt, (int) labelAt))
        : Optional.empty();
  }

  /** Elements of a vector. */
  public int dimension() {
    return (labelAt - vectorAt) / Float.BYTES;
  }

  /** Where the elements end. */
  public long end() {
    return start + count * elementSize;
  }

  /**
   * Hands on the elements from a position to before another that are not deleted.
   *
   * @throws EOFException if the file ends before
   */
  public <E extends Exception> void elements(FileChannel file, long from, long to, Sink<E> sink)
      throws IOException, E {
    int atOnce = (int) Math.max(1, Math.min(BLOCK / elementSize, to - from));
    ByteBuffer block = ByteBuffer.allocate(atOnce * elementSize).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = from; first < to; first += atOnce) {
      int here = (int) Math.min(atOnce, to - first);
      block.clear().limit(here * elementSize);
      fill(file, block, start + first * elementSize);
      for (int i = 0; i < here; i++) {
        int at = i * elementSize;
        if ((block.get(at + DELETED) & 1) == 0) {
          sink.element(block.getLong(at + labelAt), first + i, block, at);
        }
      }
    }
  }

  /** The vector of an element in a block. */
  public void vector(ByteBuffer block, int at, float[] into) {
    for (int i = 0; i < into.length; i++) {
      into[i] = block.getFloat(at + vectorAt + i * Float.BYTES);
    }
  }

  /**
   * The vector of the element at a position.
   *
   * @throws EOFException if the file ends before
   */
  public void vector(FileChannel file, long position, float[] into) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(into.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    fill(file, bytes, start + position * elementSize + vectorAt);
    bytes.flip().asFloatBuffer().get(into);
  }

  /** Fills a buffer from a file. */
  public static void fill(FileChannel file, ByteBuffer bytes, long from) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.read(bytes, from + bytes.position()) < 0) {
        throw new EOFException("it ends at byte " + (from + bytes.position()));
      }
    }
  }
}
