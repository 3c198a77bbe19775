package dev.waybill.cli;

import dev.waybill.Inspection;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "inspect",
    description = "Shows what a store holds: collections, fields, values, what is odd.")
final class InspectCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "URL", description = "The store, which is only read.")
  String url;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    waybill.warnOfPassword("the URL", url);
    Inspection inspection;
    try (Progress progress = waybill.progress("inspecting " + Secrets.maskedUrl(url))) {
      inspection = waybill.library().inspect(url);
    }
    InspectionReport report = new InspectionReport(inspection);
    if (screen.json()) {
      screen.jsonLines().line("inspection", report::write);
    } else {
      report.print(screen::result);
    }
    return Exit.OK;
  }
}
