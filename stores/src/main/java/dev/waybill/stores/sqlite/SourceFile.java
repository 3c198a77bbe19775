package dev.waybill.stores.sqlite;

import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A database file that is opened so that neither it nor anything beside it changes.
 *
 * <p>SQLite itself is not that careful: a reader of a WAL database makes -shm and -wal files, and
 * one that finds a hot journal plays it back. Which way is open depends on what lies beside the
 * file:
 *
 * <ul>
 *   <li>no journal: {@code mode=ro}; the shared lock keeps the state for all readers;
 *   <li>WAL, all of it in the database file: {@code immutable=1};
 *   <li>WAL with rows in -wal while a program has it open (-shm is there): {@code mode=ro} without
 *       writing to -shm;
 *   <li>else, or where that fails: a copy in the workspace, made while nothing moved.
 * </ul>
 */
final class SourceFile implements AutoCloseable {
  private static final int COPY_ATTEMPTS = 20;

  private final Path file;
  private final Workspace workspace;
  private @Nullable Path copy;
  private @Nullable Stamp copied;
  private final List<Path> directories = new ArrayList<>();

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
   * Opens a consistent read point.
   *
   * @throws StoreException if the file is no database, is damaged, busy or does not hold still
   */
  synchronized Reading open(int connections) {
    Header header = Header.of(file);
    Stamp stamp = Stamp.of(file);
    boolean isWal = header.isWal() || stamp.walSize() >= 0;
    boolean hasJournal = !isWal && Header.hasJournal(file);
    if (!hasJournal && stamp.walSize() <= 0 && header.bytes() > stamp.size()) {
      throw SqliteErrors.damaged(
          file, "it should have " + header.bytes() + " bytes and has " + stamp.size(), null);
    }
    try {
      if (isWal && stamp.walSize() <= 0) {
        return Reading.locked(file, file, "mode=ro&immutable=1", connections, stamp, options());
      }
      if (isWal && !Files.exists(Header.beside(file, "-shm"))) {
        return ofCopy(connections);
      }
      return ofOriginal(isWal, hasJournal, connections);
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read", failure);
    }
  }

  /** Opens a consistent read point of a file that this process has open for writing. */
  Reading openWritten() {
    try {
      return Header.of(file).isWal()
          ? Reading.agreed(file, "mode=ro", workspace.connections(), options())
          : Reading.locked(file, file, "mode=ro", workspace.connections(), null, options());
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read", failure);
    }
  }

  private Reading ofOriginal(boolean isWal, boolean hasJournal, int connections)
      throws SQLException {
    try {
      return isWal
          ? Reading.agreed(file, "mode=ro&readonly_shm=1", connections, options())
          : Reading.locked(file, file, "mode=ro", connections, null, options());
    } catch (SQLException failure) {
      if (isWal || hasJournal && !SqliteErrors.isBusy(failure)) {
        return ofCopy(connections);
      }
      throw failure;
    }
  }

  private Reading ofCopy(int connections) throws SQLException {
    Path current = copy;
    if (current == null || !Stamp.of(file).equals(copied)) {
      current = makeCopy();
      copy = current;
    }
    return Reading.locked(file, current, "mode=rw", connections, null, options());
  }

  private Path makeCopy() {
    try {
      Path directory = newDirectory();
      Path made = directory.resolve("copy.db");
      for (int attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
        Stamp before = Stamp.of(file);
        for (String suffix : new String[] {"", "-wal", "-journal"}) {
          copy(Header.beside(file, suffix), Header.beside(made, suffix));
        }
        if (before.equals(Stamp.of(file))) {
          copied = before;
          return made;
        }
        pause();
      }
    } catch (IOException failure) {
      throw new StoreException(
          "COPY_FAILED",
          "Cannot copy "
              + file
              + " to "
              + workspace.directory()
              + ", which is needed to read its -wal or -journal without changing it: "
              + failure.getMessage()
              + ".",
          "make room there, or close the program that has the database open",
          false,
          failure);
    }
    throw new StoreException(
        "SOURCE_KEEPS_MOVING",
        "The database " + file + " changes all the time and cannot be opened beside its writer.",
        "try again when its application writes less, or stop the application",
        true,
        null);
  }

  private Path newDirectory() throws IOException {
    Path directory = workspace.directory();
    boolean isPosix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    if (isPosix) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
    Path made = Files.createTempDirectory(directory, "sqlite-");
    directories.add(made);
    return made;
  }

  private void copy(Path from, Path to) throws IOException {
    Files.deleteIfExists(to);
    if (!Files.exists(from)) {
      return;
    }
    if (to.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(to);
    }
    try (FileChannel out = FileChannel.open(to, StandardOpenOption.WRITE)) {
      OpenFiles.read(
          file,
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

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes the copies; all read points must be closed. */
  @Override
  public synchronized void close() {
    copy = null;
    try {
      for (Path directory : directories) {
        for (String suffix : new String[] {"", "-wal", "-journal", "-shm"}) {
          Files.deleteIfExists(Header.beside(directory.resolve("copy.db"), suffix));
        }
        Files.deleteIfExists(directory);
      }
      directories.clear();
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(workspace.directory(), "remove the copies in", failure);
    }
  }
}
