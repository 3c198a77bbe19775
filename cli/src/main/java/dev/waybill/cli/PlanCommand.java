package dev.waybill.cli;

import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "plan",
    description = "Says what migrate would do, as a file to read, edit and apply.")
final class PlanCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;
  @Mixin SideOptions sides;
  @Mixin RunOptions options;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the plan to this file instead of to stdout.")
  @Nullable Path file;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    sides.warnOfPasswords(waybill);
    Plan plan;
    Waybill library = waybill.library();
    try (Progress progress = Progress.on(screen, "planning")) {
      plan = library.plan(options.spec(sides.spec()));
    }
    if (file != null) {
      write(file, library.planText(plan));
    }
    if (screen.json()) {
      screen.jsonLines().line("plan", json -> PlanReport.write(json, plan, file));
    } else if (file == null) {
      screen.text(library.planText(plan));
      PlanReport.lines(plan).forEach(screen::aside);
    } else {
      if (!screen.isQuiet()) {
        screen.results(PlanReport.lines(plan));
        screen.result("");
      }
      if (plan.refusals().isEmpty()) {
        screen.result("The plan is in " + file + ". To do it: waybill apply " + file);
      }
    }
    if (!plan.refusals().isEmpty()) {
      throw PlanReport.refusal(plan, file);
    }
    return Exit.OK;
  }

  /** Writes beside and renames, so that a plan is never half a plan. */
  static void write(Path file, String text) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      Path beside =
          folder == null ? file : Files.createTempFile(folder, file.getFileName() + ".", ".new");
      try {
        Files.writeString(beside, text);
        Files.move(
            beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException failed) {
      throw new SpecException(
          "PLAN_NOT_WRITABLE",
          "The plan file " + file + " cannot be written.",
          "give a place that can be written: -o FILE",
          failed);
    }
  }
}
