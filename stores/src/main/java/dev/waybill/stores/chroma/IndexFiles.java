package dev.waybill.stores.chroma;

import dev.waybill.model.StoreException;
import dev.waybill.stores.support.HnswLayout;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files of a vector segment, read by position. Thread-safe.
 *
 * <p>Chroma writes them in place and without a lock, so that what they look like is noted before
 * and looked at again ({@link Stamp}).
 */
final class IndexFiles implements AutoCloseable {
  private static final String IDS = "index_metadata.pickle";
  private static final String HEADER = "header.bin";
  private static final String ELEMENTS = "data_level0.bin";
  private static final String LENGTHS = "length.bin";
  private static final List<String> ALL = List.of(IDS, HEADER, ELEMENTS, LENGTHS);

  /** By what a change of the files is noticed. */
  record Stamp(String text) {}

  /** Takes labels of elements that are not deleted. */
  interface Sink {
    void element(long label, long position) throws SQLException;
  }

  private final Path folder;
  private final HnswLayout layout;
  private final FileChannel elements;
  private final @Nullable FileChannel lengths;

  private IndexFiles(
      Path folder, HnswLayout layout, FileChannel elements, @Nullable FileChannel lengths) {
    this.folder = folder;
    this.layout = layout;
    this.elements = elements;
    this.lengths = lengths;
  }

  /** True if an index was ever written there: until then all vectors are in the queue. */
  static boolean areThere(Path folder) {
    return Files.exists(folder.resolve(IDS), LinkOption.NOFOLLOW_LINKS);
  }

  /** What the files look like now. */
  static Stamp stamp(Path folder) {
    return new Stamp(ALL.stream().map(name -> look(folder.resolve(name))).collect(joined()));
  }

  private static java.util.stream.Collector<CharSequence, ?, String> joined() {
    return Collectors.joining("\n");
  }

  private static String look(Path file) {
    try {
      BasicFileAttributes found =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return found.size()
          + " "
          + found.lastModifiedTime().to(TimeUnit.NANOSECONDS)
          + " "
          + found.fileKey();
    } catch (NoSuchFileException none) {
      return "none";
    } catch (IOException failure) {
      throw ChromaErrors.unreadable(file, failure);
    }
  }

  /**
   * Opens the files.
   *
   * @param isCosine whether the lengths of the vectors are needed too
   * @throws dev.waybill.model.StoreException if they are not what the collection says, or are cut
   */
  static IndexFiles open(Path folder, int dimension, boolean isCosine) {
    FileChannel elements = null;
    FileChannel lengths = null;
    boolean isOpen = false;
    try {
      Path headerFile = folder.resolve(HEADER);
      HnswLayout layout;
      try (FileChannel in = channel(headerFile)) {
        ByteBuffer bytes = ByteBuffer.allocate(IndexHeader.LENGTH);
        while (bytes.hasRemaining() && in.read(bytes) >= 0) {
          continue;
        }
        layout = IndexHeader.of(headerFile, bytes.flip(), dimension);
      } catch (IOException failure) {
        throw ChromaErrors.unreadable(headerFile, failure);
      }
      elements = opened(folder, ELEMENTS, layout.end());
      lengths = isCosine ? opened(folder, LENGTHS, layout.count() * Float.BYTES) : null;
      isOpen = true;
      return new IndexFiles(folder, layout, elements, lengths);
    } finally {
      if (!isOpen) {
        close(folder, elements);
        close(folder, lengths);
      }
    }
  }

  private static FileChannel opened(Path folder, String name, long least) {
    Path file = folder.resolve(name);
    try {
      FileChannel channel = channel(file);
      if (channel.size() < least) {
        long size = channel.size();
        channel.close();
        throw ChromaErrors.damaged(
            file, String.format("it has %,d bytes, and its header needs %,d", size, least), null);
      }
      return channel;
    } catch (IOException failure) {
      throw ChromaErrors.unreadable(file, failure);
    }
  }

  private static FileChannel channel(Path file) throws IOException {
    ChromaPlace.refuseLink(file);
    return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  /** Hands on each id and its label. */
  static IndexIds.Told ids(Path folder, IndexIds.Sink sink) throws SQLException {
    Path file = folder.resolve(IDS);
    try (InputStream in = Channels.newInputStream(channel(file))) {
      return IndexIds.read(file, in, sink);
    } catch (IOException failure) {
      throw ChromaErrors.unreadable(file, failure);
    }
  }

  /** Hands on the label and the position of each element that is not deleted. */
  void elements(Sink sink) throws SQLException {
    Path file = folder.resolve(ELEMENTS);
    try {
      layout.<SQLException>elements(
          elements,
          0,
          layout.count(),
          (label, position, block, at) -> sink.element(label, position));
    } catch (IOException failure) {
      throw translated(file, failure);
    }
  }

  /** The vector at a position, as the server answers it. */
  void vector(long position, float[] into) {
    try {
      layout.vector(elements, position, into);
    } catch (IOException failure) {
      throw translated(folder.resolve(ELEMENTS), failure);
    }
    FileChannel norms = lengths;
    if (norms != null) {
      ByteBuffer length = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      try {
        HnswLayout.fill(norms, length, position * Float.BYTES);
      } catch (IOException failure) {
        throw translated(folder.resolve(LENGTHS), failure);
      }
      float norm = length.getFloat(0);
      for (int i = 0; i < into.length; i++) {
        into[i] *= norm;
      }
    }
  }

  private static StoreException translated(Path file, IOException failure) {
    return failure instanceof EOFException
        ? ChromaErrors.damaged(file, String.valueOf(failure.getMessage()), failure)
        : ChromaErrors.unreadable(file, failure);
  }

  private static void close(Path folder, @Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException failure) {
        throw ChromaErrors.unreadable(folder, failure);
      }
    }
  }

  @Override
  public void close() {
    close(folder, elements);
    close(folder, lengths);
  }
}
