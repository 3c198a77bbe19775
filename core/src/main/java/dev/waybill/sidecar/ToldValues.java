package dev.waybill.sidecar;

import dev.waybill.mapping.Mapping.Both;
import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Mended;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.TypeTable.Trait;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.Originals;
import dev.waybill.verify.Originals.Entry;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the records of {@link Sidecar#VALUES} for those of one collection. Of one reader, since
 * equal records without key are told apart by the order in which they come.
 *
 * <p>Records are followed through the stages on both sides at once: as the source holds them, under
 * which its own entries are found, and as the target will, under which they are written. The two
 * differ where a value comes back by content only.
 */
final class ToldValues {
  /** Written over an entry that would bring back what the source does not have any more. */
  private static final Entry COUNTS_NO_MORE = countsNoMore();

  private final Telling telling;
  private final @Nullable Supplier<Snapshot> target;
  private final CanonicalForm canonical = new CanonicalForm();
  private final List<@Nullable Originals> originals = new ArrayList<>();
  private final List<Map<RecordDigest, Integer>> ordinals = new ArrayList<>();

  /**
   * @param source whose sidecar has the values of earlier stages
   * @param target where entries may stand that count no more, null if it has none
   */
  ToldValues(Telling telling, Snapshot source, @Nullable Supplier<Snapshot> target) {
    this.telling = telling;
    this.target = target;
    for (int stage = 0; stage < telling.stages(); stage++) {
      Restored from = telling.source(stage);
      originals.add(from == null ? null : Originals.of(source, from.pairing()));
      ordinals.add(new HashMap<>());
    }
  }

  /**
   * Records on their way through the stages.
   *
   * @param source as the source holds them, null where its sidecar tells no more of them
   * @param target the same records as the target will hold them
   */
  private record Held(@Nullable RecordBatch source, RecordBatch target) {}

  /**
   * The entries of records that count, by record and by place among the sidecar fields: those of
   * the source's stage, and the same by those of the target's.
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Found(
      @Nullable Entry[] @Nullable [] ofSource, @Nullable Entry[] @Nullable [] ofTarget) {}

  /** Appends the entries of some of the source's records. */
  void put(RecordBatch records, RecordBatch into) {
    RecordBatch chosen = telling.pairing().select(records);
    Both both = telling.pairing().mapping().both(chosen);
    try (Snapshot there = target == null ? null : target.get()) {
      int stage = 0;
      if (telling.hasOwn()) {
        write(stage++, both.forward().records(), own(both), there, into);
      }
      Held held = stage < telling.to().size() ? begin(stage, chosen, both) : null;
      while (held != null) {
        Found found = find(stage, held);
        write(stage, held.target(), found.ofTarget(), there, into);
        held = stage + 1 < telling.to().size() ? next(stage, held, found) : null;
        stage++;
      }
    }
  }

  /** The values for which the run's own mapping writes stand-ins. */
  private @Nullable Entry[] @Nullable [] own(Both both) {
    List<Pairing.SidecarField> fields = telling.pairing().sidecarFields();
    RecordBatch stored = both.forward().records();
    @Nullable Entry[] @Nullable [] entries = new Entry[stored.records()][];
    for (Mended mended : both.mended()) {
      // Of a field whose nulls are told to be absent ones nothing has to be told of each.
      boolean isTold =
          mended.code().equals(Trait.ABSENT.name())
              && telling.pairing().mapping().isNullAbsent(mended.targetField());
      if (mended.policy() != LossPolicy.SIDECAR || isTold) {
        continue;
      }
      RecordBatch original = new RecordBatch(1);
      original.putValue(
          both.comparables(),
          both.comparables().at(both.comparable(mended.mapped()), mended.comparableField()));
      for (int field = 0; field < fields.size(); field++) {
        if (fields.get(field).target() == mended.targetField()) {
          set(
              entries,
              mended.mapped(),
              field,
              fields.size(),
              new Entry(
                  Originals.written(canonical, stored, mended.mapped(), mended.targetField()),
                  original.recordBytes(0)));
        }
      }
    }
    return entries;
  }

  private static void set(
      @Nullable Entry[] @Nullable [] entries, int record, int field, int fields, Entry entry) {
    @Nullable Entry[] ofRecord = entries[record];
    if (ofRecord == null) {
      ofRecord = new Entry[fields];
      entries[record] = ofRecord;
    }
    ofRecord[field] = entry;
  }

  /** The records at the first stage that is not the run's own. */
  private Held begin(int stage, RecordBatch chosen, Both both) {
    RecordBatch stored = both.forward().records();
    List<String> before = telling.to().get(stage).stored().writtenNames();
    RecordBatch there = new RecordBatch(before.size(), stored.size() + 64);
    int[] positions =
        telling.hasOwn()
            ? telling.to().get(0).positions(before)
            : positions(telling.step().target().writtenNames(), before);
    for (int record = 0; record < stored.records(); record++) {
      if (telling.hasOwn()) {
        both.comparables().project(both.comparable(record), positions, there);
      } else {
        stored.project(record, positions, there);
      }
    }
    Restored from = telling.source(stage);
    if (from == null) {
      return new Held(null, there);
    }
    List<String> names = from.stored().writtenNames();
    int[] here = positions(telling.pairing().source().writtenNames(), names);
    RecordBatch source = new RecordBatch(names.size(), chosen.size() + 64);
    for (int record = 0; record < stored.records(); record++) {
      chosen.project(both.forward().origin(record), here, source);
    }
    return new Held(source, there);
  }

  private static int[] positions(List<String> fields, List<String> wanted) {
    return wanted.stream().mapToInt(fields::indexOf).toArray();
  }

  /** What the source's sidecar has of records at a stage. */
  private Found find(int stage, Held held) {
    Originals from = originals.get(stage);
    Restored source = telling.source(stage);
    int records = held.target().records();
    @Nullable Entry[] @Nullable [] ofTarget = new Entry[records][];
    if (from == null || source == null || held.source() == null) {
      return new Found(new Entry[records][], ofTarget);
    }
    @Nullable Entry[] @Nullable [] ofSource = from.find(held.source());
    List<Pairing.SidecarField> here = source.pairing().sidecarFields();
    List<Pairing.SidecarField> there = telling.pairing(stage).sidecarFields();
    for (int record = 0; record < records; record++) {
      @Nullable Entry[] entries = ofSource[record];
      for (int i = 0; entries != null && i < here.size(); i++) {
        Entry entry = entries[i];
        for (int field = 0; entry != null && field < there.size(); field++) {
          boolean isTheOne =
              there.get(field).name().equals(here.get(i).name())
                  && isAlike(held, record, here.get(i).target(), there.get(field).target());
          if (isTheOne) {
            String written =
                Originals.written(canonical, held.target(), record, there.get(field).target());
            set(ofTarget, record, field, there.size(), new Entry(written, entry.original()));
          }
        }
      }
    }
    return new Found(ofSource, ofTarget);
  }

  /** False where the run's own policies made another value of the stand-in. */
  private boolean isAlike(Held held, int record, int here, int there) {
    RecordBatch source = Objects.requireNonNull(held.source());
    int a = source.at(record, here);
    int b = held.target().at(record, there);
    return source.kindAt(a) == held.target().kindAt(b)
        ? canonical.areEqual(source, a, held.target(), b)
        : !source.isMissingAt(a) && !held.target().isMissingAt(b);
  }

  /** The records one stage further back; those that have no way back are left out. */
  private Held next(int stage, Held held, Found found) {
    Back there = new Back(telling.to().get(stage), held.target(), found.ofTarget());
    List<String> fieldsThere = telling.to().get(stage + 1).stored().writtenNames();
    Restored from = telling.source(stage);
    Restored before = telling.source(stage + 1);
    if (held.source() == null || from == null || before == null) {
      return new Held(null, there.project(fieldsThere, there.origins()));
    }
    Back here = new Back(from, held.source(), found.ofSource());
    Set<Integer> both = there.origins();
    both.retainAll(here.origins());
    return new Held(
        here.project(before.stored().writtenNames(), both), there.project(fieldsThere, both));
  }

  /** Records before a copy. */
  private static final class Back {
    private final Restored stage;
    private final Mapped inverse;
    private final RecordBatch records;

    Back(Restored stage, RecordBatch stored, @Nullable Entry[] @Nullable [] entries) {
      this.stage = stage;
      this.inverse = stage.pairing().mapping().inverse(stored);
      this.records = Originals.put(stage.pairing(), inverse, entries);
    }

    /** Which of the records after the copy have a way back. */
    Set<Integer> origins() {
      return IntStream.range(0, records.records())
          .map(inverse::origin)
          .boxed()
          .collect(Collectors.toCollection(HashSet::new));
    }

    RecordBatch project(List<String> fields, Set<Integer> origins) {
      int[] positions = stage.positions(fields);
      RecordBatch projected = new RecordBatch(positions.length, records.size() + 64);
      for (int record = 0; record < records.records(); record++) {
        if (origins.contains(inverse.origin(record))) {
          records.project(record, positions, projected);
        }
      }
      return projected;
    }
  }

  private void write(
      int stage,
      RecordBatch stored,
      @Nullable Entry[] @Nullable [] entries,
      @Nullable Snapshot there,
      RecordBatch into) {
    Pairing pairing = telling.pairing(stage);
    Originals.Place place = pairing.sidecar();
    if (place == null || pairing.sidecarFields().isEmpty()) {
      return;
    }
    boolean isKeyed = pairing.targetKey().length > 0;
    @Nullable Entry[] @Nullable [] standing =
        there == null || !isKeyed
            ? new Entry[stored.records()][]
            : Originals.standing(there, pairing, place, stored);
    for (int record = 0; record < stored.records(); record++) {
      @Nullable Entry[] ofRecord = entries[record];
      @Nullable Entry[] old = standing[record];
      if (ofRecord == null && old == null) {
        continue;
      }
      RecordDigest digest = Originals.id(pairing, canonical, stored, record);
      int ordinal = isKeyed ? 0 : ordinals.get(stage).merge(digest, 1, Integer::sum) - 1;
      String id = Originals.idText(digest, ordinal, place.stage());
      Set<String> told = new HashSet<>();
      for (int i = 0; i < pairing.sidecarFields().size(); i++) {
        if (ofRecord != null && ofRecord[i] != null) {
          String field = pairing.sidecarFields().get(i).name();
          told.add(field);
          put(place, id, field, ofRecord[i], into);
        }
      }
      for (int i = 0; i < pairing.sidecarFields().size(); i++) {
        String field = pairing.sidecarFields().get(i).name();
        if (old != null && old[i] != null && told.add(field)) {
          put(place, id, field, COUNTS_NO_MORE, into);
        }
      }
    }
  }

  private static void put(
      Originals.Place place, String id, String field, Entry entry, RecordBatch into) {
    into.putText(place.collection());
    into.putText(id);
    into.putText(field);
    into.putText(entry.written());
    into.putBytes(entry.original());
  }

  private static Entry countsNoMore() {
    RecordBatch nothing = new RecordBatch(1);
    nothing.putNull();
    return new Entry(Originals.NOTHING, nothing.recordBytes(0));
  }
}
