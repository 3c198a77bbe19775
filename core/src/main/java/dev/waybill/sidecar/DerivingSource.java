package dev.waybill.sidecar;

import dev.waybill.mapping.Mapping.Both;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.Originals;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A snapshot of a source that also has the records of its sidecar: for the schema what the plan
 * says, for the values what mapping the source's records gives, in the same order each time.
 *
 * <p>Of a collection without key all values are one chunk, since equal records are told apart by
 * the order in which they are read.
 */
public final class DerivingSource implements Snapshot {
  private static final int BATCH_RECORDS = 2_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Snapshot source;
  private final Plan plan;
  private final Map<String, Pairing> pairings;
  private final String dialect;

  private DerivingSource(
      Snapshot source, Plan plan, Map<String, Pairing> pairings, String dialect) {
    this.source = source;
    this.plan = plan;
    this.pairings = pairings;
    this.dialect = dialect;
  }

  /**
   * The snapshot with the sidecar that a plan wants.
   *
   * @param pairings of the plan's steps, by source collection
   * @param dialect of the source's native types
   */
  public static Snapshot of(
      Snapshot source, Plan plan, Map<String, Pairing> pairings, String dialect) {
    return plan.steps().stream().anyMatch(step -> Sidecar.isPart(step.source()))
        ? new DerivingSource(source, plan, pairings, dialect)
        : source;
  }

  private List<Step> told() {
    return plan.steps().stream().filter(step -> !Sidecar.isPart(step.source())).toList();
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
    for (Step step : told()) {
      if (!Sidecar.holdsValuesOf(step, plan.options().onLoss())) {
        continue;
      }
      Pairing pairing = pairing(step);
      if (pairing.targetKey().length == 0) {
        chunks.add(new Chunk(collection.name(), chunks.size(), step.source(), ""));
      } else {
        for (Chunk part : source.chunks(pairing.source(), records)) {
          String place =
              part.ordinal() + "/" + part.from().length() + "/" + part.from() + part.to();
          chunks.add(new Chunk(collection.name(), chunks.size(), step.source(), place));
        }
      }
    }
    if (chunks.isEmpty()) {
      chunks.add(new Chunk(collection.name(), 0, "", ""));
    }
    return chunks;
  }

  private Pairing pairing(Step step) {
    Pairing pairing = pairings.get(step.source());
    if (pairing == null) {
      throw new IllegalArgumentException("no pairing for " + step.source());
    }
    return pairing;
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
    Pairing pairing =
        pairing(
            told().stream()
                .filter(step -> step.source().equals(chunk.from()))
                .findFirst()
                .orElseThrow());
    return new ValuesReader(
        pairing,
        chunk.to().isEmpty()
            ? source.chunks(pairing.source(), Long.MAX_VALUE)
            : List.of(part(pairing.source().name(), chunk.to())));
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

  /** The plan's own steps, one record for each target collection. */
  private final class SchemaReader implements RecordReader {
    private final List<Step> steps = told();
    private int next;

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (next < steps.size() && into.records() < maxRecords && into.size() < maxBytes) {
        Step step = steps.get(next++);
        into.putText(step.target().name());
        into.putText(dialect);
        into.putText(Told.write(plan, step, pairing(step).source()));
      }
      return into.records() > before;
    }

    @Override
    public void close() {}
  }

  /** The values of one collection that have stand-ins. */
  private final class ValuesReader implements RecordReader {
    private final @org.jspecify.annotations.Nullable Pairing pairing;
    private final List<Chunk> parts;
    private final CanonicalForm canonical = new CanonicalForm();
    private final Map<RecordDigest, Integer> ordinals = new HashMap<>();
    private final RecordBatch records;
    private final RecordBatch waiting = new RecordBatch(Sidecar.VALUES.fields().size());
    private int nextWaiting;
    private int nextPart;
    private @org.jspecify.annotations.Nullable RecordReader reader;

    ValuesReader(@org.jspecify.annotations.Nullable Pairing pairing, List<Chunk> parts) {
      this.pairing = pairing;
      this.parts = parts;
      this.records = new RecordBatch(pairing == null ? 1 : pairing.source().writtenFields().size());
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
      Pairing from = pairing;
      if (from == null) {
        return false;
      }
      waiting.clear();
      nextWaiting = 0;
      while (waiting.isEmpty()) {
        if (reader == null) {
          if (nextPart == parts.size()) {
            return false;
          }
          reader = source.read(from.source(), parts.get(nextPart++));
        }
        records.clear();
        if (reader.read(records, BATCH_RECORDS, BATCH_BYTES)) {
          derive(from);
        } else {
          reader.close();
          reader = null;
        }
      }
      return true;
    }

    private void derive(Pairing from) {
      Both both = from.mapping().both(from.select(records));
      RecordBatch stored = both.forward().records();
      int last = -1;
      String id = "";
      for (Mended mended : both.forward().mended()) {
        if (mended.policy() != LossPolicy.SIDECAR) {
          continue;
        }
        if (mended.mapped() != last) {
          last = mended.mapped();
          RecordDigest digest = Originals.id(from, canonical, stored, last);
          int ordinal =
              from.targetKey().length > 0 ? 0 : ordinals.merge(digest, 1, Integer::sum) - 1;
          id = Originals.idText(digest, ordinal);
        }
        RecordBatch original = new RecordBatch(1);
        original.putValue(
            both.comparables(),
            both.comparables().at(both.comparable(last), mended.comparableField()));
        waiting.putText(from.target().name());
        waiting.putText(id);
        waiting.putText(mended.field());
        waiting.putText(Originals.written(canonical, stored, last, mended.targetField()));
        waiting.putBytes(original.recordBytes(0));
      }
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
