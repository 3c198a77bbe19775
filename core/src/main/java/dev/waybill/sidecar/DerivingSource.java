package dev.waybill.sidecar;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a source that also has the records of the target's sidecar: for the schema what the
 * plan says, for the values what mapping the source's records gives, and for both what the source's
 * own sidecar tells of earlier copies; in the same order each time.
 *
 * <p>Of a collection without key all values are one chunk, since equal records are told apart by
 * the order in which they are read.
 */
public final class DerivingSource implements Snapshot {
  private static final int BATCH_RECORDS = 2_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Snapshot source;
  private final Plan plan;
  private final Map<String, Telling> tellings;
  private final Supplier<Snapshot> target;
  private final boolean hasEntries;

  private DerivingSource(
      Snapshot source,
      Plan plan,
      Map<String, Telling> tellings,
      Supplier<Snapshot> target,
      boolean hasEntries) {
    this.source = source;
    this.plan = plan;
    this.tellings = tellings;
    this.target = target;
    this.hasEntries = hasEntries;
  }

  /**
   * A snapshot of the source with the sidecar that a plan wants.
   *
   * @param pairings of the plan's steps, by source collection
   * @param target what its sidecar has so far is looked at, not written
   */
  public static Snapshot of(
      SeenStore source, Plan plan, Map<String, Pairing> pairings, Store target) {
    if (plan.steps().stream().noneMatch(step -> Sidecar.isPart(step.source()))) {
      return source.snapshot();
    }
    Map<String, List<Told>> there = there(plan, target);
    Optional<Step> values =
        plan.steps().stream()
            .filter(step -> step.source().equals(Sidecar.VALUES.name()))
            .findFirst();
    String dialect = target.capabilities().types().dialect();
    Set<String> carried = source.carried();
    Map<String, Telling> tellings = new LinkedHashMap<>();
    for (Step step : plan.steps()) {
      Pairing pairing = pairings.get(step.source());
      if (Sidecar.isPart(step.source()) || pairing == null) {
        continue;
      }
      String speaks = source.speaks(step.source());
      tellings.put(
          step.source(),
          Telling.of(
              step,
              pairing,
              isStage(step, plan, speaks, dialect)
                  ? Told.of(speaks, plan, step, pairing.source())
                  : null,
              carried.contains(step.source())
                  ? source.restoring().beyond(step.source())
                  : List.of(),
              there.getOrDefault(step.target().name(), List.of()),
              values.map(Step::target).orElse(null)));
    }
    return new DerivingSource(
        source.snapshot(),
        plan,
        tellings,
        target::snapshot,
        values.isPresent() && !values.get().creates());
  }

  /**
   * True if a copy is one that is undone on the way back: out of another dialect, or into fields of
   * other types with values that have stand-ins.
   *
   * @param speaks the dialect in which the source's collection is seen
   * @param dialect the target's
   */
  public static boolean isStage(Step step, Plan plan, String speaks, String dialect) {
    return !Sidecar.isPart(step.source())
        && (!speaks.equals(dialect)
            || Sidecar.holdsValuesOf(step, plan.options().onLoss())
                && step.fields().stream()
                    .anyMatch(field -> !field.as().isEmpty() || !field.from().equals(field.to())));
  }

  /** What the target's sidecar tells of collections that are there already. */
  private static Map<String, List<Told>> there(Plan plan, Store target) {
    Map<String, List<Told>> there = new HashMap<>();
    boolean isAllNew = plan.steps().stream().allMatch(Step::creates);
    Optional<Collection> schema =
        isAllNew
            ? Optional.empty()
            : target.catalog().collection(Sidecar.SCHEMA.name()).flatMap(Sidecar::known);
    if (schema.isPresent()) {
      Set<String> filled =
          plan.steps().stream()
              .filter(step -> !step.creates())
              .map(step -> step.target().name())
              .collect(Collectors.toSet());
      try (Snapshot snapshot = target.snapshot()) {
        SchemaRecords.read(
            snapshot,
            schema.get(),
            (name, dialects, definitions) -> {
              if (filled.contains(name) && dialects != null && definitions != null) {
                try {
                  there.put(name, Told.read(dialects, definitions));
                } catch (SpecException unreadable) {
                  there.remove(name);
                }
              }
            });
      }
    }
    return there;
  }

  /** The collections of which there may be values. */
  private List<Telling> valued() {
    return tellings.values().stream()
        .filter(
            each ->
                Sidecar.holdsValuesOf(each.step(), plan.options().onLoss())
                    || each.hasCarriedValues()
                    || mayReplaceValues(each))
        .toList();
  }

  private boolean mayReplaceValues(Telling telling) {
    return hasEntries && !telling.step().creates() && telling.mayReplaceValues();
  }

  @Override
  public List<Chunk> chunks(Collection collection, long records) {
    if (collection.name().equals(Sidecar.SCHEMA.name())) {
      return List.of(new Chunk(collection.name(), 0, "", ""));
    }
    if (!collection.name().equals(Sidecar.VALUES.name())) {
      return source.chunks(collection, records);
    }
    List<Chunk> chunks = new ArrayList<>();
    for (Telling telling : valued()) {
      String name = telling.step().source();
      if (isInTurns(telling)) {
        chunks.add(new Chunk(collection.name(), chunks.size(), name, ""));
      } else {
        for (Chunk part : source.chunks(telling.pairing().source(), records)) {
          String place =
              part.ordinal() + "/" + part.from().length() + "/" + part.from() + part.to();
          chunks.add(new Chunk(collection.name(), chunks.size(), name, place));
        }
      }
    }
    if (chunks.isEmpty()) {
      chunks.add(new Chunk(collection.name(), 0, "", ""));
    }
    return chunks;
  }

