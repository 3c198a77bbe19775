package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Finding;
import dev.waybill.model.FoundModel;
import dev.waybill.model.LossRules;
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
 * @param keys what records have said about fields that no store promises to be unique
 */
public record PlanInput(
    Side source,
    Side target,
    Map<String, List<ValueProfile>> profiles,
    Set<String> sampled,
    Map<String, String> unreadable,
    Wishes wishes,
    KeyAnswers keys) {

  /** Where no records were asked for keys. */
  public PlanInput(
      Side source,
      Side target,
      Map<String, List<ValueProfile>> profiles,
      Set<String> sampled,
      Map<String, String> unreadable,
      Wishes wishes) {
    this(source, target, profiles, sampled, unreadable, wishes, KeyAnswers.NONE);
  }

  /** True if both sides speak of a collection in one dialect. */
  boolean isOneDialect(String collection) {
    return source.type().equals(target.type())
        || source.restored().contains(collection)
        || target.restored().contains(collection);
  }

  /**
   * One side.
   *
   * @param url as the user wrote it
   * @param type the dialect of its native types; two of one dialect keep them
   * @param told what its sidecar tells
   * @param models by collection and field, as the catalog has them, the models of vectors
   */
  public record Side(
      String url,
      String type,
      Catalog catalog,
      Capabilities capabilities,
      List<Finding> findings,
      Told told,
      Map<String, Map<String, FoundModel>> models) {

    /** A side of whose models nothing is known. */
    public Side(
        String url,
        String type,
        Catalog catalog,
        Capabilities capabilities,
        List<Finding> findings,
        Told told) {
      this(url, type, catalog, capabilities, findings, told, Map.of());
    }

    /** A side that is seen as it is stored. */
    public Side(
        String url,
        String type,
        Catalog catalog,
        Capabilities capabilities,
        List<Finding> findings) {
      this(url, type, catalog, capabilities, findings, Told.NOTHING);
    }

    Side withCatalog(Catalog newCatalog) {
      return new Side(url, type, newCatalog, capabilities, findings, told, models);
    }

    /** The same with what is known of the models of its vectors. */
    public Side withModels(Map<String, Map<String, FoundModel>> newModels) {
      return new Side(url, type, catalog, capabilities, findings, told, newModels);
    }

    @Nullable FoundModel model(String collection, String field) {
      return models.getOrDefault(collection, Map.of()).get(field);
    }

    Set<String> restored() {
      return told.restored();
    }
  }

  /**
   * What a side's sidecar tells of its collections, by the names under which they are seen.
   *
   * @param restored those that are seen in the other side's dialect
   * @param carried those of which it tells what they were before
   * @param values those among these of which it may have single values
   * @param absent by collection, as it is stored, the fields in which a null stands for an absent
   *     one
   */
  public record Told(
      Set<String> restored,
      Set<String> carried,
      Set<String> values,
      Map<String, Set<String>> absent) {
    /** There is none. */
    public static final Told NOTHING = new Told(Set.of(), Set.of(), Set.of(), Map.of());
  }

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
      @Nullable Fragment profile) {
    Wishes withOnLoss(LossRules onLoss) {
      return new Wishes(
          only, exclude, keys, onConflict, triggers, options.withOnLoss(onLoss), profile);
    }
  }

  /** What the profile says about a collection. */
  CollectionWish wish(String collection) {
    Fragment profile = wishes.profile();
    return profile == null
        ? CollectionWish.nothing(collection)
        : profile.collection(collection).orElse(CollectionWish.nothing(collection));
  }

  /** The same with other rules for losses. */
  PlanInput withOnLoss(LossRules onLoss) {
    return new PlanInput(
        source, target, profiles, sampled, unreadable, wishes.withOnLoss(onLoss), keys);
  }

  /** The same with what records have said. */
  public PlanInput withKeys(KeyAnswers answers) {
    return new PlanInput(source, target, profiles, sampled, unreadable, wishes, answers);
  }
}
