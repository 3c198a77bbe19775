package dev.waybill.cli;

import dev.waybill.MigrationSpec;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Durations;
import dev.waybill.plan.Plan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say how a run goes about it. */
final class RunOptions {
  @Option(
      names = "--on-conflict",
      paramLabel = "POLICY",
      description =
          "What to do with records of the same key and another content: fail, skip, overwrite,"
              + " newer:FIELD, append (where nothing identifies a record: add to those that are"
              + " there) (${DEFAULT-VALUE}).")
  String onConflict = "fail";

  @Option(
      names = "--verify",
      paramLabel = "HOW",
      description =
          "full: every record; sample:N%%: a share of them; count: their number only; none"
              + " (${DEFAULT-VALUE}).")
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

  @Option(
      names = "--on-loss",
      paramLabel = "RULE",
      split = ",",
      hideParamSyntax = true,
      description =
          "What becomes of values that the target cannot hold: fail, replace, sidecar, quarantine"
              + " or null, for all or as [COLLECTION[.FIELD]:]CODE=POLICY (fail).")
  List<String> onLoss = new ArrayList<>();

  @Option(
      names = "--no-sidecar",
      description = "Leave behind what the target cannot hold of types and spelling.")
  boolean isWithoutSidecar;

  @Option(
      names = "--triggers",
      paramLabel = "HOW",
      description =
          "fire: the target's triggers fire as for an application; suppress: they do not"
              + " (${DEFAULT-VALUE}).")
  String triggers = "fire";

  @Option(
      names = "--lock-timeout",
      paramLabel = "TIME",
      description = "How long to wait for a lock, e.g. 200ms or 5s; 0 for the store's own way (0).")
  String lockTimeout = "0";

  @Option(
      names = "--statement-timeout",
      paramLabel = "TIME",
      description = "How long one statement may take; 0 for the store's own way (0).")
  String statementTimeout = "0";

  @Option(
      names = "--no-analyze",
      description = "Do not bring the target's statistics up to date after the load.")
  boolean isNotAnalyzed;

  @Option(
      names = "--no-backup",
      description = "Do not keep the target's records that the run overwrites in its directory.")
  boolean isWithoutBackup;

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
        SideOptions.atLeast(0, "--max-rate", maxRate),
        LossRules.parse(onLoss),
        !isWithoutSidecar,
        new SessionOptions(
            sides.session().settings(),
            duration("--lock-timeout", lockTimeout),
            duration("--statement-timeout", statementTimeout),
            !isNotAnalyzed),
        triggers(),
        new Plan.Backup(!isWithoutBackup, Plan.Backup.USUAL.keep()),
        sides.profile(),
        sides.nesting());
  }

  private static Duration duration(String option, String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new SpecException(
          "USAGE",
          option + " " + text + " is no time.",
          "write it as 200ms, 5s, 10min or 2h",
          wrong);
    }
  }

  private Triggers triggers() {
    return switch (triggers) {
      case "fire" -> Triggers.FIRE;
      case "suppress" -> Triggers.SUPPRESS;
      default ->
          throw new SpecException(
              "USAGE", "--triggers " + triggers + " is not known.", "use fire or suppress");
    };
  }

  private Plan.Verify verify() {
    try {
      return Plan.Verify.parse(verify);
    } catch (IllegalArgumentException unknown) {
      throw new SpecException(
          "USAGE",
          "--verify " + verify + " is not known.",
          "use full, sample:N%, count or none",
          unknown);
    }
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
