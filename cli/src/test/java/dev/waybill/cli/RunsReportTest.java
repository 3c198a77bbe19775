package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.RunStatus;
import dev.waybill.run.CollectionResult;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunsReportTest {
  private static final RunStatus RUN =
      new RunStatus(
          "20261120-093012-a1b2c3",
          "done",
          Instant.parse("2026-11-20T09:30:12.345Z"),
          "sqlite:a.db",
          "postgresql://u:sesame@h/db",
          List.of(new CollectionResult("agents", 12, 12, 0, 0, 0, 0, 0, 12, 0)),
          Path.of(".waybill", "runs", "20261120-093012-a1b2c3"));

  private final Recorded recorded = new Recorded();

  @Test
  void runsAreLinesOfATable() {
    recorded.text().results(RunsReport.lines(List.of(RUN)));

    recorded.isAsIn("runs.txt", 0);
    assertThat(recorded.all()).doesNotContain("sesame");
  }

  @Test
  void oneRunIsShownWithItsCollections() {
    recorded.text().results(RunsReport.lines(RUN));

    recorded.isAsIn("status.txt", 0);
  }

  @Test
  void inJsonARunHasTheSameCountsAsItsSummary() {
    recorded.json().jsonLines().line("status", json -> RunsReport.write(json, RUN));

    assertThat(recorded.lastLine().path("state").asText()).isEqualTo("done");
    assertThat(recorded.lastLine().path("to").asText()).isEqualTo("postgresql://u@h/db");
    assertThat(recorded.lastLine().path("startedAt").asText())
        .isEqualTo("2026-11-20T09:30:12.345Z");
    assertThat(recorded.lastLine().path("collections").get(0).path("verified").asLong())
        .isEqualTo(12);
  }
}
