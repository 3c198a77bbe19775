package dev.waybill.stores.sqlite;

import static dev.waybill.stores.sqlite.Writing.ask;
import static dev.waybill.stores.sqlite.Writing.code;
import static dev.waybill.stores.sqlite.Writing.collection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.StoreException;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Time-outs, and what is done where another program, or the disk, stands in the way. */
class SqliteOptionsTest {
  @TempDir Path temp;
  private Path file;
  private Path work;

  @BeforeEach
  void paths() {
    file = temp.resolve("target.db");
    work = temp.resolve("work");
  }

  private static SessionOptions locks(Duration wait) {
    return new SessionOptions(Map.of("app.tenant", List.of("1")), wait, Duration.ZERO, true);
  }

  private static SessionOptions statements(Duration longest) {
    return new SessionOptions(Map.of(), Duration.ZERO, longest, true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "wal"})
  void aDatabaseThatAnotherProgramWritesToIsWaitedForAsLongAsSaid(String mode) throws Exception {
    Sample.make(file, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(id INTEGER PRIMARY KEY)");
    Collection t = collection(file, work, "t");
    try (Writing run = new Writing(file, work, locks(Duration.ofMillis(300)));
        Connection other = Sample.open(file)) {
      Sample.run(other, "BEGIN IMMEDIATE", "INSERT INTO t VALUES(7)");

      long began = System.nanoTime();
      assertThatThrownBy(() -> run.put(t, 1L))
          .isInstanceOfSatisfying(
              StoreException.class,
              busy -> {
                assertThat(busy.code()).isEqualTo("STORE_BUSY");
                assertThat(busy.isTransient()).isTrue();
                assertThat(busy.hint()).contains(file.toString());
              });
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isBetween(Duration.ofMillis(250), Duration.ofMillis(Connected.BUSY_MILLIS - 1_000));

      Sample.run(other, "ROLLBACK");
      assertThat(run.put(t, 1L).inserted()).isEqualTo(1);
    }
    assertThat(ask(file, "SELECT * FROM t")).containsExactly("1");
  }

  @Test
  void aTargetThatIsLockedCannotBeBegunAndIsLeftAsItWas() throws Exception {
    Sample.make(file, "CREATE TABLE t(id INTEGER PRIMARY KEY)");
    try (Connection other = Sample.open(file)) {
      Sample.run(other, "BEGIN IMMEDIATE");
      assertThat(code(() -> new Writing(file, work, locks(Duration.ofMillis(50))).close()))
          .isEqualTo("STORE_BUSY");
      Sample.run(other, "ROLLBACK");
    }
    assertThat(ask(file, "SELECT name FROM sqlite_schema")).containsExactly("t");
  }

  @Test
  void aStatementOfARunThatTakesTooLongIsStoppedAndNothingIsLeft() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY)",
        "CREATE TABLE log(x)",
        "CREATE TRIGGER slow AFTER INSERT ON t WHEN new.id = 2 BEGIN INSERT INTO log"
            + " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9)"
            + " SELECT count(*) FROM n; END");
    Collection t = collection(file, work, "t");
    try (Writing run = new Writing(file, work, statements(Duration.ofMillis(200)))) {
      assertThatThrownBy(() -> run.put(t, 1L, 2L))
          .isInstanceOfSatisfying(
              StoreException.class,
              stopped -> {
                assertThat(stopped.code()).isEqualTo("STATEMENT_TIMEOUT");
                assertThat(stopped.isTransient()).isFalse();
              });
      assertThat(run.session.ledger().marks()).isEmpty();
      assertThat(run.put(t, 1L).inserted()).isEqualTo(1);
    }
    assertThat(ask(file, "SELECT * FROM t")).containsExactly("1");
    assertThat(ask(file, "SELECT * FROM log")).isEmpty();
  }

  @Test
  void aStatementThatReadsTooLongIsStopped() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(a)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
            + " INSERT INTO t SELECT i FROM n");
    Collection t = collection(file, work, "t");
    Workspace workspace = new Workspace(work, 1, statements(Duration.ofNanos(1)));
    assertThat(
            code(
                () -> {
                  try (Store store =
                          new SqliteAdapter()
                              .openSource(StoreUrl.parse("sqlite:" + file), workspace);
                      Snapshot snapshot = store.snapshot();
                      RecordReader reader =
                          snapshot.read(t, snapshot.chunks(t, 1_000_000).get(0))) {
                    Sample.rows(reader, t);
                  }
                }))
        .isEqualTo("STATEMENT_TIMEOUT");
  }

  @Test
  void statisticsAreMadeUnlessTheyAreNotWanted() throws Exception {
    Sample.make(file, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE INDEX i ON t(v)");
    Collection t = collection(file, work, "t");
    for (boolean isAnalyzed : new boolean[] {false, true}) {
      SessionOptions options =
          new SessionOptions(Map.of(), Duration.ZERO, Duration.ZERO, isAnalyzed);
      try (Writing run = new Writing(file, work, options)) {
        run.put(t, 1L, "a");
        run.session.finish(List.of(), List.of(t));
      }
      assertThat(ask(file, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'"))
          .hasSize(isAnalyzed ? 1 : 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "wal"})
  void aBatchThatFindsNoRoomIsNamedAndLeavesNothing(String mode) throws Exception {
    Sample.make(
        file, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    Collection t = collection(file, work, "t");
    try (Writing run = new Writing(file, work)) {
      run.put(t, 1L, "a");
      run.session.use(
          connection -> {
            connection.number(
                "PRAGMA max_page_count = " + (connection.number("PRAGMA page_count") + 20));
            return true;
          });

      assertThatThrownBy(() -> run.put(t, 2L, "b", 3L, "x".repeat(1 << 20)))
          .isInstanceOfSatisfying(
              StoreException.class,
              full -> {
                assertThat(full.code()).isEqualTo(StoreException.NO_SPACE);
                assertThat(full.isTransient()).isFalse();
              });
      assertThat(run.session.ledger().marks()).hasSize(1);
      assertThat(run.put(t, 4L, "c").inserted()).isEqualTo(1);
    }
    assertThat(ask(file, "SELECT id FROM t")).containsExactly("1", "4");
    assertThat(ask(file, "PRAGMA integrity_check")).containsExactly("ok");
  }
}
