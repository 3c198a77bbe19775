package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A database file that is opened so that neither it nor anything beside it changes.
 *
 * <p>SQLite itself is not that careful: a reader of a WAL database makes -shm and -wal files, and
 * one that finds a hot journal plays it back. In its place a file is opened by what lies beside it:
 *
 * <ul>
 *   <li>no journal: {@code mode=ro}; the shared lock keeps the state for all readers, and writers
 *       from committing;
 *   <li>WAL that a program has open (-shm is there): {@code mode=ro} without writing to -shm;
 *   <li>WAL, all of it in the database file: {@code immutable=1};
 *   <li>else, or where that fails: a copy in the workspace, made while nothing moved.
 * </ul>
 *
 * <p>What takes longer than a look must not make an application wait, nor see what one writes
 * meanwhile: it reads WAL in its place only beside the program that has it open, else a copy. Only
 * a file that nobody may write to is always read in its place.
 */
final class SourceFile implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final int WAITED_MILLIS = 30;

  /** Where SQLite's shared lock is (sqlite.org/src, os.h). */
  private static final long SHARED_FIRST = 0x40000002L;

  private static final long SHARED_SIZE = 510;

  private final Path file;
  private final Workspace workspace;
  private @Nullable PrivateCopy copy;

  /** The same for two names of one file; empty while there is no file. */
  static String identity(Path file) {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return key == null ? file.toRealPath().toString() : key.toString();
    } catch (IOException absent) {
      return "";
    }
  }

  SourceFile(Path file, Workspace workspace) {
    this.file = file;
    this.workspace = workspace;
  }

  private SessionOptions options() {
    return workspace.session();
  }

  /** Opens a consistent read point with as many connections as the workspace allows. */
  Reading open() {
    return open(workspace.connections());
  }

  /**
   * Opens a consistent read point, for a look.
   *
   * @throws StoreException if the file is no database, is damaged, busy or does not hold still
   */
  synchronized Reading open(int connections) {
    return held(() -> look(connections), connections);
  }

  private @Nullable Reading look(int connections) throws SQLException {
    Header header = Header.of(file);
    Stamp stamp = Stamp.of(file);
    boolean isWal = isWal(header, stamp);
    boolean hasJournal = !isWal && Header.hasJournal(file);
    requireWhole(header, stamp, hasJournal);
    if (isWal && isShared()) {
      return beside(connections);
    }
    if (isWal) {
      return stamp.walSize() <= 0 ? unchanging(connections, stamp) : ofStillCopy(connections);
    }
    return ofOriginal(hasJournal, connections);
  }

  /** A way to a read point; null if the file did not hold still for it. */
  private interface Way {
    @Nullable Reading open() throws SQLException;
  }

  private Reading held(Way way, int connections) {
    try {
      Reading reading = opened(way);
      return reading != null ? reading : kept(way, connections);
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "read", failure);
    }
  }

  private @Nullable Reading opened(Way way) {
    try {
      return way.open();
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read", failure);
    }
  }

  /**
   * Opens a WAL database that programs open for a moment and close again: the last to close it
   * removes -wal and -shm, beside which it could be read, unless it finds a shared lock.
   */
  private Reading kept(Way way, int connections) throws IOException {
    return OpenFiles.read(file, file, channel -> repeated(way, connections, channel))
        .orElseThrow(
            () ->
                new StoreException(
                    "SOURCE_KEEPS_MOVING",
                    "The database "
                        + file
                        + " changes all the time and cannot be opened beside its writer.",
                    "try again when its application writes less, or stop the application",
                    true,
                    null));
  }

  private Optional<Reading> repeated(Way way, int connections, FileChannel channel)
      throws IOException {
    FileLock lock = null;
    long end = System.nanoTime() + LONGEST.toNanos();
    do {
      lock = share(channel, lock);
      Reading reading = awaitShared() ? besideOnly(connections) : null;
      if (reading == null) {
        reading = opened(way);
      }
      if (reading != null) {
        return Optional.of(reading);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    } while (System.nanoTime() < end && !Thread.currentThread().isInterrupted());
    return Optional.empty();
  }

  /**
   * Takes SQLite's shared lock. Each descriptor of the file that is closed, SQLite's too, ends it
   * (sqlite.org/howtocorrupt.html, 2.2), so it is taken anew for each attempt; once a connection is
   * open, closing waits for that.
   */
  private @Nullable FileLock share(FileChannel channel, @Nullable FileLock held)
      throws IOException {
    if (OpenFiles.isConnected(file)) {
      return held;
    }
    if (held != null) {
      held.release();
    }
    try {
      return channel.tryLock(SHARED_FIRST, SHARED_SIZE, true);
    } catch (OverlappingFileLockException another) {
      // Another reader of this process holds it, which is as good.
      return null;
    }
  }

  /** Waits a while for a program to open the database: it cannot remove -shm any more. */
  private boolean awaitShared() {
    for (int waited = 0; waited < WAITED_MILLIS && !isShared(); waited++) {
      LockSupport.parkNanos(1_000_000);
    }
    return isShared();
  }

  private static boolean isWal(Header header, Stamp stamp) {
    return header.isWal() || stamp.walSize() >= 0;
  }

  /** True if a program has a WAL database open, or had when it crashed. */
  private boolean isShared() {
    return Files.exists(Header.beside(file, "-shm"));
  }

  private void requireWhole(Header header, Stamp stamp, boolean hasJournal) {
    if (!hasJournal && stamp.walSize() <= 0 && header.bytes() > stamp.size()) {
      throw SqliteErrors.damaged(
          file, "it should have " + header.bytes() + " bytes and has " + stamp.size(), null);
    }
  }

  /**
   * Opens a read point that may be used for long: no writer waits for it, and it shows one state
   * whatever is written meanwhile.
   *
   * @param isNewest false if any state since the store was opened will do
   * @throws StoreException as {@link #open}; NO_SPACE if a copy is needed and there is no room
   */
  synchronized Reading openApart(int connections, boolean isNewest) {
    if (!isWritable(file)) {
      return open(connections);
    }
    return held(
        () -> {
          PrivateCopy known = known();
          return known != null && (!isNewest || known.isCurrent())
              ? known.open(connections, options())
              : apart(connections);
        },
        connections);
  }

  /** As {@link #openApart(int, boolean)}, as many connections as the workspace allows. */
  Reading openApart() {
    return openApart(workspace.connections(), true);
  }

  private @Nullable Reading apart(int connections) throws SQLException {
    Header header = Header.of(file);
    Stamp stamp = Stamp.of(file);
    if (isWal(header, stamp)) {
      return isShared() ? beside(connections) : ofStillCopy(connections);
    }
    boolean hasJournal = Header.hasJournal(file);
    requireWhole(header, stamp, hasJournal);
    try {
      return of(
          PrivateCopy.stepped(file, workspace, new SteppedCopy(file, options())), connections);
    } catch (SQLException failure) {
      if (hasJournal && !SqliteErrors.isBusy(failure)) {
        return ofStillCopy(connections);
      }
      throw failure;
    }
  }

  /**
   * How many bytes are copied before the file is read for long; 0 where it is read in its place.
   */
  long copiedBytes() {
    boolean isInPlace = !isWritable(file) || isWal(Header.of(file), Stamp.of(file)) && isShared();
    return isInPlace ? 0 : PrivateCopy.bytes(file);
  }

  /** What keeps a copy from being made, null if nothing does or none is needed. */
  @Nullable StoreException noRoom() {
    return known() != null || copiedBytes() == 0 || PrivateCopy.hasRoom(file, workspace)
        ? null
        : PrivateCopy.noRoom(file, workspace, null);
  }

  /** This one's own copy, or one that is kept for others; null if there is none. */
  private @Nullable PrivateCopy known() {
    return copy != null ? copy : PrivateCopy.kept(file);
  }

  /** Keeps the copy, if there is one, for others that read the same file. */
  synchronized Store.Kept keep() {
    return copy == null ? () -> {} : copy.keep();
  }

  /** False if nobody may write to a file, unless root does. */
  private static boolean isWritable(Path file) {
    try {
      if (Files.getFileStore(file).isReadOnly()) {
        return false;
      }
      if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        return Files.isWritable(file);
      }
      Set<PosixFilePermission> allowed = Files.getPosixFilePermissions(file);
      return allowed.contains(PosixFilePermission.OWNER_WRITE)
          || allowed.contains(PosixFilePermission.GROUP_WRITE)
          || allowed.contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "look at", failure);
    }
  }

  /** Opens a consistent read point of a file that this process has open for writing. */
  Reading openWritten() {
    try {
      return Header.of(file).isWal()
          ? Reading.agreed(file, "mode=ro", workspace.connections(), options())
          : Reading.locked(
              file, file, "mode=ro", workspace.connections(), null, options(), () -> {});
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read", failure);
    }
  }

  private @Nullable Reading ofOriginal(boolean hasJournal, int connections) throws SQLException {
    try {
      return Reading.locked(file, file, "mode=ro", connections, null, options(), () -> {});
    } catch (SQLException failure) {
      if (hasJournal && !SqliteErrors.isBusy(failure)) {
        return ofStillCopy(connections);
      }
      throw failure;
    }
  }

  private Reading unchanging(int connections, Stamp stamp) throws SQLException {
    return Reading.locked(
        file, file, "mode=ro&immutable=1", connections, stamp, options(), () -> {});
  }

  private @Nullable Reading beside(int connections) throws SQLException {
    Reading reading = besideOnly(connections);
    return reading == null ? ofStillCopy(connections) : reading;
  }

  private @Nullable Reading besideOnly(int connections) {
    try {
      return Reading.agreed(file, "mode=ro&readonly_shm=1", connections, options());
    } catch (SQLException failure) {
      // What it left behind may still be copied.
      return null;
    }
  }

  private @Nullable Reading ofStillCopy(int connections) throws SQLException {
    PrivateCopy known = known();
    if (known != null && known.isCurrent()) {
      return known.open(connections, options());
    }
    PrivateCopy made = PrivateCopy.still(file, workspace);
    return made == null ? null : of(made, connections);
  }

  private Reading of(PrivateCopy made, int connections) throws SQLException {
    if (copy != null) {
      copy.letGo();
    }
    copy = made;
    return made.open(connections, options());
  }

  /** Removes the copy once all read points are closed. */
  @Override
  public synchronized void close() {
    if (copy != null) {
      copy.letGo();
    }
    copy = null;
  }
}
