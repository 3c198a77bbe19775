package dev.waybill.plan;

import dev.waybill.model.Loss;
import dev.waybill.model.SpecException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why a plan cannot be applied, as the error that says so. */
public final class Refusal {
  private static final int SHOWN = 20;

  private Refusal() {}

  /** The error for a plan with refused losses, empty if it has none. */
  public static Optional<SpecException> of(Plan plan) {
    List<Loss> refusals = plan.refusals();
    if (refusals.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder text =
        new StringBuilder(
            String.format(
                "The plan cannot be applied: %,d thing%s cannot go from %s to %s:",
                refusals.size(), refusals.size() == 1 ? "" : "s", plan.from(), plan.to()));
    refusals.stream().limit(SHOWN).forEach(loss -> text.append("\n  ").append(loss.sentence()));
    if (refusals.size() > SHOWN) {
      text.append(
          String.format(
              "%n  +%,d more: waybill plan … -o plan.yaml lists them", refusals.size() - SHOWN));
    }
    String collections =
        refusals.stream()
            .map(Loss::collection)
            .filter(name -> !name.isEmpty())
            .distinct()
            .collect(Collectors.joining(","));
    return Optional.of(
        new SpecException(
            "PLAN_REFUSED",
            text.toString(),
            collections.isEmpty()
                ? ""
                : "mend it in the source, or leave it out: --exclude " + collections));
  }
}
