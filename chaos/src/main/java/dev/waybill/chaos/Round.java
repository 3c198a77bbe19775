package dev.waybill.chaos;

import dev.waybill.chaos.Contents.Difference;
import dev.waybill.chaos.Processes.Ended;
import dev.waybill.chaos.Scenario.TargetState;
import dev.waybill.chaos.Tally.What;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One migration that is killed and brought to its end, or taken back. */
final class Round {
  private static final String SOURCE = "source";
  private static final Pattern BEFORE =
      Pattern.compile("(target/|\\.[a-z.]+)\\.waybill-[0-9a-f-]+(/before(/.*)?)?");

  private final Scenario scenario;
  private final Stage stage;
  private final Tally tally;
  private final Path folder;
  private final Processes processes;
  private final Random random;
  private final Place source;
  private final Place target;
  private long records;
  private long putBackBefore;
  private boolean hasMigrated;
  private Portrait sourceBefore = new Portrait();
  private Portrait before = new Portrait();
  private Portrait rest = new Portrait();
  private Contents held = new Contents();

  /** What the target may hold at any moment, one for each state of the source. */
  private final List<Contents> states = new ArrayList<>();

  Round(Scenario scenario, Stage stage, Path folder) throws IOException, SQLException {
    this.scenario = scenario;
    this.stage = stage;
    this.folder = Files.createDirectories(folder);
    tally = stage.tally();
    random = new Random(scenario.seed());
    processes = new Processes(scenario, stage, folder);
    source = place(scenario.from(), SOURCE);
    target = place(scenario.to(), "target");
  }

  private Place place(Dialect dialect, String name) throws IOException, SQLException {
    return switch (dialect) {
      case SQLITE ->
          new SqliteFile(Files.createDirectories(folder.resolve(name)).resolve(name + ".db"));
      case POSTGRES -> PostgresDatabase.create(stage.server(), name);
      case JSON ->
          new JsonFiles(
              Files.createDirectories(folder.resolve(name)),
              name,
              name.equals(SOURCE) ? scenario.fromShape() : scenario.toShape(),
              scenario.from());
    };
  }

