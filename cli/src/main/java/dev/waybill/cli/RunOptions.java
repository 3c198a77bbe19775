package dev.waybill.cli;

import dev.waybill.MigrationSpec;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import picocli.CommandLine.Option;

/** The options that say how a run goes about it. */
final class RunOptions {
  @Option(
      names = "--on-conflict",
      paramLabel = "POLICY",
      description =
          "What to do with records of the same key and another content: fail, skip, overwrite,"
              + " newer:FIELD (${DEFAULT-VALUE}).")
  String onConflict = "fail";

  @Option(
      names = "--verify",
      paramLabel = "HOW",
      description = "full: every record; count: their number only; none (${DEFAULT-VALUE}).")
  String verify = "full";

  @Option(
      names = "--on-failure",
      paramLabel = "WHAT",
      description =
          "rollback: a failed run puts the target back; keep: what was written stays"
              + " (${DEFAULT-VALUE}).")
  String onFailure = "rollback";

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Records of one write at most (${DEFAULT-VALUE}).")
  int batchSize = 5000;

  @Option(
      names = "--max-rate",
      paramLabel = "N",
      description = "Records a second at most; 0 for no limit (${DEFAULT-VALUE}).")
  long maxRate;

  @Option(
      names = "--max-quarantined",
      paramLabel = "N",
      description =
          "Records that may stay behind before the run counts as failed (${DEFAULT-VALUE}).")
  long maxQuarantined;

  MigrationSpec spec(MigrationSpec sides) {
    return new MigrationSpec(
        sides.from(),
        sides.to(),
        sides.only(),
        sides.exclude(),
        sides.keys(),
        ConflictPolicy.parse(onConflict),
        verify(),
        onFailure(),
        sides.connections(),
        (int) SideOptions.atLeast(1, "--batch-size", batchSize),
        SideOptions.atLeast(0, "--max-quarantined", maxQuarantined),
        SideOptions.atLeast(0, "--max-rate", maxRate));
  }

  private dev.waybill.plan.Plan.Verify verify() {
    return switch (verify) {
      case "full" -> MigrationSpec.FULL;
      case "count" -> dev.waybill.plan.Plan.Verify.parse("count");
      case "none" -> dev.waybill.plan.Plan.Verify.parse("none");
      default ->
          throw new SpecException(
              "USAGE",
              verify.startsWith("sample:")
                  ? "--verify " + verify + " is not there yet: samples cannot be verified."
                  : "--verify " + verify + " is not known.",
              "use full, count or none");
    };
  }

  private MigrationSpec.OnFailure onFailure() {
    return switch (onFailure) {
      case "rollback" -> MigrationSpec.OnFailure.ROLLBACK;
      case "keep" -> MigrationSpec.OnFailure.KEEP;
      default ->
          throw new SpecException(
              "USAGE", "--on-failure " + onFailure + " is not known.", "use rollback or keep");
    };
  }
}
