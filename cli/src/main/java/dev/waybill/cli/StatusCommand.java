package dev.waybill.cli;

import dev.waybill.RunStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "status", description = "Shows one run.")
final class StatusCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  String run;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    RunStatus status = waybill.library().status(run);
    if (screen.json()) {
      screen.jsonLines().line("status", json -> RunsReport.write(json, status));
    } else {
      screen.results(RunsReport.lines(status));
    }
    return Exit.OK;
  }
}
