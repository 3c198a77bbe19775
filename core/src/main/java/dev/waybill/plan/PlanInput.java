package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Finding;
import dev.waybill.model.Triggers;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Capabilities;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything a plan is made of.
 *
 * @param profiles by source collection, one for each written field; none for a collection whose
 *     store promises its types
 * @param sampled collections whose profile is of a sample
 * @param unreadable why a value of a collection cannot be read, by collection
 */
public record PlanInput(
    Side source,
    Side target,
    Map<String, List<ValueProfile>> profiles,
    Set<String> sampled,
    Map<String, String> unreadable,
    Wishes wishes) {

  /**
   * One side.
   *
   * @param url as the user wrote it
   * @param type the adapter's type; two of one type keep native types
   */
  public record Side(
      String url,
      String type,
      Catalog catalog,
      Capabilities capabilities,
      List<Finding> findings) {}

  /**
   * What the user asked for; see {@code MigrationSpec}.
   *
   * @param triggers what becomes of the target's triggers where the profile does not say
   * @param profile what is to be otherwise than the planner would decide, null for nothing
   */
  public record Wishes(
      List<String> only,
      List<String> exclude,
      Map<String, List<String>> keys,
      ConflictPolicy onConflict,
      Triggers triggers,
      Plan.Options options,
      @Nullable Fragment profile) {}

  /** True if native types mean the same on both sides. */
  boolean isSameStore() {
    return source.type().equals(target.type());
  }

  /** What the profile says about a collection. */
  CollectionWish wish(String collection) {
    Fragment profile = wishes.profile();
    return profile == null
        ? CollectionWish.nothing(collection)
        : profile.collection(collection).orElse(CollectionWish.nothing(collection));
  }
}
