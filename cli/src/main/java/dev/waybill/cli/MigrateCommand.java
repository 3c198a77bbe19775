package dev.waybill.cli;

import dev.waybill.MigrationSpec;
import dev.waybill.Waybill;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "migrate", description = "Plans and applies in one go.")
final class MigrateCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;
  @Mixin SideOptions sides;
  @Mixin RunOptions options;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the plan to this file too.")
  @Nullable Path file;

  @Option(
      names = "--dry-run",
      description = "Check everything and read every record, but write nothing.")
  boolean isDryRun;

  @Override
  public Integer call() {
    return call(waybill, sides, options, file, isDryRun);
  }

  static int call(
      WaybillCommand waybill,
      SideOptions sides,
      RunOptions options,
      @Nullable Path file,
      boolean isDryRun) {
    sides.warnOfPasswords(waybill);
    Waybill library = waybill.library();
    MigrationSpec spec = options.spec(sides.spec(library));
    String title = (isDryRun ? "dry run, " : "") + PlanReport.sides(spec.from(), spec.to());
    try (Progress progress = waybill.progress(title)) {
      return library.planned(
          spec,
          plan -> {
            told(waybill, library, plan, file, progress);
            return new PlanRun(waybill, library).run(plan, isDryRun, progress);
          });
    }
  }

  private static void told(
      WaybillCommand waybill, Waybill library, Plan plan, @Nullable Path file, Progress progress) {
    if (file != null) {
      PlanCommand.write(file, library.planText(plan));
    }
    if (plan.refusals().isEmpty() && !waybill.json) {
      List<String> losses = PlanReport.losses(plan);
      losses.stream().limit(Screen.SHOWN).forEach(progress::say);
      if (losses.size() > Screen.SHOWN) {
        progress.say(
            "+"
                + Text.number(losses.size() - Screen.SHOWN)
                + " more: "
                + (file == null ? "waybill plan lists them" : file));
      }
    }
  }
}
