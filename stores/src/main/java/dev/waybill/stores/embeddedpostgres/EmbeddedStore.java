package dev.waybill.stores.embeddedpostgres;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.ExchangingSession;
import dev.waybill.spi.ExchangingStore;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import dev.waybill.stores.postgres.PostgresAdapter;
import dev.waybill.stores.support.FileHold;
import dev.waybill.stores.support.FreeSpace;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The store of a folder's server; before the first run there may be no folder at all. */
final class EmbeddedStore implements ExchangingStore {
  private final Cluster cluster;
  private final PostgresAdapter postgres;
  private final Workspace workspace;
  private @Nullable Store open;
  private boolean isUsed;

  EmbeddedStore(Cluster cluster, PostgresAdapter postgres, Workspace workspace, boolean isTarget) {
    this.cluster = cluster;
    this.postgres = postgres;
    this.workspace = workspace;
    if (cluster.isThere()) {
      connect(isTarget);
    }
  }

  private synchronized void connect(boolean isTarget) {
    Usage.begin(cluster);
    isUsed = true;
    boolean isDone = false;
    try {
      open =
          isTarget
              ? postgres.openTarget(cluster.url(), workspace)
              : postgres.openSource(cluster.url(), workspace);
      isDone = true;
    } finally {
      if (!isDone) {
        isUsed = false;
        Usage.end(cluster);
      }
    }
  }

  private synchronized @Nullable Store open() {
    return open;
  }

  @Override
  public Capabilities capabilities() {
    Store store = open();
    return store == null ? postgres.plainCapabilities() : store.capabilities();
  }

  @Override
  public String identity() {
    Store store = open();
    return store == null ? "" : store.identity();
  }

  @Override
  public Catalog catalog() {
    Store store = open();
    return store == null
        ? new Catalog("PostgreSQL, embedded", List.of(), List.of())
        : store.catalog();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    Store store = open();
    return store == null ? List.of() : store.findings(collection);
  }

  @Override
  public List<Finding> findings() {
    Store store = open();
    if (store != null) {
      return store.findings();
    }
    if (Binaries.areThere()) {
      return List.of();
    }
    StoreException missing = Binaries.missing();
    return List.of(
        new Finding(missing.code(), String.valueOf(missing.getMessage()), missing.hint(), true));
  }

  @Override
  public Snapshot snapshot() {
    Store store = open();
    return store == null ? new Nothing() : store.snapshot();
  }

  @Override
  public long freeBytes() {
    return FreeSpace.at(cluster.folder());
  }

  @Override
  public Hold hold(Set<String> collections) {
    return FileHold.take(cluster.folder(), collections);
  }

  @Override
  public String exchangeFault(Collection there, Field field) {
    return open() instanceof ExchangingStore target ? target.exchangeFault(there, field) : "";
  }

  @Override
  public ExchangingSession begin(RunHeader run, Ledger ledger) {
    if (open() == null) {
      connect(true);
    }
    if (open() instanceof ExchangingStore target) {
      return target.begin(run, ledger);
    }
    throw new IllegalStateException("opened for reading");
  }

  @Override
  public synchronized void close() {
    Store store = open;
    open = null;
    try {
      if (store != null) {
        store.close();
      }
    } finally {
      if (isUsed) {
        isUsed = false;
        Usage.end(cluster);
      }
    }
  }

  /** The snapshot of a server that is not there yet. */
  private static final class Nothing implements Snapshot {
    private static StoreException missing(Collection collection) {
      return new StoreException(
          "NO_SUCH_COLLECTION",
          "There is no \"" + collection.name() + "\": the embedded PostgreSQL is not made yet.",
          "run the migration first",
          false,
          null);
    }

    @Override
    public List<Chunk> chunks(Collection collection, long records) {
      throw missing(collection);
    }

    @Override
    public RecordReader read(Collection collection, Chunk chunk) {
      throw missing(collection);
    }

    @Override
    public RecordReader lookup(Collection collection, RecordBatch keys) {
      throw missing(collection);
    }

    @Override
    public long count(Collection collection) {
      throw missing(collection);
    }

    @Override
    public boolean hasMoved() {
      return false;
    }

    @Override
    public void close() {}
  }
}
