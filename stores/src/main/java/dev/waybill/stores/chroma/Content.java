package dev.waybill.stores.chroma;

import dev.waybill.model.Catalog;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;

/**
 * What a folder or a server held when it was opened. Lives until its last user has released it.
 * Thread-safe.
 */
final class Content {
  /** Where the content is. */
  interface Origin extends AutoCloseable {
    /** For people. */
    String name();

    /** True if what is read may not be one state. */
    boolean hasMoved();

    /** What answers for what is near in a collection; empty where nobody does. */
    Optional<ServerSearch.Asking> asking(FoundCollection collection);

    /** What a failure of a statement means. */
    WaybillException failed(String collection, SQLException failure);

    @Override
    void close();
  }

  private final Origin origin;
  private final Catalog catalog;
  private final Map<String, Stored> stored;
  private int users = 1;

  Content(Origin origin, Catalog catalog, Map<String, Stored> stored) {
    this.origin = origin;
    this.catalog = catalog;
    this.stored = stored;
  }

  Catalog catalog() {
    return catalog;
  }

  Origin origin() {
    return origin;
  }

  Stored collection(String name) {
    Stored found = stored.get(name);
    if (found == null) {
      throw new StoreException(
          "COLLECTION_MISSING",
          "There is no collection \"" + name + "\" in " + origin.name() + ".",
          "see what there is: waybill inspect",
          false,
          null);
    }
    return found;
  }

  synchronized void use() {
    users++;
  }

  synchronized void release() {
    users--;
    if (users == 0) {
      stored.values().forEach(Stored::close);
      origin.close();
    }
  }
}
