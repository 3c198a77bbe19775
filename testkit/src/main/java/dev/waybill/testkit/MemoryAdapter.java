package dev.waybill.testkit;

import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The reference adapter: stores in memory, alive as long as the adapter object, so that each test
 * has its own. {@code memory:NAME} is of the adapter's form; {@code
 * memory:NAME?form=graph&transactions=none} is of another, settled when it is first opened.
 *
 * <p>With transactions the ledger is in the store and snapshots are copies. Without, a write goes
 * before-images → records → mark, readers see what is written meanwhile and {@link
 * dev.waybill.spi.Snapshot#hasMoved} tells. Keys hold from the start, unique sets and foreign keys
 * from {@link dev.waybill.spi.TargetSession#finish} on, foreign keys being looked at only there.
 */
public final class MemoryAdapter implements StoreAdapter {
  private final MemoryForm form;
  private final Capabilities.Transactions transactions;
  private final Faults faults = new Faults();
  private final Map<String, MemoryDatabase> databases = new ConcurrentHashMap<>();

  public MemoryAdapter(MemoryForm form, Capabilities.Transactions transactions) {
    this.form = form;
    this.transactions = transactions;
  }

  /** Breaks off the writes of all stores of this adapter. */
  public Faults faults() {
    return faults;
  }

  @Override
  public String type() {
    return "memory";
  }

  @Override
  public List<String> schemes() {
    return List.of("memory");
  }

  @Override
  public Capabilities capabilities() {
    return form.capabilities(transactions);
  }

  /** Forgets a store and all that is in it. */
  public void remove(StoreUrl url) {
    databases.remove(database(url).name());
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    MemoryDatabase database = database(url);
    synchronized (database) {
      if (!database.exists()) {
        throw new StoreException(
            "STORE_NOT_FOUND",
            "There is no store memory:" + database.name() + ".",
            "write to it first",
            false,
            null);
      }
    }
    return new MemoryStore(database, faults);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    return new MemoryStore(database(url), faults);
  }

  private MemoryDatabase database(StoreUrl url) {
    String rest = url.rest();
    int question = rest.indexOf('?');
    String name = question < 0 ? rest : rest.substring(0, question);
    MemoryForm wantedForm = form;
    Capabilities.Transactions wantedTransactions = transactions;
    for (String parameter :
        question < 0 ? new String[0] : rest.substring(question + 1).split("&", -1)) {
      String value = parameter.substring(parameter.indexOf('=') + 1).toUpperCase(Locale.ROOT);
      try {
        if (parameter.startsWith("form=")) {
          wantedForm = MemoryForm.valueOf(value);
        } else if (parameter.startsWith("transactions=")) {
          wantedTransactions = Capabilities.Transactions.valueOf(value);
        } else {
          throw new IllegalArgumentException(parameter);
        }
      } catch (IllegalArgumentException unknown) {
        throw new SpecException(
            "UNKNOWN_URL_PARAMETER",
            "\"" + parameter + "\" of " + url + " means nothing to a store in memory.",
            "use form=relational|document|vector|graph and transactions=batch|none",
            unknown);
      }
    }
    MemoryForm settledForm = wantedForm;
    Capabilities.Transactions settledTransactions = wantedTransactions;
    return databases.computeIfAbsent(
        name, newName -> new MemoryDatabase(newName, settledForm, settledTransactions));
  }
}
