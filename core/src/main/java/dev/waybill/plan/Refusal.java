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
                "The plan cannot be applied: %,d thing%s %s from %s to %s:",
                refusals.size(),
                refusals.size() == 1 ? "" : "s",
                isOfStores(refusals)
                    ? refusals.size() == 1 ? "stands in the way" : "stand in the way"
                    : "cannot go",
                plan.from(),
                plan.to()));
    refusals.stream().limit(SHOWN).forEach(loss -> text.append("\n  ").append(loss.sentence()));
    if (refusals.size() > SHOWN) {
      text.append(
          String.format(
              "%n  +%,d more: waybill plan … -o plan.yaml lists them", refusals.size() - SHOWN));
    }
    return Optional.of(new SpecException("PLAN_REFUSED", text.toString(), hint(refusals)));
  }

  /** True if it is the stores themselves that refuse, not what is in them. */
  private static boolean isOfStores(List<Loss> refusals) {
    return refusals.stream().allMatch(loss -> loss.collection().isEmpty());
  }

  /** The harmless way first: the rules that let values through change what arrives. */
  private static String hint(List<Loss> refusals) {
    String collections =
        refusals.stream()
            .map(Loss::collection)
            .filter(name -> !name.isEmpty())
            .distinct()
            .collect(Collectors.joining(","));
    String codes =
        refusals.stream()
            .filter(loss -> loss.severity() == Loss.Severity.VALUE)
            .map(Loss::code)
            .distinct()
            .sorted()
            .map(code -> "--on-loss " + code + "=" + policies(code))
            .collect(Collectors.joining(" "));
    String leave =
        collections.isEmpty()
            ? ""
            : "mend it in the source, or leave it out: --exclude " + collections;
    return codes.isEmpty()
        ? leave
        : leave + (leave.isEmpty() ? "" : "; or ") + "let them through: " + codes;
  }

  /** The policies that can do something about a loss. */
  private static String policies(String code) {
    return switch (code) {
      case "FOREIGN_KEY_DANGLES" -> "sidecar";
      case "NULL_IN_KEY" -> "sidecar|quarantine";
      case "MIXED_TYPES" -> "replace|sidecar|quarantine|null";
      case "OUT_OF_RANGE", "NAN", "INFINITY" -> "sidecar|quarantine|null";
      default -> "replace|sidecar|quarantine|null";
    };
  }
}
