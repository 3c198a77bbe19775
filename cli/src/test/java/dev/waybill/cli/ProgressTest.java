package dev.waybill.cli;

import static dev.waybill.run.RunEvent.Type.COLLECTION_DONE;
import static dev.waybill.run.RunEvent.Type.COLLECTION_STARTED;
import static dev.waybill.run.RunEvent.Type.NOTE;
import static dev.waybill.run.RunEvent.Type.PHASE;
import static dev.waybill.run.RunEvent.Type.PROGRESS;
import static dev.waybill.run.RunEvent.Type.RECORD_REFUSED;
import static dev.waybill.run.RunEvent.Type.RUN_STARTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.SpecException;
import dev.waybill.run.RunEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressTest {
  private final Recorded recorded = new Recorded();

  private static RunEvent event(RunEvent.Type type, String collection, long done, long total) {
    return new RunEvent(type, collection, done, total, "");
  }

  private static RunEvent say(RunEvent.Type type, String collection, String text) {
    return new RunEvent(type, collection, 0, 0, text);
  }

  private void copyOneMillion(Progress progress, double seconds) {
    progress.on(say(RUN_STARTED, "", "R"));
    progress.on(say(PHASE, "", "copy"));
    progress.on(event(COLLECTION_STARTED, "messages", 0, 1_000_000));
    for (int i = 1; i <= 100; i++) {
      recorded.pass(seconds / 100);
      progress.on(event(PROGRESS, "messages", i * 10_000L, 1_000_000));
    }
    progress.on(event(COLLECTION_DONE, "messages", 1_000_000, 1_000_000));
  }

  @Test
  void aPipeGetsALineAtTheStartAndAtEachTenth() {
    Progress progress = Progress.on(recorded.text(), "sqlite:a.db to postgresql://u:sesame@h/db");

    copyOneMillion(progress, 5);
    progress.on(say(NOTE, "messages", "the source moved"));
    progress.close();

    recorded.isAsIn("progress-lines.txt", 0);
  }

  @Test
  void whatIsOverInASecondIsNotWorthALine() {
    copyOneMillion(Progress.on(recorded.text(), "a to b"), 0.9);

    assertThat(recorded.err()).isEqualTo("run R: a to b\n");
  }

  @Test
  void ofRejectedRecordsTheFirstTwentyAreNamedAndAllAreCounted() {
    Progress progress = Progress.on(recorded.text(), "a to b");

    for (int i = 0; i < 25; i++) {
      progress.on(say(RECORD_REFUSED, "messages", i + ": its text holds a NUL"));
    }

    assertThat(recorded.err().lines().filter(line -> line.startsWith("rejected: "))).hasSize(20);
    assertThat(recorded.err()).contains("rejected: messages 0: its text holds a NUL\n");
    assertThat(progress.rejected()).isEqualTo(25);
  }

  @Test
  void quietSaysNothing() {
    copyOneMillion(Progress.on(recorded.quiet(), "a to b"), 5);

    assertThat(recorded.all()).isEmpty();
  }

  @Test
  void everyEventIsALineOfJsonButProgressAtMostTenASecond() {
    copyOneMillion(Progress.on(recorded.json(), "a to b"), 2);

    List<String> types = recorded.lines().stream().map(line -> line.path("type").asText()).toList();
    assertThat(types).startsWith("run-started", "phase", "collection-started", "progress");
    assertThat(types).endsWith("collection-done");
    assertThat(types.stream().filter("progress"::equals)).hasSizeBetween(18, 21);
    assertThat(recorded.lines().get(0).toString())
        .isEqualTo("{\"type\":\"run-started\",\"run\":\"R\"}");
    assertThat(recorded.lines().get(3).toString())
        .isEqualTo(
            "{\"type\":\"progress\",\"collection\":\"messages\",\"done\":10000,\"total\":1000000}");
    assertThat(recorded.err()).isEmpty();
  }

  @Test
  void anUnknownTotalIsNullInJson() {
    Progress.on(recorded.json(), "").on(event(COLLECTION_STARTED, "messages", 0, -1));

    assertThat(recorded.lastLine().path("total").isNull()).isTrue();
  }

  @Test
  void liveLinesNeverWrapAndAreGoneAtTheEnd() {
    recorded.columns = 40;
    LiveProgress progress = new LiveProgress(recorded.text(), "a to b");

    progress.on(say(PHASE, "", "copy"));
    progress.on(event(COLLECTION_STARTED, "messages of a very long name", 0, 1_000_000));
    progress.on(event(COLLECTION_STARTED, "消息消息消息消息消息消息消息消息消息消息", 0, -1));
    recorded.pass(2);
    progress.on(event(PROGRESS, "messages of a very long name", 450_000, 1_000_000));
    progress.draw();
    String drawn = recorded.err();
    progress.close();

    List<String> lines = Arrays.asList(drawn.replaceAll("\033\\[[0-9]*[A-Z]|\r", "").split("\n"));
    assertThat(lines).hasSize(3).allMatch(line -> Text.width(line) < 40);
    assertThat(lines.get(1)).contains("messages of a very long name");
    assertThat(recorded.err()).endsWith("\r\033[2A\033[J");
    assertThat(progress.draw()).isFalse();
  }

  @Test
  void liveLinesShowRateAndTimeLeft() {
    LiveProgress progress = new LiveProgress(recorded.text(), "a to b");
    progress.on(event(COLLECTION_STARTED, "messages", 0, 1_000_000));
    recorded.pass(2);
    progress.on(event(PROGRESS, "messages", 500_000, 1_000_000));

    progress.draw();

    assertThat(recorded.err())
        .contains("messages  500,000 of 1,000,000 (50 %), 250,000/s, 2.0 s left");
  }

  @Test
  void manyCollectionsAtOnceDoNotFloodTheTerminal() {
    LiveProgress progress = new LiveProgress(recorded.text(), "a to b");
    for (int i = 0; i < 100; i++) {
      progress.on(event(COLLECTION_STARTED, "c" + i, 0, 10));
    }

    progress.draw();

    assertThat(recorded.err().split("\n")).hasSize(12);
    assertThat(recorded.err()).contains("+90 more");
  }

  @Test
  void aLiveTitleHasNoPassword() {
    new LiveProgress(recorded.text(), "inspecting postgresql://u:sesame@h/db").draw();

    assertThat(recorded.err()).contains("inspecting postgresql://u@h/db");
  }

  @Test
  void aLineForPeopleStaysAboveTheLiveLines() {
    LiveProgress progress = new LiveProgress(recorded.text(), "a to b");
    progress.draw();

    progress.say("stopping");

    assertThat(recorded.err()).endsWith("\r\033[Jstopping\n");
  }

  @Test
  void theLogHasEveryEventWithItsTimeAndIsForItsOwnerOnly(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("events.ndjson");
    for (int run = 0; run < 2; run++) {
      try (Progress progress =
          EventLog.to(file, Progress.on(recorded.quiet(), "a to b"), recorded.terminal().clock())) {
        copyOneMillion(progress, 1);
        progress.on(say(RECORD_REFUSED, "messages", "7: field x is no number"));
        assertThat(progress.rejected()).isEqualTo(1);
      }
    }

    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2 * 105);
    assertThat(lines.get(0))
        .isEqualTo("{\"type\":\"run-started\",\"time\":\"2026-01-02T03:04:05Z\",\"run\":\"R\"}");
    assertThat(lines.get(104)).contains("\"record-refused\"", "7: field x is no number");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(
            () ->
                EventLog.to(
                    folder.resolve("no/log"),
                    Progress.on(recorded.quiet(), ""),
                    recorded.terminal().clock()))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("no such folder");
  }
}
