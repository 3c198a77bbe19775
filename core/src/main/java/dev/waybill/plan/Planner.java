package dev.waybill.plan;

import dev.waybill.mapping.ValueLoss;
import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes plans: a pure function of {@link PlanInput}. What it infers stands in the plan; what cannot
 * be carried stands there as a loss.
 */
public final class Planner {
  /** The losses that a rule can be about. */
  private static final Set<String> CODES =
      Stream.concat(
              Stream.of(ValueLoss.values()).map(ValueLoss::name),
              Stream.of("NULL_IN_KEY", "FOREIGN_KEY_DANGLES"))
          .collect(Collectors.toCollection(TreeSet::new));

  private final PlanInput input;
  private final List<Loss> losses = new ArrayList<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private final List<String> risks = new ArrayList<>();
  private final Faults faults;

  private Planner(PlanInput input) {
    this.input = VectorChoice.withSpellingKept(AbsentFields.kept(input));
    Fragment profile = input.wishes().profile();
    this.faults = profile == null ? new Faults("", Map.of()) : profile.faults();
  }

  /**
   * Makes a plan.
   *
   * @throws SpecException if the wishes name collections or fields that are not there or cannot be
   *     had, or nothing is left to do
   */
  public static Plan plan(PlanInput input) {
    return new Planner(input).plan();
  }

  private Plan plan() {
    List<Collection> chosen = chosen();
    Map<String, Step> bySource = new LinkedHashMap<>();
    for (Collection collection : chosen) {
      CollectionWish wish = input.wish(collection.name());
      bySource.put(
          collection.name(),
          new CollectionPlanner(input, collection, wish, losses, faults).withFields());
    }
    requireDifferentTargets(bySource);
    faults.throwIfAny("profile");
    List<Step> steps = new ArrayList<>();
    for (Step step : bySource.values()) {
      Step complete = ConstraintPlanner.complete(input, step, bySource, losses);
      steps.add(AbsentFields.told(input, complete));
    }
    steps = LoadOrder.of(steps);
    steps.addAll(Sidecar.steps(input, steps, losses));
    Sidecar.requireRoom(input.wishes().options(), steps, faults);
    faults.throwIfAny(input.wishes().profile() == null ? "plan" : "profile");
    blockers();
    risks(steps);
    VectorModels models = new VectorModels(input, losses, risks);
    steps.replaceAll(models::told);
    leftOut.addAll(PartsLeftOut.of(steps, input.source().catalog(), losses));
    Set<String> targets =
        steps.stream().map(step -> step.target().name()).collect(Collectors.toSet());
    return new Plan(
        input.source().url(),
        input.target().url(),
        input.source().catalog().store(),
        input.target().catalog().store(),
        Fingerprint.of(input.source().catalog()),
        Fingerprint.of(input.target().catalog(), targets),
        input.wishes().options(),
        steps,
        leftOut,
        losses,
        risks,
        rollback(steps));
  }

