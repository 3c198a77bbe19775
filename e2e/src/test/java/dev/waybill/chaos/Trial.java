package dev.waybill.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.chaos.Contents.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A migration by processes of Waybill's, and what is on both sides by their own drivers. */
final class Trial {
  private static final String VARIABLE = "WAYBILL_TEST_POSTGRES_HOME";
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final Path folder;
  private final Place source;
  private final Place target;
  private Path home;
  private Waybill waybill = new Waybill(List.of(), System.getProperty("java.class.path"), null);
  private final Random random = new Random(1);
  private int processes;

  Trial(Path folder, Place target) {
    this(folder, new SqliteFile(folder.resolve("source.db")), target);
  }

  private Trial(Path folder, Place source, Place target) {
    this.folder = folder;
    this.source = source;
    this.target = target;
    home = folder.resolve("home");
  }

  /** The same source on its way to another target. */
  Trial to(Place other) {
    return new Trial(folder, source, other);
  }

  /** Keeps run directories there. */
  Trial home(Path other) {
    home = other;
    return this;
  }

  Place source() {
    return source;
  }

  Place target() {
    return target;
  }

  /** Runs Waybill's processes where that disk is to be seen. */
  Trial within(SmallDisk disk) {
    waybill = new Waybill(disk.wrapper(), waybill.classPath(), null);
    return this;
  }

  /**
   * A PostgreSQL of the test's own. Where there is a server but not its binaries, as with one of
   * the user's own, the test is skipped.
   */
  static PrivateServer server(Path folder, List<String> wrapper)
      throws IOException, InterruptedException {
    String binaries = System.getenv(VARIABLE);
    if (binaries == null && System.getenv("WAYBILL_TEST_POSTGRES_URL") == null) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(VARIABLE + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
    }
    assumeTrue(binaries != null, VARIABLE + " is not set");
    return PrivateServer.create(Path.of(binaries), folder, wrapper);
  }

  // --- what is there

  /** Fills the source with people and what belongs to them: three and a half times as many. */
  Trial people(int people) throws SQLException {
    try (Connection connection = source.connect()) {
      connection.setAutoCommit(false);
      Filling filling = new Filling(source.dialect(), source.dialect(), random);
      filling.create(connection, false);
      filling.people(connection, 1, people + 1L, 1);
      filling.log(connection, people / 2);
      connection.commit();
    }
    return this;
  }

  /** Puts other records into the target, some of them of keys that the source has too. */
  Trial conflicts(int people) throws SQLException {
    try (Connection connection = target.connect()) {
      connection.setAutoCommit(false);
      Filling filling = new Filling(target.dialect(), source.dialect(), random);
      filling.create(connection, false);
      filling.people(connection, people / 2, people, 2);
      filling.people(connection, 1_000_000, 1_000_000 + people / 2, 1);
      connection.commit();
    }
    target.settle();
    return this;
  }

  /** Changes, adds and removes some records of the source. */
  void moveSource() throws SQLException {
    try (Connection connection = source.connect()) {
      connection.setAutoCommit(false);
      new Filling(source.dialect(), source.dialect(), random).change(connection);
      connection.commit();
    }
  }

  void requireEqual() throws SQLException {
    requireEqual(new Contents(), Policy.FAIL);
  }

  /** What the target must hold by now, if it held something before. */
  void requireEqual(Contents before, Policy policy) throws SQLException {
    Contents expected = before.with(Contents.of(source), policy);

    assertThat(expected.difference(Contents.of(target)).examples()).isEmpty();
  }

  void requireAsBefore(Portrait before) throws SQLException {
    assertThat(before.differences(target.portrait())).isEmpty();
  }

  // --- processes

  List<String> migration(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("migrate", "--from", source.url(), "--to", target.url()));
    arguments.addAll(List.of(more));
    return arguments;
  }

  Attempt start(List<String> arguments) throws IOException {
    processes++;
    return waybill.start(
        home,
        Files.createTempFile(folder, processes + "-" + arguments.get(0) + "-", ".out"),
        arguments);
  }

  /** Runs a command to its end and requires its exit code. */
  Attempt run(int exit, String... arguments) throws IOException, InterruptedException {
    return end(exit, start(List.of(arguments)));
  }

  /** Waits for the end and requires the exit code. */
  static Attempt end(int exit, Attempt attempt) throws IOException, InterruptedException {
    assertThat(attempt.await(PATIENCE)).as(said(attempt)).isEqualTo(exit);
    return attempt;
  }

  /** All that a process printed. */
  static String said(Attempt attempt) throws IOException {
    return Files.readString(attempt.log());
  }

  /** The run that a process told of. */
  static String run(Attempt attempt) {
    String run = attempt.run();
    assertThat(run).isNotNull();
    return java.util.Objects.requireNonNull(run);
  }
}
