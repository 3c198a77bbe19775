package dev.waybill.stores.hnsw;

import dev.waybill.model.StoreException;
import dev.waybill.stores.support.HnswLayout;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What {@code saveIndex} of hnswlib's hnswalg.h writes on a 64-bit machine: a header of numbers
 * without a word that tells it or a version, the elements of the lowest level, and for each its
 * links of higher levels behind their length. Read by position, so thread-safe.
 *
 * <p>Nothing tells the file but that all its numbers agree with one another and with its length; so
 * all of them are looked at, as far as hnswlib does and further.
 */
final class IndexFile implements AutoCloseable {
  private static final int HEADER = 96;
  private static final int MOST_LEVELS = 64;
  private static final int MOST_LINKS = 100_000;

  private final Path file;
  private final FileChannel channel;
  private final HnswLayout layout;
  private final long links;
  private final long construction;
  private final String stamp;

  private IndexFile(
      Path file,
      FileChannel channel,
      HnswLayout layout,
      long links,
      long construction,
      String stamp) {
    this.file = file;
    this.channel = channel;
    this.layout = layout;
    this.links = links;
    this.construction = construction;
    this.stamp = stamp;
  }

  /**
   * Opens a file.
   *
   * @throws StoreException if it is not there, or is no such file
   */
  static IndexFile open(Path file) {
    if (Files.isDirectory(file)) {
      throw HnswErrors.damaged(file, "it is a folder");
    }
    FileChannel channel = null;
    boolean isOpen = false;
    try {
      String stamp = stamp(file);
      channel = FileChannel.open(file, StandardOpenOption.READ);
      IndexFile opened = read(file, channel, stamp);
      isOpen = true;
      return opened;
    } catch (IOException failure) {
      throw HnswErrors.unreadable(file, failure);
    } finally {
      if (!isOpen && channel != null) {
        close(file, channel);
      }
    }
  }

  private static IndexFile read(Path file, FileChannel channel, String stamp) throws IOException {
    if (channel.size() < HEADER) {
      throw HnswErrors.damaged(file, "it has only " + channel.size() + " bytes");
    }
    ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    HnswLayout.fill(channel, header, 0);
    header.flip();
    long linksAt = header.getLong();
    long most = header.getLong();
    long count = header.getLong();
    long elementSize = header.getLong();
    long labelAt = header.getLong();
    long vectorAt = header.getLong();
    int levels = header.getInt();
    int entry = header.getInt();
    long above = header.getLong();
    long lowest = header.getLong();
    long links = header.getLong();
    header.getDouble();
    long construction = header.getLong();
    boolean isPossible =
        links > 0
            && links <= MOST_LINKS
            && above == links
            && lowest == 2 * links
            && vectorAt == Integer.BYTES * (lowest + 1)
            && levels >= -1
            && levels < MOST_LEVELS
            && construction >= 0
            && (count == 0 ? levels == -1 : levels >= 0 && entry >= 0 && entry < count);
    HnswLayout layout =
        HnswLayout.of(HEADER, linksAt, most, count, elementSize, labelAt, vectorAt)
            .filter(each -> isPossible)
            .orElseThrow(
                () ->
                    HnswErrors.damaged(
                        file,
                        String.format(
                            "its numbers contradict each other (%,d of %,d elements of %,d bytes,"
                                + " label at %,d, vector at %,d, %,d links)",
                            count, most, elementSize, labelAt, vectorAt, links)));
    if (channel.size() < layout.end() + count * Integer.BYTES) {
      throw HnswErrors.damaged(
          file,
          String.format(
              "it has %,d bytes, and its header needs %,d and more",
              channel.size(), layout.end() + count * Integer.BYTES));
    }
    requireEnd(file, channel, layout, Integer.BYTES * (above + 1), levels);
    return new IndexFile(file, channel, layout, links, construction, stamp);
  }

  /** Goes through the links of the higher levels: behind the last ones the file must end. */
  private static void requireEnd(
      Path file, FileChannel channel, HnswLayout layout, long perLevel, int levels)
      throws IOException {
    long at = layout.end();
    channel.position(at);
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 1 << 16));
    for (long i = 0; i < layout.count(); i++) {
      long length = Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
      if (length % perLevel != 0 || length / perLevel > Math.max(0, levels)) {
        throw HnswErrors.damaged(
            file, String.format("the links of element %,d have %,d bytes", i, length));
      }
      in.skipNBytes(length);
      at += Integer.BYTES + length;
    }
    if (at != channel.size()) {
      throw HnswErrors.damaged(
          file, String.format("it has %,d bytes and should have %,d", channel.size(), at));
    }
  }

  private static String stamp(Path file) throws IOException {
    BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
    return found.size()
        + " "
        + found.lastModifiedTime().to(TimeUnit.NANOSECONDS)
        + " "
        + found.fileKey();
  }

  Path file() {
    return file;
  }

  HnswLayout layout() {
    return layout;
  }

  /** hnswlib's M. */
  long links() {
    return links;
  }

  /** hnswlib's ef_construction. */
  long construction() {
    return construction;
  }

  /** Hands on the elements from a position to before another that are not deleted. */
  void elements(long from, long to, HnswLayout.Sink<RuntimeException> sink) {
    try {
      layout.elements(channel, from, to, sink);
    } catch (IOException failure) {
      throw HnswErrors.unreadable(file, failure);
    }
  }

  /** True if the file is not as it was when it was opened. */
  boolean hasMoved() {
    try {
      return !stamp(file).equals(stamp);
    } catch (NoSuchFileException gone) {
      return true;
    } catch (IOException failure) {
      throw HnswErrors.unreadable(file, failure);
    }
  }

  @Override
  public void close() {
    close(file, channel);
  }

  private static void close(Path file, FileChannel channel) {
    try {
      channel.close();
    } catch (IOException failure) {
      throw HnswErrors.unreadable(file, failure);
    }
  }
}