  private void requireDifferentTargets(Map<String, Step> bySource) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Step step : bySource.values()) {
      String other = sources.put(step.target().name(), step.source());
      if (other != null) {
        CollectionWish wish = input.wish(step.source());
        faults.add(
            (wish.path().isEmpty() ? input.wish(other) : wish).path() + ".target",
            "\""
                + other
                + "\" and \""
                + step.source()
                + "\" would both go into \""
                + step.target().name()
                + "\"");
      }
    }
  }

  private List<Collection> chosen() {
    Catalog catalog = input.source().catalog();
    List<String> only = input.wishes().only();
    List<String> exclude = input.wishes().exclude();
    Set<String> known = new TreeSet<>();
    catalog.collections().forEach(collection -> known.add(collection.name()));
    for (String name : only) {
      requireKnown(name, known, "--only");
    }
    for (String name : input.wishes().keys().keySet()) {
      requireKnown(name, known, "--key");
    }
    input.wishes().options().onLoss().rules().forEach(rule -> requireKnown(rule, known));
    Fragment profile = input.wishes().profile();
    if (profile != null) {
      for (CollectionWish wish : profile.collections()) {
        if (!known.contains(wish.source())) {
          faults.add(
              wish.path() + ".source", "the source has no collection \"" + wish.source() + "\"");
        }
      }
    }
    catalog.leftOut().forEach(left -> known.add(left.name()));
    for (String name : exclude) {
      requireKnown(name, known, "--exclude");
    }
    for (LeftOut left : catalog.leftOut()) {
      boolean isAsked = exclude.contains(left.name()) || !only.isEmpty();
      leftOut.add(left);
      if (left.holdsData() && !isAsked) {
        losses.add(
            new Loss(
                left.name(),
                "",
                "CANNOT_BE_READ",
                left.reason()
                    + "; it holds data, so leaving it out must be asked for: --exclude "
                    + left.name(),
                Loss.Severity.REFUSED,
                -1,
                List.of()));
      }
    }
    List<Collection> chosen = new ArrayList<>();
    for (Collection collection : catalog.collections()) {
      if (exclude.contains(collection.name())
          || !only.isEmpty() && !only.contains(collection.name())
          || input.wish(collection.name()).isDropped()) {
        leftOut.add(new LeftOut(collection.name(), "left out as asked", true));
      } else if (collection.writtenFields().isEmpty()) {
        leftOut.add(new LeftOut(collection.name(), "has no fields to carry", false));
      } else {
        chosen.add(collection);
        String why = input.unreadable().get(collection.name());
        if (why != null) {
          losses.add(
              new Loss(
                  collection.name(),
                  "",
                  "VALUE_UNREADABLE",
                  why,
                  Loss.Severity.REFUSED,
                  -1,
                  List.of()));
        }
      }
    }
    if (chosen.isEmpty()) {
      throw new SpecException(
          "NOTHING_TO_MOVE",
          "The source " + catalog.store() + " holds no collection to move.",
          "see what it holds: waybill inspect URL");
    }
    return chosen;
  }

  /** A rule that fits nothing would leave its loss to another one. */
  private void requireKnown(LossRules.Rule rule, Set<String> known) {
    if (!rule.code().isEmpty() && !CODES.contains(rule.code())) {
      throw new SpecException(
          "UNKNOWN_LOSS",
          "No loss is called " + rule.code() + " (--on-loss " + rule + ").",
          "use one of " + String.join(", ", CODES) + ", or * for all");
    }
    if (!rule.collection().isEmpty()) {
      requireKnown(rule.collection(), known, "--on-loss " + rule);
      boolean isField =
          rule.field().isEmpty()
              || input
                  .source()
                  .catalog()
                  .collection(rule.collection())
                  .flatMap(collection -> collection.field(rule.field()))
                  .isPresent();
      if (!isField) {
        throw new SpecException(
            "UNKNOWN_FIELD",
            "Collection \""
                + rule.collection()
                + "\" has no field \""
                + rule.field()
                + "\" (--on-loss "
                + rule
                + ").",
            "see what it has: waybill inspect URL");
      }
    }
  }

  private static void requireKnown(String name, Set<String> known, String option) {
    if (!known.contains(name)) {
      List<String> similar =
          known.stream()
              .filter(
                  each ->
                      each.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT))
                          || name.toLowerCase(Locale.ROOT).contains(each.toLowerCase(Locale.ROOT)))
              .limit(5)
              .toList();
      throw new SpecException(
          "UNKNOWN_COLLECTION",
          "The source has no collection \"" + name + "\" (" + option + ").",
          similar.isEmpty()
              ? "see what it holds: waybill inspect URL"
              : "did you mean " + String.join(", ", similar) + "?");
    }
  }

  private void blockers() {
    for (PlanInput.Side side : List.of(input.source(), input.target())) {
      for (Finding finding : side.findings()) {
        if (finding.isBlocking()) {
          losses.add(
              new Loss(
                  "", "", finding.code(), sentence(finding), Loss.Severity.REFUSED, -1, List.of()));
        } else if (finding.dangling() == null || side.url().equals(input.target().url())) {
          risks.add(sentence(finding));
        }
      }
    }
  }

  private static String sentence(Finding finding) {
    return finding.hint().isEmpty() ? finding.text() : finding.text() + " Try: " + finding.hint();
  }

  private void risks(List<Step> steps) {
    KeyQuestion.of(
            steps,
            input.source().catalog(),
            input.target().catalog(),
            input.target().capabilities())
        .stream()
        .filter(input.keys()::isProven)
        .forEach(question -> risks.add(question.proof()));
    if (!input.sampled().isEmpty()) {
      risks.add(
          "Values of "
              + String.join(", ", new TreeSet<>(input.sampled()))
              + " were profiled by sample; a value that does not fit is found when it is read"
              + " and refused by name.");
    }
    for (Step step : steps) {
      if (!step.creates()
          && step.triggers() == Triggers.FIRE
          && !step.target().triggers().isEmpty()) {
        risks.add(
            "Triggers of "
                + step.target().name()
                + " in the target fire as they do for an application: "
                + String.join(", ", step.target().triggers())
                + ". What they write to other collections is not undone by rollback.");
      }
    }
    List<String> filled =
        steps.stream().filter(step -> !step.creates()).map(step -> step.target().name()).toList();
    if (!filled.isEmpty()) {
      String where = String.join(", ", filled);
      risks.add(
          switch (input.target().capabilities().visibility()) {
            case BATCH ->
                "Applications see new records batch by batch while the run goes on, in "
                    + where
                    + ".";
            case FINISH ->
                "Applications see new records when the run finishes, those of one file or collection at once, in "
                    + where
                    + "; until then they see what is there now.";
          });
    }
  }

  private static String rollback(List<Step> steps) {
    long created = steps.stream().filter(Step::creates).count();
    long filled = steps.size() - created;
    List<String> parts = new ArrayList<>();
    if (created > 0) {
      parts.add(
          created
              + (created == 1 ? " collection is" : " collections are")
              + " made by the run and dropped again, if nobody else has changed them");
    }
    if (filled > 0) {
      parts.add(
          filled
              + (filled == 1 ? " collection is" : " collections are")
              + " there already: inserted records are removed and overwritten ones restored from"
              + " before-images in the target's ledger");
    }
    return String.join("; ", parts) + ".";
  }
}
