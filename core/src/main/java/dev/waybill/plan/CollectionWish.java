package dev.waybill.plan;

import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Triggers;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is said about one collection, by a profile or by a plan file with gaps; null where nothing
 * is.
 *
 * @param path of its object in its file, empty where nothing is said
 * @param isWhole true if {@code fields} names every field that is carried; else those not named are
 *     carried as the planner decides
 * @param isDropped true if the collection is left out
 * @param filter empty for all records
 * @param order the target's fields that come first
 */
record CollectionWish(
    String path,
    String source,
    @Nullable String target,
    boolean isWhole,
    boolean isDropped,
    @Nullable List<String> key,
    @Nullable String filter,
    @Nullable ConflictPolicy onConflict,
    @Nullable Triggers triggers,
    @Nullable Integer batchSize,
    List<String> order,
    List<FieldWish> fields) {

  /** The same with what is said of one field, in the place of what was. */
  CollectionWish with(FieldWish wish) {
    List<FieldWish> all = new ArrayList<>(fields);
    all.removeIf(each -> each.sources().equals(wish.sources()));
    all.add(wish);
    return new CollectionWish(
        path,
        source,
        target,
        isWhole,
        isDropped,
        key,
        filter,
        onConflict,
        triggers,
        batchSize,
        order,
        all);
  }

  static CollectionWish nothing(String source) {
    return new CollectionWish(
        "", source, null, false, false, null, null, null, null, null, List.of(), List.of());
  }
}
