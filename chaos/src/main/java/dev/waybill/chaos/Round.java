package dev.waybill.chaos;

import dev.waybill.chaos.Contents.Difference;
import dev.waybill.chaos.Scenario.Kill;
import dev.waybill.chaos.Scenario.TargetState;
import dev.waybill.chaos.Scenario.Victim;
import dev.waybill.chaos.Tally.What;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One migration that is killed and brought to its end, or taken back. */
final class Round {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** So many times at most a round is begun anew or gone on with. */
  private static final int ATTEMPTS = 12;

  private static final int DONE = 0;
  private static final int PUT_BACK = 1;
  private static final int REFUSED = 2;
  private static final int STOPPED = 6;

  private final Scenario scenario;
  private final Waybill waybill;
  private final PrivateServer server;
  private final Path folder;
  private final Pace pace;
  private final Tally tally;
  private final Random random;
  private final Place source;
  private final Place target;
  private final Iterator<Kill> kills;
  private int attempts;
  private long records;
  private Portrait before = new Portrait();
  private Contents held = new Contents();

  /** How a process ended. */
  private record Ended(Attempt attempt, int exit, boolean wasKilled, boolean lostServer) {
    boolean isUnfinished() {
      return wasKilled || exit == STOPPED || exit == REFUSED && lostServer;
    }
  }

  Round(
      Scenario scenario, Waybill waybill, PrivateServer server, Path folder, Pace pace, Tally tally)
      throws IOException, SQLException {
    this.scenario = scenario;
    this.waybill = waybill;
    this.server = server;
    this.folder = Files.createDirectories(folder);
    this.pace = pace;
    this.tally = tally;
    random = new Random(scenario.seed());
    kills = scenario.kills().iterator();
    source = place(scenario.from(), "source");
    target = place(scenario.to(), "target");
  }

  private Place place(Dialect dialect, String name) throws IOException, SQLException {
    return switch (dialect) {
      case SQLITE ->
          new SqliteFile(Files.createDirectories(folder.resolve(name)).resolve(name + ".db"));
      case POSTGRES -> PostgresDatabase.create(server, name);
    };
  }

  /**
   * Plays it.
   *
   * @throws Fault if anything is not as promised
   */
  void play() throws IOException, SQLException, InterruptedException {
    prepare();
    before = target.portrait();
    held = Contents.of(target);
    records = held.with(Contents.of(source), scenario.policy()).records();
    if (scenario.fails()) {
      fail();
    } else if (scenario.rollsBack()) {
      String run = begun(goMigrate());
      if (run != null) {
        takeBack(run);
      }
      requireAsBefore("after the rollback");
    } else {
      String run = migrate();
      requireEqual();
      if (scenario.rollsBackAfter()) {
        takeBack(run);
        requireAsBefore("after the rollback");
      } else if (scenario.forgets()) {
        forget(run);
      }
    }
    tally.add(What.RECORDS, records);
    tally.add(What.ROUNDS, 1);
  }

