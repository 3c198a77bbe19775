package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two processes at once on one target. */
class RivalsIT {
  private static final int PEOPLE = 3000;

  @TempDir private Path folder;
  private @Nullable PrivateServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private Trial trial(Dialect dialect) throws Exception {
    if (dialect == Dialect.SQLITE) {
      return new Trial(folder, new SqliteFile(folder.resolve("target.db"))).people(PEOPLE);
    }
    server = Trial.server(folder.resolve("server"), List.of());
    return new Trial(folder, PostgresDatabase.create(server, "target")).people(PEOPLE);
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void differentTablesArriveBoth(Dialect dialect) throws Exception {
    Trial trial = trial(dialect);
    Attempt first =
        trial.start(
            trial.migration(
                "--no-sidecar", "--exclude", "log", "--max-rate", "1500", "--batch-size", "200"));
    first.awaitPhase("copy");
    Attempt second =
        trial.start(
            trial.migration(
                "--no-sidecar", "--only", "log", "--max-rate", "500", "--batch-size", "200"));
    second.awaitPhase("copy");
    assertThat(first.isAlive() && second.isAlive()).isTrue();

    Trial.end(0, first);
    Trial.end(0, second);

    trial.requireEqual();
  }

  /** Both runs would make the one table that tells what the others were. */
  @Test
  void differentTablesWithASidecarGoOneRunAfterTheOther() throws Exception {
    Trial trial = trial(Dialect.POSTGRES);
    Attempt first =
        trial.start(
            trial.migration("--exclude", "log", "--max-rate", "4000", "--batch-size", "200"));
    first.awaitPhase("copy");
    first.livesAfter(Duration.ofMillis(200));
    first.signal("STOP");

    Attempt second = trial.start(trial.migration("--only", "log"));
    Trial.end(2, second);
    assertThat(second.log()).content().contains("--no-sidecar");

    first.signal("CONT");
    Trial.end(0, first);
    Trial.end(0, trial.start(trial.migration("--only", "log")));
    trial.requireEqual();
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void theSameTablesAreRefusedToTheSecondWhileTheFirstLives(Dialect dialect) throws Exception {
    Trial trial = trial(dialect);
    Attempt first = trial.start(trial.migration("--max-rate", "4000", "--batch-size", "200"));
    first.awaitPhase("copy");
    first.livesAfter(Duration.ofMillis(200));
    first.signal("STOP");

    Trial.end(2, trial.start(trial.migration()));
    trial.home(folder.resolve("another-home"));
    Trial.end(2, trial.start(trial.migration("--only", "people,messages")));
    trial.home(folder.resolve("home"));

    assertThat(first.isAlive()).isTrue();
    first.signal("CONT");
    Trial.end(0, first);
    trial.requireEqual();
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void theSameRunIsRefusedToTheSecondWhileTheFirstLives(Dialect dialect) throws Exception {
    Trial trial = trial(dialect);
    Attempt first = trial.start(trial.migration("--max-rate", "4000", "--batch-size", "200"));
    first.awaitPhase("copy");
    first.signal("STOP");

    trial.run(2, "resume", Trial.run(first));
    trial.run(2, "rollback", Trial.run(first));

    assertThat(first.isAlive()).isTrue();
    first.signal("CONT");
    Trial.end(0, first);
    trial.requireEqual();
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void aKilledProcessLeavesNoLock(Dialect dialect) throws Exception {
    Trial trial = trial(dialect);
    Portrait before = trial.target().portrait();
    Attempt first = trial.start(trial.migration("--max-rate", "4000", "--batch-size", "200"));
    first.awaitPhase("copy");
    first.livesAfter(Duration.ofMillis(300));
    first.kill();
    first.await(Duration.ofSeconds(60));

    trial.run(0, "rollback", Trial.run(first));

    trial.requireAsBefore(before);
    Trial.end(0, trial.start(trial.migration()));
    trial.requireEqual();
  }
}
