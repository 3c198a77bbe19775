package dev.waybill.cli;

import dev.waybill.RunResult;
import dev.waybill.Waybill;
import dev.waybill.plan.Plan;

/** Applies a plan, or tries it. */
final class PlanRun {
  private final WaybillCommand waybill;
  private final Screen screen;
  private final Waybill library;

  PlanRun(WaybillCommand waybill, Waybill library) {
    this.waybill = waybill;
    this.library = library;
    screen = waybill.screen();
  }

  /** Does it and gives the exit code. */
  int run(Plan plan, boolean isDryRun, Progress progress) {
    RunResult result = isDryRun ? library.dryRun(plan, progress) : apply(plan, progress);
    progress.close();
    RunReport.Of of = isDryRun ? RunReport.Of.DRY_RUN : RunReport.Of.RUN;
    return new RunReport(screen, of, plan.options().verify().toString(), waybill.homeOption())
        .print(result, progress.rejected());
  }

  private RunResult apply(Plan plan, Progress progress) {
    waybill.willWrite();
    try (Interrupts interrupts = Interrupts.listen(progress)) {
      return library.apply(plan, progress, interrupts);
    }
  }
}
