package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application's own schema, filled as it is: into an empty table and beside what is there. */
@Timeout(120)
class PostgresFillIT {
  private TestDatabase database;

  @BeforeEach
  void makeDatabase() {
    database = new TestDatabase();
    database.run(
        "CREATE EXTENSION citext",
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE DOMAIN tag AS text CHECK (VALUE ~ '^[a-z]+$')",
        "CREATE TYPE pair AS (a integer, b text)",
        """
        CREATE TABLE app (
          id integer GENERATED ALWAYS AS IDENTITY, mood mood NOT NULL, tag tag, pair pair,
          name citext, code char(3), doubled integer GENERATED ALWAYS AS (id * 2) STORED,
          CONSTRAINT not_seven CHECK (id <> 7), PRIMARY KEY (id, mood)
        ) PARTITION BY RANGE (id)
        """,
        "CREATE TABLE app_1 PARTITION OF app FOR VALUES FROM (1) TO (10)",
        "CREATE TABLE app_2 PARTITION OF app FOR VALUES FROM (10) TO (20)");
  }

  @AfterEach
  void dropDatabase() {
    if (database != null) {
      database.close();
    }
  }

  private static void add(RecordBatch records, int id, String mood, String tag, String code) {
    records.putInt64(id);
    records.putText(mood);
    records.putText(tag);
    records.putText("(1,\"x, y\")");
    records.putText("MiXed");
    records.putText(code);
  }

  private void put(RecordBatch records) {
    Collection app = database.collection("app");
    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
        writer.apply(
            app,
            PostgresValuesIT.puts(records),
            ConflictPolicy.FAIL,
            new Mark("app", 0, 0, 0, false));
      }
      session.finish(List.of(), List.of(app));
    }
  }

  private void prepare(boolean isEmpty) {
    if (!isEmpty) {
      database.run(
          "INSERT INTO app OVERRIDING SYSTEM VALUE VALUES"
              + " (3, 'sad', 'a', '(1,\"x, y\")', 'MiXed', 'abc')");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void itsOwnTypesPartitionsAndNumbersAreFilled(boolean isEmpty) {
    prepare(isEmpty);
    RecordBatch records = new RecordBatch(6);
    add(records, 3, "sad", "a", "abc");
    add(records, 12, "glad", "b", "d  ");

    put(records);

    assertThat(database.ask("SELECT app::text FROM app_1 app"))
        .containsExactly("(3,sad,a,\"(1,\"\"x, y\"\")\",MiXed,abc,6)");
    assertThat(database.ask("SELECT app::text FROM app_2 app"))
        .containsExactly("(12,glad,b,\"(1,\"\"x, y\"\")\",MiXed,\"d  \",24)");
    database.run("INSERT INTO app (mood) VALUES ('sad')");
    assertThat(database.ask("SELECT max(id) FROM app")).containsExactly("13");
  }

  private void assertRefused(RecordBatch records, String code, String naming) {
    DataException refused = catchThrowableOfType(DataException.class, () -> put(records));

    assertThat(refused.code()).isEqualTo(code);
    assertThat(refused).hasMessageContaining(naming);
    assertThat(database.ask("SELECT count(*) FROM app WHERE id > 3")).containsExactly("0");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRowWithoutAPartitionIsRefusedByName(boolean isEmpty) {
    prepare(isEmpty);
    RecordBatch records = new RecordBatch(6);
    add(records, 4, "sad", "a", "abc");
    add(records, 99, "sad", "a", "abc");

    assertRefused(records, "NO_PARTITION", "no partition of relation \"app\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRecordThatACheckForbidsIsRefusedWithTheChecksName(boolean isEmpty) {
    prepare(isEmpty);
    RecordBatch records = new RecordBatch(6);
    add(records, 4, "sad", "a", "abc");
    add(records, 7, "sad", "a", "abc");

    assertRefused(records, "CHECK_VIOLATED", "\"not_seven\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPPER", ""})
  void aValueThatADomainForbidsIsRefused(String tag) {
    RecordBatch records = new RecordBatch(6);
    add(records, 4, "sad", tag, "abc");

    assertRefused(records, "CHECK_VIOLATED", "\"tag_check\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"angry", "Sad", ""})
  void aLabelThatAnEnumDoesNotHaveIsRefused(String mood) {
    RecordBatch records = new RecordBatch(6);
    add(records, 4, mood, "a", "abc");

    assertRefused(records, "VALUE_REFUSED", "enum mood");
  }
}
