package dev.waybill.stores.sqlite;

import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A database file in which another kind of store keeps its records, read as {@link SourceFile}
 * reads: neither it nor anything beside it changes. Thread-safe.
 */
public final class DatabaseFile implements AutoCloseable {
  private final Path file;
  private final SourceFile source;

  private DatabaseFile(Path file, Workspace workspace) {
    this.file = file;
    this.source = new SourceFile(file, workspace);
  }

  /**
   * Opens a file for reading only.
   *
   * @throws StoreException if it is not there or cannot be read as a database
   */
  public static DatabaseFile open(Path file, Workspace workspace) {
    DatabaseFile opened = new DatabaseFile(SqliteAdapter.existing(file), workspace);
    boolean isOpen = false;
    try {
      opened.source.open(1).close();
      isOpen = true;
      return opened;
    } finally {
      if (!isOpen) {
        opened.close();
      }
    }
  }

  /** The same for two names of one file. */
  public String identity() {
    return SourceFile.identity(file);
  }

  /** One state of the database for as many readers as the workspace allows. */
  public ReadPoint readPoint() {
    return new ReadPoint(source.openApart());
  }

  /** Whether the file is whole, and what reading it takes. */
  public List<Finding> findings() {
    StoreException noRoom = source.noRoom();
    if (noRoom != null) {
      return List.of(
          new Finding(noRoom.code(), String.valueOf(noRoom.getMessage()), noRoom.hint(), true));
    }
    List<Finding> findings = new ArrayList<>();
    try (Reading reading = source.openApart(1, false)) {
      findings.addAll(Findings.ofWholeness(reading.take()));
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "check", failure);
    }
    findings.addAll(SqliteSource.copied(source));
    return findings;
  }

  /** What {@link Store#keep} promises. */
  public Store.Kept keep() {
    return source.keep();
  }

  /**
   * A failure of a statement, as a failure to read the file.
   *
   * @param doing what failed, e.g. {@code read}
   * @param collection what was being read, in the store's own words
   */
  public WaybillException failed(String doing, String collection, SQLException failure) {
    return SqliteErrors.isTooLarge(failure)
        ? RecordLimit.refused(collection, "", -1)
        : SqliteErrors.store(file, doing, failure);
  }

  @Override
  public void close() {
    source.close();
  }

  /** One state of the database. Thread-safe. */
  public static final class ReadPoint implements AutoCloseable {
    private final Reading reading;

    private ReadPoint(Reading reading) {
      this.reading = reading;
    }

    /** A connection for one reader. */
    public Lease lease() throws SQLException {
      Connected connection = reading.take();
      try {
        connection.limitValues();
        return new Lease(reading, connection);
      } catch (SQLException failure) {
        reading.release(connection);
        throw failure;
      }
    }

    public boolean hasMoved() {
      return reading.hasMoved();
    }

    @Override
    public void close() {
      reading.close();
    }
  }

  /** A connection that others may use beside this reader, within a transaction that reads. */
  public static final class Lease implements AutoCloseable {
    private final Reading reading;
    private final Connected connection;
    private boolean isOver;

    private Lease(Reading reading, Connected connection) {
      this.reading = reading;
      this.connection = connection;
    }

    public Connection jdbc() {
      connection.begun();
      return connection.jdbc();
    }

    @Override
    public void close() {
      if (!isOver) {
        isOver = true;
        reading.release(connection);
      }
    }
  }
}
