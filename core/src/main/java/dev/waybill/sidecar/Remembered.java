package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.model.TypeTable;
import dev.waybill.verify.Originals;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The copies by which a collection came to be where it is, the last first, as far as what is told
 * of them still holds.
 *
 * @param stored the collection as it is now
 * @param undone how many of the copies are undone in what is seen of it
 */
record Remembered(Collection stored, List<Restored> stages, int undone) {
  Remembered {
    stages = List.copyOf(stages);
  }

  /**
   * Holds what is told of copies against the collection.
   *
   * @param values the sidecar's collection of values, null if there is none
   * @param other how the store holds types in whose dialect the collection is to be seen: the
   *     nearest copy out of it is undone with all that came after; null to undo none
   */
  static Remembered of(
      List<Told> told, Collection stored, @Nullable Collection values, @Nullable TypeTable other) {
    int wanted = 0;
    for (int stage = told.size(); stage > 0 && other != null; stage--) {
      if (told.get(stage - 1).dialect().equals(other.dialect())) {
        wanted = stage;
      }
    }
    List<Restored> stages = new ArrayList<>();
    Collection now = stored;
    for (Told each : told) {
      int stage = stages.size() + 1;
      Optional<Restored> fits =
          restored(
              each,
              now,
              values == null ? null : new Originals.Place(values, stored.name(), stage),
              stage == wanted ? other : null);
      if (fits.isEmpty()) {
        break;
      }
      stages.add(fits.get());
      now = fits.get().original();
    }
    return new Remembered(stored, stages, wanted <= stages.size() ? wanted : 0);
  }

  private static Optional<Restored> restored(
      Told told, Collection now, Originals.@Nullable Place values, @Nullable TypeTable types) {
    try {
      return Restored.of(told, now, values, types);
    } catch (IllegalArgumentException unfit) {
      return Optional.empty();
    }
  }

  /** The collection as it is seen. */
  Collection seen() {
    return undone == 0
        ? stored
        : stages
            .get(undone - 1)
            .original()
            .withEstimates(stored.estimatedRecords(), stored.estimatedBytes());
  }

  Remembered asStored() {
    return new Remembered(stored, stages, 0);
  }

  /** The copies that are undone, the last first. */
  List<Restored> way() {
    return stages.subList(0, undone);
  }

  /** The copies before those that are undone, the last first. */
  List<Restored> beyond() {
    return stages.subList(undone, stages.size());
  }
}
