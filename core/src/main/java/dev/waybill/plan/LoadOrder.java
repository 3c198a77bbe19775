package dev.waybill.plan;

import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collections in an order in which those referred to come before those that refer to them. */
final class LoadOrder {
  private LoadOrder() {}

  /**
   * Orders steps by the foreign keys and endpoints of their targets. Steps of a cycle keep their
   * order among themselves; a collection's references to itself do not count.
   */
  static List<Step> of(List<Step> steps) {
    Map<String, Step> waiting = new LinkedHashMap<>();
    steps.forEach(step -> waiting.put(step.target().name(), step));
    List<Step> ordered = new ArrayList<>();
    while (!waiting.isEmpty()) {
      Step next =
          waiting.values().stream()
              .filter(step -> parents(step.target()).stream().noneMatch(waiting::containsKey))
              .findFirst()
              .orElseGet(() -> waiting.values().iterator().next());
      waiting.remove(next.target().name());
      ordered.add(next);
    }
    return ordered;
  }

  private static Set<String> parents(Collection collection) {
    Set<String> names = new LinkedHashSet<>();
    for (ForeignKey foreignKey : collection.foreignKeys()) {
      names.add(foreignKey.targetCollection());
    }
    Collection.Endpoints endpoints = collection.endpoints();
    if (endpoints != null) {
      names.add(endpoints.fromCollection());
      names.add(endpoints.toCollection());
    }
    names.remove(collection.name());
    return names;
  }
}
