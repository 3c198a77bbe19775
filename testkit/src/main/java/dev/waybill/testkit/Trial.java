package dev.waybill.testkit;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.model.TypeTable;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One store under test and the words that the laws are written in. Not thread-safe. */
final class Trial {
  /** Connections that a store may be asked for. */
  static final int CONNECTIONS = 4;

  private final TckStore store;
  private final StoreUrl url;
  private final Workspace workspace;
  private final Map<String, MemoryLedger> ledgers = new HashMap<>();
  private final boolean isSeenOnceFinished;
  private final Capabilities capabilities;

  Trial(TckStore store, Path folder, boolean isSeenOnceFinished) {
    this.store = store;
    this.url = StoreUrl.parse(store.url());
    this.workspace = new Workspace(folder, CONNECTIONS);
    this.isSeenOnceFinished = isSeenOnceFinished;
    try (TargetStore target = openTarget()) {
      capabilities = target.capabilities();
    }
  }

  void remove() {
    store.remove().run();
  }

  // --- opening

  Capabilities can() {
    return capabilities;
  }

  Store openSource() {
    return store.adapter().openSource(url, workspace);
  }

  TargetStore openTarget() {
    return store.adapter().openTarget(url, workspace);
  }

  /** False if the store is not there at all. */
  boolean isThere() {
    try (Store source = openSource()) {
      return source.catalog() != null;
    } catch (StoreException absent) {
      return false;
    }
  }

  TargetSession begin(TargetStore target, String run) {
    RunHeader header =
        new RunHeader(run, Instant.parse("2026-01-02T03:04:05Z"), "0".repeat(64), "waybill tck");
    return target.begin(header, ledgers.computeIfAbsent(run, id -> new MemoryLedger()));
  }

  /** Opens the store, begins or goes on with the run, and closes both. */
  <T extends @Nullable Object> T in(String run, Function<TargetSession, T> work) {
    try (TargetStore target = openTarget();
        TargetSession session = begin(target, run)) {
      T result = work.apply(session);
      if (isSeenOnceFinished) {
        session.finish(List.of(), List.of());
      }
      return result;
    }
  }

  // --- shapes

  /** A field of the best type that the store has for it. */
  Field field(String name, LogicalType type, boolean isNullable) {
    TypeTable.Placement placement = can().types().place(type);
    if (placement.verdict() == TypeTable.Verdict.REFUSED) {
      throw new AssertionError("the store has no place for " + type + " at all");
    }
    return Field.of(name, placement.stored(), placement.nativeType(), isNullable);
  }

  /** True where every collection needs an embedding. */
  boolean needsVector() {
    return can().keys() == Capabilities.Keys.REQUIRED
        && can().vectors() == Capabilities.Vectors.TYPED;
  }

  /** A name like this that a collection of the store can have. */
  String named(String name) {
    return can().types().collectionNameFault(name) == null
        ? name
        : name.replaceAll("[^A-Za-z0-9]+", "_") + "0";
  }

  /** A collection with a text key {@code id} and the given further fields. */
  Collection keyed(String name, Field... fields) {
    List<Field> all = new ArrayList<>();
    all.add(field("id", LogicalType.TEXT, false));
    all.addAll(List.of(fields));
    boolean hasVector = all.stream().anyMatch(field -> field.type().kind() == Kind.VECTOR);
    if (needsVector() && !hasVector) {
      all.add(field("embedding", LogicalType.vector(LogicalType.FLOAT32, 3), false));
    }
    return Collection.of(name, all, List.of("id"));
  }

  /** Keyed records with a name and an age. */
  Collection people(String name) {
    return keyed(
        name, field("name", LogicalType.TEXT, true), field("age", LogicalType.INT64, true));
  }

  /** Appends one record of {@link #people}. */
  void person(Collection people, RecordBatch into, int number, String name, long age) {
    into.putText(id(number));
    into.putText(name);
    putNumber(people.writtenFields().get(2), into, age);
    rest(people, into, 3, number);
  }

  /** Records {@code from} to before {@code to}, whose content depends on {@code version}. */
  RecordBatch somePeople(Collection people, int from, int to, int version) {
    RecordBatch records = batch(people);
    for (int i = from; i < to; i++) {
      person(people, records, i, "name " + i + " v" + version, 1000L * version + i);
    }
    return records;
  }

