package dev.waybill.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Under which name a collection's fields stand in the target, where they go there alone. */
final class FieldNames {
  private final Map<String, String> names = new LinkedHashMap<>();

  FieldNames(List<FieldMapping> mappings) {
    for (FieldMapping mapping : mappings) {
      if (mapping.sources().size() == 1) {
        names.putIfAbsent(mapping.sources().get(0), mapping.target());
      }
    }
  }

  Optional<String> of(String source) {
    return Optional.ofNullable(names.get(source));
  }

  /** The names of all, empty if one of them does not go there. */
  Optional<List<String>> of(List<String> sources) {
    List<String> targets = new ArrayList<>();
    for (String source : sources) {
      String target = names.get(source);
      if (target == null) {
        return Optional.empty();
      }
      targets.add(target);
    }
    return Optional.of(targets);
  }
}
