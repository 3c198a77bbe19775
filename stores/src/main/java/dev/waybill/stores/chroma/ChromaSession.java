package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetWriter;
import dev.waybill.spi.Violation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** One run's power over a server's database: all changes are beside until it finishes. */
final class ChromaSession implements TargetSession {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChromaTarget target;
  private final ServerApi api;
  private final String run;
  private final Ledger ledger;
  private final ChromaLedger told;
  private final Swapping swapping;
  private final Map<String, Beside> besides = new TreeMap<>();

  /** What was decided of batches that were broken off: to be done again just so. */
  private final Map<Mark, ChromaWriter.Decided> brokenOff = new ConcurrentHashMap<>();

  /** Collections that the server has an index of. */
  private final Set<String> begun = ConcurrentHashMap.newKeySet();

  private boolean isClosed;

  ChromaSession(ChromaTarget target, String run, Ledger ledger) {
    this.target = target;
    this.api = target.api();
    this.run = run;
    this.ledger = ledger;
    this.told = new ChromaLedger(ledger, this);
    this.swapping = new Swapping(api, run, ledger);
    swapping.carryOn();
    for (JsonNode each : api.collections()) {
      if (Beside.runOf(each).equals(run) && Beside.isHidden(each)) {
        goOn(each);
      }
    }
  }

  /** Takes up a collection that this run has begun to build. */
  private void goOn(JsonNode each) {
    String name = Beside.nameFor(each);
    boolean isMade = Beside.replaced(each).isEmpty();
    if (!isMade && !swapping.isWhole(name, Beside.replaced(each))) {
      api.delete(each.path("name").asText(), each.path("id").asText());
      return;
    }
    FoundCollection found = api.found(each);
    Shape shape = isMade ? described(found, name) : publishedShape(name);
    besides.put(name, new Beside(name, found, shape, metadata(each), isMade));
  }

  private static ObjectNode metadata(JsonNode told) {
    return told.path("metadata") instanceof ObjectNode metadata
        ? metadata.deepCopy()
        : JSON.createObjectNode();
  }

  /** Of what the run made itself the description says all; without one its records do. */
  private Shape described(FoundCollection found, String name) {
    return found.description().isPresent()
        ? Shape.of(found, name, -1, Map.of())
        : target.shape(found, name);
  }

  private Shape publishedShape(String name) {
    FoundCollection there = api.found(api.collection(name).orElseThrow(() -> missing(name)));
    return target.shape(there, name);
  }

  boolean isOpen() {
    return !isClosed;
  }

  ServerApi api() {
    return api;
  }

  Map<Mark, ChromaWriter.Decided> brokenOff() {
    return brokenOff;
  }

  synchronized List<Beside> besides() {
    return List.copyOf(besides.values());
  }

  synchronized Optional<Beside> beside(String name) {
    return Optional.ofNullable(besides.get(name));
  }

  @Override
  public Ledger ledger() {
    return told;
  }

  @Override
  public boolean isNew() {
    return false;
  }

  boolean isCreated(String collection) {
    return ledger.notes().stream()
        .anyMatch(
            note ->
                note.what() == Ledger.Note.What.COLLECTION_CREATED
                    && note.name().equals(collection));
  }

  // --- collections

  @Override
  public synchronized void create(Collection collection) {
    String name = collection.name();
    boolean isOurs = isCreated(name);
    boolean isThere = besides.containsKey(name) || api.collection(name).isPresent();
    if (isThere && isOurs) {
      return;
    }
    if (isThere) {
      throw new StoreException(
          "COLLECTION_EXISTS",
          "The collection \"" + name + "\" is at " + api.place() + " already.",
          "choose another target, or write into the collection as it is",
          false,
          null);
    }
    NewCollection made = NewCollection.of(api.place(), collection);
    if (!isOurs) {
      ledger.note(new Ledger.Note(Ledger.Note.What.COLLECTION_CREATED, name, ""));
    }
    ObjectNode marked = Beside.marked(made.metadata(), run, name, "");
    JsonNode told = build(name, made.configuration(), marked);
    FoundCollection found = api.found(told);
    Shape shape =
        found.description().isPresent()
            ? Shape.of(found, name, -1, Map.of())
            : Shape.planned(found, collection);
    besides.put(name, new Beside(name, found, shape, marked, true));
  }

