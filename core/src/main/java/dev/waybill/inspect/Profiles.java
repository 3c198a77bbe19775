package dev.waybill.inspect;

import dev.waybill.inspect.Profiler.CollectionProfile;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What was seen in the values of a store.
 *
 * @param fields by collection, one for each written field
 * @param sampled collections of which a sample was looked at
 * @param unreadable why a value of a collection cannot be read, by collection
 */
public record Profiles(
    Map<String, List<ValueProfile>> fields, Set<String> sampled, Map<String, String> unreadable) {
  /** Profiles the wanted ones of a catalog's collections. */
  public static Profiles of(Store store, Catalog catalog, Predicate<String> isWanted) {
    Map<String, List<ValueProfile>> fields = new LinkedHashMap<>();
    Set<String> sampled = new TreeSet<>();
    Map<String, String> unreadable = new LinkedHashMap<>();
    if (catalog.collections().stream().anyMatch(each -> isWanted.test(each.name()))) {
      try (Snapshot snapshot = store.snapshot()) {
        for (Collection collection : catalog.collections()) {
          if (!isWanted.test(collection.name())) {
            continue;
          }
          try {
            CollectionProfile profile = Profiler.profile(snapshot, collection);
            fields.put(collection.name(), profile.fields());
            if (profile.isSample()) {
              sampled.add(collection.name());
            }
          } catch (DataException value) {
            unreadable.put(collection.name(), String.valueOf(value.getMessage()));
          }
        }
      }
    }
    return new Profiles(fields, sampled, unreadable);
  }
}
