package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.support.FileHold;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A server that is written to: as it is, and as the run that has begun is about to make it. */
final class ChromaTarget implements TargetStore {
  private final ServerApi api;
  private final Workspace workspace;

  /** What collections are like, by Chroma's own ids, as long as nothing is written to them. */
  private final Map<String, Shape> shapes = new HashMap<>();

  private @Nullable ChromaSession session;

  ChromaTarget(ServerPlace place, Workspace workspace) {
    this.api = ServerApi.of(place);
    this.workspace = workspace;
    catalog();
  }

  ServerApi api() {
    return api;
  }

  Workspace workspace() {
    return workspace;
  }

  /** Collections may be others now than they were. */
  synchronized void moved() {
    shapes.clear();
  }

  private synchronized @Nullable ChromaSession writing() {
    return session != null && session.isOpen() ? session : null;
  }

  /** What there is to see: the run's own collections in place of those that they replace. */
  private Map<String, FoundCollection> visible() {
    Map<String, FoundCollection> found = new LinkedHashMap<>();
    for (JsonNode told : api.collections()) {
      if (!Beside.isHidden(told)) {
        found.put(told.path("name").asText(), api.found(told));
      }
    }
    ChromaSession writing = writing();
    if (writing != null) {
      writing.besides().forEach(each -> found.put(each.name(), each.found()));
    }
    return found;
  }

  @Override
  public Capabilities capabilities() {
    return ChromaAdapter.SERVER;
  }

  @Override
  public String identity() {
    return api.place().uri("").toString();
  }

  @Override
  public Catalog catalog() {
    ChromaSession writing = writing();
    List<Collection> collections = new ArrayList<>();
    visible()
        .forEach(
            (name, found) -> {
              Optional<Beside> beside = writing == null ? Optional.empty() : writing.beside(name);
              Shape shape = beside.isPresent() ? beside.get().shape() : shape(found, found.name());
              collections.add(shape.collection());
            });
    return new Catalog("Chroma " + api.version(), collections, List.of());
  }

  /** What a collection is like by its records; read once. */
  Shape shape(FoundCollection found, String name) {
    synchronized (this) {
      Shape known = shapes.get(found.id());
      if (known != null) {
        return known;
      }
    }
    Shape shape;
    try (WorkDatabase work = new WorkDatabase(workspace.directory())) {
      shape = new Fetching(api, work).fetched(found, name).shape();
    }
    synchronized (this) {
      shapes.put(found.id(), shape);
    }
    return shape;
  }

  @Override
  public List<Finding> findings() {
    return List.of();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    if (api.collection(collection.name()).isPresent()) {
      return List.of();
    }
    try {
      NewCollection made = NewCollection.of(api.place(), collection);
      return made.hasVectors()
          ? List.of()
          : List.of(
              new Finding(
                  "VECTORS_STAND_IN",
                  "\""
                      + collection.name()
                      + "\" has no vectors, and Chroma wants one of each record: it gets one of a"
                      + " single zero, which is no field of it.",
                  "leave it out if nothing should be looked for there: --exclude "
                      + collection.name(),
                  false));
    } catch (StoreException refused) {
      return List.of(
          new Finding(refused.code(), String.valueOf(refused.getMessage()), refused.hint(), true));
    }
  }

  @Override
  public Snapshot snapshot() {
    return new TargetSnapshot(this, visible(), writing());
  }

  /** A server does not say how much room it has. */
  @Override
  public long freeBytes() {
    return -1;
  }

  /** Keeps off other runs of this machine: Chroma has nothing that could be held. */
  @Override
  public Hold hold(Set<String> collections) {
    Path folder =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "waybill-" + System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_"));
    try {
      PrivateFolder.make(folder);
    } catch (IOException failure) {
      throw ChromaErrors.noRoom(folder, failure);
    }
    return FileHold.take(
        folder.resolve(URLEncoder.encode(identity(), StandardCharsets.UTF_8)), collections);
  }

  @Override
  public synchronized TargetSession begin(RunHeader run, Ledger ledger) {
    moved();
    ChromaSession begun = new ChromaSession(this, run.id(), ledger);
    session = begun;
    return begun;
  }

  @Override
  public void close() {}
}
