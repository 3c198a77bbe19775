package dev.waybill.sidecar;

import dev.waybill.model.Collection;
import dev.waybill.model.Loss;
import dev.waybill.model.LossRules;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import java.util.List;

/**
 * What a sidecar tells of one collection, in the plan file's format: a plan of two steps, the one
 * by which the collection was written and one to the collection as the source had it.
 *
 * @param written how the collection was made and filled
 * @param original what it was
 * @param rules what became of values that did not fit
 */
record Told(Step written, Collection original, LossRules rules) {

  static String write(Plan plan, Step step, Collection source) {
    long dangling =
        plan.losses().stream()
            .filter(
                loss ->
                    loss.collection().equals(step.source())
                        && loss.code().equals("FOREIGN_KEY_DANGLES"))
            .mapToLong(Loss::records)
            .sum();
    Collection original =
        dangling > 0 ? source.withDetail(source.detail().withDangling(dangling)) : source;
    return PlanFile.write(
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

  /**
   * Reads it back.
   *
   * @throws dev.waybill.model.SpecException if it is no such text
   */
  static Told read(String text) {
    Plan plan = PlanFile.read(text, false);
    if (plan.steps().size() != 2) {
      throw new dev.waybill.model.SpecException(
          "INVALID_PLAN", "A sidecar's definition has two steps.", "");
    }
    return new Told(plan.steps().get(0), plan.steps().get(1).target(), plan.options().onLoss());
  }
}
