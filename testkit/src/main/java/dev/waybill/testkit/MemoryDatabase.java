package dev.waybill.testkit;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one {@code memory:NAME} holds, as long as its adapter lives. Every use is synchronized on
 * the database itself.
 */
final class MemoryDatabase {
  private final String name;
  private final MemoryForm form;
  private final Capabilities capabilities;
  private final Map<String, MemoryTable> tables = new LinkedHashMap<>();
  private final Map<String, Run> runs = new HashMap<>();
  private final Set<String> held = new HashSet<>();
  private boolean exists;
  private boolean isLeaving;
  private long version;
  private long lastRow;

  /**
   * What the database keeps of a run that was begun.
   *
   * @param ledger of no use without transactions
   * @param written the row of each key-less record the run wrote, by where it came from
   */
  record Run(MemoryLedger ledger, Map<String, Long> written) {}

  MemoryDatabase(String name, MemoryForm form, Capabilities.Transactions transactions) {
    this.name = name;
    this.form = form;
    this.capabilities = form.capabilities(transactions);
  }

  /** Keeps others off. */
  synchronized void hold(Set<String> collections) {
    for (String collection : collections) {
      if (held.contains(collection)) {
        throw new SpecException(
            "TARGET_IS_BUSY",
            "Another run is writing to \"" + collection + "\" of memory:" + name + ".",
            "wait until it has ended");
      }
    }
    held.addAll(collections);
  }

  synchronized void letGo(Set<String> collections) {
    held.removeAll(collections);
  }

  String name() {
    return name;
  }

  MemoryForm form() {
    return form;
  }

  Capabilities capabilities() {
    return capabilities;
  }

  boolean isTransactional() {
    return capabilities.transactions() == Capabilities.Transactions.BATCH;
  }

  boolean exists() {
    return exists;
  }

  /** Returns false if it was there already. */
  boolean create() {
    boolean isNew = !exists;
    isLeaving = false;
    exists = true;
    return isNew;
  }

  /** Lets the database go as soon as no collection and no run is left. */
  void removeWhenEmpty() {
    isLeaving = true;
    removeIfEmpty();
  }

  private void removeIfEmpty() {
    if (isLeaving && tables.isEmpty() && runs.isEmpty()) {
      exists = false;
      isLeaving = false;
    }
  }

  boolean knows(String run) {
    return runs.containsKey(run);
  }

  Run run(String id) {
    return runs.computeIfAbsent(
        id, newId -> new Run(new MemoryLedger(() -> endRun(newId)), new HashMap<>()));
  }

  /** Forgets the run. */
  synchronized void endRun(String id) {
    runs.remove(id);
    removeIfEmpty();
  }

  Map<String, MemoryTable> tables() {
    return tables;
  }

  MemoryTable table(String collection) {
    return table(tables, collection);
  }

  MemoryTable table(Map<String, MemoryTable> from, String collection) {
    MemoryTable table = from.get(collection);
    if (table == null) {
      throw new StoreException(
          "NO_SUCH_COLLECTION",
          "The collection \"" + collection + "\" is not in memory:" + name + ".",
          "waybill inspect memory:" + name,
          false,
          null);
    }
    return table;
  }

  long nextRow() {
    return ++lastRow;
  }

  /** Grows with each change of what readers can see. */
  long version() {
    return version;
  }

  void changed() {
    version++;
  }
}
