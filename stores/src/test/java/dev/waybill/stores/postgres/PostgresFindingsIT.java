package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of single tables, and how connections behave. */
@Timeout(120)
class PostgresFindingsIT {
  private TestDatabase database;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  private List<Finding> findings(String collection) {
    try (Store store = database.source()) {
      return store.findings(store.catalog().collection(collection).orElseThrow());
    }
  }

  @Test
  void aTableInOrderHasNoFindings() {
    database.run(
        "CREATE TABLE a (id serial PRIMARY KEY, o oid, CHECK (id > 0))",
        "INSERT INTO a (o) VALUES (1), (2)",
        "SELECT lo_create(0)");

    assertThat(findings("a")).isEmpty();
  }

  @Test
  void whatIsWrongWithATableIsNamed() throws SQLException {
    database.run(
        "CREATE TABLE a (id serial PRIMARY KEY, v integer, label text DEFAULT 'x')",
        "CREATE SEQUENCE label_no",
        "ALTER TABLE a ALTER label SET DEFAULT 'L' || nextval('label_no')",
        "INSERT INTO a (id, v) VALUES (1, 1), (2, 1)",
        "ALTER TABLE a ADD CONSTRAINT late CHECK (v > 1) NOT VALID",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER asleep BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE a DISABLE TRIGGER asleep");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(
              () -> statement.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON a (v)"))
          .isInstanceOf(SQLException.class);
    }

    assertThat(findings("a"))
        .extracting(Finding::code)
        .containsExactly(
            "INDEX_NOT_VALID", "CONSTRAINT_NOT_VALIDATED", "TRIGGER_DISABLED", "SEQUENCE_BEHIND");
    assertThat(findings("a"))
        .extracting(Finding::text)
        .map(text -> text.replaceFirst("^[^\"]*\"([^\"]*)\".*", "$1"))
        .containsExactly("broken", "late", "asleep", "a.id");
    assertThat(findings("a")).noneMatch(Finding::isBlocking);
  }

  @Test
  void numbersThatNameLargeObjectsAreSaidToBeNoMore() {
    database.run(
        "CREATE EXTENSION lo",
        "CREATE TABLE a (o oid, l lo, n oid)",
        "INSERT INTO a SELECT lo_create(0), lo_create(0), 1");

    assertThat(findings("a"))
        .extracting(Finding::text)
        .satisfiesExactly(
            o -> assertThat(o).contains("\"o\"").contains("1 large object"),
            l -> assertThat(l).contains("\"l\""));
  }

  private Workspace workspace(SessionOptions options) {
    return new Workspace(Path.of("target", "workspace"), 4, options);
  }

  @Test
  void aLockThatIsNotGivenEndsInTheTimeThatWasSaid() throws SQLException {
    database.run("CREATE TABLE a (id integer)");
    SessionOptions options =
        new SessionOptions(Map.of(), Duration.ofMillis(200), Duration.ZERO, true);
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE");
      try (Store store =
              new PostgresAdapter().openSource(StoreUrl.parse(database.url()), workspace(options));
          Snapshot snapshot = store.snapshot()) {
        Collection a =
            Collection.of(
                "a",
                List.of(
                    dev.waybill.model.Field.of(
                        "id", dev.waybill.model.LogicalType.INT32, "integer", true)),
                List.of());

        assertThatThrownBy(() -> snapshot.count(a))
            .isInstanceOfSatisfying(
                StoreException.class,
                locked -> {
                  assertThat(locked.code()).isEqualTo("LOCKED");
                  assertThat(locked.isTransient()).isTrue();
                  assertThat(locked.hint()).contains("--lock-timeout");
                });
      }
    }
  }

  @Test
  void aChunkThatTakesLongerThanAStatementMayIsRefusedWithTheWayOut() {
    database.run("CREATE TABLE a (id integer)", "INSERT INTO a SELECT generate_series(1, 2000000)");
    SessionOptions options =
        new SessionOptions(Map.of(), Duration.ZERO, Duration.ofSeconds(2), true);
    try (Store store =
            new PostgresAdapter().openSource(StoreUrl.parse(database.url()), workspace(options));
        Snapshot snapshot = store.snapshot()) {
      Collection a = database.collection("a");
      assertThatThrownBy(
              () -> {
                try (RecordReader reader = snapshot.read(a, new Chunk("a", 0, "", ""))) {
                  RecordBatch batch = new RecordBatch(1);
                  reader.read(batch, 10, 1 << 20);
                  // The server waits for the reader, and the statement's time runs.
                  Thread.sleep(2_500);
                  while (reader.read(batch, 100_000, 1 << 20)) {
                    batch.clear();
                  }
                }
              })
          .isInstanceOfSatisfying(
              StoreException.class,
              late -> {
                assertThat(late.code()).isEqualTo("TIMED_OUT");
                assertThat(late.hint()).contains("--statement-timeout");
              });
    }
  }

  @Test
  void statisticsAreLeftAloneIfSoAsked() {
    database.run("CREATE TABLE a (id integer PRIMARY KEY)", "INSERT INTO a VALUES (1)");
    Collection a = database.collection("a");
    for (boolean isAnalyzed : List.of(false, true)) {
      SessionOptions options =
          new SessionOptions(Map.of(), Duration.ZERO, Duration.ZERO, isAnalyzed);
      try (TargetStore target =
              new PostgresAdapter().openTarget(StoreUrl.parse(database.url()), workspace(options));
          TargetSession session = target.begin(TestDatabase.header("r"), null)) {
        session.finish(List.of(), List.of(a));
      }
      assertThat(database.ask("SELECT reltuples >= 0 FROM pg_class WHERE relname = 'a'"))
          .containsExactly(isAnalyzed ? "t" : "f");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"app.x'; DROP", "", "a b.c", "row_security", "TimeZone", "no_such_setting"})
  void aSettingThatIsNoneIsRefusedAndNeverRun(String name) {
    SessionOptions options =
        new SessionOptions(Map.of(name, List.of("1")), Duration.ZERO, Duration.ZERO, true);

    assertThatThrownBy(
            () ->
                new PostgresAdapter()
                    .openSource(StoreUrl.parse(database.url()), workspace(options))
                    .close())
        .isInstanceOfSatisfying(
            SpecException.class, refused -> assertThat(refused.code()).isEqualTo("BAD_SETTING"));
  }
}