  static String id(int number) {
    return String.format("p%05d", number);
  }

  static RecordBatch batch(Collection collection) {
    return new RecordBatch(collection.writtenFields().size());
  }

  /** A number in a field that a store may hold in another form. */
  static void putNumber(Field field, RecordBatch into, long number) {
    switch (field.type().kind()) {
      case INT64 -> into.putInt64(number);
      case FLOAT64 -> into.putFloat64(number);
      case DECIMAL -> into.putDecimal(Long.toString(number));
      case TEXT -> into.putText(Long.toString(number));
      default -> throw new AssertionError("integers are held as " + field.type());
    }
  }

  /** Fills the fields from {@code first} on, which {@link #keyed} may have added. */
  static void rest(Collection collection, RecordBatch into, int first, int number) {
    for (int i = first; i < collection.writtenFields().size(); i++) {
      into.putVector(new float[] {number, 0.5f, -1});
    }
  }

  // --- writing

  static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  static Mark mark(Collection collection, int batch) {
    return new Mark(collection.name(), 0, batch, 0, false);
  }

  static Outcome put(
      TargetSession session,
      Collection collection,
      RecordBatch records,
      ConflictPolicy policy,
      int batch) {
    return put(session, collection, records, policy, mark(collection, batch), Overwritten.NOT_KEPT);
  }

