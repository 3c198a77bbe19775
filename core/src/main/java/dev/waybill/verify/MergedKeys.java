package dev.waybill.verify;

import dev.waybill.model.RecordDigest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds records of the source that have one record of the target between them. Where only the
 * source's keys are looked up each of them would find it, and equal content would pass for a proof.
 * Digests of keys go to files, cut so that one fits into memory. Thread-safe.
 */
final class MergedKeys implements AutoCloseable {
  private static final long KEYS_PER_PART = 250_000;
  private static final int MOST_PARTS = 256;

  /** Keys that are kept to be named; the others are only counted. */
  private static final int MOST_NAMED = 10_000;

  private final Path folder;
  private final DataOutputStream[] files;

  /**
   * @param records how many there will be, about
   */
  MergedKeys(Path workspace, long records) {
    folder = workspace.resolve("keys");
    files = new DataOutputStream[(int) Math.max(1, Math.min(MOST_PARTS, records / KEYS_PER_PART))];
    try {
      Files.createDirectories(folder);
      for (int part = 0; part < files.length; part++) {
        files[part] =
            new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file(part)), 16 << 10));
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private Path file(int part) {
    return folder.resolve("part-" + part);
  }

  /** Takes the digest of a record's key in the target. */
  synchronized void add(RecordDigest key) {
    DataOutputStream file = files[(int) Long.remainderUnsigned(key.high(), files.length)];
    try {
      file.writeLong(key.high());
      file.writeLong(key.low());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * What was found.
   *
   * @param records how many there are beyond the first of each key
   * @param named keys of which there are several, not all of them where there are very many
   */
  record Merged(long records, Set<RecordDigest> named) {}

  /** Looks for keys that were taken more than once. */
  synchronized Merged find() {
    long merged = 0;
    Set<RecordDigest> named = new HashSet<>();
    try {
      for (int part = 0; part < files.length; part++) {
        files[part].flush();
        Set<RecordDigest> seen = new HashSet<>();
        try (DataInputStream file =
            new DataInputStream(
                new BufferedInputStream(Files.newInputStream(file(part)), 64 << 10))) {
          while (true) {
            RecordDigest key = new RecordDigest(file.readLong(), file.readLong());
            if (!seen.add(key)) {
              merged++;
              if (named.size() < MOST_NAMED) {
                named.add(key);
              }
            }
          }
        } catch (EOFException end) {
          // all of this part is read
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return new Merged(merged, named);
  }

  @Override
  public synchronized void close() {
    try {
      for (int part = 0; part < files.length; part++) {
        files[part].close();
        Files.deleteIfExists(file(part));
      }
      Files.deleteIfExists(folder);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
