package dev.waybill.chaos;

import dev.waybill.chaos.Scenario.Kill;
import dev.waybill.chaos.Scenario.Victim;
import dev.waybill.chaos.Tally.What;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Waybill's processes of one round, and their ends. */
final class Processes {
  static final int DONE = 0;
  static final int PUT_BACK = 1;
  private static final int REFUSED = 2;
  private static final int STOPPED = 6;

  /** SIGINT where nobody listens to it yet, as nothing is written yet. */
  /**
   * Ended by the signal itself: before it listens, or in a command that does not write in batches.
   */
  private static final Set<Integer> SIGNALLED = Set.of(128 + 2, 128 + 15);

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** So many at most are started. */
  private static final int LIMIT = 12;

  private final Scenario scenario;
  private final Stage stage;
  private final Path folder;
  private final Random random;
  private final Iterator<Kill> kills;
  private int started;

  /** How a process ended. */
  record Ended(Attempt attempt, int exit, boolean wasKilled, boolean lostServer) {
    boolean isUnfinished() {
      return wasKilled
          || exit == STOPPED
          || SIGNALLED.contains(exit)
          || exit == REFUSED && lostServer;
    }

    /** The way it ended is not one that anybody caused. */
    Fault fault() {
      return new Fault(attempt.verb() + " ends with exit code " + exit + ": " + attempt.log());
    }
  }

  Processes(Scenario scenario, Stage stage, Path folder) {
    this.scenario = scenario;
    this.stage = stage;
    this.folder = folder;
    random = new Random(scenario.seed() + 1);
    kills = scenario.kills().iterator();
  }

  private Attempt start(String home, List<String> arguments) throws IOException {
    if (++started > LIMIT) {
      throw new Fault("It does not come to an end after " + LIMIT + " processes.");
    }
    String log = String.format("%02d-%s.out", started, arguments.get(0));
    return stage.waybill().start(folder.resolve(home), folder.resolve(log), arguments);
  }

  /**
   * Runs a command; the round's next kill is meant for it.
   *
   * @param records how many it has to do with, roughly
   */
  Ended go(long records, List<String> arguments) throws IOException, InterruptedException {
    Attempt attempt = start("home", arguments);
    if (!kills.hasNext()) {
      int exit = attempt.await(PATIENCE);
      noteTime(attempt, exit, records);
      return new Ended(attempt, exit, false, false);
    }
    Kill kill = kills.next();
    if (!stage.pace().await(kill, attempt, scenario, records)) {
      stage.tally().add(What.TOO_LATE, 1);
      int exit = attempt.await(PATIENCE);
      noteTime(attempt, exit, records);
      return new Ended(attempt, exit, false, false);
    }
    String phase = attempt.phase();
    if (kill.victim() == Victim.WAYBILL) {
      attempt.kill();
    } else if (kill.victim() == Victim.INTERRUPT) {
      attempt.interrupt();
    } else {
      stage
          .server()
          .kill(
              kill.victim() == Victim.SERVER_KILLED
                  ? PrivateServer.End.KILLED
                  : PrivateServer.End.IMMEDIATE);
      Thread.sleep(kill.outage());
      stage.server().start();
    }
    stage.tally().addKill(kill.victim().words(), attempt.verb(), phase);
    int exit = attempt.await(PATIENCE);
    return new Ended(attempt, exit, attempt.wasKilled(), kill.victim().isServer());
  }

  private void noteTime(Attempt attempt, int exit, long records) {
    if (exit == DONE) {
      stage.pace().note(attempt, scenario, records, attempt.age());
    }
  }

  /** While the first one is held in its copy, a second one must be refused. */
  Ended goWithRival(List<String> migration) throws IOException, InterruptedException {
    Attempt first = start("home", migration);
    first.awaitPhase("copy");
    first.signal("STOP");
    if (first.isAlive()) {
      String run = first.run();
      boolean isOther = run == null || random.nextBoolean();
      Attempt second =
          isOther
              ? start(random.nextBoolean() ? "home" : "other-home", migration)
              : start("home", List.of(random.nextBoolean() ? "resume" : "rollback", run));
      int exit = second.await(PATIENCE);
      if (exit != REFUSED && first.isAlive()) {
        throw new Fault(
            "A second process beside the first ends with exit code " + exit + ": " + second.log());
      }
      stage.tally().add(What.RIVALS, 1);
    }
    first.signal("CONT");
    Kill kill = kills.hasNext() ? kills.next() : null;
    if (kill != null
        && first.livesAfter(Duration.ofMillis((long) (kill.share() * 500)))
        && kill.victim() == Victim.WAYBILL) {
      stage.tally().addKill(kill.victim().words(), first.verb(), first.phase());
      first.kill();
    }
    return new Ended(first, first.await(PATIENCE), first.wasKilled(), false);
  }

  /** The run that a process worked on, as far as anybody can know; null if there is none. */
  @Nullable String run(Attempt attempt) throws IOException {
    String told = attempt.run();
    if (told != null) {
      return Files.exists(journal(told)) ? told : null;
    }
    Path runs = home().resolve("runs");
    if (!Files.isDirectory(runs)) {
      return null;
    }
    try (Stream<Path> folders = Files.list(runs)) {
      return folders
          .map(each -> each.getFileName().toString())
          .filter(run -> Files.exists(journal(run)))
          .max(String::compareTo)
          .orElse(null);
    }
  }

  private Path home() {
    return folder.resolve("home");
  }

  private Path journal(String run) {
    return home().resolve("runs").resolve(run).resolve("journal.ndjson");
  }

  /** Whether a run came to an end, perhaps just before its process did, as its journal says. */
  boolean hasEnded(String run, String state) throws IOException {
    if (!Files.exists(journal(run))) {
      return false;
    }
    List<String> lines = Files.readAllLines(journal(run));
    return !lines.isEmpty() && lines.get(lines.size() - 1).contains("\"state\":\"" + state + "\"");
  }
}