  static Outcome put(
      TargetSession session,
      Collection collection,
      RecordBatch records,
      ConflictPolicy policy,
      Mark mark,
      Overwritten overwritten) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, overwritten)) {
      return writer.apply(collection, ChangeBatch.puts(records, digests(records)), policy, mark);
    }
  }

  static Outcome delete(TargetSession session, Collection collection, RecordBatch keys, int batch) {
    return delete(session, collection, keys, batch, Overwritten.NOT_KEPT);
  }

  static Outcome delete(
      TargetSession session,
      Collection collection,
      RecordBatch keys,
      int batch,
      Overwritten overwritten) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, overwritten)) {
      return writer.apply(
          collection,
          new ChangeBatch(ChangeBatch.ChangeKind.DELETE, keys, null, null),
          ConflictPolicy.OVERWRITE,
          mark(collection, batch));
    }
  }

  /** Creates and fills a collection in a run that is then forgotten: it was there before. */
  void settle(Collection collection, RecordBatch... batches) {
    in(
        "settle-" + collection.name().hashCode(),
        session -> {
          load(session, collection, batches);
          session.ledger().forget();
          return null;
        });
  }

  /** Creates, fills and finishes a collection. */
  static Outcome load(TargetSession session, Collection collection, RecordBatch... batches) {
    session.create(collection);
    Outcome outcome = Outcome.NOTHING;
    for (int i = 0; i < batches.length; i++) {
      outcome = outcome.plus(put(session, collection, batches[i], ConflictPolicy.FAIL, i));
    }
    session.finish(List.of(collection), List.of());
    return outcome;
  }

  /**
   * Undoes what the run did to the records of a collection, as the engine does it: what is marked
   * as undone is left alone.
   */
  static Outcome undo(TargetSession session, Collection collection, ConflictPolicy policy) {
    Outcome outcome = Outcome.NOTHING;
    Set<Mark> undone = new HashSet<>();
    session.ledger().marks().forEach(marked -> undone.add(marked.mark()));
    try (Ledger.BeforeImages images = session.ledger().beforeImages(collection.name());
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      int batch = 0;
      for (List<BeforeImage> next = images.next(3); !next.isEmpty(); next = images.next(3)) {
        Mark mark = new Mark(collection.name(), 0, batch++, 0, true);
        if (!undone.contains(mark)) {
          outcome = outcome.plus(writer.apply(collection, undoing(collection, next), policy, mark));
        }
      }
    }
    return outcome;
  }

  private static ChangeBatch undoing(Collection collection, List<BeforeImage> images) {
    BeforeImage.Change change = images.get(0).change();
    boolean isDelete = change == BeforeImage.Change.INSERTED;
    RecordBatch records =
        isDelete && collection.hasKey()
            ? new RecordBatch(collection.key().size())
            : batch(collection);
    @Nullable RecordDigest[] expected = new @Nullable RecordDigest[images.size()];
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i).change() != change) {
        throw new AssertionError("before-images of " + change + " and " + images.get(i).change());
      }
      records.putRecord(images.get(i).record());
      String written = images.get(i).written();
      expected[i] = written.isEmpty() ? null : RecordDigest.parse(written);
    }
    return new ChangeBatch(
        isDelete ? ChangeBatch.ChangeKind.DELETE : ChangeBatch.ChangeKind.PUT,
        records,
        isDelete ? null : digests(records),
        expected);
  }

  // --- reading

  Catalog catalog() {
    try (TargetStore target = openTarget()) {
      return target.catalog();
    }
  }

  /** A collection as the store itself describes it. */
  Collection described(String name) {
    return catalog()
        .collection(name)
        .orElseThrow(() -> new AssertionError("the catalog does not show \"" + name + "\""));
  }

  static RecordBatch readAll(Snapshot snapshot, Collection collection, long chunkSize) {
    RecordBatch all = batch(collection);
    for (Chunk chunk : snapshot.chunks(collection, chunkSize)) {
      drain(snapshot.read(collection, chunk), all);
    }
    return all;
  }

  static void drain(RecordReader reader, RecordBatch into) {
    try (reader) {
      boolean more = true;
      while (more) {
        RecordBatch some = new RecordBatch(into.width());
        more = reader.read(some, 100, 1 << 20);
        for (int i = 0; i < some.records(); i++) {
          into.putRecord(some, i);
        }
      }
    }
  }

  RecordBatch readAll(Collection collection) {
    try (Store source = openSource();
        Snapshot snapshot = source.snapshot()) {
      return readAll(snapshot, collection, 1000);
    }
  }

  /** The records by the text of their first field. */
  static Map<String, Integer> byFirstField(RecordBatch records) {
    Map<String, Integer> found = new HashMap<>();
    for (int i = 0; i < records.records(); i++) {
      if (found.put(records.textAt(records.at(i, 0)), i) != null) {
        throw new AssertionError("twice: " + records.textAt(records.at(i, 0)));
      }
    }
    return found;
  }

  static BucketDigest digestOf(RecordBatch records) {
    BucketDigest digest = new BucketDigest(16);
    for (RecordDigest record : digests(records)) {
      digest.add(record, record);
    }
    return digest;
  }

  /** The digest of a collection as it is now; handles count as what they point at. */
  BucketDigest digestNow(String name) {
    Collection collection = described(name);
    List<Field> fields = collection.writtenFields();
    RecordBatch records = readAll(collection);
    RecordBatch plain = new RecordBatch(records.width());
    Map<String, Map<String, String>> ends = new HashMap<>();
    for (int i = 0; i < records.records(); i++) {
      for (int f = 0; f < fields.size(); f++) {
        int at = records.at(i, f);
        String end = endOf(collection, fields.get(f).name());
        if (fields.get(f).generation() != Field.Generation.HANDLE) {
          plain.putValue(records, at);
        } else if (end == null) {
          plain.putNull();
        } else {
          Map<String, String> nodes = ends.computeIfAbsent(end, this::nodesByHandle);
          plain.putText(nodes.getOrDefault(KeyText.value(records, at), "dangling"));
        }
      }
    }
    return digestOf(plain);
  }

  static @Nullable String endOf(Collection collection, String field) {
    Collection.Endpoints endpoints = collection.endpoints();
    if (endpoints == null || !MemoryTable.isEndpoint(collection, field)) {
      return null;
    }
    return endpoints.fromFields().contains(field)
        ? endpoints.fromCollection()
        : endpoints.toCollection();
  }

  private Map<String, String> nodesByHandle(String name) {
    Collection nodes = described(name);
    RecordBatch records = readAll(nodes);
    int handle = MemoryTable.ownHandle(nodes);
    int[] others = IntStream.range(0, records.width()).filter(i -> i != handle).toArray();
    CanonicalForm canonical = new CanonicalForm();
    Map<String, String> digests = new HashMap<>();
    for (int i = 0; i < records.records(); i++) {
      digests.put(
          KeyText.value(records, records.at(i, handle)),
          canonical.digest(records, i, others).toString());
    }
    return digests;
  }
}
