package dev.waybill.plan;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Where a plan comes from: the places of its members in a file, and what the file leaves out and is
 * worked out before the run. Two origins are equal if the same is left out; where it stands does
 * not make another plan.
 */
public final class Origin {
  /** A plan that was made, not read. */
  static final Origin MADE = new Origin("", Map.of(), List.of(), Map.of());

  private final String file;
  private final Map<String, Place> places;
  private final List<String> covered;
  private final Map<Integer, Gap> gaps;

  /**
   * A step of which something is left out.
   *
   * @param wish what is said about its fields
   * @param said the members that are there
   */
  record Gap(CollectionWish wish, Set<String> said) {}

  /**
   * @param covered the target's collections that the target's fingerprint is of, empty where the
   *     file does not say
   * @param gaps by position of the step
   */
  Origin(String file, Map<String, Place> places, List<String> covered, Map<Integer, Gap> gaps) {
    this.file = file;
    this.places = Map.copyOf(places);
    this.covered = List.copyOf(covered);
    this.gaps = Map.copyOf(gaps);
  }

  /** True if a person may have edited the plan. */
  public boolean isFile() {
    return !places.isEmpty();
  }

  List<String> covered() {
    return covered;
  }

  Map<Integer, Gap> gaps() {
    return gaps;
  }

  Faults faults() {
    return new Faults(file, places);
  }

  /** The same places, nothing left out any more. */
  Origin completed() {
    return new Origin(file, places, List.of(), Map.of());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Origin origin && gaps.equals(origin.gaps);
  }

  @Override
  public int hashCode() {
    return Objects.hash(gaps);
  }
}
