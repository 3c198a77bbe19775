package dev.waybill.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.waybill.RunResult;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.run.CollectionResult;
import dev.waybill.run.HandledLoss;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/** How a run, a dry run or a rollback ended. */
final class RunReport {
  /** Examples of each loss that are shown. */
  private static final int FIRST = 5;

  /** What the result is of. */
  enum Of {
    RUN,
    DRY_RUN,
    ROLLBACK,
    DRY_ROLLBACK
  }

  private final Screen screen;
  private final Of of;
  private final String verify;
  private final String homeOption;

  /**
   * @param verify how much the plan verifies: full, count or none
   * @param homeOption " --home DIR" where a further command needs it, else empty
   */
  RunReport(Screen screen, Of of, String verify, String homeOption) {
    this.screen = screen;
    this.of = of;
    this.verify = verify;
    this.homeOption = homeOption;
  }

  /**
   * Prints it and gives the exit code.
   *
   * @param rejected how many rejected records were reported on the way
   */
  int print(RunResult result, long rejected) {
    int exit = Exit.of(result.status());
    WaybillException error = result.error();
    Failure failure =
        error == null ? null : Failure.of(exit, error).withHint(atHome(error.hint(), result));
    if (failure != null
        && of == Of.RUN
        && result.status() == RunResult.Status.STOPPED
        && error instanceof StoreException lost
        && lost.isResumable()) {
      // What is there already would stand in the way of the same command.
      failure =
          failure.withHint(
              "go on when that is mended: waybill resume "
                  + result.run()
                  + homeOption
                  + "; or put the target back: waybill rollback "
                  + result.run()
                  + homeOption);
    }
    if (!screen.json() && !screen.isQuiet()) {
      if (isTableWorthwhile(result)) {
        screen.results(Summary.table(result.collections()));
        screen.result("");
      }
      result.losses().forEach(loss -> screen.result(sentence(loss)));
      result.notes().forEach(note -> screen.result("note: " + atHome(note, result)));
    }
    if (rejected > Screen.SHOWN && error == null) {
      String more = Text.number(rejected - Screen.SHOWN);
      screen.aside("+" + more + " more: " + result.directory().resolve("quarantine"));
    }
    if (failure != null) {
      failure.printMessage(screen);
    }
    if (exit != Exit.OK && exit != Exit.PARTIAL) {
      screen.error(outcome(result));
    } else if (!screen.json()) {
      screen.result(outcome(result));
    }
    if (failure != null) {
      failure.printRest(screen);
    }
    if (screen.json()) {
      writeJson(result, exit, failure);
    }
    return exit;
  }

  /** What the library says of further commands does not know where its home is. */
  private String atHome(String text, RunResult result) {
    return result.run().isEmpty()
        ? text
        : text.replaceAll(
            "(waybill [a-z]+ " + result.run() + ")(?! --home)",
            "$1" + Matcher.quoteReplacement(homeOption));
  }

  /** {@code notes.body NUL_IN_TEXT: 3 values replaced; first: 7; 9; 12}. */
  private static String sentence(HandledLoss loss) {
    String done =
        switch (loss.policy()) {
          case NULL -> "made null";
          case REPLACE -> "replaced";
          case SIDECAR -> "put into the sidecar";
          case QUARANTINE -> "left behind with their records";
          case FAIL -> "refused";
        };
    return loss.collection()
        + "."
        + loss.field()
        + " "
        + loss.code()
        + ": "
        + Text.number(loss.values())
        + (loss.values() == 1 ? " value " : " values ")
        + done
        + "; first: "
        + loss.examples().stream().limit(FIRST).collect(Collectors.joining("; "));
  }

  /** A rollback that dropped whole collections has nothing to count. */
  private boolean isTableWorthwhile(RunResult result) {
    CollectionResult total = Summary.total(result.collections());
    return of == Of.ROLLBACK
        ? total.read() + total.written() + total.deleted() + total.unchanged() > 0
        : !result.collections().isEmpty();
  }

  private void writeJson(
      RunResult result, int exit, @org.jspecify.annotations.Nullable Failure failure) {
    screen
        .jsonLines()
        .line(
            "summary",
            json -> {
              if (result.run().isEmpty()) {
                json.writeNullField("run");
              } else {
                json.writeStringField("run", result.run());
              }
              json.writeStringField("status", Exit.word(exit));
              json.writeNumberField("exit", exit);
              Summary.writeSeconds(json, result.took().toNanos() / 1e9);
              Summary.writeCollections(json, result.collections());
              if (!result.losses().isEmpty()) {
                writeLosses(json, result.losses());
              }
              if (of == Of.DRY_RUN || of == Of.DRY_ROLLBACK) {
                json.writeBooleanField("dryRun", true);
              }
              if (!result.notes().isEmpty()) {
                JsonLines.strings(
                    json,
                    "notes",
                    result.notes().stream()
                        .map(note -> Secrets.masked(atHome(note, result)))
                        .toList());
              }
              if (failure != null) {
                failure.write(json);
              }
            });
  }

