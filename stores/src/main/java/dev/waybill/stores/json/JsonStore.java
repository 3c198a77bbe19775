package dev.waybill.stores.json;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A file or a folder that is only read. */
final class JsonStore implements Store {
  private final JsonPlace place;
  private final JsonContent content;
  private final AtomicBoolean isOpen = new AtomicBoolean(true);

  /**
   * Reads all of it once.
   *
   * @throws StoreException if it is not there or is no JSON
   */
  JsonStore(JsonPlace asked, Workspace workspace) {
    place = asked.at(real(asked.path()));
    content = JsonContent.open(place, workspace);
  }

  private static Path real(Path path) {
    try {
      Path real = path.toRealPath();
      if (Files.isDirectory(real) || Files.isRegularFile(real)) {
        return real;
      }
      throw new StoreException(
          "FILE_UNREADABLE",
          path + " is neither a file nor a folder.",
          "see what it is: ls -l '" + path + "'",
          false,
          null);
    } catch (IOException failure) {
      throw JsonErrors.failed(path, "find", failure);
    }
  }

  @Override
  public Capabilities capabilities() {
    return JsonAdapter.CAPABILITIES;
  }

  @Override
  public String identity() {
    return place.path().toString();
  }

  @Override
  public Catalog catalog() {
    return content.catalog();
  }

  @Override
  public List<Finding> findings() {
    return content.findings();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    return new JsonSnapshot(content, false);
  }

  /** A snapshot in which fields may be asked for that no record has: they are absent in all. */
  Snapshot snapshotOfAnyFields() {
    return new JsonSnapshot(content, true);
  }

  @Override
  public Kept keep() {
    content.use();
    AtomicBoolean isKept = new AtomicBoolean(true);
    return () -> {
      if (isKept.getAndSet(false)) {
        content.release();
      }
    };
  }

  @Override
  public void close() {
    if (isOpen.getAndSet(false)) {
      content.release();
    }
  }
}
