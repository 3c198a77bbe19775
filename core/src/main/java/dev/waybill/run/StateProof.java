package dev.waybill.run;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Fingerprint;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.TargetBefore.Structure;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Proves that the target is what it was before a run: the structure of every collection, and the
 * records of those that the run touched. What somebody else did meanwhile elsewhere is told, not
 * held against the rollback. Writes nothing.
 */
final class StateProof {
  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 4 << 20;
  private static final long CHUNK_RECORDS = 50_000;

  private final Plan plan;
  private final TargetStore target;
  private final TargetBefore before;
  private final Undo.Images images;
  private final List<String> told = new ArrayList<>();
  private int alike;
  private int equal;

  StateProof(Plan plan, TargetStore target, TargetBefore before, Undo.Images images) {
    this.plan = plan;
    this.target = target;
    this.before = before;
    this.images = images;
  }

  /**
   * @param made collections that the run made
   * @param staying those of them that stay
   * @param seen the structure of all collections before anything was put back: what differed then
   *     is somebody else's doing
   * @throws StoreException NOT_AS_BEFORE
   */
  void structure(Set<String> made, Set<String> staying, Map<String, Structure> seen) {
    if (!before.hasStructure()) {
      if (staying.isEmpty()
          && !Fingerprint.of(target.catalog(), Ends.targets(plan)).equals(plan.toFingerprint())) {
        throw notAsBefore("the collections' structure differs");
      }
      return;
    }
    Map<String, Structure> now = TargetBefore.structure(target.catalog());
    Set<String> names = new LinkedHashSet<>(before.structure().keySet());
    names.addAll(now.keySet());
    List<String> others = new ArrayList<>();
    for (String name : names) {
      Structure was = before.structure().get(name);
      Structure is = now.get(name);
      if (Sidecar.isPart(name) && (!made.contains(name) || staying.contains(name))) {
        // Other runs make it, write to it and take it away.
        alike += was != null && was.equals(is) ? 1 : 0;
      } else if (made.contains(name)) {
        if (is != null && !staying.contains(name)) {
          throw notAsBefore(name + ", which the run made, is still there");
        }
      } else if (was != null && was.equals(is)) {
        alike++;
      } else if (!Ends.targets(plan).contains(name) || isSame(is, seen.get(name))) {
        others.add(name + " (" + difference(was, is) + ")");
      } else {
        throw notAsBefore("the structure of " + name + " differs: " + difference(was, is));
      }
    }
    if (!others.isEmpty()) {
      told.add(
          "Somebody else has changed collections themselves meanwhile, which stay so: "
              + shown(others)
              + ".");
    }
  }

  private static boolean isSame(@Nullable Structure a, @Nullable Structure b) {
    return a == null ? b == null : a.equals(b);
  }

  private static String shown(List<String> all) {
    List<String> first = all.subList(0, Math.min(all.size(), Quarantine.FOUND_TOGETHER));
    return String.join(", ", first)
        + (all.size() > first.size() ? ", +" + (all.size() - first.size()) + " more" : "");
  }

  private static String difference(@Nullable Structure was, @Nullable Structure is) {
    if (was == null || is == null) {
      return was == null ? "new" : "gone";
    }
    List<String> differences = new ArrayList<>();
    is.fields()
        .forEach(
            (name, type) -> {
              String wasType = was.fields().get(name);
              if (wasType == null) {
                differences.add("field " + name + " is new");
              } else if (!wasType.equals(type)) {
                differences.add("field " + name + " is " + type + ", not " + wasType);
              }
            });
    was.fields().keySet().stream()
        .filter(name -> !is.fields().containsKey(name))
        .forEach(name -> differences.add("field " + name + " is gone"));
    return differences.isEmpty()
        ? "keys, constraints, defaults, indexes or triggers"
        : shown(differences);
  }

