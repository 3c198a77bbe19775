package dev.waybill.plan;

import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
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

  /**
   * A profile that also says which models vectors are of.
   *
   * @param base null for none
   * @param models by {@code COLLECTION.FIELD}: {@code NAME[@DIMENSION][#HASH]}
   * @throws SpecException if one is nothing of the kind
   */
  public static @Nullable Fragment withModels(@Nullable Fragment base, Map<String, String> models) {
    Fragment all = base;
    for (Map.Entry<String, String> each : models.entrySet()) {
      String option = "--model " + each.getKey();
      EmbeddingModel model;
      try {
        model = EmbeddingModel.parse(each.getValue());
      } catch (IllegalArgumentException unreadable) {
        throw new SpecException(
            "USAGE",
            option + " names no model.",
            "write --model COLLECTION.FIELD=NAME[@DIMENSION][#HASH]",
            unreadable);
      }
      all =
          with(
              all,
              each.getKey(),
              option,
              "--model COLLECTION.FIELD=NAME[@DIMENSION][#HASH]",
              wish -> wish.withModel(model));
    }
    return all;
  }

  private static Fragment withType(@Nullable Fragment base, String name, String type) {
    String option = "--type " + name;
    return with(
        base,
        name,
        option,
        "--type COLLECTION.FIELD=TYPE",
        wish -> {
          FieldWish typed = FieldWish.typed(option, wish.sources().get(0), type);
          return wish.model() == null ? typed : typed.withModel(wish.model());
        });
  }

  /**
   * A profile with something said of one field.
   *
   * @param said makes of what was said of it, or of nothing, what is said now
   */
  private static Fragment with(
      @Nullable Fragment base,
      String name,
      String option,
      String spelling,
      UnaryOperator<FieldWish> said) {
    int point = name.lastIndexOf('.');
    if (point < 1) {
      throw new SpecException("USAGE", option + " names no field.", "write " + spelling);
    }
    String collection = name.substring(0, point);
    List<String> field = List.of(name.substring(point + 1));
    CollectionWish there =
        base == null
            ? CollectionWish.nothing(collection)
            : base.collection(collection).orElse(CollectionWish.nothing(collection));
    FieldWish wish =
        said.apply(
            there.fields().stream()
                .filter(each -> each.sources().equals(field))
                .findFirst()
                .orElse(FieldWish.of(field.get(0)).at(option)));
    List<CollectionWish> collections = new ArrayList<>();
    if (base != null) {
      collections.addAll(base.collections);
    }
    collections.removeIf(each -> each.source().equals(collection));
    collections.add(there.with(wish));
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
