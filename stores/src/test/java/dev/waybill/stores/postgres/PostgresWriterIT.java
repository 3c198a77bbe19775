package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Kind;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Writing into tables that have a life of their own. */
class PostgresWriterIT {
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

  private interface Work {
    void with(TargetSession session) throws Exception;
  }

  private void in(String run, Work work) {
    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header(run), null)) {
      work.with(session);
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private static Outcome put(
      TargetSession session, Collection to, RecordBatch records, ConflictPolicy policy, int batch) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          to, PostgresValuesIT.puts(records), policy, new Mark(to.name(), 0, batch, 0, false));
    }
  }

  private static RecordBatch numbered(int from, int to, String text) {
    RecordBatch records = new RecordBatch(2);
    for (int i = from; i < to; i++) {
      records.putInt64(i);
      records.putText(text + i);
    }
    return records;
  }

  static Stream<Arguments> unfit() {
    return Stream.of(
        unfit("integer", "INTEGER_TOO_LARGE", batch -> batch.putInt64(1L << 31)),
        unfit("smallint", "INTEGER_TOO_LARGE", batch -> batch.putInt64(-32769)),
        unfit("real", "FLOAT_NOT_EXACT", batch -> batch.putFloat64(0.1)),
        unfit("text", "NUL_IN_TEXT", batch -> batch.putText("a\0b")),
        unfit(
            "text", "INVALID_UTF8", batch -> batch.putText(new byte[] {(byte) 0xC0, (byte) 0x80})),
        unfit("text", "WRONG_KIND", batch -> batch.putInt64(1)),
        unfit("varchar(3)", "TEXT_TOO_LONG", batch -> batch.putText("abc ")),
        unfit("char(3)", "TEXT_WOULD_BE_PADDED", batch -> batch.putText("ab")),
        unfit("name", "TEXT_TOO_LONG", batch -> batch.putText("x".repeat(64))),
        unfit("numeric(4,2)", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("1.005")),
        unfit("numeric(4,2)", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("100")),
        unfit("numeric(4,2)", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("Infinity")),
        unfit("numeric(3,-2)", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("12345")),
        unfit("numeric", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("1E-20000")),
        unfit("numeric", "DECIMAL_TOO_LARGE", batch -> batch.putDecimal("1E+200000")),
        unfit("timestamp", "TIMESTAMP_TOO_FINE", batch -> batch.putTimestamp(0, 1)),
        unfit("timestamptz(3)", "TIMESTAMP_TOO_FINE", b -> b.putInstant(0, 1000, 0)),
        unfit("timestamp", "TIMESTAMP_OUT_OF_RANGE", b -> b.putTimestamp(1L << 50, 0)),
        unfit("date", "DATE_OUT_OF_RANGE", batch -> batch.putDate(-3_000_000)),
        unfit("time", "TIME_HAS_OFFSET", batch -> batch.putTime(0, 3600)),
        unfit("time(0)", "TIME_TOO_FINE", b -> b.putTime(1000, RecordBatch.NO_OFFSET)),
        unfit("interval", "INTERVAL_TOO_FINE", batch -> batch.putInterval(0, 0, 1)),
        unfit("interval year", "INTERVAL_TOO_FINE", batch -> batch.putInterval(13, 0, 0)),
        unfit("jsonb", "JSON_DUPLICATE_NAME", b -> json(b, "{\"a\":1,\"b\":{},\"\\u0061\":2}")),
        unfit("jsonb", "JSON_MINUS_ZERO", batch -> json(batch, "[1, -0.0]")),
        unfit("jsonb", "NUL_IN_TEXT", batch -> json(batch, "\"\\u0000\"")),
        unfit("jsonb", "JSON_NUMBER_TOO_FINE", batch -> json(batch, "1e-20000")),
        unfit("jsonb", "VALUE_REFUSED", batch -> json(batch, "{no json")),
        unfit("vector(2)", "VECTOR_DIMENSION", batch -> batch.putVector(new float[3])),
        unfit("vector(1)", "VECTOR_NOT_FINITE", b -> b.putVector(new float[] {Float.NaN})),
        unfit("halfvec(1)", "HALF_NOT_EXACT", b -> b.putVector(new float[] {0.1f})),
        unfit("halfvec(1)", "HALF_NOT_EXACT", b -> b.putVector(new float[] {65_520f})),
        unfit("halfvec(1)", "VECTOR_NOT_FINITE", b -> b.putVector(new float[] {Float.NaN})),
        unfit("halfvec(2)", "VECTOR_DIMENSION", b -> b.putVector(new float[1])),
        unfit("sparsevec(1)", "MINUS_ZERO", b -> b.putVector(new float[] {-0.0f})),
        unfit("sparsevec(1)", "VECTOR_NOT_FINITE", b -> b.putVector(new float[] {1 / 0f})),
        unfit("sparsevec(2)", "VECTOR_DIMENSION", b -> b.putVector(new float[1])),
        unfit("bit(3)", "VECTOR_DIMENSION", batch -> bits(batch, 1, 0, 1, 1)),
        unfit("bit(3)", "WRONG_KIND", batch -> batch.putVector(new float[3])),
        unfit("bit varying(3)", "VALUE_REFUSED", batch -> batch.putText("1011")),
        unfit("bit(3)[]", "VALUE_REFUSED", batch -> batch.putText("{1011}")),
        unfit("inet", "VALUE_REFUSED", batch -> batch.putText("no address")));
  }

  private static void json(RecordBatch batch, String text) {
    batch.putJson(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static void bits(RecordBatch batch, int... bits) {
    byte[] payload = new byte[1 + bits.length];
    payload[0] = Kind.BOOLEAN.tag();
    for (int i = 0; i < bits.length; i++) {
      payload[1 + i] = (byte) bits[i];
    }
    batch.putVariable(Kind.VECTOR, payload, 0, payload.length);
  }

  private static Arguments unfit(String nativeType, String code, Consumer<RecordBatch> value) {
    return Arguments.of(nativeType, code, value);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("unfit")
  void whatTheServerWouldChangeIsRefusedByName(
      String nativeType, String code, Consumer<RecordBatch> value) {
    assumeTrue(
        database.version() >= 15 || !nativeType.equals("numeric(3,-2)"),
        "such a scale is known since 15");
    if (nativeType.contains("vec")) {
      assumeTrue(database.offers("vector"), "pgvector is not there");
      database.run("CREATE EXTENSION vector");
    }
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v " + nativeType + ")");
    Collection to = database.collection("t");
    RecordBatch records = new RecordBatch(2);
    records.putInt64(1);
    records.putNull();
    records.putInt64(2);
    value.accept(records);

    in(
        "r",
        session -> {
          DataException refused =
              catchThrowableOfType(
                  DataException.class, () -> put(session, to, records, ConflictPolicy.FAIL, 0));
          assertThat(refused.code()).isEqualTo(code);
          assertThat(refused.record()).isIn(code.equals("VALUE_REFUSED") ? -1 : 1, 1);
          assertThat(refused.getMessage()).contains("\"t\"");
          assertThat(session.ledger().marks()).isEmpty();
        });
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("0");
  }

  @Test
  void aBatchThatFailsLeavesNeitherRecordsNorMarkNorImages() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text, CHECK (v <> 'x7'))",
        "INSERT INTO t VALUES (1, 'old')");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          DataException refused =
              catchThrowableOfType(
                  DataException.class,
                  () -> put(session, to, numbered(0, 10, "x"), ConflictPolicy.OVERWRITE, 0));
          assertThat(refused.code()).isEqualTo("CHECK_VIOLATED");
          assertThat(session.ledger().marks()).isEmpty();
          try (BeforeImages images = session.ledger().beforeImages("t")) {
            assertThat(images.next(10)).isEmpty();
          }
          assertThat(put(session, to, numbered(0, 5, "x"), ConflictPolicy.OVERWRITE, 0).written())
              .isEqualTo(5);
        });
    assertThat(database.ask("SELECT v FROM t ORDER BY id"))
        .containsExactly("x0", "x1", "x2", "x3", "x4");
  }

  @Test
  void theRecordThatBreaksAConstraintOnTheFastWayIsNamed() {
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v text CHECK (v <> 'x7'))");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          DataException refused =
              catchThrowableOfType(
                  DataException.class,
                  () -> put(session, to, numbered(0, 10, "x"), ConflictPolicy.FAIL, 0));
          assertThat(refused.record()).isEqualTo(7);
        });
  }

  @Test
  void existingForeignKeysHold() {
    database.run(
        "CREATE TABLE a (id integer PRIMARY KEY)",
        "INSERT INTO a VALUES (1)",
        "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a)");
    Collection to = database.collection("b");
    RecordBatch records = new RecordBatch(2);
    records.putInt64(1);
    records.putInt64(2);

    in(
        "r",
        session ->
            assertThatThrownBy(() -> put(session, to, records, ConflictPolicy.FAIL, 0))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("(Key (a))")
                .hasMessageNotContaining("(2)"));
  }

  @Test
  void aFullUndoGivesBackAPopulatedTable() {
    database.run(
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text)",
        "INSERT INTO t (v) SELECT 'old' || i FROM generate_series(1, 10) i");
    Collection to = database.collection("t");
    List<String> before = database.ask("SELECT t::text FROM t ORDER BY id");
    List<String> sequence = database.ask("SELECT last_value || ' ' || is_called FROM t_id_seq");

    in(
        "r",
        session -> {
          Outcome outcome = put(session, to, numbered(5, 40, "new"), ConflictPolicy.OVERWRITE, 0);
          assertThat(outcome.updated()).isEqualTo(6);
          assertThat(outcome.inserted()).isEqualTo(29);
          RecordBatch keys = new RecordBatch(1);
          keys.putInt64(1);
          keys.putInt64(99);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            Outcome deleted =
                writer.apply(
                    to,
                    new ChangeBatch(ChangeBatch.ChangeKind.DELETE, keys, null, null),
                    ConflictPolicy.FAIL,
                    new Mark("t", 0, 1, 0, false));
            assertThat(deleted.deleted()).isEqualTo(1);
            assertThat(deleted.unchanged()).isEqualTo(1);
          }
          session.finish(List.of(), List.of(to));
        });
    assertThat(database.ask("SELECT last_value || ' ' || is_called FROM t_id_seq"))
        .containsExactly("39 true");

    in(
        "r",
        session -> {
          undo(session, to);
          session.restore();
          session.restore();
          session.ledger().forget();
        });

    assertThat(database.ask("SELECT t::text FROM t ORDER BY id")).isEqualTo(before);
    assertThat(database.ask("SELECT last_value || ' ' || is_called FROM t_id_seq"))
        .isEqualTo(sequence);
    assertThat(database.ask("SELECT nspname FROM pg_namespace WHERE nspname = 'waybill'"))
        .isEmpty();
  }

  private static void undo(TargetSession session, Collection to) {
    int batch = 0;
    try (BeforeImages images = session.ledger().beforeImages(to.name());
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      for (List<BeforeImage> next = images.next(7); !next.isEmpty(); next = images.next(7)) {
        boolean isDelete = next.get(0).change() == BeforeImage.Change.INSERTED;
        RecordBatch records = new RecordBatch(isDelete && to.hasKey() ? to.key().size() : 2);
        RecordDigest[] expected = new RecordDigest[next.size()];
        for (int i = 0; i < expected.length; i++) {
          records.putRecord(next.get(i).record());
          String written = next.get(i).written();
          expected[i] = written.isEmpty() ? null : RecordDigest.parse(written);
        }
        writer.apply(
            to,
            new ChangeBatch(
                isDelete ? ChangeBatch.ChangeKind.DELETE : ChangeBatch.ChangeKind.PUT,
                records,
                isDelete ? null : PostgresValuesIT.puts(records).digests(),
                expected),
            ConflictPolicy.FAIL,
            new Mark(to.name(), 0, batch++, 0, true));
      }
    }
  }

  @Test
  void equalRecordsWithoutKeyAreTakenBackExactlyAsOften() {
    database.run(
        "CREATE TABLE log (f double precision, j json)",
        "INSERT INTO log VALUES (0, '{}'), (0, '{}'), ('-0', '{}'), (NULL, NULL)");
    Collection to = database.collection("log");
    List<String> before = database.ask("SELECT l::text FROM log l ORDER BY 1");
    RecordBatch records = database.read(to);

    in("r", session -> put(session, to, records, ConflictPolicy.FAIL, 0));
    assertThat(database.ask("SELECT count(*) FROM log")).containsExactly("8");
    in("r", session -> undo(session, to));

    assertThat(database.ask("SELECT l::text FROM log l ORDER BY 1")).isEqualTo(before);
  }

  @Test
  void aSequenceThatSomebodyElseUsedSinceStaysWhereItIs() {
    database.run("CREATE TABLE t (id serial PRIMARY KEY, v text)");
    Collection to = database.collection("t");
    in(
        "r",
        session -> {
          put(session, to, numbered(5, 8, "x"), ConflictPolicy.FAIL, 0);
          session.finish(List.of(), List.of(to));
        });
    database.run("INSERT INTO t (v) VALUES ('app')");

    in("r", TargetSession::restore);

    assertThat(database.ask("SELECT max(id) FROM t")).containsExactly("8");
    assertThat(database.ask("SELECT last_value FROM t_id_seq")).containsExactly("8");
  }

  @Test
  void aResumedRunFindsWhatItsFirstPartWrote() {
    Collection to = database.collectionLike("t", "id integer PRIMARY KEY, v text");
    in(
        "r",
        session -> {
          session.create(to);
          put(session, to, numbered(0, 50, "x"), ConflictPolicy.FAIL, 0);
        });

    in(
        "r",
        session -> {
          session.create(to);
          Outcome again = put(session, to, numbered(40, 60, "x"), ConflictPolicy.FAIL, 1);
          assertThat(again.unchanged()).isEqualTo(10);
          assertThat(again.inserted()).isEqualTo(10);
          session.finish(List.of(to), List.of());
        });
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("60");
  }

  @Test
  void writersInParallelEachTakeTheirShare() throws Exception {
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    Collection to = database.collection("t");
    try (TargetStore target = database.target();
        TargetSession session = target.begin(TestDatabase.header("r"), null)) {
      var threads = Executors.newFixedThreadPool(2);
      List<Future<Long>> written = new ArrayList<>();
      for (int part = 0; part < 2; part++) {
        int chunk = part;
        written.add(
            threads.submit(
                () -> {
                  long count = 0;
                  try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
                    for (int batch = 0; batch < 10; batch++) {
                      int from = chunk * 1000 + batch * 100;
                      count +=
                          writer
                              .apply(
                                  to,
                                  PostgresValuesIT.puts(numbered(from, from + 100, "x")),
                                  ConflictPolicy.FAIL,
                                  new Mark("t", chunk, batch, 0, false))
                              .inserted();
                    }
                  }
                  return count;
                }));
      }
      assertThat(written.get(0).get() + written.get(1).get()).isEqualTo(2000);
      threads.shutdown();
      assertThat(session.ledger().marks()).hasSize(20);
    }
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("2000");
  }

  @Test
  void aTriggerThatSwallowsRecordsIsNoticed() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "INSERT INTO t VALUES (1, 'a')",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER swallow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    Collection to = database.collection("t");

    in(
        "r",
        session ->
            assertThatThrownBy(() -> put(session, to, numbered(5, 8, "x"), ConflictPolicy.FAIL, 0))
                .isInstanceOfSatisfying(
                    StoreException.class,
                    refused -> assertThat(refused.code()).isEqualTo("WRITE_CHANGED_BY_STORE")));
  }

  @Test
  void aLostConnectionIsTransientAndTheNextBatchGoes() {
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            ChangeBatch changes = PostgresValuesIT.puts(numbered(0, 3, "x"));
            writer.apply(to, changes, ConflictPolicy.FAIL, new Mark("t", 0, 0, 0, false));
            database.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE application_name = 'waybill' AND query LIKE 'COMMIT%'");
            ChangeBatch more = PostgresValuesIT.puts(numbered(3, 6, "x"));
            Mark mark = new Mark("t", 0, 1, 0, false);
            assertThatThrownBy(() -> writer.apply(to, more, ConflictPolicy.FAIL, mark))
                .isInstanceOfSatisfying(
                    StoreException.class, lost -> assertThat(lost.isTransient()).isTrue());

            assertThat(writer.apply(to, more, ConflictPolicy.FAIL, mark).inserted()).isEqualTo(3);
          }
        });
  }

  @Test
  void namesThatAreTooLongOrTakenBecomeOthers() {
    Collection plain = database.collectionLike("t", "id integer PRIMARY KEY, v text");
    String longName = "an_index_name_that_is_longer_than_sixty_three_bytes_by_quite_a_lot_";
    List<dev.waybill.model.Index> indexes = new ArrayList<>();
    for (String name : List.of(longName + "1", longName + "2", "taken", "")) {
      indexes.add(
          new dev.waybill.model.Index(
              name, List.of(new dev.waybill.model.Index.Column("v", false)), false, "", ""));
    }
    database.run("CREATE TABLE taken (a int)");
    Collection to = plain.withConstraints(List.of(), List.of(), indexes);

    in(
        "r",
        session -> {
          session.create(to);
          session.finish(List.of(to), List.of());
          session.finish(List.of(to), List.of());
        });

    assertThat(database.collection("t").indexes())
        .hasSize(4)
        .extracting(dev.waybill.model.Index::name)
        .contains("taken_2", "t_idx");
  }
}
