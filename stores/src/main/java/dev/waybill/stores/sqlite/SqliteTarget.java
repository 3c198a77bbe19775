package dev.waybill.stores.sqlite;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.ExchangingStore;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.support.FileHold;
import dev.waybill.stores.support.FreeSpace;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A database file that may be written to. Until a run begins it is looked at as a source is,
 * without a trace.
 */
final class SqliteTarget implements ExchangingStore {
  private final Path file;
  private final SourceFile source;
  private final SessionOptions options;
  private @Nullable SqliteSession session;

  /**
   * @param file may not be there yet; its folder is
   * @throws StoreException if the file is there and cannot be read as a database
   */
  SqliteTarget(Path file, Workspace workspace) {
    this.file = file;
    this.source = new SourceFile(file, workspace);
    this.options = workspace.session();
    if (!isNothing()) {
      try {
        source.open(1).close();
      } catch (RuntimeException failure) {
        source.close();
        throw failure;
      }
    }
  }

  /** SQLite takes an empty file for an empty database. */
  private boolean isNothing() {
    return file.toFile().length() == 0 && !isWritten();
  }

  private boolean isWritten() {
    return writing() != null;
  }

  private synchronized @Nullable SqliteSession writing() {
    return session != null && session.isOpen() ? session : null;
  }

  private Reading reading(boolean isOne) {
    try {
      if (isNothing()) {
        return Reading.nothing(file);
      }
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read", failure);
    }
    SqliteSession writing = writing();
    if (writing == null) {
      return isOne ? source.open(1) : source.open();
    }
    writing.endGroup();
    return source.openWritten();
  }

  @Override
  public Capabilities capabilities() {
    return SqliteAdapter.CAPABILITIES;
  }

  @Override
  public String identity() {
    return SourceFile.identity(file);
  }

  @Override
  public Catalog catalog() {
    return SqliteSource.catalog(file, reading(true));
  }

  @Override
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(SqliteSource.findings(file, reading(true), null));
    StoreException refused = refused();
    if (refused != null) {
      findings.add(
          new Finding(refused.code(), String.valueOf(refused.getMessage()), refused.hint(), true));
    }
    return findings;
  }

  /** Why nothing can be written, as far as permissions tell. */
  private @Nullable StoreException refused() {
    Path folder = file.getParent();
    if (Files.exists(file) && !Files.isWritable(file)) {
      return SqliteErrors.readOnly(file, "the file is read-only", null);
    }
    if (!isNothing() && !Header.of(file).isWritable()) {
      return new StoreException(
          "FORMAT_TOO_NEW",
          "The target " + file + " has a format that only a newer SQLite writes.",
          "choose another file",
          false,
          null);
    }
    if (folder != null && !Files.isWritable(folder)) {
      return SqliteErrors.readOnly(
          file, "its folder is read-only, and SQLite keeps its journal there", null);
    }
    return null;
  }

  @Override
  public List<Finding> findings(Collection collection) {
    List<Finding> findings =
        new ArrayList<>(SqliteSource.findings(file, reading(true), collection));
    try (Reading reading = reading(true)) {
      findings.addAll(Findings.ofMaking(reading.take(), collection));
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "check", failure);
    }
    return findings;
  }

  @Override
  public Snapshot snapshot() {
    return new SqliteSnapshot(reading(false));
  }

  @Override
  public long freeBytes() {
    return FreeSpace.at(file);
  }

  @Override
  public Hold hold(Set<String> collections) {
    return FileHold.take(file, collections);
  }

  @Override
  public String exchangeFault(Collection there, Field field) {
    try (Reading reading = reading(true)) {
      return Table.of(reading.take(), there.name()).filter(Described::isVirtual).isPresent()
          ? "it is in a virtual table (vec0), whose vectors cannot be exchanged"
          : "";
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read the schema of", failure);
    }
  }

  @Override
  public synchronized ExchangingSession begin(RunHeader run, Ledger ledger) {
    StoreException refused = refused();
    if (refused != null) {
      throw refused;
    }
    boolean isNew = makeFile();
    try {
      SqliteSession begun = SqliteSession.begin(file, isNew, run, options);
      session = begun;
      return begun;
    } catch (WaybillException failure) {
      if (isNew) {
        deleteAll(file);
      }
      throw failure;
    }
  }

  private boolean makeFile() {
    try {
      Files.createFile(file);
      return true;
    } catch (FileAlreadyExistsException there) {
      return false;
    } catch (IOException failure) {
      throw SqliteErrors.readOnly(file, String.valueOf(failure.getMessage()), failure);
    }
  }

  /** Removes a database that this run made, and what SQLite keeps beside it. */
  static void deleteAll(Path file) {
    try {
      for (String suffix : new String[] {"-journal", "-wal", "-shm", ""}) {
        Files.deleteIfExists(Header.beside(file, suffix));
      }
    } catch (IOException failure) {
      throw SqliteErrors.unreachable(file, "remove", failure);
    }
  }

  @Override
  public void close() {
    source.close();
  }
}
