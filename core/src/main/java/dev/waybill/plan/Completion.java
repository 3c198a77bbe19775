package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Loss;
import dev.waybill.model.Loss.Severity;
import dev.waybill.model.SpecException;
import dev.waybill.plan.PlanInput.Side;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes a plan that a person edited whole again: what was left out is worked out, names follow
 * renames, losses that became pointless go; and what does not hold together is named with its place
 * in the file. Pure.
 */
public final class Completion {
  /** Losses of whole collections that are looked for anew. */
  private static final Set<String> FOUND_ANEW =
      Set.of("TWO_FIELDS_IN_ONE", "FIELD_NOT_FILLED", "KEY_NOT_FILLED", "KEY_NOT_UNIQUE");

  private final Plan plan;
  private final Side source;
  private final Side target;
  private final Faults faults;
  private final List<Loss> losses = new ArrayList<>();

  private Completion(Plan plan, Side source, Side target) {
    this.plan = plan;
    this.source = source;
    this.target = target;
    this.faults = plan.origin().faults();
  }

  /**
   * The whole plan. One that was not read from a file comes back as it is, and so does one without
   * gaps whose schemas are not those it was made for: the run says so.
   *
   * @throws SpecException INVALID_PLAN naming all that does not hold together, STALE_PLAN if
   *     schemas changed so that gaps cannot be filled
   */
  public static Plan completed(Plan plan, Side source, Side target) {
    Catalog data = Sidecar.without(source.catalog());
    if (!plan.origin().isFile()) {
      return plan;
    }
    Catalog there = asPlannedFor(plan, target.catalog());
    boolean isFresh =
        Fingerprint.of(data).equals(plan.fromFingerprint())
            && Fingerprint.of(there, covered(plan)).equals(plan.toFingerprint());
    if (isFresh) {
      return new Completion(plan, source.withCatalog(Sidecar.with(data)), target.withCatalog(there))
          .completed();
    }
    if (plan.origin().gaps().isEmpty()) {
      return plan;
    }
    throw new SpecException(
        "STALE_PLAN",
        "A schema is not the one that the plan was made for, so that what the plan leaves out cannot"
            + " be worked out.",
        "make a new plan and read what is different: waybill plan --from … --to …");
  }

  /** After the run its new collections are there; the plan was made before. */
  private static Catalog asPlannedFor(Plan plan, Catalog target) {
    if (Fingerprint.of(target, covered(plan)).equals(plan.toFingerprint())) {
      return target;
    }
    Set<String> made = targets(plan.steps().stream().filter(Step::creates).toList());
    return new Catalog(
        target.store(),
        target.collections().stream().filter(each -> !made.contains(each.name())).toList(),
        target.leftOut());
  }

  /** The target's collections that the fingerprint is of. */
  private static Set<String> covered(Plan plan) {
    return plan.origin().covered().isEmpty()
        ? targets(plan.steps())
        : new LinkedHashSet<>(plan.origin().covered());
  }

  private static Set<String> targets(List<Step> steps) {
    return steps.stream().map(step -> step.target().name()).collect(Collectors.toSet());
  }