  /**
   * Plays it.
   *
   * @throws Fault if anything is not as promised
   */
  void play() throws IOException, SQLException, InterruptedException {
    prepare();
    sourceBefore = source.portrait();
    before = target.portrait();
    rest =
        target.exists() || !isWrapper(source) || !isWrapper(target) ? target.rest() : source.rest();
    held = Contents.of(target);
    states.add(held);
    states.add(held.with(Contents.of(source), scenario.policy()));
    records = states.get(1).records();
    putBackBefore = tally.count(What.PUT_BACK);
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
      requireOnlyWhatItWas();
      if (scenario.rollsBackAfter()) {
        takeBack(run);
        requireAsBefore("after the rollback");
      } else if (scenario.forgets()) {
        forget(run);
      }
    }
    requireUntouched();
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
    source.write(
        connection -> {
          Filling filling = filling(source);
          filling.create(connection, scenario.cascades());
          filling.people(connection, 1, people + 1L, 1);
          filling.log(connection, people / 2);
          if (scenario.fails()) {
            filling.offend(connection);
          }
        });
    if (scenario.target() == TargetState.ABSENT) {
      return;
    }
    target.write(
        connection -> {
          Filling filling = filling(target);
          filling.createOther(connection);
          if (scenario.target() != TargetState.FRESH) {
            filling.create(connection, scenario.cascades());
            if (scenario.fails()) {
              filling.guard(connection);
            }
            filling.people(connection, 1_000_001, 1_000_001 + people / 3, 1);
          }
          if (scenario.target() == TargetState.CONFLICTING) {
            filling.people(
                connection, 1 + random.nextInt(people / 2), people, 2 + random.nextInt(5));
          }
        });
    target.settle();
  }

  private Filling filling(Place place) {
    return place.dialect() == Dialect.JSON
        ? new Filling(Dialect.SQLITE, Dialect.SQLITE, random)
        : new Filling(place.dialect(), scenario.from(), random);
  }

  /** A new one gets what is beside the arrays of the source. */
  private static boolean isWrapper(Place place) {
    return place instanceof JsonFiles files && !files.shape().isFolder();
  }

  private List<String> migration() {
    List<String> line = new ArrayList<>(List.of("migrate", "--from", source.url()));
    Collections.addAll(line, "--to", target.url(), "--on-conflict", scenario.policy().option());
    Collections.addAll(line, "--batch-size", Integer.toString(scenario.batchSize()));
    Collections.addAll(line, "--connections", Integer.toString(scenario.connections()));
    for (Table table : Table.ALL) {
      if (source.dialect() == Dialect.JSON && table.keyColumns() > 1) {
        // No field of a file says by its name that two of them are the key.
        Collections.addAll(line, "--key", "tags=person,tag");
      }
    }
    return line;
  }

  // --- forward

  private Ended go(String... arguments) throws IOException, SQLException, InterruptedException {
    Ended ended = processes.go(records, List.of(arguments));
    requireNotHalfDone();
    return ended;
  }

  private Ended goMigrate() throws IOException, SQLException, InterruptedException {
    boolean isFirst = !hasMigrated;
    hasMigrated = true;
    Ended ended =
        scenario.hasRival() && isFirst
            ? processes.goWithRival(migration())
            : processes.go(records, migration());
    requireNotHalfDone();
    return ended;
  }

  /** Brings the migration to its end, however often it is killed. */
  private String migrate() throws IOException, SQLException, InterruptedException {
    String run = null;
    boolean moves = scenario.sourceMoves();
    while (true) {
      if (run == null) {
        run = begun(goMigrate());
      } else {
        tally.add(What.RESUMES, 1);
        run = begun(go("resume", run));
      }
      if (run != null && processes.hasEnded(run, "done")) {
        return run;
      }
      if (run != null && moves) {
        moves = false;
        move();
      }
    }
  }

  /** Brings a migration that cannot go to its end: the target is as it was. */
  private void fail() throws IOException, SQLException, InterruptedException {
    String run = null;
    while (tally.count(What.PUT_BACK) == putBackBefore) {
      if (run != null && scenario.rollsBack()) {
        takeBack(run);
        requireAsBefore("after the rollback");
        return;
      }
      run = begun(run == null ? goMigrate() : go("resume", run));
      if (run != null && processes.hasEnded(run, "done")) {
        throw new Fault("Run " + run + " is done, although a record cannot go.");
      }
    }
  }

  /**
   * The run that has begun, or null if the target is as it was.
   *
   * @throws Fault if that is not so, or it ended in a way nobody caused
   */
  private @Nullable String begun(Ended ended) throws IOException, SQLException {
    if (ended.exit() != Processes.DONE
        && ended.exit() != Processes.PUT_BACK
        && !ended.isUnfinished()) {
      throw ended.fault();
    }
    String run = processes.run(ended.attempt());
    if (run == null) {
      requireAsBefore("although no run has begun");
      return null;
    }
    boolean isPutBack = processes.hasEnded(run, "put-back");
    if (ended.exit() == Processes.PUT_BACK || isPutBack) {
      tally.add(What.PUT_BACK, 1);
      requireAsBefore("after it was put back");
      return null;
    }
    return run;
  }

  private void move() throws SQLException {
    source.write(connection -> filling(source).change(connection));
    sourceBefore = source.portrait();
    tally.add(What.MOVED, 1);
    states.add(held.with(Contents.of(source), scenario.policy()));
    records = states.get(states.size() - 1).records();
  }

  // --- back

  private void takeBack(String run) throws IOException, SQLException, InterruptedException {
    while (true) {
      tally.add(What.ROLLBACKS, 1);
      Ended ended = go("rollback", run);
      if (ended.exit() == Processes.DONE || processes.hasEnded(run, "rolled-back")) {
        return;
      }
      if (!ended.isUnfinished()) {
        throw ended.fault();
      }
    }
  }

  private void forget(String run) throws IOException, SQLException, InterruptedException {
    Ended ended = go("forget", run, "--yes");
    while (ended.isUnfinished()) {
      ended = go("forget", run, "--yes");
    }
    if (ended.exit() != Processes.DONE) {
      throw ended.fault();
    }
    requireNoTraces("after it was forgotten");
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
    List<String> differences = rest.differences(target.rest());
    if (!differences.isEmpty()) {
      throw new Fault("What is no record was changed:\n" + String.join("\n", differences));
    }
  }

  private void requireNotHalfDone() throws SQLException {
    if (target.isNeverHalfDone()) {
      List<String> unlike = Contents.of(target).tablesUnlike(states);
      if (!unlike.isEmpty()) {
        throw new Fault("Neither as before nor as it is to be: " + unlike);
      }
    }
  }

  /** A file that was replaced stays for a rollback; of all else that the run made nothing does. */
  private void requireOnlyWhatItWas() throws SQLException {
    if (target.isNeverHalfDone()) {
      List<String> left =
          target.traces().stream().filter(name -> !BEFORE.matcher(name).matches()).toList();
      if (!left.isEmpty()) {
        throw new Fault("Something of the run is left after it was done: " + left);
      }
    }
  }

  private void requireNoTraces(String when) throws SQLException {
    List<String> left = target.traces();
    if (!left.isEmpty()) {
      throw new Fault("Something of the run is left " + when + ": " + left);
    }
  }

  private void requireUntouched() throws SQLException {
    List<String> differences = sourceBefore.differences(source.portrait());
    if (!differences.isEmpty()) {
      throw new Fault("The source was changed:\n" + String.join("\n", differences));
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
