package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.chaos.Contents.Policy;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Waybill or the server ends without notice. */
@Tag("processes")
class KilledIT {
  private static final int PEOPLE = 6000;
  private static final String[] OVER = {"--on-conflict", "overwrite", "--batch-size", "200"};

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
      return new Trial(folder, new SqliteFile(folder.resolve("target.db")));
    }
    server = Trial.server(folder.resolve("server"), java.util.List.of());
    return new Trial(folder, PostgresDatabase.create(server, "target"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void aRollbackThatIsKilledAgainAndAgainGoesOn(Dialect dialect) throws Exception {
    Trial trial = trial(dialect).people(PEOPLE).conflicts(PEOPLE);
    Portrait before = trial.target().portrait();
    String run = Trial.run(Trial.end(0, trial.start(trial.migration(OVER))));
    int kills = 0;

    for (int millis : new int[] {0, 30, 100, 200}) {
      Attempt rollback = trial.start(java.util.List.of("rollback", run));
      rollback.awaitPhase("put back");
      if (rollback.livesAfter(Duration.ofMillis(millis))) {
        rollback.kill();
      }
      rollback.await(Duration.ofSeconds(60));
      kills += rollback.wasKilled() ? 1 : 0;
    }
    trial.run(0, "rollback", run);

    assertThat(kills).isPositive();
    trial.requireAsBefore(before);
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"SQLITE", "POSTGRES"})
  void aRunThatIsKilledGoesOnWithTheSourceAsItIsThen(Dialect dialect) throws Exception {
    Trial trial = trial(dialect).people(PEOPLE).conflicts(PEOPLE);
    Contents before = Contents.of(trial.target());
    Attempt first = trial.start(trial.migration(OVER));
    first.awaitPhase("copy");
    first.livesAfter(Duration.ofMillis(150));
    first.kill();
    first.await(Duration.ofSeconds(60));
    assertThat(first.wasKilled()).isTrue();
    trial.moveSource();

    trial.run(0, "resume", Trial.run(first));

    trial.requireEqual(before, Policy.OVERWRITE);
  }

  @Test
  void aServerThatStopsStopsTheRunUntilItIsBack() throws Exception {
    Trial trial = trial(Dialect.POSTGRES).people(PEOPLE);
    PrivateServer stopping = java.util.Objects.requireNonNull(server);
    Attempt first = trial.start(trial.migration("--max-rate", "8000", "--batch-size", "500"));
    first.awaitPhase("copy");
    stopping.kill(PrivateServer.End.IMMEDIATE);

    Trial.end(6, first);

    assertThat(Trial.said(first)).contains("waybill resume " + Trial.run(first));
    stopping.start();
    trial.run(0, "resume", Trial.run(first));
    trial.requireEqual();
  }
}
