package dev.waybill.cli;

import dev.waybill.Waybill;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "apply", description = "Does exactly what a plan says, and verifies it.")
final class ApplyCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "PLAN", description = "A plan file, YAML or TOML.")
  Path file;

  @Option(
      names = "--dry-run",
      description = "Check everything and read every record, but write nothing.")
  boolean isDryRun;

  @Override
  public Integer call() {
    Waybill library = waybill.library();
    Plan plan = library.readPlan(file);
    waybill.warnOfPassword("the plan's source", plan.from());
    waybill.warnOfPassword("the plan's target", plan.to());
    String title = (isDryRun ? "dry run, " : "") + PlanReport.sides(plan.from(), plan.to());
    try (Progress progress = waybill.progress(title)) {
      return new PlanRun(waybill, library).run(plan, isDryRun, progress);
    }
  }
}
