package dev.waybill.cli;

import dev.waybill.RunStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(name = "runs", description = "Lists all runs, newest first.")
final class RunsCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    List<RunStatus> runs = waybill.library().runs();
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "runs",
              json -> {
                json.writeArrayFieldStart("runs");
                for (RunStatus run : runs) {
                  json.writeStartObject();
                  RunsReport.write(json, run);
                  json.writeEndObject();
                }
                json.writeEndArray();
              });
    } else if (runs.isEmpty()) {
      screen.result("There are no runs.");
    } else {
      screen.results(RunsReport.lines(runs));
    }
    return Exit.OK;
  }
}