  private Plan completed() {
    Map<String, Step> bySource = new LinkedHashMap<>();
    Map<Integer, Step> derived = derived(bySource);
    faults.throwIfAny("plan");
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      Step made = derived.get(i);
      Origin.Gap gap = plan.origin().gaps().get(i);
      steps.add(
          made == null || gap == null
              ? step
              : merged(
                  step, ConstraintPlanner.complete(input(), made, bySource, losses), gap.said()));
    }
    requireCarried();
    steps = steps.stream().map(step -> renamed(step, bySource)).toList();
    List<Loss> remaining = allLosses(steps);
    Plan whole =
        new Plan(
            plan.from(),
            plan.to(),
            plan.fromStore(),
            plan.toStore(),
            plan.fromFingerprint(),
            Fingerprint.of(target.catalog(), targets(steps)),
            plan.options(),
            steps,
            PartsLeftOut.anew(plan.leftOut(), steps, source.catalog(), remaining),
            remaining,
            plan.risks(),
            plan.rollback(),
            plan.origin().completed());
    if (whole.refusals().isEmpty()) {
      new PlanCheck(whole, source.catalog(), target.catalog(), target.capabilities(), faults)
          .check();
    }
    faults.throwIfAny("plan");
    return whole;
  }

  private PlanInput input() {
    return new PlanInput(
        source,
        target,
        Map.of(),
        Set.of(),
        Map.of(),
        new PlanInput.Wishes(
            List.of(),
            List.of(),
            Map.of(),
            dev.waybill.model.ConflictPolicy.FAIL,
            dev.waybill.model.Triggers.FIRE,
            plan.options(),
            null),
        KeyAnswers.LATER);
  }

  /** The steps with gaps as the planner would make them, by position. */
  private Map<Integer, Step> derived(Map<String, Step> bySource) {
    Map<Integer, Step> derived = new LinkedHashMap<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      Origin.Gap gap = plan.origin().gaps().get(i);
      Optional<Collection> collection = source.catalog().collection(step.source());
      bySource.put(step.source(), step);
      if (collection.isEmpty()) {
        faults.add(
            "collections[" + i + "].source",
            "the source has no collection \"" + step.source() + "\"");
      } else if (gap != null) {
        Step made =
            new CollectionPlanner(input(), collection.get(), gap.wish(), losses, faults)
                .withFields();
        derived.put(i, made);
        bySource.put(step.source(), made);
      }
    }
    return derived;
  }

  /** What a line asks for and cannot be had is a fault of the file. */
  private void requireCarried() {
    for (Loss loss : losses) {
      if (loss.severity() == Severity.REFUSED && !FOUND_ANEW.contains(loss.code())) {
        faults.add(path(loss), loss.text());
      }
    }
  }

  private String path(Loss loss) {
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      if (step.source().equals(loss.collection())) {
        Origin.Gap gap = plan.origin().gaps().get(i);
        return gap == null
            ? "collections[" + i + "]"
            : gap.wish().fields().stream()
                .filter(line -> line.sources().contains(loss.field()))
                .findFirst()
                .map(FieldWish::path)
                .orElse("collections[" + i + "]");
      }
    }
    return "";
  }

  /** What the file says, and for the rest what was worked out. */
  private static Step merged(Step said, Step made, Set<String> members) {
    Collection given = said.target();
    Collection worked = made.target();
    Collection target =
        new Collection(
            given.name(),
            worked.fields(),
            members.contains("target-key") ? given.key() : worked.key(),
            members.contains("unique") ? given.uniqueSets() : worked.uniqueSets(),
            members.contains("foreign-keys") ? given.foreignKeys() : worked.foreignKeys(),
            members.contains("indexes") ? given.indexes() : worked.indexes(),
            members.contains("checks") ? given.checks() : worked.checks(),
            members.contains("target-triggers") ? given.triggers() : worked.triggers(),
            given.endpoints() == null ? worked.endpoints() : given.endpoints(),
            given.estimatedRecords() < 0 ? worked.estimatedRecords() : given.estimatedRecords(),
            given.estimatedBytes() < 0 ? worked.estimatedBytes() : given.estimatedBytes(),
            given.detail().equals(dev.waybill.model.NativeDetail.NONE)
                ? worked.detail()
                : given.detail());
    return new Step(
        said.source(),
        target,
        members.contains("create") ? said.creates() : made.creates(),
        made.fields(),
        members.contains("key") ? said.sourceKey() : made.sourceKey(),
        said.onConflict(),
        said.records() < 0 ? made.records() : said.records(),
        said.bytes() < 0 ? made.bytes() : said.bytes(),
        said.filter(),
        said.triggers(),
        said.batchSize());
  }

  // --- names follow renames

  /**
   * A name among the constraints of a new collection that is no field of the target but one of the
   * source means that field under its new name.
   */
  private Step renamed(Step step, Map<String, Step> bySource) {
    if (!step.creates()) {
      return step;
    }
    Collection made = step.target();
    List<ForeignKey> foreignKeys = new ArrayList<>();
    for (ForeignKey each : made.foreignKeys()) {
      Step parent = bySource.get(each.targetCollection());
      boolean isTarget =
          bySource.values().stream()
              .anyMatch(other -> other.target().name().equals(each.targetCollection()));
      foreignKeys.add(
          new ForeignKey(
              each.name(),
              renamed(each.fields(), step),
              parent == null || isTarget ? each.targetCollection() : parent.target().name(),
              parent == null ? each.targetFields() : renamed(each.targetFields(), parent),
              each.onDelete(),
              each.onUpdate(),
              each.isDeferrable()));
    }
    List<Index> indexes = new ArrayList<>();
    for (Index each : made.indexes()) {
      List<Index.Column> columns = new ArrayList<>();
      for (Index.Column column : each.columns()) {
        columns.add(
            new Index.Column(renamed(List.of(column.field()), step).get(0), column.isDescending()));
      }
      indexes.add(each.withColumns(columns));
    }
    return step.withTarget(
        new Collection(
            made.name(),
            made.fields(),
            renamed(made.key(), step),
            made.uniqueSets().stream().map(set -> renamed(set, step)).toList(),
            foreignKeys,
            indexes,
            made.checks(),
            made.triggers(),
            made.endpoints(),
            made.estimatedRecords(),
            made.estimatedBytes(),
            made.detail()));
  }

  private static List<String> renamed(List<String> names, Step step) {
    FieldNames fields = new FieldNames(step.fields());
    List<String> renamed = new ArrayList<>();
    for (String name : names) {
      boolean isThere = step.target().field(name).isPresent();
      renamed.add(isThere ? name : fields.of(name).orElse(name));
    }
    return renamed;
  }

  // --- losses

  /** Those of the file that still mean something, and those found while working out the rest. */
  private List<Loss> allLosses(List<Step> steps) {
    Map<String, Loss> all = new LinkedHashMap<>();
    for (Loss loss : plan.losses()) {
      if (!isPointless(loss, steps)) {
        all.put(identity(loss), asRulesSay(loss, steps));
      }
    }
    for (Loss loss : losses) {
      if (loss.severity() != Severity.REFUSED) {
        all.putIfAbsent(identity(loss), loss);
      }
    }
    return List.copyOf(all.values());
  }

  /** The rule for a spelling may have changed since its sentence was written. */
  private Loss asRulesSay(Loss loss, List<Step> steps) {
    if (!loss.code().equals(Spelling.CODE) || loss.severity() != Severity.FORM) {
      return loss;
    }
    for (Step step : steps) {
      for (FieldMapping line : step.fields()) {
        if (step.source().equals(loss.collection())
            && line.sources().equals(List.of(loss.field()))
            && Spelling.isChanged(line)) {
          boolean isKey = step.sourceKey().contains(loss.field());
          return new Loss(
              loss.collection(),
              loss.field(),
              loss.code(),
              Spelling.sentence(step.source(), line, isKey, plan.options()),
              loss.severity(),
              loss.records(),
              loss.examples());
        }
      }
    }
    return loss;
  }

  private static String identity(Loss loss) {
    return String.join(
        "\n",
        loss.collection(),
        loss.field(),
        loss.code(),
        loss.severity() == Severity.STRUCTURE ? loss.text() : "");
  }

  private boolean isPointless(Loss loss, List<Step> steps) {
    if (FOUND_ANEW.contains(loss.code())) {
      return true;
    }
    boolean isOfSource = source.catalog().collection(loss.collection()).isPresent();
    Optional<Step> step =
        steps.stream().filter(each -> each.source().equals(loss.collection())).findFirst();
    if (step.isEmpty()) {
      return isOfSource;
    }
    if (loss.field().isEmpty()) {
      return false;
    }
    List<FieldMapping> lines =
        step.get().fields().stream().filter(line -> line.sources().contains(loss.field())).toList();
    boolean isField =
        source
            .catalog()
            .collection(loss.collection())
            .flatMap(each -> each.field(loss.field()))
            .filter(Field::isWritten)
            .isPresent();
    return switch (loss.severity()) {
      case VALUE, FORM -> isField && lines.isEmpty();
      case REFUSED -> !lines.isEmpty();
      case STRUCTURE -> false;
    };
  }
}