  /** Removes what the round has made. */
  void remove() throws IOException, SQLException {
    source.remove();
    target.remove();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.sorted(Collections.reverseOrder())::iterator) {
        Files.delete(file);
      }
    }
  }

  // --- what is there before

  private void prepare() throws SQLException {
    int people = scenario.people();
    try (Connection connection = source.connect()) {
      connection.setAutoCommit(false);
      Filling filling = new Filling(source.dialect(), scenario.from(), random);
      filling.create(connection, scenario.cascades());
      filling.people(connection, 1, people + 1L, 1);
      filling.log(connection, people / 2);
      if (scenario.fails()) {
        filling.offend(connection);
      }
      connection.commit();
    }
    if (scenario.target() == TargetState.ABSENT) {
      return;
    }
    try (Connection connection = target.connect()) {
      connection.setAutoCommit(false);
      Filling filling = new Filling(target.dialect(), scenario.from(), random);
      filling.createOther(connection);
      if (scenario.target() != TargetState.FRESH) {
        filling.create(connection, scenario.cascades());
        if (scenario.fails()) {
          filling.guard(connection);
        }
        filling.people(connection, 1_000_001, 1_000_001 + people / 3, 1);
      }
      if (scenario.target() == TargetState.CONFLICTING) {
        filling.people(connection, 1 + random.nextInt(people / 2), people, 2 + random.nextInt(5));
      }
      connection.commit();
    }
    target.settle();
  }

  // --- Waybill's processes

  private List<String> migration() {
    return List.of(
        "migrate",
        "--from",
        source.url(),
        "--to",
        target.url(),
        "--on-conflict",
        scenario.policy().option(),
        "--batch-size",
        Integer.toString(scenario.batchSize()),
        "--connections",
        Integer.toString(scenario.connections()));
  }

  private Attempt start(String home, List<String> arguments) throws IOException {
    if (++attempts > ATTEMPTS) {
      throw new Fault("It does not come to an end after " + ATTEMPTS + " processes.");
    }
    String log = String.format("%02d-%s.out", attempts, arguments.get(0));
    return waybill.start(folder.resolve(home), folder.resolve(log), arguments);
  }

  /** Runs a command; the round's next kill is meant for it. */
  private Ended go(String... arguments) throws IOException, InterruptedException {
    return go(List.of(arguments));
  }

  private Ended go(List<String> arguments) throws IOException, InterruptedException {
    Attempt attempt = start("home", arguments);
    if (!kills.hasNext()) {
      int exit = attempt.await(PATIENCE);
      noteTime(attempt, exit);
      return new Ended(attempt, exit, false, false);
    }
    Kill kill = kills.next();
    if (!pace.await(kill, attempt, scenario, records)) {
      tally.add(What.TOO_LATE, 1);
      int exit = attempt.await(PATIENCE);
      noteTime(attempt, exit);
      return new Ended(attempt, exit, false, false);
    }
    String phase = attempt.phase();
    if (kill.victim() == Victim.WAYBILL) {
      attempt.kill();
    } else if (kill.victim() == Victim.INTERRUPT) {
      attempt.signal("INT");
    } else {
      server.kill(
          kill.victim() == Victim.SERVER_KILLED
              ? PrivateServer.End.KILLED
              : PrivateServer.End.IMMEDIATE);
      Thread.sleep(kill.outage());
      server.start();
    }
    tally.addKill(kill.victim().words(), attempt.verb(), phase);
    int exit = attempt.await(PATIENCE);
    return new Ended(attempt, exit, attempt.wasKilled(), kill.victim().isServer());
  }

  private void noteTime(Attempt attempt, int exit) {
    if (exit == DONE) {
      pace.note(attempt, scenario, records, attempt.age());
    }
  }

  private Fault wrongExit(Ended ended) {
    return new Fault(
        ended.attempt().verb()
            + " ends with exit code "
            + ended.exit()
            + ": "
            + ended.attempt().log());
  }

  /** The run that a process worked on, as far as anybody can know. */
  private @Nullable String run(Attempt attempt) throws IOException {
    String told = attempt.run();
    if (told != null) {
      return told;
    }
    Path runs = folder.resolve("home/runs");
    if (!Files.isDirectory(runs)) {
      return null;
    }
    try (Stream<Path> folders = Files.list(runs)) {
      return folders
          .filter(each -> Files.exists(each.resolve("journal.ndjson")))
          .map(each -> each.getFileName().toString())
          .max(String::compareTo)
          .orElse(null);
    }
  }

  // --- forward

  private Ended goMigrate() throws IOException, InterruptedException {
    return scenario.hasRival() && attempts == 0 ? goWithRival() : go(migration());
  }

  /** Brings the migration to its end, however often it is killed. */
  private String migrate() throws IOException, SQLException, InterruptedException {
    String run = null;
    boolean moves = scenario.sourceMoves();
    while (true) {
      if (run == null) {
        Ended ended = goMigrate();
        run = begun(ended);
        if (run != null && ended.exit() == DONE) {
          return run;
        }
        continue;
      }
      if (moves) {
        moves = false;
        move();
      }
      tally.add(What.RESUMES, 1);
      Ended ended = go("resume", run);
      if (ended.exit() == DONE) {
        return run;
      }
      if (ended.exit() == PUT_BACK) {
        run = begun(ended);
      } else if (!ended.isUnfinished()) {
        throw wrongExit(ended);
      }
    }
  }

  /** The run that has begun, or null if the target is as it was. */
  private @Nullable String begun(Ended ended) throws IOException, SQLException {
    if (ended.exit() == PUT_BACK) {
      tally.add(What.PUT_BACK, 1);
      requireAsBefore("after it was put back");
      return null;
    }
    if (ended.exit() != DONE && !ended.isUnfinished()) {
      throw wrongExit(ended);
    }
    String run = run(ended.attempt());
    if (run == null || ended.exit() == REFUSED) {
      requireAsBefore("though no run has begun");
      return null;
    }
    return run;
  }

  /** Brings a migration that cannot go to its end: the target is as it was. */
  private void fail() throws IOException, SQLException, InterruptedException {
    String run = null;
    while (true) {
      boolean isRollback = run != null && scenario.rollsBack();
      Ended ended = run == null ? go(migration()) : go(isRollback ? "rollback" : "resume", run);
      if (ended.exit() == PUT_BACK || ended.exit() == DONE && isRollback) {
        tally.add(What.PUT_BACK, 1);
        requireAsBefore("after it was put back");
        return;
      }
      if (!ended.isUnfinished()) {
        throw wrongExit(ended);
      }
      run = run == null ? begun(ended) : run;
    }
  }

  private void move() throws SQLException {
    try (Connection connection = source.connect()) {
      connection.setAutoCommit(false);
      new Filling(source.dialect(), scenario.from(), random).change(connection);
      connection.commit();
    }
    tally.add(What.MOVED, 1);
    records = held.with(Contents.of(source), scenario.policy()).records();
  }

  /** While the first one is held in its copy, a second one must be refused. */
  private Ended goWithRival() throws IOException, InterruptedException {
    Attempt first = start("home", migration());
    first.awaitPhase("copy");
    first.signal("STOP");
    if (first.isAlive()) {
      String run = first.run();
      boolean isOther = run == null || random.nextBoolean();
      Attempt second =
          isOther
              ? start(random.nextBoolean() ? "home" : "other-home", migration())
              : start("home", List.of(random.nextBoolean() ? "resume" : "rollback", run));
      int exit = second.await(PATIENCE);
      if (exit != REFUSED && first.isAlive()) {
        throw new Fault(
            "A second process beside the first ends with exit code " + exit + ": " + second.log());
      }
      tally.add(What.RIVALS, 1);
    }
    first.signal("CONT");
    Kill kill = kills.hasNext() ? kills.next() : null;
    if (kill != null
        && first.livesAfter(Duration.ofMillis((long) (kill.share() * 500)))
        && kill.victim() == Victim.WAYBILL) {
      tally.addKill(kill.victim().words(), first.verb(), first.phase());
      first.kill();
    }
    return new Ended(first, first.await(PATIENCE), first.wasKilled(), false);
  }

  // --- back

  private void takeBack(String run) throws IOException, InterruptedException {
    while (true) {
      tally.add(What.ROLLBACKS, 1);
      Ended ended = go("rollback", run);
      if (ended.exit() == DONE) {
        return;
      }
      if (!ended.isUnfinished()) {
        throw wrongExit(ended);
      }
    }
  }

  private void forget(String run) throws IOException, SQLException, InterruptedException {
    Ended ended = go("forget", run, "--yes");
    while (ended.isUnfinished()) {
      ended = go("forget", run, "--yes");
    }
    if (ended.exit() != DONE) {
      throw wrongExit(ended);
    }
    List<String> left =
        target.portrait().partsNamed("waybill").stream()
            .filter(part -> !part.contains("waybill_sidecar"))
            .toList();
    if (!left.isEmpty()) {
      throw new Fault("Something of the ledger is left: " + left);
    }
    requireEqual();
  }

  // --- looking

  private void requireEqual() throws SQLException {
    Contents expected = held.with(Contents.of(source), scenario.policy());
    Difference difference = expected.difference(Contents.of(target));
    tally.add(What.LOST, difference.lost());
    tally.add(What.TWICE, difference.twice());
    tally.add(What.WRONG, difference.wrong());
    if (!difference.isNone()) {
      throw new Fault(
          difference.lost()
              + " lost, "
              + difference.twice()
              + " twice, "
              + difference.wrong()
              + " wrong:\n"
              + String.join("\n", difference.examples()));
    }
  }

  private void requireAsBefore(String when) throws SQLException {
    List<String> differences = before.differences(target.portrait());
    if (!differences.isEmpty()) {
      tally.add(What.NOT_AS_BEFORE, 1);
      throw new Fault(
          "The target is not as before " + when + ":\n" + String.join("\n", differences));
    }
  }
}