  private static void writeLosses(JsonGenerator json, List<HandledLoss> losses) throws IOException {
    json.writeArrayFieldStart("losses");
    for (HandledLoss loss : losses) {
      json.writeStartObject();
      json.writeStringField("collection", loss.collection());
      json.writeStringField("field", loss.field());
      json.writeStringField("code", loss.code());
      json.writeStringField("policy", loss.policy().name().toLowerCase(Locale.ROOT));
      json.writeNumberField("values", loss.values());
      JsonLines.strings(json, "examples", loss.examples());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private String outcome(RunResult result) {
    return switch (of) {
      case RUN -> ofRun(result);
      case DRY_RUN -> ofDryRun(result);
      case ROLLBACK -> ofRollback(result);
      case DRY_ROLLBACK ->
          "Nothing was changed."
              + (result.status() == RunResult.Status.OK
                  ? " To roll back: waybill rollback " + result.run() + homeOption
                  : "");
    };
  }

  private String ofRun(RunResult result) {
    CollectionResult total = Summary.total(result.collections());
    String run = "run " + result.run();
    String rollback = "waybill rollback " + result.run() + homeOption;
    String took = " " + Text.duration(result.took()) + ", " + run;
    return switch (result.status()) {
      case OK ->
          arrived(result.collections(), total)
              + took
              + (total.written() + total.deleted() > 0 ? "; to undo it: " + rollback : "");
      case PARTIAL ->
          arrived(result.collections(), total)
              + " "
              + Text.number(total.quarantined())
              + " quarantined, "
              + Text.number(total.repaired())
              + " repaired: "
              + result.directory().resolve("quarantine")
              + "."
              + took
              + "; to undo it: "
              + rollback;
      case PUT_BACK -> "The target is as it was before " + run + " (" + result.directory() + ").";
      case DIFFERENT ->
          Text.records(total.different())
              + " of "
              + Text.number(total.read())
              + " differ; what was written is still there. To undo "
              + run
              + ": "
              + rollback;
      case STOPPED ->
          "Written and still there: "
              + Text.records(total.written())
              + " of "
              + run
              + "."
              + (result.error() == null || result.error().hint().isEmpty()
                  ? " To undo it: " + rollback
                  : "");
    };
  }

  private String arrived(List<CollectionResult> collections, CollectionResult total) {
    long there = total.written() + total.unchanged();
    String in = Text.records(there) + " in " + Text.collections(collections.size());
    String proof =
        verify.equals("none")
            ? "not verified (--verify none)."
            : verify.startsWith("sample:")
                ? Text.number(total.verified())
                    + " of them verified (--verify "
                    + verify
                    + "), the others counted."
                : verify.equals("count")
                    ? "only counted, not compared (--verify count)."
                    : total.verified() == there && total.different() == 0
                        ? there == 1 ? "verified." : "every one verified."
                        : Text.number(total.verified()) + " verified.";
    if (there == 0 && total.skipped() == 0) {
      return "There was no record to write in " + Text.collections(collections.size()) + ".";
    }
    if (total.written() == 0 && total.skipped() == 0) {
      return in + (there == 1 ? " was" : " were") + " there already, " + proof;
    }
    String skipped =
        total.skipped() == 0 ? "" : Text.number(total.skipped()) + " left as the target had them; ";
    if (total.unchanged() > 0) {
      return in
          + " are there, "
          + Text.number(total.written())
          + " of them written now; "
          + skipped
          + proof;
    }
    return in + " arrived, " + skipped + proof;
  }

  private String ofDryRun(RunResult result) {
    CollectionResult total = Summary.total(result.collections());
    return "Nothing was written. "
        + Text.records(total.read())
        + " in "
        + Text.collections(result.collections().size())
        + (total.quarantined() == 0
            ? " were read, and every one can go."
            : " were read; " + Text.number(total.quarantined()) + " cannot go.");
  }

  /** Whether the target is wholly as it was is for the result's notes to say. */
  private static String ofRollback(RunResult result) {
    return switch (result.status()) {
      case OK, PUT_BACK ->
          "Run " + result.run() + " is rolled back. " + Text.duration(result.took()) + ".";
      case PARTIAL, DIFFERENT ->
          "Run "
              + result.run()
              + " is rolled back but for the records named above. "
              + Text.duration(result.took())
              + ".";
      case STOPPED -> "Run " + result.run() + " is not rolled back; its ledger is kept.";
    };
  }
}
