package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A database of a running server, fetched into the workspace when it is opened. */
final class ChromaServer implements Content.Origin {
  private final ServerApi api;
  private final WorkDatabase work;
  private final Fetching fetching;
  private final Map<String, Stored> stored = new LinkedHashMap<>();

  private ChromaServer(ServerApi api, Workspace workspace) {
    this.api = api;
    this.work = new WorkDatabase(workspace.directory());
    this.fetching = new Fetching(api, work);
  }

  /**
   * Fetches everything.
   *
   * @throws StoreException if the server cannot be reached, lets nobody in, or never holds still
   */
  static Store open(ServerPlace place, Workspace workspace) {
    ChromaServer server = new ChromaServer(ServerApi.of(place), workspace);
    boolean isOpen = false;
    try {
      Store store = server.opened();
      isOpen = true;
      return store;
    } finally {
      if (!isOpen) {
        server.close();
      }
    }
  }

  private Store opened() {
    for (JsonNode each : api.collections()) {
      if (!Beside.isHidden(each)) {
        FoundCollection found = api.found(each);
        stored.put(found.name(), fetching.fetched(found, found.name()));
      }
    }
    List<Collection> collections = new ArrayList<>();
    stored.values().forEach(each -> collections.add(each.shape().collection()));
    Content content =
        new Content(this, new Catalog("Chroma " + api.version(), collections, List.of()), stored);
    return new ChromaStore(
        api.place().uri("").toString(), ChromaAdapter.SERVER, content, () -> List.of());
  }

  @Override
  public String name() {
    return api.place().toString();
  }

  @Override
  public boolean hasMoved() {
    return fetching.isMissed() || stored.values().stream().anyMatch(this::hasMoved);
  }

  private boolean hasMoved(Stored each) {
    try {
      return fetching.hasMoved(each.found());
    } catch (SQLException failure) {
      throw failed(each.found().name(), failure);
    }
  }

  @Override
  public Optional<ServerSearch.Asking> asking(FoundCollection found) {
    return Optional.of(body -> api.query(found, body));
  }

  @Override
  public WaybillException failed(String collection, SQLException failure) {
    return new StoreException(
        "STORE_FAILED",
        "Cannot read what was fetched of \"" + collection + "\": " + failure.getMessage() + ".",
        "",
        false,
        failure);
  }

  @Override
  public void close() {
    work.close();
  }
}
