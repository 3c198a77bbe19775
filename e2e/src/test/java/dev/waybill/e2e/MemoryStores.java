package dev.waybill.e2e;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Finding;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import dev.waybill.spi.Workspace;
import dev.waybill.testkit.Faults;
import dev.waybill.testkit.MemoryAdapter;
import dev.waybill.testkit.MemoryForm;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Stores in memory that the library finds as it finds every store. All instances share their
 * stores, so a test takes names of its own ({@link World#url}). {@code tampered:NAME} is {@code
 * memory:NAME} seen through {@link #tampering}; {@code memory://user:password@NAME} is the same
 * store with a secret in its URL.
 */
public class MemoryStores implements StoreAdapter {
  private static final MemoryAdapter SHARED =
      new MemoryAdapter(MemoryForm.RELATIONAL, Capabilities.Transactions.BATCH);

  private final String type;
  private final List<String> schemes;
  private final MemoryForm form;

  /** For the library; the others see the same stores. */
  public MemoryStores() {
    this("memory", List.of("memory", "tampered"), MemoryForm.RELATIONAL);
  }

  private MemoryStores(String type, List<String> schemes, MemoryForm form) {
    this.type = type;
    this.schemes = schemes;
    this.form = form;
  }

  /** Those of documents: {@code documents:NAME?form=document} is {@code memory:} with the rest. */
  public static final class Documents extends MemoryStores {
    public Documents() {
      super("memory-document", List.of("documents"), MemoryForm.DOCUMENT);
    }
  }

  /** Those of nodes: {@code graphs:NAME?form=graph} is {@code memory:} with the rest. */
  public static final class Graphs extends MemoryStores {
    public Graphs() {
      super("memory-graph", List.of("graphs"), MemoryForm.GRAPH);
    }
  }

  /** The URL under which the library knows the dialect of the store before it opens it. */
  static String url(MemoryForm form) {
    String url = World.url(form, Capabilities.Transactions.BATCH);
    return switch (form) {
      case RELATIONAL -> url;
      case DOCUMENT -> url.replace("memory:", "documents:");
      case GRAPH -> url.replace("memory:", "graphs:");
      case VECTOR -> throw new IllegalArgumentException("no adapter for " + form);
    };
  }

  private static UnaryOperator<ChangeBatch> tampering = UnaryOperator.identity();
  private static Runnable renewing = () -> {};
  private static Runnable unmarking = () -> {};
  private static Runnable forgotten = () -> {};

  /** What a store behind {@code tampered:} does to batches before it writes them. */
  static void tampering(UnaryOperator<ChangeBatch> change) {
    tampering = change;
  }

  /** What is done before a chunk is unmarked in a ledger behind {@code tampered:}. */
  static void unmarking(Runnable change) {
    unmarking = change;
  }

  /** What is done once a ledger behind {@code tampered:} has forgotten a run. */
  static void forgotten(Runnable change) {
    forgotten = change;
  }

  /** What is done when a hold behind {@code tampered:} is renewed. */
  static void renewing(Runnable change) {
    renewing = change;
  }

  static Faults faults() {
    return SHARED.faults();
  }

  /** Forgets a store, so that many large ones need not be kept at a time. */
  static void remove(String url) {
    SHARED.remove(plain(StoreUrl.parse(url)));
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public List<String> schemes() {
    return schemes;
  }

  @Override
  public Capabilities capabilities() {
    return new MemoryAdapter(form, Capabilities.Transactions.BATCH).capabilities();
  }

  private static StoreUrl plain(StoreUrl url) {
    return StoreUrl.parse(
        "memory:"
            + url.rest().replaceFirst("^//[^@]*@", "").replaceFirst("[?&]password=[^&]*", ""));
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return SHARED.openSource(plain(url), workspace);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    TargetStore store = SHARED.openTarget(plain(url), workspace);
    return url.scheme().equals("tampered") ? new Tampered(store) : store;
  }

  private record Tampered(TargetStore store) implements TargetStore {
    @Override
    public long freeBytes() {
      return store.freeBytes();
    }

    @Override
    public Hold hold(Set<String> collections) {
      Hold hold = store.hold(collections);
      return new Hold() {
        @Override
        public void renew() {
          renewing.run();
          hold.renew();
        }

        @Override
        public void close() {
          hold.close();
        }
      };
    }

    @Override
    public TargetSession begin(RunHeader run, Ledger ledger) {
      return new TamperedSession(store.begin(run, ledger));
    }

    @Override
    public Capabilities capabilities() {
      return store.capabilities();
    }

    @Override
    public String identity() {
      return store.identity();
    }

    @Override
    public dev.waybill.model.Catalog catalog() {
      return store.catalog();
    }

    @Override
    public List<Finding> findings(Collection collection) {
      return store.findings(collection);
    }

    @Override
    public List<Finding> findings() {
      return store.findings();
    }

    @Override
    public Snapshot snapshot() {
      return store.snapshot();
    }

    @Override
    public void close() {
      store.close();
    }
  }

  private record TamperedSession(TargetSession session) implements TargetSession {
    @Override
    public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
      TargetWriter writer = session.writer(triggers, overwritten);
      return new TargetWriter() {
        @Override
        public Outcome apply(
            Collection collection, ChangeBatch changes, ConflictPolicy policy, Mark mark) {
          return writer.apply(
              collection, mark.isUndo() ? changes : tampering.apply(changes), policy, mark);
        }

        @Override
        public void close() {
          writer.close();
        }
      };
    }

    @Override
    public Ledger ledger() {
      Ledger ledger = session.ledger();
      return (Ledger)
          Proxy.newProxyInstance(
              Ledger.class.getClassLoader(),
              new Class<?>[] {Ledger.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("unmark")) {
                  unmarking.run();
                }
                try {
                  Object result = method.invoke(ledger, arguments);
                  if (method.getName().equals("forget")) {
                    forgotten.run();
                  }
                  return result;
                } catch (InvocationTargetException failed) {
                  throw failed.getCause();
                }
              });
    }

    @Override
    public boolean isNew() {
      return session.isNew();
    }

    @Override
    public void create(Collection collection) {
      session.create(collection);
    }

    @Override
    public void finish(List<Collection> created, List<Collection> filled) {
      session.finish(created, filled);
    }

    @Override
    public void violations(
        Collection collection, Violation.Rule rule, Violation.Consumer consumer) {
      session.violations(collection, rule, consumer);
    }

    @Override
    public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
      return session.dropIfStill(collection, records, sum);
    }

    @Override
    public List<String> dependents(String collection) {
      return session.dependents(collection);
    }

    @Override
    public void loosen(List<Collection> created) {
      session.loosen(created);
    }

    @Override
    public void drop(String collection) {
      session.drop(collection);
    }

    @Override
    public void restore() {
      session.restore();
    }

    @Override
    public void close() {
      session.close();
    }
  }
}
