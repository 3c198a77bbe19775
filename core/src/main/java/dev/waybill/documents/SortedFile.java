package dev.waybill.documents;

import dev.waybill.model.StoreException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Entries of a key and a payload, sorted by the bytes of the key; equal keys stay in the order in
 * which they came. What does not fit into a small buffer goes to files, readable by nobody else,
 * which are merged when they are read. Not thread-safe.
 */
final class SortedFile implements AutoCloseable {
  private static final int BUFFER = 16 << 20;

  /** Files that are merged at once. */
  private static final int MOST_RUNS = 16;

  private final Path folder;
  private final String name;
  private final int buffer;
  private final List<Path> runs = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private long inMemory;
  private int made;

  /** An entry; records of the same key keep their order by being sorted stably. */
  record Entry(byte[] key, byte[] payload) {}

  SortedFile(Path folder, String name) {
    this(folder, name, BUFFER);
  }

  SortedFile(Path folder, String name, int buffer) {
    this.folder = folder;
    this.name = name;
    this.buffer = buffer;
  }

  void add(byte[] key, byte[] payload) {
    entries.add(new Entry(key, payload));
    inMemory += key.length + payload.length + 64L;
    if (inMemory > buffer) {
      spill();
    }
  }

  private void spill() {
    entries.sort(Comparator.comparing(Entry::key, Arrays::compareUnsigned));
    try {
      Path run = make();
      try (DataOutputStream out = output(run)) {
        for (Entry entry : entries) {
          write(entry, out);
        }
      }
      runs.add(run);
    } catch (IOException failed) {
      throw failed(failed);
    }
    entries.clear();
    inMemory = 0;
  }

  private Path make() throws IOException {
    Files.createDirectories(folder);
    Path path = folder.resolve(name + "-" + made++);
    Files.deleteIfExists(path);
    return create(path);
  }

  /** Makes a file that only its owner can read, where the file system knows of owners. */
  static Path create(Path path) throws IOException {
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(path);
    }
    return path;
  }

  private static DataOutputStream output(Path path) throws IOException {
    return new DataOutputStream(
        new BufferedOutputStream(
            Files.newOutputStream(path, StandardOpenOption.TRUNCATE_EXISTING), 64 << 10));
  }

  static void write(Entry entry, DataOutputStream out) throws IOException {
    out.writeInt(entry.key.length);
    out.writeInt(entry.payload.length);
    out.write(entry.key);
    out.write(entry.payload);
  }

  StoreException failed(IOException failure) {
    return failed(folder, failure);
  }

  static StoreException failed(Path folder, IOException failure) {
    return new StoreException(
        StoreException.RUN_DIRECTORY,
        "What is put together cannot be sorted in " + folder + ": " + failure.getMessage() + ".",
        "see whether there is room",
        false,
        failure);
  }

  /** All entries in order; to be called once, when all have been added. */
  Reader sorted() {
    if (runs.isEmpty()) {
      entries.sort(Comparator.comparing(Entry::key, Arrays::compareUnsigned));
      return new Reader(List.of(), entries);
    }
    if (!entries.isEmpty()) {
      spill();
    }
    try {
      while (runs.size() > MOST_RUNS) {
        mergeOnce();
      }
      return new Reader(runs, List.of());
    } catch (IOException failed) {
      throw failed(failed);
    }
  }

  /** Merges neighbours, so that equal keys stay in their order. */
  private void mergeOnce() throws IOException {
    List<Path> all = new ArrayList<>(runs);
    for (int from = 0; from < all.size(); from += MOST_RUNS) {
      List<Path> some = all.subList(from, Math.min(from + MOST_RUNS, all.size()));
      Path merged = make();
      runs.add(merged);
      try (Reader reader = new Reader(some, List.of());
          DataOutputStream out = output(merged)) {
        for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
          write(entry, out);
        }
      }
      for (Path each : some) {
        Files.delete(each);
        runs.remove(each);
      }
    }
  }

  @Override
  public void close() {
    try {
      for (Path run : runs) {
        Files.deleteIfExists(run);
      }
    } catch (IOException failed) {
      throw failed(failed);
    }
  }

  /** Reads entries in order. */
  final class Reader implements AutoCloseable {
    private final PriorityQueue<Run> open =
        new PriorityQueue<>(
            Comparator.comparing((Run run) -> run.head().key(), Arrays::compareUnsigned)
                .thenComparingInt(run -> run.ordinal));
    private final List<Entry> inMemory;
    private int position;

    private Reader(List<Path> files, List<Entry> inMemory) {
      this.inMemory = inMemory;
      try {
        for (Path file : files) {
          Run run = new Run(file, open.size());
          if (run.advance()) {
            open.add(run);
          }
        }
      } catch (IOException failed) {
        throw failed(failed);
      }
    }

    /** The next entry, null at the end. */
    @Nullable Entry next() {
      if (position < inMemory.size()) {
        return inMemory.get(position++);
      }
      Run run = open.poll();
      if (run == null) {
        return null;
      }
      Entry entry = run.head();
      try {
        if (run.advance()) {
          open.add(run);
        }
      } catch (IOException failed) {
        throw failed(failed);
      }
      return entry;
    }

    @Override
    public void close() {
      try {
        for (Run run : open) {
          run.in.close();
        }
      } catch (IOException failed) {
        throw failed(failed);
      }
    }
  }

  private static final class Run {
    final DataInputStream in;
    final int ordinal;
    private @Nullable Entry head;

    Run(Path file, int ordinal) throws IOException {
      this.in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 64 << 10));
      this.ordinal = ordinal;
    }

    Entry head() {
      return java.util.Objects.requireNonNull(head);
    }

    boolean advance() throws IOException {
      try {
        byte[] key = new byte[in.readInt()];
        byte[] payload = new byte[in.readInt()];
        in.readFully(key);
        in.readFully(payload);
        head = new Entry(key, payload);
        return true;
      } catch (EOFException end) {
        in.close();
        return false;
      }
    }
  }
}
