package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Two processes at once on one target. */
@Tag("processes")
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

  /** Two runs at once, of which the second has ended when the first does. */
  private static List<Attempt> bothOf(Trial trial) throws Exception {
    Attempt first =
        trial.start(
            trial.migration("--exclude", "log", "--max-rate", "1500", "--batch-size", "200"));
    first.awaitPhase("copy");
    Attempt second =
        trial.start(trial.migration("--only", "log", "--max-rate", "500", "--batch-size", "200"));
    second.awaitPhase("copy");
    assertThat(first.isAlive() && second.isAlive()).isTrue();
    Trial.end(0, first);
    Trial.end(0, second);
    return List.of(first, second);
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void differentTablesArriveBoth(Dialect dialect) throws Exception {
    Trial trial = trial(dialect);

    bothOf(trial);

    trial.requireEqual();
  }

  /** What the one tells of its tables is beside what the other does, and goes with its own run. */
  @ParameterizedTest
  @CsvSource({"POSTGRES, 0", "POSTGRES, 1", "SQLITE, 0", "SQLITE, 1"})
  void eachIsRolledBackByItselfInEitherOrder(Dialect dialect, int firstBack) throws Exception {
    Trial trial = trial(dialect);
    try (Connection somebody = trial.target().connect();
        Statement statement = somebody.createStatement()) {
      statement.execute("CREATE TABLE somebodys (id integer NOT NULL PRIMARY KEY)");
    }
    trial.target().settle();
    Portrait before = trial.target().portrait();
    List<Attempt> both = bothOf(trial);
    String stays = Trial.run(both.get(1 - firstBack));

    trial.run(0, "rollback", Trial.run(both.get(firstBack)));
    trial.run(0, "verify", stays);
    trial.run(0, "rollback", stays);

    trial.requireAsBefore(before);
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
