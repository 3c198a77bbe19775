package dev.waybill.plan;

import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

  /**
   * What a plan says, as wishes for another plan from the same collections: names, fields and how
   * their values are read, filters, keys, policies and options.
   *
   * @param name what to call it in messages
   * @param sources the collections that there are; what is said of others is left out
   * @param keepsTypes whether new fields of the target get the types that the plan has; else they
   *     are as the target has them now
   * @param policy of a step
   */
  public static Fragment of(
      Plan plan,
      String name,
      Set<String> sources,
      boolean keepsTypes,
      Function<Step, ConflictPolicy> policy) {
    List<CollectionWish> collections = new ArrayList<>();
    for (Step step : Sidecar.without(plan).steps()) {
      if (sources.contains(step.source())) {
        collections.add(
            new CollectionWish(
                "",
                step.source(),
                step.target().name(),
                true,
                false,
                step.sourceKey(),
                step.filter(),
                policy.apply(step),
                step.triggers(),
                step.batchSize(),
                List.of(),
                step.fields().stream().map(each -> FieldWish.of(each, keepsTypes)).toList()));
      }
    }
    Plan.Options options = plan.options();
    SessionOptions session = options.session();
    List<LossRules.Rule> rules =
        options.onLoss().rules().stream()
            .filter(rule -> rule.collection().isEmpty() || sources.contains(rule.collection()))
            .toList();
    return new Fragment(
        name,
        collections,
        new OptionWishes(
            options.verify(),
            options.onFailure(),
            options.connections(),
            options.batchSize(),
            options.maxQuarantined(),
            options.maxRate(),
            new LossRules(rules),
            options.hasSidecar(),
            session.settings(),
            session.lockTimeout(),
            session.statementTimeout(),
            session.isAnalyzed(),
            options.backup().isEnabled(),
            options.backup().keep(),
            // What a run has kept is as the views showed it.
            null,
            null),
        Map.of());
  }

  /**
   * A profile that also says what fields are to be.
   *
   * @param base null for none
   * @param types by {@code COLLECTION.FIELD} a logical type, or how the values are read ({@code
   *     f32})
   * @throws SpecException if one is neither
   */
  public static @Nullable Fragment withTypes(@Nullable Fragment base, Map<String, String> types) {
    Fragment all = base;
    for (Map.Entry<String, String> each : types.entrySet()) {
      all = withType(all, each.getKey(), each.getValue());
    }
    return all;
  }

  private static Fragment withType(@Nullable Fragment base, String name, String type) {
    int point = name.lastIndexOf('.');
    String option = "--type " + name;
    if (point < 1) {
      throw new SpecException(
          "USAGE", option + " names no field.", "write --type COLLECTION.FIELD=TYPE");
    }
    String collection = name.substring(0, point);
    FieldWish wish = FieldWish.typed(option, name.substring(point + 1), type);
    List<CollectionWish> collections = new ArrayList<>();
    boolean isThere = false;
    for (CollectionWish each : base == null ? List.<CollectionWish>of() : base.collections) {
      boolean isOf = each.source().equals(collection);
      isThere |= isOf;
      collections.add(isOf ? each.with(wish) : each);
    }
    if (!isThere) {
      collections.add(CollectionWish.nothing(collection).with(wish));
    }
    return new Fragment(
        base == null ? "the command line" : base.name,
        collections,
        base == null ? OptionWishes.NONE : base.options,
        base == null ? Map.of() : base.places);
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
