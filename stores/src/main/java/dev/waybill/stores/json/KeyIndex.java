package dev.waybill.stores.json;

import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.stores.support.PrivateFolder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Where the records of a collection are, by a short hash of their keys: what has the same hash may
 * still have another key. Some 100,000 are held in memory, more are sorted on disk. Not thread-safe
 * while it is being filled; afterwards it is.
 */
final class KeyIndex implements AutoCloseable {
  private static final int RUN_BITS = 17;
  private static final int RUN = 1 << RUN_BITS;
  private static final long HASH = -1L << RUN_BITS;
  private static final int ENTRY = 16;

  /** Bytes of the buffer of one of many files, and of one file; multiples of an entry. */
  private static final int SMALL = 1 << 14;

  private static final int LARGE = 1 << 16;

  private final Path folder;
  private final String name;
  private long[] hashes = new long[64];
  private long[] positions = new long[64];
  private final List<Path> runs = new ArrayList<>();
  private int size;
  private long all;
  private @Nullable FileChannel merged;

  /**
   * @param folder where files may be made
   * @param name of the files, not used by another index
   */
  KeyIndex(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  /** The hash of a key: of values as they are in JSON by themselves. */
  static long hash(RecordBatch natural, int record) {
    int from = natural.at(record, 0);
    return JsonBytes.hash(natural.bytes(), from, from + natural.recordLength(record)) & HASH;
  }

  /** Adds what another has that has not been finished and has at most {@value #RUN} entries. */
  void addAll(KeyIndex other) throws IOException {
    if (!other.runs.isEmpty()) {
      throw new IllegalStateException("too many entries: " + other.all);
    }
    for (int i = 0; i < other.size; i++) {
      add(other.hashes[i] & HASH, other.positions[i]);
    }
  }

  void add(long hash, long position) throws IOException {
    if (size == RUN) {
      spill();
    }
    if (size == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * size);
      positions = Arrays.copyOf(positions, 2 * size);
    }
    hashes[size] = hash | size;
    positions[size++] = position;
    all++;
  }

  private void spill() throws IOException {
    PrivateFolder.make(folder);
    Path run = folder.resolve(name + "." + runs.size());
    runs.add(run);
    Arrays.sort(hashes, 0, size);
    try (Out out = new Out(run)) {
      for (int i = 0; i < size; i++) {
        out.put(hashes[i] & HASH, positions[(int) (hashes[i] & ~HASH)]);
      }
    }
    size = 0;
  }

  /** Brings what was added into order. */
  void finish() throws IOException {
    if (runs.isEmpty()) {
      Arrays.sort(hashes, 0, size);
      return;
    }
    spill();
    Path file = folder.resolve(name);
    try (Out out = new Out(file)) {
      merge(out);
    }
    for (Path run : runs) {
      Files.delete(run);
    }
    runs.clear();
    merged = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
  }

  private void merge(Out out) throws IOException {
    PriorityQueue<In> heads =
        new PriorityQueue<>(
            Comparator.comparingLong((In in) -> in.hash).thenComparingLong(in -> in.position));
    List<In> open = new ArrayList<>();
    try {
      for (Path run : runs) {
        In in = new In(FileChannel.open(run, StandardOpenOption.READ), SMALL);
        open.add(in);
        if (in.next()) {
          heads.add(in);
        }
      }
      while (!heads.isEmpty()) {
        In head = heads.remove();
        out.put(head.hash, head.position);
        if (head.next()) {
          heads.add(head);
        }
      }
    } finally {
      for (In in : open) {
        in.channel.close();
      }
    }
  }

  /** Writes entries one after the other. */
  private static final class Out implements AutoCloseable {
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(LARGE);

    Out(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    void put(long hash, long position) throws IOException {
      if (!buffer.hasRemaining()) {
        flush();
      }
      buffer.putLong(hash).putLong(position);
    }

    private void flush() throws IOException {
      buffer.flip();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      buffer.clear();
    }

    @Override
    public void close() throws IOException {
      try (channel) {
        flush();
      }
    }
  }

  /** Reads entries one after the other; closing the channel is up to its owner. */
  private static final class In {
    private final FileChannel channel;
    private final ByteBuffer buffer;
    private long from;
    private long hash;
    private long position;

    In(FileChannel channel, int bytes) {
      this.channel = channel;
      this.buffer = ByteBuffer.allocate(bytes).limit(0);
    }

    /** Goes to the next entry; false if there is none. */
    boolean next() throws IOException {
      if (!buffer.hasRemaining()) {
        buffer.clear();
        int read = 0;
        while (buffer.hasRemaining() && read >= 0) {
          read = channel.read(buffer, from + buffer.position());
        }
        buffer.flip();
        from += buffer.limit();
        if (buffer.limit() < ENTRY) {
          return false;
        }
      }
      hash = buffer.getLong();
      position = buffer.getLong();
      return true;
    }
  }

  private long entry(long index, boolean isHash) throws IOException {
    FileChannel file = merged;
    if (file == null) {
      long hash = hashes[(int) index];
      return isHash ? hash & HASH : positions[(int) (hash & ~HASH)];
    }
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES);
    long from = index * ENTRY + (isHash ? 0 : Long.BYTES);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException(folder.resolve(name) + " is cut");
      }
    }
    return buffer.getLong(0);
  }

  /** Positions of the records that may have a key of this hash. */
  List<Long> find(long hash) throws IOException {
    long low = 0;
    long high = all;
    while (low < high) {
      long middle = (low + high) >>> 1;
      // Hashes are compared as they were sorted.
      if (entry(middle, true) < hash) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    List<Long> found = new ArrayList<>();
    for (; low < all && entry(low, true) == hash; low++) {
      found.add(entry(low, false));
    }
    return found;
  }

  /** Tells whether records that may have one key have. */
  interface Reader {
    /** The digest of the key of the record at a position. */
    RecordDigest key(long position);
  }

  /**
   * True if no two records have one key.
   *
   * @param reader asked only about records whose keys have the same hash
   */
  boolean isUnique(Reader reader) throws IOException {
    FileChannel file = merged;
    In in = file == null ? null : new In(file, LARGE);
    long lastHash = 0;
    long lastPosition = 0;
    List<RecordDigest> alike = new ArrayList<>();
    for (long i = 0; i < all; i++) {
      if (in != null && !in.next()) {
        throw new EOFException(folder.resolve(name) + " is cut");
      }
      long hash = in == null ? entry(i, true) : in.hash;
      long position = in == null ? entry(i, false) : in.position;
      if (i == 0 || hash != lastHash) {
        alike.clear();
      } else {
        if (alike.isEmpty()) {
          alike.add(reader.key(lastPosition));
        }
        RecordDigest key = reader.key(position);
        if (alike.contains(key)) {
          return false;
        }
        alike.add(key);
      }
      lastHash = hash;
      lastPosition = position;
    }
    return true;
  }

  /** Takes note of a digest, wherever its record is: of all bits but some that is enough. */
  void add(RecordDigest digest) throws IOException {
    add(digest.high() & HASH, digest.low());
  }

  /** True if no digest was added twice; asked only where nothing but digests was added. */
  boolean isUnique() throws IOException {
    return isUnique(low -> new RecordDigest(0, low));
  }

  @Override
  public void close() throws IOException {
    for (Path run : runs) {
      Files.deleteIfExists(run);
    }
    FileChannel file = merged;
    if (file != null) {
      file.close();
    }
  }
}