  /** True if equal records are told apart by the order in which they come. */
  private static boolean isInTurns(Telling telling) {
    return IntStream.range(0, telling.stages())
        .anyMatch(stage -> telling.pairing(stage).targetKey().length == 0);
  }

  @Override
  public RecordReader read(Collection collection, Chunk chunk) {
    if (collection.name().equals(Sidecar.SCHEMA.name())) {
      return new SchemaReader();
    }
    if (!collection.name().equals(Sidecar.VALUES.name())) {
      return source.read(collection, chunk);
    }
    if (chunk.from().isEmpty()) {
      return new ValuesReader(null, List.of());
    }
    Telling telling = tellings.get(chunk.from());
    if (telling == null) {
      throw new IllegalArgumentException("nothing is told of " + chunk.from());
    }
    Collection whole = telling.pairing().source();
    return new ValuesReader(
        telling,
        chunk.to().isEmpty()
            ? source.chunks(whole, Long.MAX_VALUE)
            : List.of(part(whole.name(), chunk.to())));
  }

  private static Chunk part(String collection, String place) {
    int first = place.indexOf('/');
    int second = place.indexOf('/', first + 1);
    int begin = second + 1;
    int middle = begin + Integer.parseInt(place.substring(first + 1, second));
    return new Chunk(
        collection,
        Integer.parseInt(place.substring(0, first)),
        place.substring(begin, middle),
        place.substring(middle));
  }

  @Override
  public RecordReader lookup(Collection collection, RecordBatch keys) {
    if (!Sidecar.isPart(collection.name())) {
      return source.lookup(collection, keys);
    }
    CanonicalForm canonical = new CanonicalForm();
    Set<RecordDigest> wanted = new HashSet<>();
    for (int record = 0; record < keys.records(); record++) {
      wanted.add(canonical.digest(keys, record));
    }
    return new Chosen(collection, wanted);
  }

  @Override
  public Optional<NearestSearch> search(Collection collection, Index index) {
    return Sidecar.isPart(collection.name()) ? Optional.empty() : source.search(collection, index);
  }

  @Override
  public long count(Collection collection) {
    if (!Sidecar.isPart(collection.name())) {
      return source.count(collection);
    }
    long count = 0;
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    for (Chunk chunk : chunks(collection, 50_000)) {
      try (RecordReader reader = read(collection, chunk)) {
        while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          count += batch.records();
          batch.clear();
        }
      }
    }
    return count;
  }

  @Override
  public boolean hasMoved() {
    return source.hasMoved();
  }

  @Override
  public void close() {
    source.close();
  }

  /** One record for each target collection of which there is something to tell. */
  private final class SchemaReader implements RecordReader {
    private final List<Telling> told =
        tellings.values().stream().filter(each -> !each.told().isEmpty()).toList();
    private int next;

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (next < told.size() && into.records() < maxRecords && into.size() < maxBytes) {
        Telling each = told.get(next++);
        into.putText(each.step().target().name());
        into.putText(Told.dialects(each.told()));
        into.putText(Told.definitions(each.told()));
      }
      return into.records() > before;
    }

    @Override
    public void close() {}
  }

  /** The values of one collection that have stand-ins. */
  private final class ValuesReader implements RecordReader {
    private final @Nullable Telling telling;
    private final List<Chunk> parts;
    private final RecordBatch waiting = new RecordBatch(Sidecar.VALUES.fields().size());
    private final @Nullable ToldValues values;
    private int nextWaiting;
    private int nextPart;
    private @Nullable RecordReader reader;

    ValuesReader(@Nullable Telling telling, List<Chunk> parts) {
      this.telling = telling;
      this.parts = parts;
      this.values =
          telling == null
              ? null
              : new ToldValues(telling, source, mayReplaceValues(telling) ? target : null);
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (into.records() < maxRecords && into.size() < maxBytes) {
        if (nextWaiting == waiting.records() && !fill()) {
          break;
        }
        into.putRecord(waiting, nextWaiting++);
      }
      return into.records() > before;
    }

    /** Reads on until a record has a stand-in. */
    private boolean fill() {
      Telling of = telling;
      ToldValues told = values;
      if (of == null || told == null) {
        return false;
      }
      Collection collection = of.pairing().source();
      RecordBatch records = new RecordBatch(collection.writtenFields().size());
      waiting.clear();
      nextWaiting = 0;
      while (waiting.isEmpty()) {
        if (reader == null) {
          if (nextPart == parts.size()) {
            return false;
          }
          reader = source.read(collection, parts.get(nextPart++));
        }
        records.clear();
        if (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
          told.put(records, waiting);
        } else {
          reader.close();
          reader = null;
        }
      }
      return true;
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }

  /** Records of a sidecar's collection that have one of the wanted keys. */
  private final class Chosen implements RecordReader {
    private final Collection collection;
    private final Set<RecordDigest> wanted;
    private final List<Chunk> chunks;
    private final CanonicalForm canonical = new CanonicalForm();
    private final RecordBatch records;
    private int nextChunk;

    Chosen(Collection collection, Set<RecordDigest> wanted) {
      this.collection = collection;
      this.wanted = wanted;
      this.chunks = chunks(collection, 50_000);
      this.records = new RecordBatch(collection.writtenFields().size());
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (into.records() == before && nextChunk < chunks.size()) {
        try (RecordReader reader = DerivingSource.this.read(collection, chunks.get(nextChunk++))) {
          while (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
            for (int record = 0; record < records.records(); record++) {
              if (wanted.contains(canonical.digest(records, record, collection.keyPositions()))) {
                into.putRecord(records, record);
              }
            }
            records.clear();
          }
        }
      }
      return into.records() > before;
    }

    @Override
    public void close() {}
  }
}
