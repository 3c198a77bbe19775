package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.support.FreeSpace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A database file's copy in the workspace, which nobody else writes to. It goes when its owner has
 * let it go and no read point is open on it any more. Thread-safe.
 */
final class PrivateCopy {
  private static final String[] PARTS = {"", "-wal", "-journal"};

  private static final long SPARE_BYTES = 16 << 20;

  /** Copies for whoever else in this process reads the same file, by its path. */
  private static final Map<Path, PrivateCopy> KEPT = new ConcurrentHashMap<>();

  private final Path original;
  private final Workspace workspace;
  private final Path directory;
  private final Path file;
  private Stamp stamp;
  private String parameters = "";
  private boolean isSettled;
  private int users;
  private boolean isLetGo;

  private PrivateCopy(Path original, Workspace workspace) throws IOException {
    this.original = original;
    this.workspace = workspace;
    this.stamp = Stamp.of(original);
    this.directory = newDirectory(original, workspace.directory());
    this.file = directory.resolve("copy.db");
  }

  /**
   * Makes a copy under the shared lock of a rollback journal.
   *
   * @throws SQLException if SQLite cannot read the file as it lies there
   */
  static PrivateCopy stepped(Path original, Workspace workspace, SteppedCopy copying)
      throws SQLException {
    PrivateCopy copy = made(original, workspace, each -> each.step(copying));
    if (copy == null) {
      throw new IllegalStateException("a copy in steps is made or fails");
    }
    return copy;
  }

  /** Makes a copy together with its -wal or -journal; null if any of them moved meanwhile. */
  static @Nullable PrivateCopy still(Path original, Workspace workspace) throws SQLException {
    return made(original, workspace, PrivateCopy::copyStill);
  }

  /** A way to copy; false if the original moved. */
  private interface Making {
    boolean make(PrivateCopy copy) throws SQLException, IOException;
  }

  private static @Nullable PrivateCopy made(Path original, Workspace workspace, Making making)
      throws SQLException {
    requireRoom(original, workspace);
    PrivateCopy copy = null;
    boolean isMade = false;
    try {
      copy = new PrivateCopy(original, workspace);
      isMade = making.make(copy);
      return isMade ? copy : null;
    } catch (IOException failure) {
      throw failed(original, workspace, failure);
    } finally {
      if (copy != null && !isMade) {
        copy.letGo();
      }
    }
  }

  /** How many bytes are copied. */
  static long bytes(Path original) {
    long sum = 0;
    for (String part : PARTS) {
      sum += Header.beside(original, part).toFile().length();
    }
    return sum;
  }

  /** True if there is room for a copy, as far as the workspace says. */
  static boolean hasRoom(Path original, Workspace workspace) {
    long free = FreeSpace.at(workspace.directory());
    return free < 0 || free >= bytes(original) + SPARE_BYTES;
  }

  private static void requireRoom(Path original, Workspace workspace) {
    if (!hasRoom(original, workspace)) {
      throw noRoom(original, workspace, null);
    }
  }

  static StoreException noRoom(Path original, Workspace workspace, @Nullable Throwable cause) {
    return new StoreException(
        StoreException.NO_SPACE,
        String.format(
            "The database %s is copied before it is read, so that its application can go on"
                + " writing; that takes %s, and there are %s free at %s.",
            original,
            megabytes(bytes(original)),
            megabytes(FreeSpace.at(workspace.directory())),
            workspace.directory()),
        "make room there; or, while nothing writes to the file, let it be read in its place: chmod"
            + " a-w '"
            + original
            + "'",
        false,
        cause);
  }

  static String megabytes(long bytes) {
    return String.format("%,d MB", (bytes + 999_999) / 1_000_000);
  }

  private static StoreException failed(Path original, Workspace workspace, IOException failure) {
    if (!hasRoom(original, workspace)) {
      return noRoom(original, workspace, failure);
    }
    return new StoreException(
        "COPY_FAILED",
        "Cannot copy "
            + original
            + " to "
            + workspace.directory()
            + ", which is needed to read it without changing it: "
            + failure.getMessage()
            + ".",
        "make room there, or close the program that has the database open",
        false,
        failure);
  }

  private boolean step(SteppedCopy copying) throws SQLException, IOException {
    try (FileChannel out = newFile(file)) {
      stamp = copying.to(out);
    }
    parameters = "mode=ro&immutable=1";
    isSettled = stamp.isBefore(Files.getLastModifiedTime(file));
    return true;
  }

  private boolean copyStill() throws IOException {
    if (!stamp.isBefore(Files.getLastModifiedTime(directory))) {
      return false;
    }
    try {
      for (String part : PARTS) {
        copy(Header.beside(original, part), Header.beside(file, part));
      }
    } catch (NoSuchFileException gone) {
      return false;
    }
    // A -wal is read and a journal played back, in the copy only.
    parameters = "mode=rw";
    isSettled = true;
    return stamp.equals(Stamp.of(original));
  }

  private void copy(Path from, Path to) throws IOException {
    Files.deleteIfExists(to);
    if (!Files.exists(from)) {
      return;
    }
    try (FileChannel out = newFile(to)) {
      OpenFiles.read(
          original,
          from,
          in -> {
            long size = in.size();
            long done = 0;
            while (done < size) {
              long more = in.transferTo(done, size - done, out);
              if (more <= 0) {
                break;
              }
              done += more;
            }
            return done;
          });
    }
  }

  private static FileChannel newFile(Path file) throws IOException {
    if (isPosix(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
    return FileChannel.open(file, StandardOpenOption.WRITE);
  }

  private static Path newDirectory(Path original, Path parent) throws IOException {
    if (isPosix(original)) {
      Files.createDirectories(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(parent);
    }
    return Files.createTempDirectory(parent, "sqlite-");
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** True if the original looks as it did when it was copied. */
  boolean isCurrent() {
    return isSettled && stamp.equals(Stamp.of(original));
  }

  /** A read point of the copy. */
  Reading open(int connections, SessionOptions options) throws SQLException {
    synchronized (this) {
      users++;
    }
    boolean isOpen = false;
    try {
      Reading reading =
          Reading.locked(original, file, parameters, connections, null, options, this::release);
      isOpen = true;
      return reading;
    } finally {
      if (!isOpen) {
        release();
      }
    }
  }

  /** One of that file that is kept now. */
  static @Nullable PrivateCopy kept(Path original) {
    return KEPT.get(original.toAbsolutePath());
  }

  /** Makes this the copy that others use, until that is closed. */
  Store.Kept keep() {
    synchronized (this) {
      users++;
    }
    Path name = original.toAbsolutePath();
    KEPT.put(name, this);
    AtomicBoolean isKept = new AtomicBoolean(true);
    return () -> {
      if (isKept.getAndSet(false)) {
        KEPT.remove(name, this);
        release();
      }
    };
  }

  private void release() {
    synchronized (this) {
      users--;
    }
    removeIfUnused();
  }

  /** The owner needs it no more. */
  void letGo() {
    synchronized (this) {
      isLetGo = true;
    }
    removeIfUnused();
  }

  private synchronized void removeIfUnused() {
    if (users > 0 || !isLetGo) {
      return;
    }
    try {
      for (String part : new String[] {"", "-wal", "-journal", "-shm"}) {
        Files.deleteIfExists(Header.beside(file, part));
      }
      Files.deleteIfExists(directory);
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(workspace.directory(), "remove the copies in", failure);
    }
  }
}