  /** Makes a hidden collection, without what was left of one. */
  private JsonNode build(String name, ObjectNode configuration, ObjectNode metadata) {
    String hidden = Beside.hidden(run, Beside.Role.NEW, name);
    api.collection(hidden).ifPresent(left -> api.delete(hidden, left.path("id").asText()));
    ObjectNode body = configuration.deepCopy();
    body.put("name", hidden);
    JsonNode made = api.create(body);
    // Older settings in the metadata are another way to say the same, and refused beside it.
    ObjectNode change = JSON.createObjectNode();
    change.set("new_metadata", metadata);
    api.change(made.path("id").asText(), change);
    return api.collection(hidden).orElseThrow(() -> missing(name));
  }

  /** What the run has built by now, or what is there as long as it has built nothing. */
  synchronized Beside opened(Collection collection) {
    Beside known = besides.get(collection.name());
    if (known == null) {
      JsonNode there =
          api.collection(collection.name()).orElseThrow(() -> missing(collection.name()));
      FoundCollection found = api.found(there);
      Shape shape = target.shape(found, collection.name());
      known = new Beside(collection.name(), found, shape, metadata(there), false);
    }
    for (String field : collection.writtenNames()) {
      if (!known.shape().hasField(field)) {
        throw new StoreException(
            "SCHEMA_CHANGED",
            "The fields of \"" + collection.name() + "\" are not those of the plan any more.",
            "plan again",
            false,
            null);
      }
    }
    return known;
  }

  /** The collection that the run builds; begun with what is there if it is not yet. */
  synchronized Beside brought(Collection collection) {
    String name = collection.name();
    Beside known = besides.get(name);
    if (known != null) {
      return known;
    }
    JsonNode there = api.collection(name).orElseThrow(() -> missing(name));
    FoundCollection from = api.found(there);
    Shape shape = target.shape(from, name);
    ObjectNode configuration = JSON.createObjectNode();
    JsonNode schema = there.path("schema");
    configuration.set(
        schema.isObject() ? "schema" : "configuration",
        schema.isObject() ? schema : there.path("configuration_json"));
    ObjectNode metadata = JSON.createObjectNode();
    metadata(there)
        .properties()
        .forEach(each -> metadata.set(each.getKey(), MetadataValue.exact(each.getValue())));
    ObjectNode marked = Beside.marked(metadata, run, name, from.id());
    FoundCollection to = api.found(build(name, configuration, marked));
    swapping.bring(name, from, to);
    Beside built = new Beside(name, to, shape, marked, false);
    besides.put(name, built);
    return built;
  }

  /**
   * Writes to a collection that is built. The server makes a collection's index when it is first
   * read after the first record, and fails where several ask for that at once: so the first write
   * is alone, and read once.
   */
  void begun(Beside beside, Consumer<Beside> writing) {
    String id = beside.found().id();
    if (!begun.contains(id)) {
      synchronized (begun) {
        if (!begun.contains(id)) {
          writing.accept(beside);
          for (JsonNode first : api.ids(beside.found(), 0)) {
            Answer.of(api, beside.found(), List.of(first.asText()));
            break;
          }
          begun.add(id);
          return;
        }
      }
    }
    writing.accept(beside);
  }

  private StoreException missing(String name) {
    return new StoreException(
        "NO_SUCH_COLLECTION",
        "There is no collection \"" + name + "\" at " + api.place() + ".",
        "see what there is: waybill inspect " + api.place(),
        false,
        null);
  }

