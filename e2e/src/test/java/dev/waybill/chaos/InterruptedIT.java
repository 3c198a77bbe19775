package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, as a terminal sends it. */
class InterruptedIT {
  private static final int BATCH = 100;

  @TempDir private Path folder;

  @Test
  void ctrlCStopsAtABatchBoundaryAndSaysHowToGoOn() throws Exception {
    Trial trial = new Trial(folder, new SqliteFile(folder.resolve("target.db"))).people(4000);
    Attempt first =
        trial.start(
            trial.migration(
                "--connections",
                "1",
                "--batch-size",
                Integer.toString(BATCH),
                "--max-rate",
                "1500"));
    first.awaitPhase("copy");
    first.livesAfter(Duration.ofMillis(400));
    first.interrupt();

    Trial.end(6, first);

    assertThat(Trial.said(first)).contains("waybill resume " + Trial.run(first));
    assertThat(people(trial.target())).isBetween(BATCH, 3900).matches(count -> count % BATCH == 0);
    trial.run(0, "resume", Trial.run(first));
    trial.requireEqual();
  }

  @Test
  void ctrlCInARollbackStopsItAtABatchBoundaryAndSaysHowToGoOn() throws Exception {
    Trial trial =
        new Trial(folder, new SqliteFile(folder.resolve("target.db"))).people(4000).conflicts(4000);
    Portrait before = trial.target().portrait();
    Attempt run =
        trial.start(
            trial.migration(
                "--on-conflict",
                "overwrite",
                "--batch-size",
                Integer.toString(BATCH),
                "--max-rate",
                "2000"));
    Trial.end(0, run);
    Attempt rollback = trial.start(List.of("rollback", Trial.run(run)));
    rollback.awaitPhase("put back");
    rollback.livesAfter(Duration.ofMillis(400));
    rollback.interrupt();

    Trial.end(6, rollback);

    assertThat(Trial.said(rollback)).contains("waybill rollback " + Trial.run(run));
    assertThat(before.differences(trial.target().portrait())).isNotEmpty();
    trial.run(0, "resume", Trial.run(run));
    trial.requireAsBefore(before);
  }

  private static int people(Place place) throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM people")) {
      row.next();
      return row.getInt(1);
    }
  }
}
