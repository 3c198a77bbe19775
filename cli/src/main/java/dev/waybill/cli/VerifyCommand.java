package dev.waybill.cli;

import dev.waybill.Comparison;
import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import dev.waybill.verify.SearchSample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "verify",
    description = "Reads both sides of a run, a plan or two stores anew and compares them.")
final class VerifyCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;
  @Mixin SideOptions sides;

  @Parameters(
      paramLabel = "RUN|PLAN",
      arity = "0..1",
      description = "A run's id or a plan file; without it, --from and --to.")
  @Nullable String what;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Show so many differences (20; with --json all).")
  long limit = -1;

  @Option(
      names = "--search",
      paramLabel = "N",
      description = {
        "Also search both sides for N vectors of each field of vectors and compare the ten nearest:",
        "all records compared, and through the index where there is one. At most 1,000."
      })
  int search;

  @Option(
      names = "--search-seed",
      paramLabel = "S",
      description =
          "Which vectors are searched for: the same for the same number. As chance has it.")
  @Nullable Long seed;

  private SearchSample sample(Waybill library) {
    if (search < 0 || search > SearchSample.MOST || search == 0 && seed != null) {
      throw new SpecException(
          "USAGE",
          search == 0
              ? "--search-seed chooses what --search searches for, and that is not given."
              : "--search takes 1 to " + SearchSample.MOST + " vectors.",
          "waybill verify … --search 100");
    }
    return seed == null ? library.searchSample(search) : new SearchSample(search, seed);
  }

  @Override
  public Integer call() {
    if ((what == null) != sides.isGiven()) {
      throw new SpecException(
          "USAGE",
          what == null
              ? "It is not said what is to be verified."
              : "A run or plan knows its stores: --from and --to have no place beside it.",
          "waybill verify RUN, waybill verify PLAN or waybill verify --from URL --to URL");
    }
    sides.warnOfPasswords(waybill);
    Waybill library = waybill.library();
    SearchSample sample = sample(library);
    boolean isPlan = what != null && isFile(what);
    Comparison comparison;
    try (Progress progress =
        waybill.progress("verifying " + (what == null ? sides.text() : Secrets.maskedUrl(what)))) {
      comparison =
          what == null
              ? library.diff(sides.spec(library), sample, progress)
              : isPlan
                  ? library.verify(library.readPlan(Path.of(what)), sample, progress)
                  : library.verifyRun(what, sample, progress);
    }
    return new ComparisonReport(waybill.screen(), true, isPlan ? null : what, limit)
        .print(comparison, waybill.seconds());
  }

  private static boolean isFile(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".yaml")
        || lower.endsWith(".yml")
        || lower.endsWith(".toml")
        || Files.isRegularFile(Path.of(name));
  }
}
