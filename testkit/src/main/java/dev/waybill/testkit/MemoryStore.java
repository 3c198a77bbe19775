package dev.waybill.testkit;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** An open database. */
final class MemoryStore implements TargetStore {
  private final MemoryDatabase database;
  private final Faults faults;

  MemoryStore(MemoryDatabase database, Faults faults) {
    this.database = database;
    this.faults = faults;
  }

  @Override
  public Capabilities capabilities() {
    return database.capabilities();
  }

  @Override
  public String identity() {
    return Integer.toHexString(System.identityHashCode(database));
  }

  @Override
  public Catalog catalog() {
    synchronized (database) {
      List<Collection> collections = new ArrayList<>();
      for (MemoryTable table : database.tables().values()) {
        collections.add(table.collection().withEstimates(table.rows().size(), -1));
      }
      return new Catalog(
          "memory, " + database.form().name().toLowerCase(Locale.ROOT), collections, List.of());
    }
  }

  @Override
  public List<Finding> findings() {
    return List.of();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    synchronized (database) {
      return new MemorySnapshot(database);
    }
  }

  @Override
  public long freeBytes() {
    return -1;
  }

  @Override
  public Hold hold(Set<String> collections) {
    database.hold(collections);
    return new Hold() {
      private boolean isHeld = true;

      @Override
      public void renew() {}

      @Override
      public synchronized void close() {
        if (isHeld) {
          isHeld = false;
          database.letGo(collections);
        }
      }
    };
  }

  @Override
  public TargetSession begin(RunHeader run, Ledger ledger) {
    synchronized (database) {
      boolean isNew = database.isTransactional() && !database.knows(run.id());
      Ledger used = database.isTransactional() ? database.run(run.id()).ledger() : ledger;
      if (database.create()) {
        isNew = true;
        used.note(new Ledger.Note(Ledger.Note.What.STORE_CREATED, "memory:" + database.name(), ""));
      }
      return new MemorySession(database, run.id(), isNew, used, faults);
    }
  }

  @Override
  public void close() {}
}
