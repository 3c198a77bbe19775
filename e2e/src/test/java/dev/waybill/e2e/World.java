package dev.waybill.e2e;

import dev.waybill.MigrationSpec;
import dev.waybill.RunResult;
import dev.waybill.Waybill;
import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable;
import dev.waybill.plan.Plan;
import dev.waybill.run.RunEvent;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import dev.waybill.testkit.MemoryForm;
import dev.waybill.testkit.MemoryLedger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The library with a home of its own, and the words to set stores up and look at them from outside
 * of it.
 */
final class World {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Path home;
  private final Waybill waybill;
  private final List<RunEvent> events = new ArrayList<>();

  World(Path home) {
    this.home = home;
    this.waybill = Waybill.at(home);
    MemoryStores.faults().failAt(0);
    MemoryStores.tampering(UnaryOperator.identity());
  }

  Waybill waybill() {
    return waybill;
  }

  Path home() {
    return home;
  }

  /** What the last run told its listener. */
  List<RunEvent> events() {
    return events;
  }

  // --- runs

  /** Asks for a whole migration with batches of ten records and one connection. */
  static MigrationSpec spec(String from, String to) {
    return spec(from, to, ConflictPolicy.FAIL, 0, MigrationSpec.OnFailure.ROLLBACK);
  }

  static MigrationSpec spec(
      String from,
      String to,
      ConflictPolicy onConflict,
      long maxQuarantined,
      MigrationSpec.OnFailure onFailure) {
    return new MigrationSpec(
        from,
        to,
        List.of(),
        List.of(),
        Map.of(),
        onConflict,
        MigrationSpec.FULL,
        onFailure,
        1,
        10,
        maxQuarantined,
        0);
  }

  RunResult migrate(String from, String to) {
    return migrate(spec(from, to));
  }

  RunResult migrate(MigrationSpec spec) {
    return apply(waybill.plan(spec), () -> false);
  }

  RunResult apply(Plan plan, BooleanSupplier isCancelled) {
    events.clear();
    return waybill.apply(plan, events::add, isCancelled);
  }

  RunResult rollback(RunResult run, Waybill.OnChanged onChanged) {
    return rollback(run, onChanged, () -> false);
  }

  RunResult rollback(RunResult run, Waybill.OnChanged onChanged, BooleanSupplier isCancelled) {
    return waybill.rollback(run.run(), onChanged, event -> {}, isCancelled);
  }

  RunResult rollback(RunResult run) {
    return rollback(run, Waybill.OnChanged.ABORT);
  }

  // --- stores

  /** The URL of a store that is not there yet. */
  static String url(MemoryForm form, Transactions transactions) {
    return "memory:store"
        + NAMES.incrementAndGet()
        + "?form="
        + form.name().toLowerCase(Locale.ROOT)
        + "&transactions="
        + transactions.name().toLowerCase(Locale.ROOT);
  }

  static String url(Transactions transactions) {
    return url(MemoryForm.RELATIONAL, transactions);
  }

  private StoreAdapter adapter(String url) {
    String scheme = StoreUrl.parse(url).scheme();
    return waybill.stores().stream()
        .filter(each -> each.schemes().contains(scheme))
        .findFirst()
        .orElseThrow();
  }

  private Workspace workspace() {
    return new Workspace(home.resolve("outside"), 2);
  }

  Store source(String url) {
    return adapter(url).openSource(StoreUrl.parse(url), workspace());
  }

  TargetStore target(String url) {
    return adapter(url).openTarget(StoreUrl.parse(url), workspace());
  }

  /** Writes as an application would: nothing of it is left in a ledger. */
  void write(String url, Consumer<TargetSession> work) {
    RunHeader header =
        new RunHeader(
            String.format("20200101-000000-%06x", NAMES.incrementAndGet()),
            Instant.EPOCH,
            "0".repeat(64),
            "an application");
    try (TargetStore store = target(url);
        TargetSession session = store.begin(header, new MemoryLedger())) {
      work.accept(session);
      session.ledger().forget();
    }
  }

  /** Makes a collection with records. */
  void fill(String url, Collection collection, RecordBatch records) {
    write(
        url,
        session -> {
          session.create(collection);
          put(session, collection, records, ConflictPolicy.FAIL);
          session.finish(List.of(collection), List.of());
        });
  }

