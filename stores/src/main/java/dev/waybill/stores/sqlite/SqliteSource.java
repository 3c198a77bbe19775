package dev.waybill.stores.sqlite;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A database file that is only read. */
final class SqliteSource implements Store {
  /** Bytes of a copy of which a user should know beforehand. */
  private static final long WORTH_SAYING = 64_000_000;

  private final Path file;
  private final SourceFile source;

  /**
   * @throws dev.waybill.model.StoreException if the file cannot be read as a database
   */
  SqliteSource(Path file, Workspace workspace) {
    this.file = file;
    this.source = new SourceFile(file, workspace);
    try {
      source.open(1).close();
    } catch (RuntimeException failure) {
      source.close();
      throw failure;
    }
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
    try (Reading look = source.open(1)) {
      Catalog seen = null;
      try {
        seen = CatalogReader.read(look.take());
      } catch (SQLException failure) {
        if (!look.hasMoved()) {
          throw SqliteErrors.store(file, "read the schema of", failure);
        }
      }
      if (seen != null && !look.hasMoved()) {
        return seen;
      }
    }
    return catalog(file, source.openApart(1, true));
  }

  static Catalog catalog(Path file, Reading opened) {
    try (Reading reading = opened) {
      return CatalogReader.read(reading.take());
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "read the schema of", failure);
    }
  }

  @Override
  public List<Finding> findings() {
    StoreException noRoom = source.noRoom();
    if (noRoom != null) {
      return List.of(
          new Finding(noRoom.code(), String.valueOf(noRoom.getMessage()), noRoom.hint(), true));
    }
    List<Finding> findings = new ArrayList<>(findings(file, source.openApart(1, false), null));
    findings.addAll(copied(source));
    return findings;
  }

  /** What a user should know of a copy that was made for reading. */
  static List<Finding> copied(SourceFile source) {
    List<Finding> findings = new ArrayList<>();
    long copied = source.copiedBytes();
    if (copied >= WORTH_SAYING) {
      findings.add(
          new Finding(
              "SOURCE_COPIED",
              "The database is copied to the run directory before it is read ("
                  + PrivateCopy.megabytes(copied)
                  + "), so that its application can go on writing.",
              "",
              false));
    }
    return findings;
  }

  /**
   * @param collection null for the whole database
   */
  static List<Finding> findings(Path file, Reading opened, @Nullable Collection collection) {
    try (Reading reading = opened) {
      return collection == null
          ? Findings.of(reading.take())
          : Findings.of(reading.take(), collection.name());
    } catch (SQLException failure) {
      throw SqliteErrors.store(file, "check", failure);
    }
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return findings(file, source.openApart(1, false), collection);
  }

  @Override
  public Snapshot snapshot() {
    return new SqliteSnapshot(source.openApart());
  }

  @Override
  public Kept keep() {
    return source.keep();
  }

  @Override
  public void close() {
    source.close();
  }
}
