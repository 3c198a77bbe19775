package dev.waybill.cli;

import dev.waybill.ReembedEstimate;
import dev.waybill.ReembedSpec;
import dev.waybill.Waybill;
import dev.waybill.plan.Plan;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "reembed",
    description = {
      "Gives the records of a collection new vectors, made of a text of theirs.",
      "The old ones stay until all new ones are there and verified."
    })
final class ReembedCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "URL", description = "The store.")
  String url;

  @Option(
      names = "--collection",
      required = true,
      paramLabel = "C",
      description = "Whose records get new vectors.")
  String collection;

  @Option(
      names = "--text",
      required = true,
      paramLabel = "F",
      description = "The field whose values are embedded.")
  String text;

  @Option(
      names = "--vector",
      required = true,
      paramLabel = "V",
      description = "The field that gets the vectors.")
  String vector;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "M",
      description = {
        "all-minilm-l6-v2, onnx:FILE-OR-DIR, or openai+https://HOST/v1?model=NAME (its key from",
        "OPENAI_API_KEY, or &key=${VARIABLE})."
      })
  String model;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "128",
      description = "Texts that the model is given at once (${DEFAULT-VALUE}).")
  int batchSize;

  @Option(
      names = "--drop-index-first",
      description = "Drop the old index before the new one is built, for want of room.")
  boolean isIndexDroppedFirst;

  @Option(
      names = "--concurrent-index",
      description = "Let others write while the new index is built.")
  boolean isConcurrent;

  @Option(
      names = "--cache",
      paramLabel = "FILE",
      description = "Where vectors are kept by text (embeddings.db beside the runs).")
  @Nullable Path cache;

  @Option(
      names = "--dry-run",
      description = "Say how much there is to embed and how long it takes; write nothing.")
  boolean isDryRun;

  @Override
  public Integer call() {
    waybill.warnOfPassword("the URL", url);
    waybill.warnOfPassword("--model", model);
    Waybill library = waybill.library();
    ReembedSpec spec =
        new ReembedSpec(
            url,
            collection,
            text,
            vector,
            model,
            (int) SideOptions.atLeast(1, "--batch-size", batchSize),
            isConcurrent,
            isIndexDroppedFirst,
            cache);
    String title =
        (isDryRun ? "dry run, " : "")
            + "new vectors for "
            + collection
            + " in "
            + Secrets.maskedUrl(url);
    try (Progress progress = waybill.progress(title)) {
      if (isDryRun) {
        library.plan(spec).risks().forEach(progress::say);
        print(library.estimate(spec), progress);
        return Exit.OK;
      }
      Plan plan = library.plan(spec);
      if (!waybill.json) {
        plan.risks().forEach(progress::say);
      }
      return new PlanRun(waybill, library).run(plan, false, progress);
    }
  }

  private void print(ReembedEstimate estimate, Progress progress) {
    progress.close();
    Screen screen = waybill.screen();
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "summary",
              json -> {
                json.writeNullField("run");
                json.writeStringField("status", Exit.word(Exit.OK));
                json.writeNumberField("exit", Exit.OK);
                Summary.writeSeconds(json, waybill.seconds());
                json.writeBooleanField("dryRun", true);
                json.writeStringField("model", estimate.model());
                json.writeNumberField("records", estimate.records());
                json.writeNumberField("withoutText", estimate.withoutText());
                json.writeNumberField("distinctTexts", estimate.distinct());
                json.writeNumberField("textsToEmbed", estimate.toEmbed());
                json.writeNumberField(
                    "textsPerSecond", Math.round(estimate.textsPerSecond() * 10) / 10.0);
                json.writeNumberField("modelSeconds", (long) Math.ceil(estimate.seconds()));
              });
      return;
    }
    screen.result("model    " + estimate.model());
    screen.result(
        "records  "
            + Text.number(estimate.records())
            + ", "
            + Text.number(estimate.withoutText())
            + " of them without text");
    screen.result(
        "texts    "
            + Text.number(estimate.distinct())
            + " different ones, "
            + Text.number(estimate.toEmbed())
            + " of them not in the cache");
    screen.result(
        estimate.toEmbed() == 0
            ? "time     the model has nothing to do"
            : String.format(
                Locale.ROOT,
                "time     about %s at %.1f texts a second, measured here and now; writing comes on"
                    + " top",
                time(estimate.seconds()),
                estimate.textsPerSecond()));
    screen.result("Nothing was written: this was a dry run.");
  }

  private static String time(double seconds) {
    return seconds < 120
        ? (long) Math.ceil(seconds) + " s"
        : seconds < 7200
            ? (long) Math.ceil(seconds / 60) + " min"
            : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