  /** Puts records into a collection that is there, over those of the same key. */
  void put(String url, Collection collection, RecordBatch records) {
    write(
        url,
        session -> {
          put(session, collection, records, ConflictPolicy.OVERWRITE);
          session.finish(List.of(), List.of(collection));
        });
  }

  private static void put(
      TargetSession session, Collection collection, RecordBatch records, ConflictPolicy policy) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      writer.apply(collection, puts(records), policy, mark(collection));
    }
  }

  static ChangeBatch puts(RecordBatch records) {
    return ChangeBatch.puts(records, digests(records));
  }

  static Mark mark(Collection collection) {
    return new Mark(collection.name(), 0, 0, 0, false);
  }

  /** Deletes the records that have the keys. */
  void delete(String url, Collection collection, RecordBatch keys) {
    write(
        url,
        session -> {
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            writer.apply(
                collection,
                new ChangeBatch(ChangeBatch.ChangeKind.DELETE, keys, null, null),
                ConflictPolicy.OVERWRITE,
                mark(collection));
          }
        });
  }

  private static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  /** A store opened once, for many of its collections to be looked at. */
  final class Look implements AutoCloseable {
    private final Store store;
    private final Catalog catalog;
    private final Snapshot snapshot;

    private Look(String url) {
      store = source(url);
      catalog = store.catalog();
      snapshot = store.snapshot();
    }

    List<Collection> collections() {
      return catalog.collections();
    }

    Collection collection(String name) {
      return catalog.collection(name).orElseThrow();
    }

    /** All records of a collection. */
    RecordBatch read(String name) {
      return World.read(snapshot, collection(name));
    }

    TypeTable types() {
      return store.capabilities().types();
    }

    @Override
    public void close() {
      snapshot.close();
      store.close();
    }
  }

  Look look(String url) {
    return new Look(url);
  }

  /** The collection as the store has it now. */
  Collection collection(String url, String name) {
    try (Store store = source(url)) {
      return store.catalog().collection(name).orElseThrow();
    }
  }

  /** All records of a collection. */
  RecordBatch read(String url, String name) {
    try (Look look = look(url)) {
      return look.read(name);
    }
  }

  /** All records of a collection, read as having other fields than the store thinks. */
  RecordBatch read(String url, String name, List<Field> fields) {
    try (Store store = source(url);
        Snapshot snapshot = store.snapshot()) {
      Collection collection = store.catalog().collection(name).orElseThrow();
      return read(snapshot, collection.withFields(fields));
    }
  }

  private static RecordBatch read(Snapshot snapshot, Collection collection) {
    RecordBatch all = new RecordBatch(collection.writtenFields().size());
    for (Chunk chunk : snapshot.chunks(collection, 1000)) {
      try (RecordReader reader = snapshot.read(collection, chunk)) {
        boolean hasMore = true;
        while (hasMore) {
          hasMore = reader.read(all, Integer.MAX_VALUE, Integer.MAX_VALUE);
        }
      }
    }
    return all;
  }

  /** Everything that can be seen of a store: two states are equal exactly if these are. */
  Map<String, String> state(String url) {
    Map<String, String> state = new TreeMap<>();
    try (Store store = source(url);
        Snapshot snapshot = store.snapshot()) {
      Catalog catalog = store.catalog();
      for (Collection collection : catalog.collections()) {
        BucketDigest digest = new BucketDigest(1);
        RecordBatch records = read(snapshot, collection);
        for (RecordDigest each : digests(records)) {
          digest.add(each, each);
        }
        state.put(
            collection.name(),
            digest.count() + " " + digest.sum() + " " + collection.withEstimates(-1, -1));
      }
    } catch (StoreException absent) {
      state.put("", absent.code());
    }
    return state;
  }

  /** A batch for records of a collection. */
  static RecordBatch batch(Collection collection) {
    return new RecordBatch(collection.writtenFields().size());
  }

  /** A field of a native type that stores in memory have. */
  static Field field(String name, dev.waybill.model.LogicalType type, boolean isNullable) {
    return Field.of(name, type, type.toString(), isNullable);
  }
}
