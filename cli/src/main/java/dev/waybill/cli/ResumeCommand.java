package dev.waybill.cli;

import dev.waybill.RunResult;
import dev.waybill.Waybill;
import dev.waybill.plan.Plan;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "resume",
    description = {
      "Goes on with a run that was stopped or broken off, or with its rollback.",
      "The source is read again; what is there already is not written twice."
    })
final class ResumeCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  String run;

  private String title(Waybill library) {
    Plan plan = library.planOf(run);
    return "going on: " + Secrets.maskedUrl(plan.from()) + " to " + Secrets.maskedUrl(plan.to());
  }

  @Override
  public Integer call() {
    Waybill library = waybill.library();
    waybill.isAbout(run);
    try (Progress progress = waybill.progress(title(library))) {
      waybill.willWrite();
      RunResult result;
      try (Interrupts interrupts = Interrupts.listen(progress)) {
        result = library.resume(run, progress, interrupts);
      }
      progress.close();
      return new RunReport(
              waybill.screen(),
              RunReport.Of.RUN,
              library.planOf(run).options().verify().toString(),
              waybill.homeOption())
          .print(result, progress.rejected());
    }
  }
}
