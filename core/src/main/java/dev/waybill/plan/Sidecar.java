package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Loss;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.TypeTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The two collections that travel beside the data where the target is poorer than the source
 * (docs/formats/sidecar.md): what the collections were, and the values that the target cannot hold.
 * They are written by steps like any other, from records that a run derives from its plan and its
 * source.
 */
public final class Sidecar {
  /** What the target's collections were in the source: one record for each. */
  public static final Collection SCHEMA =
      Collection.of(
          "waybill_sidecar_schema",
          List.of(
              Field.of("collection", LogicalType.TEXT, "", false),
              Field.of("dialect", LogicalType.TEXT, "", false),
              Field.of("definition", LogicalType.TEXT, "", false)),
          List.of("collection"));

  /** Single values of the source: one record for each value that has a stand-in. */
  public static final Collection VALUES =
      Collection.of(
          "waybill_sidecar_values",
          List.of(
              Field.of("collection", LogicalType.TEXT, "", false),
              Field.of("record", LogicalType.TEXT, "", false),
              Field.of("field", LogicalType.TEXT, "", false),
              Field.of("written", LogicalType.TEXT, "", false),
              Field.of("original", LogicalType.BYTES, "", false)),
          List.of("collection", "record", "field"));

  private static final Set<String> NAMES = Set.of(SCHEMA.name(), VALUES.name());

  private Sidecar() {}

  /** True if a collection is part of a sidecar, not of anybody's data. */
  public static boolean isPart(String collection) {
    return NAMES.contains(collection);
  }

  /** True if a step writes a part of a sidecar. */
  public static boolean isPart(Step step) {
    return isPart(step.source());
  }

  /** The shape of a sidecar's collection, empty for any other. */
  public static Optional<Collection> shape(String collection) {
    return Stream.of(SCHEMA, VALUES).filter(each -> each.name().equals(collection)).findFirst();
  }

  /**
   * A collection of a sidecar with the fields that it has as a sidecar's, in their order; empty if
   * it only bears the name.
   */
  public static Optional<Collection> known(Collection collection) {
    return shape(collection.name())
        .map(Collection::writtenNames)
        .filter(collection.writtenNames()::containsAll)
        .map(
            names ->
                collection.withFields(
                    names.stream().map(name -> collection.field(name).orElseThrow()).toList()));
  }

  /** A catalog without its sidecar. */
  public static Catalog without(Catalog catalog) {
    return new Catalog(
        catalog.store(),
        catalog.collections().stream().filter(each -> !isPart(each.name())).toList(),
        catalog.leftOut());
  }

  /** A catalog that also has the collections of which a sidecar is made. */
  public static Catalog with(Catalog catalog) {
    List<Collection> all = new ArrayList<>(catalog.collections());
    all.add(SCHEMA);
    all.add(VALUES);
    return new Catalog(catalog.store(), all, catalog.leftOut());
  }

  /** A plan without the steps of its sidecar. */
  public static Plan without(Plan plan) {
    return plan.withSteps(plan.steps().stream().filter(step -> !isPart(step.source())).toList());
  }

  /** The steps that write the sidecar of other steps; none if there is nothing for it to hold. */
  static List<Step> steps(PlanInput input, List<Step> steps, List<Loss> losses) {
    List<Step> own = new ArrayList<>();
    if (!input.wishes().options().hasSidecar()) {
      return own;
    }
    boolean hasLosses = losses.stream().anyMatch(loss -> loss.severity() != Loss.Severity.REFUSED);
    boolean isPoorer =
        steps.stream()
            .anyMatch(
                step ->
                    step.creates()
                        && !input.isOneDialect(step.source())
                        && (hasLosses || isOtherwise(input, step)));
    boolean hasStandIns =
        steps.stream().anyMatch(step -> holdsValuesOf(step, input.wishes().options().onLoss()));
    PlanInput.Told told = input.source().told();
    boolean isCarried =
        steps.stream().anyMatch(step -> step.creates() && told.carried().contains(step.source()));
    boolean hasCarried = steps.stream().anyMatch(step -> told.values().contains(step.source()));
    if (isPoorer || hasStandIns || isCarried || hasCarried) {
      own.add(step(input, SCHEMA, ConflictPolicy.OVERWRITE));
    }
    // Entries of an earlier run may stand beside what this one writes: they must not go unseen.
    boolean hasEntries =
        input.target().catalog().collection(VALUES.name()).isPresent()
            && steps.stream().anyMatch(step -> !step.creates());
    if (hasStandIns || hasEntries || hasCarried) {
      own.add(step(input, VALUES, policy(input, losses)));
    }
    return own;
  }

