package dev.waybill.stores.chroma;

import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * A database of our own in the workspace, for what grows with the records; made when it is first
 * asked for and removed when it is closed. It need not survive anything. Thread-safe.
 */
final class WorkDatabase implements AutoCloseable {
  private static final String FILE = "work.db";

  private final Path workspace;
  private final List<Connection> open = new ArrayList<>();
  private @Nullable Path folder;
  private @Nullable Connection writer;

  WorkDatabase(Path workspace) {
    this.workspace = workspace;
  }

  /**
   * Does something to the database by itself; all of it is there for readers afterwards. Nobody
   * should be reading meanwhile.
   */
  interface Writing {
    void with(Connection connection) throws SQLException;
  }

  synchronized void write(Writing writing) {
    try {
      Connection connection = writer;
      if (connection == null) {
        connection = begun();
        writer = connection;
      }
      writing.with(connection);
      connection.commit();
    } catch (SQLException failure) {
      throw ChromaErrors.work(workspace, failure);
    } catch (IOException failure) {
      throw ChromaErrors.noRoom(workspace, failure);
    }
  }

  private Connection begun() throws SQLException, IOException {
    PrivateFolder.make(workspace);
    Path made = Files.createTempDirectory(workspace, "chroma-");
    folder = made;
    Path file = made.resolve(FILE);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
    Connection connection = connect(file, false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = OFF");
      statement.execute("PRAGMA synchronous = OFF");
    }
    connection.setAutoCommit(false);
    return connection;
  }

  /** A connection of its own for a reader; closed by it, at the latest with the database. */
  synchronized Connection reader() throws SQLException {
    Path made = folder;
    if (made == null) {
      throw new SQLException("nothing was written yet");
    }
    open.removeIf(WorkDatabase::isClosed);
    Connection connection = connect(made.resolve(FILE), true);
    open.add(connection);
    return connection;
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException failure) {
      return false;
    }
  }

  private static Connection connect(Path file, boolean isReader) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setOpenMode(SQLiteOpenMode.OPEN_URI);
    config.setReadOnly(isReader);
    config.setGetGeneratedKeys(false);
    return config.createConnection("jdbc:sqlite:file:" + file.toUri().getRawPath());
  }

  @Override
  public synchronized void close() {
    try {
      for (Connection each : open) {
        each.close();
      }
      open.clear();
      Connection connection = writer;
      writer = null;
      if (connection != null) {
        connection.close();
      }
      Path made = folder;
      folder = null;
      if (made != null) {
        PrivateFolder.remove(made);
      }
    } catch (SQLException failure) {
      throw ChromaErrors.work(workspace, failure);
    } catch (IOException failure) {
      throw ChromaErrors.noRoom(workspace, failure);
    }
  }
}
