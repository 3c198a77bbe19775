package dev.waybill.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A part of a plan: what somebody wants to be otherwise than the planner would decide. Read from a
 * profile file by {@link PlanFile#readFragment}. Immutable.
 */
public final class Fragment {
  private final String name;
  private final List<CollectionWish> collections;
  private final OptionWishes options;
  private final Map<String, Place> places;

  Fragment(
      String name,
      List<CollectionWish> collections,
      OptionWishes options,
      Map<String, Place> places) {
    this.name = name;
    this.collections = List.copyOf(collections);
    this.options = options;
    this.places = Map.copyOf(places);
  }

  /** The name of its file. */
  public String name() {
    return name;
  }

  List<CollectionWish> collections() {
    return collections;
  }

  Optional<CollectionWish> collection(String source) {
    return collections.stream().filter(wish -> wish.source().equals(source)).findFirst();
  }

  /**
   * The options of this profile where the given ones are as usual, else the given ones; loss rules
   * and settings of both, the given ones last.
   */
  public Plan.Options under(Plan.Options given, Plan.Options usual) {
    return options.under(given, usual);
  }

  Faults faults() {
    return new Faults(name, places);
  }
}
