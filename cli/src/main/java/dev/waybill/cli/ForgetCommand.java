package dev.waybill.cli;

import dev.waybill.Waybill;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "forget",
    description = "Removes a run's ledger from its target: it can then not be undone any more.")
final class ForgetCommand implements Callable<Integer> {
  @ParentCommand WaybillCommand waybill;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  String run;

  @Option(
      names = "--yes",
      description = "Forget it although what it wrote can then not be undone any more.")
  boolean isAgreed;

  @Option(
      names = "--force",
      description = "Forget it here even if its target is gone or cannot be reached.")
  boolean isForced;

  @Option(names = "--dry-run", description = "Say what would be lost, but change nothing.")
  boolean isDryRun;

  @Override
  public Integer call() {
    Waybill library = waybill.library();
    List<String> losses = library.forgetting(run);
    if (isDryRun) {
      List<String> sentences = new ArrayList<>(losses);
      sentences.add(
          losses.isEmpty()
              ? "Nothing would be lost. To forget it: waybill forget " + run + waybill.homeOption()
              : "Nothing was changed. To forget it: waybill forget "
                  + run
                  + " --yes"
                  + waybill.homeOption());
      return print(sentences, false);
    }
    if (!losses.isEmpty() && !isAgreed) {
      throw new SpecException(
          "WOULD_BE_LOST",
          String.join("\n", losses),
          "undo it first: waybill rollback "
              + run
              + waybill.homeOption()
              + "; or forget it all the same: --yes");
    }
    waybill.willWrite();
    return print(library.forget(run, isForced), true);
  }

  private int print(List<String> sentences, boolean isForgotten) {
    Screen screen = waybill.screen();
    if (screen.json()) {
      screen
          .jsonLines()
          .line(
              "forget",
              json -> {
                json.writeStringField("run", run);
                json.writeBooleanField("forgotten", isForgotten);
                json.writeArrayFieldStart("notes");
                for (String sentence : sentences) {
                  json.writeString(Secrets.masked(sentence));
                }
                json.writeEndArray();
              });
    } else {
      sentences.forEach(sentence -> screen.result(Secrets.masked(sentence)));
    }
    return Exit.OK;
  }
}
