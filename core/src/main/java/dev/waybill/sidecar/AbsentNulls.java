package dev.waybill.sidecar;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.SpecException;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Sidecar;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Of which fields a store's sidecar tells that a null stands for an absent one. */
public final class AbsentNulls {
  private AbsentNulls() {}

  /** By collection, as the last copy into it was made; only those that have any. */
  public static Map<String, Set<String>> of(Store store, Catalog catalog) {
    Map<String, Set<String>> absent = new HashMap<>();
    Optional<Collection> schema = catalog.collection(Sidecar.SCHEMA.name()).flatMap(Sidecar::known);
    if (schema.isEmpty()) {
      return absent;
    }
    try (Snapshot snapshot = store.snapshot()) {
      SchemaRecords.read(
          snapshot,
          schema.get(),
          (name, dialects, definitions) -> {
            Set<String> fields =
                dialects == null || definitions == null ? Set.of() : fields(dialects, definitions);
            if (!fields.isEmpty()) {
              absent.put(name, fields);
            }
          });
    }
    return absent;
  }

  private static Set<String> fields(String dialects, String definitions) {
    try {
      return Told.read(dialects, definitions).get(0).written().fields().stream()
          .filter(FieldMapping::isNullAbsent)
          .map(FieldMapping::target)
          .collect(Collectors.toSet());
    } catch (SpecException unreadable) {
      return Set.of();
    }
  }
}
