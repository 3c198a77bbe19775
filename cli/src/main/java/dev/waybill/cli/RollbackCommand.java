package dev.waybill.cli;

import dev.waybill.RunResult;
import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "rollback", description = "Puts the target back as it was before a run.")
final class RollbackCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  String run;

  @Option(
      names = "--on-changed",
      paramLabel = "WHAT",
      description =
          "Records that somebody else changed since: keep them, restore what was before the run,"
              + " or abort before anything is changed (${DEFAULT-VALUE}).")
  String onChanged = "abort";

  @Option(names = "--dry-run", description = "Say what would be done, but change nothing.")
  boolean isDryRun;

  @Override
  public Integer call() {
    Waybill.OnChanged policy = policy();
    Waybill library = waybill.library();
    waybill.isAbout(run);
    RunResult result;
    long rejected;
    try (Progress progress = waybill.progress("rolling back " + Secrets.maskedUrl(run))) {
      if (isDryRun) {
        result = library.dryRollback(run, policy);
      } else {
        waybill.willWrite();
        try (Interrupts interrupts = Interrupts.listen(progress)) {
          result = library.rollback(run, policy, progress, interrupts);
        }
      }
      rejected = progress.rejected();
    }
    RunReport.Of of = isDryRun ? RunReport.Of.DRY_ROLLBACK : RunReport.Of.ROLLBACK;
    return new RunReport(waybill.screen(), of, "full", waybill.homeOption())
        .print(result, rejected);
  }

  private Waybill.OnChanged policy() {
    return switch (onChanged) {
      case "keep" -> Waybill.OnChanged.KEEP;
      case "restore" -> Waybill.OnChanged.RESTORE;
      case "abort" -> Waybill.OnChanged.ABORT;
      default ->
          throw new SpecException(
              "USAGE",
              "--on-changed " + onChanged + " is not known.",
              "use abort, keep or restore");
    };
  }
}