  /** Notes in a collection that the run makes what records are that lack fields. */
  synchronized Beside decide(Beside beside, Map<String, Description.Missing> decisions) {
    Beside now = besides.getOrDefault(beside.name(), beside);
    Description description = now.found().description().orElse(null);
    if (description == null) {
      return now;
    }
    List<Description.Said> fields = new ArrayList<>();
    boolean isChanged = false;
    for (Description.Said each : description.fields()) {
      Description.Missing decided = decisions.get(each.name());
      boolean isNew = decided != null && each.missing() == Description.Missing.UNDECIDED;
      isChanged |= isNew;
      fields.add(isNew && decided != null ? each.withMissing(decided) : each);
    }
    if (!isChanged) {
      return now;
    }
    Description said = new Description(description.hasVectors(), fields, description.index());
    ObjectNode metadata = now.metadata().deepCopy();
    said.put(metadata);
    ObjectNode change = JSON.createObjectNode();
    change.set("new_metadata", metadata);
    api.change(now.found().id(), change);
    FoundCollection found = now.found().withDescription(said);
    Beside decided = now.withShape(Shape.of(found, now.name(), -1, Map.of()), found, metadata);
    besides.put(now.name(), decided);
    return decided;
  }

  @Override
  public TargetWriter writer(Triggers triggers, Overwritten overwritten) {
    return new ChromaWriter(this, ledger, overwritten);
  }

  // --- finishing

  @Override
  public synchronized void finish(List<Collection> created, List<Collection> filled) {
    for (Beside each : besides()) {
      swapping.publish(each);
      besides.remove(each.name());
    }
    target.moved();
  }

  @Override
  public void violations(Collection collection, Violation.Rule rule, Violation.Consumer consumer) {}

  @Override
  public void loosen(List<Collection> created) {}

  // --- taking back

  @Override
  public List<String> dependents(String collection) {
    return List.of();
  }

  @Override
  public synchronized void drop(String collection) {
    requireCreated(collection);
    Beside beside = besides.remove(collection);
    if (beside != null) {
      api.delete(beside.found().name(), beside.found().id());
    }
    api.collection(collection)
        .ifPresent(there -> api.delete(collection, there.path("id").asText()));
    target.moved();
  }

  private void requireCreated(String collection) {
    if (!isCreated(collection)) {
      throw new StoreException(
          "NOT_CREATED_BY_RUN",
          "The collection \""
              + collection
              + "\" at "
              + api.place()
              + " is not dropped: the run "
              + run
              + " did not create it.",
          "waybill status " + run,
          false,
          null);
    }
  }

  @Override
  public boolean dropIfStill(Collection collection, long records, RecordDigest sum) {
    String name = collection.name();
    Optional<Collection> there = target.catalog().collection(name);
    if (there.isEmpty()) {
      return true;
    }
    requireCreated(name);
    if (!there.get().writtenNames().equals(collection.writtenNames())
        || !isStill(collection, records, sum)) {
      return false;
    }
    drop(name);
    return true;
  }

  private boolean isStill(Collection collection, long records, RecordDigest sum) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest now = RecordDigest.ZERO;
    long count = 0;
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    try (Snapshot snapshot = target.snapshot()) {
      for (Chunk chunk : snapshot.chunks(collection, Long.MAX_VALUE)) {
        try (RecordReader reader = snapshot.read(collection, chunk)) {
          while (reader.read(batch, 1_000, 1 << 20)) {
            for (int i = 0; i < batch.records(); i++) {
              now = now.plus(canonical.digest(batch, i));
            }
            count += batch.records();
            batch.clear();
          }
        }
      }
    }
    return count == records && now.equals(sum);
  }

  @Override
  public synchronized void restore() {
    Set<String> names = new LinkedHashSet<>(swapping.replaced());
    for (String name : names) {
      swapping.putBack(name, besides.remove(name));
    }
    for (Beside each : besides()) {
      api.delete(each.found().name(), each.found().id());
      besides.remove(each.name());
    }
    target.moved();
  }

  /** Removes what the run keeps beside. */
  synchronized void forgetKept() {
    swapping.forget();
    besides.clear();
    target.moved();
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    target.moved();
  }
}
