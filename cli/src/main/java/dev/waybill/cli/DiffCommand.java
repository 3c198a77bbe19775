package dev.waybill.cli;

import dev.waybill.Comparison;
import dev.waybill.Waybill;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "diff",
    description = "Shows what differs between two stores, as migrate sees them.")
final class DiffCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;
  @Mixin SideOptions sides;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Show so many differences (20; with --json all).")
  long limit = -1;

  @Option(
      names = "--schema",
      description = "Compare what the stores are made of, not their records.")
  boolean schema;

  @Override
  public Integer call() {
    sides.warnOfPasswords(waybill);
    Comparison comparison;
    Waybill library = waybill.library();
    try (Progress progress = waybill.progress("comparing " + sides.text())) {
      comparison =
          schema
              ? library.diffSchema(sides.spec(library))
              : library.diff(sides.spec(library), progress);
    }
    return new ComparisonReport(waybill.screen(), false, null, limit)
        .print(comparison, waybill.seconds());
  }
}
