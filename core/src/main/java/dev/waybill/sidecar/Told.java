package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.model.SpecException;
import dev.waybill.plan.FieldMapping;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a sidecar tells of one copy of a collection, in the plan file's format: a plan of two steps,
 * the one by which the collection was written and one to the collection as the source had it.
 *
 * @param dialect of the source's native types
 */
record Told(String dialect, Plan plan) {
  private static final String BETWEEN = "---\n";

  /** Of each broken key there is one with the number of records that break it. */
  private static final Set<String> BROKEN_KEYS =
      Set.of("FOREIGN_KEY_DANGLES", "FOREIGN_KEY_NOT_CARRIED");

  /** What is to be told of a step. */
  static Told of(String dialect, Plan plan, Step step, Collection source) {
    long dangling =
        plan.losses().stream()
            .filter(
                loss ->
                    loss.collection().equals(step.source())
                        && loss.records() > 0
                        && BROKEN_KEYS.contains(loss.code()))
            .mapToLong(Loss::records)
            .sum();
    Collection original =
        dangling > 0 ? source.withDetail(source.detail().withDangling(dangling)) : source;
    return new Told(
        dialect,
        new Plan(
            "",
            "",
            plan.fromStore(),
            plan.toStore(),
            "",
            "",
            plan.options(),
            List.of(step, Step.asItIs(original)),
            List.of(),
            List.of(),
            List.of(),
            ""));
  }

  /** How the collection was made and filled. */
  Step written() {
    return plan.steps().get(0);
  }

  /** What it was. */
  Collection original() {
    return plan.steps().get(1).target();
  }

  /** What became of values that did not fit. */
  LossRules rules() {
    return plan.options().onLoss();
  }

  /**
   * The same of the copy of the collection that a step makes within its dialect: as if that had
   * been written at once. What does not go as it is into a field alone is not told any more.
   */
  Told onto(Step step) {
    Map<String, String> names = new HashMap<>();
    for (FieldMapping field : step.fields()) {
      boolean isAsItIs =
          field.sources().size() == 1
              && field.as().isEmpty()
              && field.constant() == null
              && field.from().equals(field.to());
      if (isAsItIs) {
        names.putIfAbsent(field.sources().get(0), field.target());
      }
    }
    List<FieldMapping> fields = new ArrayList<>();
    for (FieldMapping field : written().fields()) {
      String name = names.get(field.target());
      if (name != null) {
        fields.add(field.withTarget(name));
      }
    }
    Collection target = step.target();
    Step onto =
        written()
            .withFields(fields)
            .withTarget(
                target.withFields(
                    fields.stream()
                        .map(field -> target.field(field.target()).orElseThrow())
                        .toList()));
    return new Told(dialect, plan.withSteps(List.of(onto, plan.steps().get(1))));
  }

  /** The dialects of several stages, the last copy first. */
  static String dialects(List<Told> stages) {
    return stages.stream().map(Told::dialect).collect(Collectors.joining(" "));
  }

  /** The definitions of several stages, the last copy first. */
  static String definitions(List<Told> stages) {
    return stages.stream()
        .map(each -> PlanFile.write(each.plan()))
        .collect(Collectors.joining(BETWEEN));
  }

  /**
   * Reads them back.
   *
   * @throws SpecException if they are no such texts
   */
  static List<Told> read(String dialects, String definitions) {
    String[] each = dialects.split(" ", -1);
    String[] texts = definitions.split("(?m)^" + BETWEEN, -1);
    if (each.length != texts.length) {
      throw invalid("A sidecar has a definition for each dialect.");
    }
    List<Told> stages = new ArrayList<>();
    for (int stage = 0; stage < each.length; stage++) {
      Plan plan = PlanFile.read(texts[stage], false);
      if (plan.steps().size() != 2) {
        throw invalid("A sidecar's definition has two steps.");
      }
      stages.add(new Told(each[stage], plan));
    }
    return stages;
  }

  private static SpecException invalid(String text) {
    return new SpecException("INVALID_PLAN", text, "");
  }
}
