package dev.waybill.cli;

import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Refusal;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
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
    try (Progress progress = waybill.progress("planning " + sides.text())) {
      plan = library.plan(options.spec(sides.spec(library)));
    }
    if (file != null) {
      write(file, library.planText(plan));
    }
    if (screen.json()) {
      screen.jsonLines().line("plan", json -> PlanReport.write(json, plan, file));
    } else if (file == null) {
      screen.text(library.planText(plan));
      PlanReport.lines(plan, null).forEach(screen::aside);
    } else {
      if (!screen.isQuiet()) {
        screen.results(PlanReport.lines(plan, file));
        screen.result("");
      }
      if (plan.refusals().isEmpty()) {
        screen.result("The plan is in " + file + ". To do it: waybill apply " + file);
      }
    }
    Optional<SpecException> refusal = Refusal.of(plan);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    return Exit.OK;
  }

  /** Writes beside and renames, so that a plan is never half a plan. */
  static void write(Path file, String text) {
    try {
      boolean isThere = Files.exists(file);
      if (isThere && !Files.isRegularFile(file)) {
        // A pipe or device; a folder is refused by the attempt.
        Files.writeString(file, text);
        return;
      }
      Path place = isThere ? file.toRealPath() : file;
      Path beside = place.resolveSibling(place.getFileName() + ".new");
      try {
        Files.writeString(beside, text);
        Files.move(
            beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException failed) {
      throw new SpecException(
          "PLAN_NOT_WRITABLE",
          "The plan file " + file + " cannot be written: " + reason(failed) + ".",
          "give a place that can be written: -o FILE",
          failed);
    }
  }

  static String reason(IOException failed) {
    if (failed instanceof NoSuchFileException) {
      return "there is no such folder";
    }
    if (failed instanceof AccessDeniedException) {
      return "permission is denied";
    }
    return failed instanceof FileSystemException system && system.getReason() != null
        ? system.getReason()
        : failed.getClass().getSimpleName();
  }
}
