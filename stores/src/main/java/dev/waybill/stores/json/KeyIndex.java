package dev.waybill.stores.json;

import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
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
    byte[] bytes = natural.recordBytes(record);
    long hash = 0xcbf29ce484222325L;
    for (byte each : bytes) {
      hash = (hash ^ each) * 0x100000001b3L;
    }
    hash ^= hash >>> 32;
    hash *= 0x9E3779B97F4A7C15L;
    return (hash ^ hash >>> 29) & HASH;
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
    try (DataOutputStream out = output(run)) {
      for (int i = 0; i < size; i++) {
        out.writeLong(hashes[i] & HASH);
        out.writeLong(positions[(int) (hashes[i] & ~HASH)]);
      }
    }
    size = 0;
  }

  private static DataOutputStream output(Path file) throws IOException {
    return new DataOutputStream(
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            1 << 16));
  }

  /** Brings what was added into order. */
  void finish() throws IOException {
    if (runs.isEmpty()) {
      Arrays.sort(hashes, 0, size);
      return;
    }
    spill();
    Path file = folder.resolve(name);
    try (DataOutputStream out = output(file)) {
      merge(out);
    }
    for (Path run : runs) {
      Files.delete(run);
    }
    runs.clear();
    merged = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
  }

  private record Head(long hash, long position, DataInputStream in) {}

  private void merge(DataOutputStream out) throws IOException {
    PriorityQueue<Head> heads =
        new PriorityQueue<>(Comparator.comparingLong(Head::hash).thenComparingLong(Head::position));
    try {
      for (Path run : runs) {
        next(
            new DataInputStream(new BufferedInputStream(Files.newInputStream(run), 1 << 14)),
            heads);
      }
      while (!heads.isEmpty()) {
        Head head = heads.remove();
        out.writeLong(head.hash);
        out.writeLong(head.position);
        next(head.in, heads);
      }
    } finally {
      for (Head head : heads) {
        head.in.close();
      }
    }
  }

  private static void next(DataInputStream in, PriorityQueue<Head> heads) throws IOException {
    try {
      heads.add(new Head(in.readLong(), in.readLong(), in));
    } catch (EOFException over) {
      in.close();
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
    Ahead entries = new Ahead();
    List<RecordDigest> keys = new ArrayList<>();
    long lastHash = 0;
    long lastPosition = 0;
    for (long i = 0; i < all; i++) {
      long hash = entries.get(i, true);
      long position = entries.get(i, false);
      if (i == 0 || hash != lastHash) {
        keys.clear();
      } else {
        if (keys.isEmpty()) {
          keys.add(reader.key(lastPosition));
        }
        RecordDigest key = reader.key(position);
        if (keys.contains(key)) {
          return false;
        }
        keys.add(key);
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

  /** Entries one after the other. Not thread-safe. */
  private final class Ahead {
    private final ByteBuffer page = ByteBuffer.allocate(1 << 16);
    private long first;
    private long end;

    long get(long index, boolean isHash) throws IOException {
      FileChannel file = merged;
      if (file == null) {
        return entry(index, isHash);
      }
      if (index >= end) {
        page.clear();
        while (page.hasRemaining() && file.read(page, index * ENTRY + page.position()) >= 0) {}
        first = index;
        end = index + page.position() / ENTRY;
        if (end == first) {
          throw new EOFException(folder.resolve(name) + " is cut");
        }
      }
      return page.getLong((int) (index - first) * ENTRY + (isHash ? 0 : Long.BYTES));
    }
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
