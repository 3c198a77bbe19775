package dev.waybill.cli;

import dev.waybill.run.TraceResult;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "trace", description = "Shows what became of one record in a run.")
final class TraceCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(index = "0", paramLabel = "RUN", description = "The run's id.")
  String run;

  @Parameters(
      index = "1",
      paramLabel = "COLLECTION",
      description = "The source's name of its collection.")
  String collection;

  @Parameters(
      index = "2",
      paramLabel = "KEY",
      description = "Its key as messages print it; of several fields \"a, b\".")
  String key;

  @Option(names = "--values", description = "Show its values too.")
  boolean withValues;

  @Override
  public Integer call() {
    Screen screen = waybill.screen();
    TraceResult trace = waybill.library().trace(run, collection, key, withValues);
    if (screen.json()) {
      screen.jsonLines().line("trace", json -> TraceReport.write(json, trace));
    } else {
      screen.results(TraceReport.lines(trace, withValues));
    }
    return Exit.OK;
  }
}
