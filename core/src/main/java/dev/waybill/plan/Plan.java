package dev.waybill.plan;

import dev.waybill.model.Catalog;
import dev.waybill.model.Loss;
import java.util.List;

/**
 * What will happen. Immutable.
 *
 * @param from URL of the source as the user wrote it, variables not resolved
 * @param to URL of the target as the user wrote it, variables not resolved
 * @param fromStore kind and version of the source
 * @param toStore kind and version of the target
 * @param fromFingerprint of everything the source's catalog says
 * @param toFingerprint of what the target's catalog says about the planned collections
 * @param steps in the order they are done
 * @param leftOut what of the source is not carried, and why
 * @param losses what the target cannot hold as it is
 * @param risks sentences a user should read before applying
 * @param rollback how the run would be undone
 */
public record Plan(
    String from,
    String to,
    String fromStore,
    String toStore,
    String fromFingerprint,
    String toFingerprint,
    Options options,
    List<Step> steps,
    List<Catalog.LeftOut> leftOut,
    List<Loss> losses,
    List<String> risks,
    String rollback) {
  /** Version of the plan file's format. */
  public static final int VERSION = 1;

  /**
   * How the run goes about it.
   *
   * @param verify full, count or none
   * @param onFailure rollback or keep
   * @param maxRate records per second, 0 for no limit
   */
  public record Options(
      String verify,
      String onFailure,
      int connections,
      int batchSize,
      long maxQuarantined,
      long maxRate) {}

  public Plan {
    steps = List.copyOf(steps);
    leftOut = List.copyOf(leftOut);
    losses = List.copyOf(losses);
    risks = List.copyOf(risks);
  }

  /** The losses because of which this plan is refused; empty if it can be applied. */
  public List<Loss> refusals() {
    return losses.stream().filter(loss -> loss.severity() == Loss.Severity.REFUSED).toList();
  }

  /** Records of all steps, −1 where one is unknown. */
  public long records() {
    return steps.stream().anyMatch(step -> step.records() < 0)
        ? -1
        : steps.stream().mapToLong(Step::records).sum();
  }

  /** Bytes of all steps, −1 where one is unknown. */
  public long bytes() {
    return steps.stream().anyMatch(step -> step.bytes() < 0)
        ? -1
        : steps.stream().mapToLong(Step::bytes).sum();
  }
}
