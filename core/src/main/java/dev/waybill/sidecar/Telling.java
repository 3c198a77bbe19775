package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.plan.Step;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run's sidecar is to tell of one collection: its own copy, where that is a stage of its
 * own, and behind it the copies of which the source's sidecar tells.
 *
 * @param hasOwn whether the run's copy is the first of the stages
 * @param told all stages, the last copy first
 * @param from the stages that the source's sidecar tells of, as the source holds the records
 * @param to all stages, as the target will hold the records; fewer if not all fit it
 */
record Telling(
    Step step,
    Pairing pairing,
    boolean hasOwn,
    List<Told> told,
    List<Restored> from,
    List<Restored> to) {

  /**
   * @param own what is to be told of the step itself, null if it is no stage
   * @param from what the source's sidecar tells of
   * @param there what the target's sidecar tells of the collection so far
   * @param values the target's collection of values, null if there is none
   */
  static Telling of(
      Step step,
      Pairing pairing,
      @Nullable Told own,
      List<Restored> from,
      List<Told> there,
      @Nullable Collection values) {
    List<Told> told = new ArrayList<>();
    if (own != null) {
      told.add(own);
    }
    for (Restored each : from) {
      told.add(told.isEmpty() ? each.told().onto(step) : each.told());
    }
    // A source that tells nothing, such as records left behind by a run, takes nothing away either.
    if (from.isEmpty()) {
      boolean isAlike =
          own == null || !there.isEmpty() && there.get(0).dialect().equals(own.dialect());
      there.stream().skip(own == null ? 0 : 1).filter(each -> isAlike).forEach(told::add);
    }
    List<Restored> to = Remembered.of(told, step.target(), values, null).stages();
    return new Telling(step, pairing, own != null, List.copyOf(told), from, to);
  }

  /** The stage of the source's sidecar that is one of the target's, null if it has none. */
  @Nullable Restored source(int stage) {
    int position = stage - (hasOwn ? 1 : 0);
    return position < 0 || position >= from.size() ? null : from.get(position);
  }

  /** The pairing by which the values of one of the target's stages are named. */
  Pairing pairing(int stage) {
    return hasOwn && stage == 0 ? pairing : to.get(stage).pairing();
  }

  /** How many stages values are told of. */
  int stages() {
    return Math.max(to.size(), hasOwn ? 1 : 0);
  }

  /** True if the source's sidecar may have values that go along. */
  boolean hasCarriedValues() {
    for (int stage = 0; stage < to.size(); stage++) {
      Restored source = source(stage);
      if (source != null && !source.pairing().sidecarFields().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** True if the target's sidecar may have values that are none any more. */
  boolean mayReplaceValues() {
    for (int stage = 0; stage < stages(); stage++) {
      if (!pairing(stage).sidecarFields().isEmpty() && pairing(stage).targetKey().length > 0) {
        return true;
      }
    }
    return false;
  }
}
