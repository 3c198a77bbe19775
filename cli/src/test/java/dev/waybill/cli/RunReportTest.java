package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.RunResult;
import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.run.CollectionResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunReportTest {
  private static final String RUN = "20261120-093012-a1b2c3";
  private static final Path DIRECTORY = Path.of(".waybill", "runs", RUN);

  private final Recorded recorded = new Recorded();

  static RunResult result(
      RunResult.Status status,
      WaybillException error,
      List<String> notes,
      CollectionResult... collections) {
    return new RunResult(
        RUN,
        status,
        Duration.ofMillis(1234),
        List.of(collections),
        List.of(),
        error,
        DIRECTORY,
        notes);
  }

  private static CollectionResult copied(String name, long records) {
    return new CollectionResult(name, records, records, 0, 0, 0, 0, 0, records, 0);
  }

  private static RunReport report(Screen screen, RunReport.Of of) {
    return new RunReport(screen, of, "full", "");
  }

  @Test
  void aRunThatWentWellEndsWithWhatArrivedAndHowToUndoIt() {
    RunResult result =
        result(
            RunResult.Status.OK,
            null,
            List.of("PostgreSQL is stopped; to start it again: waybill store start …"),
            copied("agents", 12),
            copied("messages", 1_192));

    recorded.isAsIn("run-ok.txt", report(recorded.text(), RunReport.Of.RUN).print(result, 0));
  }

  @Test
  void aSecondRunSaysThatAllWasThereAlready() {
    CollectionResult there = new CollectionResult("agents", 12, 0, 12, 0, 0, 0, 0, 12, 0);

    recorded.isAsIn(
        "run-unchanged.txt",
        report(recorded.text(), RunReport.Of.RUN)
            .print(result(RunResult.Status.OK, null, List.of(), there), 0));
  }

  @Test
  void aMixedRunCountsEachOutcome() {
    CollectionResult mixed = new CollectionResult("agents", 12, 5, 4, 3, 0, 0, 0, 9, 0);

    recorded.isAsIn(
        "run-mixed.txt",
        report(recorded.text(), RunReport.Of.RUN)
            .print(result(RunResult.Status.OK, null, List.of(), mixed), 0));
  }

  @Test
  void anUnverifiedRunNeverClaimsProof() {
    RunResult result =
        result(
            RunResult.Status.OK,
            null,
            List.of(),
            new CollectionResult("agents", 12, 12, 0, 0, 0, 0, 0, 0, 0));

    new RunReport(recorded.text(), RunReport.Of.RUN, "none", "").print(result, 0);
    new RunReport(recorded.text(), RunReport.Of.RUN, "count", "").print(result, 0);
    report(recorded.text(), RunReport.Of.RUN).print(result, 0);

    assertThat(recorded.out())
        .contains("not verified (--verify none)", "only counted", "0 verified.")
        .doesNotContain("every one verified");
  }

  @Test
  void aPartialRunSaysWhereTheRestIs() {
    CollectionResult partial = new CollectionResult("agents", 1_025, 1_000, 0, 0, 2, 0, 25, 998, 0);

    recorded.isAsIn(
        "run-partial.txt",
        report(recorded.text(), RunReport.Of.RUN)
            .print(result(RunResult.Status.PARTIAL, null, List.of(), partial), 25));
  }

  @Test
  void aFailedRunSaysWhyAndThatTheTargetIsAsBefore() {
    WaybillException error =
        new DataException(
            "RECORD_REFUSED",
            "Record 7 of agents cannot go to postgresql://u:sesame@h/db: its name holds a NUL.",
            "let it stay behind: --max-quarantined 1",
            -1,
            null);

    recorded.isAsIn(
        "run-put-back.txt",
        report(recorded.text(), RunReport.Of.RUN)
            .print(result(RunResult.Status.PUT_BACK, error, List.of(), copied("agents", 3)), 1));
    assertThat(recorded.all()).doesNotContain("sesame");
  }

  @Test
  void aStoppedRunSaysWhatIsStillThere() {
    WaybillException error =
        new StoreException("STOPPED", "The run was stopped on request.", "", false, null);

    recorded.isAsIn(
        "run-stopped.txt",
        new RunReport(recorded.text(), RunReport.Of.RUN, "full", " --home h")
            .print(result(RunResult.Status.STOPPED, error, List.of(), copied("agents", 5_000)), 0));
  }

  @Test
  void aLostConnectionLeavesSomethingToGoOnWith() {
    WaybillException error =
        new StoreException("STORE_BUSY", "It is gone.", "run the same command again", true, null);

    new RunReport(recorded.text(), RunReport.Of.RUN, "full", " --home h")
        .print(result(RunResult.Status.STOPPED, error, List.of(), copied("agents", 5_000)), 0);

    assertThat(recorded.err())
        .contains(
            "Try: go on when that is mended: waybill resume "
                + RUN
                + " --home h; or put the target back: waybill rollback "
                + RUN
                + " --home h")
        .doesNotContain("run the same command again");
  }

  @Test
  void aDryRunSaysThatNothingWasWritten() {
    RunResult result =
        new RunResult(
            "",
            RunResult.Status.OK,
            Duration.ofMillis(40),
            List.of(new CollectionResult("agents", 12, 12, 0, 0, 0, 0, 0, 0, 0)),
            List.of(),
            null,
            Path.of(""),
            List.of());

    recorded.isAsIn("dry-run.txt", report(recorded.text(), RunReport.Of.DRY_RUN).print(result, 0));
  }

  @Test
  void aRollbackSaysThatTheTargetIsAsBefore() {
    CollectionResult gone = new CollectionResult("agents", 0, 0, 0, 0, 0, 12, 0, 0, 0);

    recorded.isAsIn(
        "rollback.txt",
        report(recorded.text(), RunReport.Of.ROLLBACK)
            .print(result(RunResult.Status.OK, null, List.of(), gone), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "OK, 0, ok",
    "PUT_BACK, 1, put-back",
    "PARTIAL, 3, partial",
    "DIFFERENT, 4, different",
    "STOPPED, 6, stopped"
  })
  void theStatusDecidesTheExitCodeAndItsWord(RunResult.Status status, int exit, String word) {
    int given =
        report(recorded.json(), RunReport.Of.RUN)
            .print(result(status, null, List.of(), copied("a", 1)), 0);

    assertThat(given).isEqualTo(exit);
    assertThat(recorded.lastLine().path("exit").asInt()).isEqualTo(exit);
    assertThat(recorded.lastLine().path("status").asText()).isEqualTo(word);
  }

  @Test
  void theSummaryHasEveryCountAndTheError() {
    WaybillException error =
        new StoreException("LOST", "The connection is lost.", "run it again", true, null)
            .with("collection", "agents")
            .with("batch", "3");
    CollectionResult counts = new CollectionResult("agents", 1, 2, 3, 4, 5, 6, 7, 8, 9);

    report(recorded.json(), RunReport.Of.RUN)
        .print(result(RunResult.Status.STOPPED, error, List.of("a note"), counts), 0);

    JsonNode summary = recorded.lastLine();
    assertThat(recorded.lines()).hasSize(1);
    assertThat(summary.path("type").asText()).isEqualTo("summary");
    assertThat(summary.path("run").asText()).isEqualTo(RUN);
    assertThat(summary.path("seconds").asDouble()).isEqualTo(1.234);
    assertThat(summary.path("collections").toString())
        .isEqualTo(
            "[{\"name\":\"agents\",\"read\":1,\"written\":2,\"unchanged\":3,\"skipped\":4,"
                + "\"repaired\":5,\"deleted\":6,\"quarantined\":7,\"verified\":8,\"different\":9}]");
    assertThat(summary.path("notes").toString()).isEqualTo("[\"a note\"]");
    assertThat(summary.path("error").toString())
        .isEqualTo(
            "{\"code\":\"LOST\",\"message\":\"The connection is lost.\",\"hint\":\"go on when that is mended:"
                + " waybill resume "
                + RUN
                + "; or put the target back: waybill rollback "
                + RUN
                + "\","
                + "\"facts\":{\"collection\":\"agents\",\"batch\":\"3\"}}");
  }

  @Test
  void quietLeavesTheLastLineOnly() {
    report(recorded.quiet(), RunReport.Of.RUN)
        .print(result(RunResult.Status.OK, null, List.of("a note"), copied("agents", 12)), 0);

    assertThat(recorded.all().lines()).hasSize(1).first().asString().startsWith("12 records in 1");
  }

  @Test
  void aNameCannotSpeakToTheTerminal() {
    report(recorded.text(), RunReport.Of.RUN)
        .print(result(RunResult.Status.OK, null, List.of(), copied("a\033[2Jb\nc", 1)), 0);

    assertThat(recorded.out()).contains("a\\u001b[2Jb c").doesNotContain("\033");
  }
}
