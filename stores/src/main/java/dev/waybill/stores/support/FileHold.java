package dev.waybill.stores.support;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetStore.Hold;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other processes off the collections of a store that is a file, by locks on single bytes of
 * a file beside it, {@code NAME.waybill-lock}: one byte for each collection. The operating system
 * lets them go when the process ends, however it ends. The file is removed by the last one.
 *
 * <p>Thread-safe. One process has one channel a file, because closing any of several would let all
 * its locks go.
 */
public final class FileHold implements Hold {
  private static final int ATTEMPTS = 100;
  private static final long REMOVAL = Duration.ofMillis(500).toNanos();
  private static final Map<Path, Shared> OPEN = new HashMap<>();

  /** What this process holds of one lock file. */
  private static final class Shared {
    private final FileChannel channel;
    private final Map<String, FileLock> held = new HashMap<>();

    Shared(FileChannel channel) {
      this.channel = channel;
    }
  }

  private final Path lockFile;
  private final Set<String> collections;
  private boolean isHeld = true;

  private FileHold(Path lockFile, Set<String> collections) {
    this.lockFile = lockFile;
    this.collections = Set.copyOf(collections);
  }

  /**
   * Takes the locks.
   *
   * @param store the file that is the store; it need not be there yet
   * @throws SpecException TARGET_IS_BUSY if another run has one of them
   */
  public static FileHold take(Path store, Set<String> collections) {
    Path absolute = followed(store.toAbsolutePath());
    Path lockFile = absolute.resolveSibling(absolute.getFileName() + ".waybill-lock");
    synchronized (OPEN) {
      try {
        Path folder = absolute.getParent();
        if (folder != null) {
          lockFile = folder.toRealPath().resolve(lockFile.getFileName());
        }
        Shared shared = OPEN.get(lockFile);
        if (shared == null) {
          shared = open(lockFile, store, collections);
          OPEN.put(lockFile, shared);
        } else {
          for (String collection : collections) {
            if (shared.held.containsKey(collection)) {
              throw busy(store, collection);
            }
          }
          lock(shared, store, collections);
        }
        return new FileHold(lockFile, collections);
      } catch (IOException failed) {
        throw new StoreException(
            "LOCK_FILE",
            "The lock file " + lockFile + " cannot be written: " + failed.getMessage() + ".",
            "see the permissions of its folder",
            false,
            failed);
      }
    }
  }

  /** The file that a link means, so that all names of a store have one lock file. */
  private static Path followed(Path store) {
    try {
      return store.toRealPath();
    } catch (IOException notThere) {
      return store;
    }
  }

  /** Opens and locks; again if another process has removed the file in between. */
  private static Shared open(Path lockFile, Path store, Set<String> collections)
      throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      @Nullable Object before = identity(lockFile);
      FileChannel channel =
          FileChannel.open(
              lockFile,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      boolean isKept = false;
      try {
        Shared shared = new Shared(channel);
        lock(shared, store, collections);
        isKept = channel.size() == 0;
        if (isKept) {
          return shared;
        }
        removeDead(lockFile, shared, before);
      } finally {
        if (!isKept) {
          channel.close();
        }
      }
    }
    throw new IOException("it is removed again and again");
  }

  /**
   * Removes a file that its last user marked and did not live, or was not allowed, to remove.
   *
   * @param before which file it was before it was opened: only the very one that is locked may go
   */
  private static void removeDead(Path lockFile, Shared marked, @Nullable Object before)
      throws IOException {
    for (FileLock each : marked.held.values()) {
      each.release();
    }
    try (FileLock all = marked.channel.tryLock(0, Long.MAX_VALUE, false)) {
      if (all != null && before != null && before.equals(identity(lockFile))) {
        Files.deleteIfExists(lockFile);
      }
    }
  }

  /** Tells one file from another of the same name; null if there is none or nobody can tell. */
  private static @Nullable Object identity(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException none) {
      return null;
    }
  }

  private static void lock(Shared shared, Path store, Set<String> collections) throws IOException {
    Map<String, FileLock> taken = new HashMap<>();
    for (String collection : collections) {
      FileLock lock = patiently(shared.channel, position(collection));
      if (lock == null) {
        for (FileLock each : taken.values()) {
          each.release();
        }
        throw busy(store, collection);
      }
      taken.put(collection, lock);
    }
    shared.held.putAll(taken);
  }

  /** Waits out a process that has the whole file for the moment in which it removes it. */
  private static @Nullable FileLock patiently(FileChannel channel, long position)
      throws IOException {
    FileLock lock = channel.tryLock(position, 1, false);
    for (long end = System.nanoTime() + REMOVAL; lock == null && System.nanoTime() - end < 0; ) {
      LockSupport.parkNanos(REMOVAL / 50);
      lock = channel.tryLock(position, 1, false);
    }
    return lock;
  }

  /**
   * Removes the file unless another process has locks in it; a byte in it tells who has it open.
   */
  private static void remove(Path lockFile, FileChannel channel) throws IOException {
    try (channel;
        FileLock all = channel.tryLock(0, Long.MAX_VALUE, false)) {
      if (all != null && isMarked(channel)) {
        Files.deleteIfExists(lockFile);
      }
    }
  }

  /** False on a full disk: then the file stays, empty, and the next run removes it. */
  private static boolean isMarked(FileChannel channel) {
    try {
      return channel.write(ByteBuffer.wrap(new byte[] {'-'}), 0) == 1;
    } catch (IOException noRoom) {
      return false;
    }
  }

  private static SpecException busy(Path store, String collection) {
    return new SpecException(
        TargetStore.TARGET_IS_BUSY,
        "Another run of Waybill is writing to \"" + collection + "\" in " + store + ".",
        "wait until it has ended; waybill runs shows those of this folder");
  }

  private static long position(String collection) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(collection.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong() >>> 2;
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  @Override
  public void renew() {}

  @Override
  public void close() {
    synchronized (OPEN) {
      Shared shared = OPEN.get(lockFile);
      if (!isHeld || shared == null) {
        return;
      }
      isHeld = false;
      try {
        for (String collection : collections) {
          FileLock lock = shared.held.remove(collection);
          if (lock != null) {
            lock.release();
          }
        }
        if (shared.held.isEmpty()) {
          OPEN.remove(lockFile);
          remove(lockFile, shared.channel);
        }
      } catch (IOException failed) {
        throw new StoreException(
            "LOCK_FILE", "The lock file " + lockFile + " cannot be removed.", "", false, failed);
      }
    }
  }
}