  /** True if the target's collection does not say by itself what the source's was. */
  private static boolean isOtherwise(PlanInput input, Step step) {
    Collection source = input.source().catalog().collection(step.source()).orElseThrow();
    return !source.detail().equals(NativeDetail.NONE)
        || step.fields().stream()
            .filter(field -> field.sources().size() == 1)
            .anyMatch(
                field ->
                    !source
                        .field(field.sources().get(0))
                        .map(Field::nativeType)
                        .equals(step.target().field(field.target()).map(Field::nativeType)));
  }

  /**
   * Original values are treated as their records are: what is there already is a conflict, stays or
   * gives way. Which record is newer they cannot tell.
   */
  private static ConflictPolicy policy(PlanInput input, List<Loss> losses) {
    ConflictPolicy wished = input.wishes().onConflict();
    if (wished.rule() != ConflictPolicy.Rule.NEWER) {
      return wished;
    }
    if (input.target().catalog().collection(VALUES.name()).isPresent()) {
      losses.add(
          new Loss(
              VALUES.name(),
              "",
              "NEWER_IN_SIDECAR",
              "the target's sidecar has values already, and which of two is newer it cannot tell:"
                  + " use --on-conflict fail, skip or overwrite",
              Loss.Severity.REFUSED,
              -1,
              List.of()));
    }
    return ConflictPolicy.FAIL;
  }

  /** True if the sidecar may hold values of a step's fields. */
  public static boolean holdsValuesOf(Step step, LossRules rules) {
    return !isPart(step.source())
        && step.fields().stream()
            .anyMatch(
                field ->
                    field.sources().size() == 1
                        && rules.mayBe(step.source(), field.sources().get(0), LossPolicy.SIDECAR));
  }

  /** Notes a policy that puts values where nothing keeps them. */
  static void requireRoom(Plan.Options options, List<Step> steps, Faults faults) {
    boolean isKept = steps.stream().anyMatch(step -> step.source().equals(VALUES.name()));
    if (!isKept && steps.stream().anyMatch(step -> holdsValuesOf(step, options.onLoss()))) {
      faults.add(
          "options.on-loss",
          options.hasSidecar()
              ? "the policy \"sidecar\" needs the step that fills " + VALUES.name()
              : "the policy \"sidecar\" needs a sidecar, and the plan is to have none");
    }
  }

  private static Step step(PlanInput input, Collection shape, ConflictPolicy policy) {
    Optional<Collection> existing = input.target().catalog().collection(shape.name());
    TypeTable types = input.target().capabilities().types();
    List<FieldMapping> mappings = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    for (Field field : shape.fields()) {
      TypeTable.Placement placement = types.place(field.type());
      Field made = field.withType(placement.stored(), placement.nativeType());
      Field target = existing.flatMap(there -> there.field(field.name())).orElse(made);
      fields.add(target);
      mappings.add(new FieldMapping(field.name(), field.type(), field.name(), target.type()));
    }
    Collection target =
        existing.map(there -> there.withFields(fields)).orElseGet(() -> shape.withFields(fields));
    return new Step(
        shape.name(), target, existing.isEmpty(), mappings, shape.key(), policy, -1, -1);
  }
}