  /**
   * @param touched collections whose records the run may have changed
   * @param excused those of them in which records stay that somebody else changed, or of which
   *     nothing can be said
   * @throws StoreException NOT_AS_BEFORE
   */
  void records(Set<String> touched, Set<String> excused) {
    if (before.byTarget().isEmpty()) {
      return;
    }
    Catalog now = target.catalog();
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        String name = step.target().name();
        TargetBefore.Held held = before.byTarget().get(name);
        if (held == null || !touched.contains(name) || excused.contains(name)) {
          continue;
        }
        if (Sidecar.isPart(step) && now.collection(name).isEmpty()) {
          continue;
        }
        if (TargetBefore.held(snapshot, step, 1).equals(held)) {
          equal++;
          continue;
        }
        if (!step.target().hasKey()) {
          throw notAsBefore("the records of " + name + " differ");
        }
        new ImageReview(snapshot, step, images)
            .eachNotAsBefore(
                key -> {
                  throw notAsBefore(name + " key " + key + " differs");
                });
        told.add(
            name
                + " holds other records too, written by somebody else meanwhile; each record that"
                + " the run wrote is what it was.");
      }
    }
  }

  /**
   * Of a collection that the run made and that stays with what others have in it.
   *
   * @throws StoreException NOT_AS_BEFORE if something of the run's own is there
   */
  void nothingLeft(Step step) {
    String name = step.target().name();
    try (Snapshot snapshot = target.snapshot()) {
      new ImageReview(snapshot, step, images)
          .eachNotAsBefore(
              key -> {
                throw notAsBefore(name + " key " + key + " is still there");
              });
    }
  }

  /**
   * @param names collections in which nothing at all may have changed, whoever did it
   * @throws StoreException NOT_AS_BEFORE
   */
  void unchanged(Set<String> names) {
    if (names.isEmpty()) {
      return;
    }
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        String name = step.target().name();
        TargetBefore.Held held = before.byTarget().get(name);
        if (held != null
            && names.contains(name)
            && !TargetBefore.held(snapshot, step, 1).equals(held)) {
          throw notAsBefore("the records of " + name + " differ");
        }
      }
    }
  }

  /** Lists the records of a filled collection that are not what they were before the run. */
  void listNotAsBefore(Step step, Listing into) {
    try (Snapshot snapshot = target.snapshot()) {
      String name = step.target().name();
      new ImageReview(snapshot, step, images).eachNotAsBefore(key -> into.addKey(name, key));
    }
  }

  /** Lists all records of a collection with a key, and says how many there are. */
  long listAll(Step step, Listing into) {
    Collection keys =
        step.target()
            .withFields(
                step.target().key().stream()
                    .map(name -> step.target().field(name).orElseThrow())
                    .toList());
    int[] all = IntStream.range(0, keys.fields().size()).toArray();
    RecordBatch batch = new RecordBatch(all.length);
    long listed = 0;
    try (Snapshot snapshot = target.snapshot()) {
      for (Chunk chunk : snapshot.chunks(keys, CHUNK_RECORDS)) {
        try (RecordReader reader = snapshot.read(keys, chunk)) {
          while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
            for (int record = 0; record < batch.records(); record++) {
              into.addKey(keys.name(), KeyText.of(batch, record, all));
            }
            listed += batch.records();
            batch.clear();
          }
        }
      }
    }
    return listed;
  }

  /** What was compared, and what somebody else did that does not stand against it. */
  List<String> told() {
    return List.copyOf(told);
  }

  /** That the target is as it was, and which comparisons say so. */
  String sentence() {
    String is = "The target is as it was before the run";
    if (!before.hasStructure()) {
      return is + "; its digests say so.";
    }
    if (alike == 0) {
      return is + ", which found no collections in it.";
    }
    return is
        + String.format(
            ": the structure of %s%s %s what was noted then.",
            counted(alike),
            equal == 0 ? "" : String.format(" and the digests of %,d of them", equal),
            equal == 0 ? "is" : "are");
  }

  private static String counted(int count) {
    return String.format("%,d collection%s", count, count == 1 ? "" : "s");
  }

  static StoreException notAsBefore(String why) {
    return new StoreException(
        "NOT_AS_BEFORE",
        "The target is not as it was before the run: " + why + ".",
        "somebody else may have written meanwhile; look at the target before anything else",
        false,
        null);
  }
}
