package dev.waybill.stores.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run takes back, and what of others it must leave alone. */
@Timeout(120)
class PostgresUndoIT {
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

  private static RecordBatch numbered(int from, int to) {
    RecordBatch records = new RecordBatch(2);
    for (int i = from; i < to; i++) {
      records.putInt64(i);
      records.putText("x" + i);
    }
    return records;
  }

  private static RecordDigest sum(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest sum = RecordDigest.ZERO;
    for (int i = 0; i < records.records(); i++) {
      sum = sum.plus(canonical.digest(records, i));
    }
    return sum;
  }

  private static Outcome put(
      TargetSession session, Collection to, RecordBatch records, ConflictPolicy policy) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          to, PostgresValuesIT.puts(records), policy, new Mark(to.name(), 0, 0, 0, false));
    }
  }

  private static Outcome take(
      TargetSession session, Collection from, RecordBatch records, int[] key, ConflictPolicy how) {
    RecordBatch keys = new RecordBatch(key.length);
    RecordDigest[] written = new RecordDigest[records.records()];
    CanonicalForm canonical = new CanonicalForm();
    for (int i = 0; i < written.length; i++) {
      records.project(i, key, keys);
      written[i] = canonical.digest(records, i);
    }
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          from,
          new ChangeBatch(ChangeBatch.ChangeKind.DELETE, keys, null, written),
          how,
          new Mark(from.name(), 0, 0, 0, true));
    }
  }

  private boolean isThere(String table) {
    return database.ask("SELECT to_regclass('" + table + "') IS NOT NULL").equals(List.of("t"));
  }

  // --- dropping what the run made

  private Collection made() {
    Collection plain =
        database.collectionLike("t", "id integer PRIMARY KEY, v text UNIQUE, CHECK (id < 1000)");
    return plain.withConstraints(
        plain.uniqueSets(),
        List.of(),
        List.of(new Index("by_v", List.of(new Index.Column("v", true)), false, "", "")));
  }

  private Collection load() {
    Collection to = made();
    in(
        "r",
        session -> {
          session.create(to);
          put(session, to, numbered(0, 2500), ConflictPolicy.FAIL);
        });
    return to;
  }

  private Collection loadAndFinish() {
    Collection to = made();
    in(
        "r",
        session -> {
          session.create(to);
          put(session, to, numbered(0, 900), ConflictPolicy.FAIL);
          session.finish(List.of(to), List.of());
        });
    return to;
  }

  private void expectDropped(Collection collection, int records, boolean isDropped) {
    in(
        "r",
        session ->
            assertThat(session.dropIfStill(collection, records, sum(numbered(0, records))))
                .isEqualTo(isDropped));
    assertThat(isThere(collection.name())).isEqualTo(!isDropped);
  }

  @Test
  void aTableThatHoldsWhatTheRunWroteIsDropped() {
    Collection finished = loadAndFinish();

    expectDropped(finished, 900, true);
    expectDropped(finished, 900, true);
  }

  @Test
  void aTableThatWasNotFinishedIsDroppedToo() {
    expectDropped(load(), 2500, true);
  }

  @Test
  void aTableThatIsGoneCountsAsDropped() {
    Collection finished = loadAndFinish();
    database.run("DROP TABLE t");

    expectDropped(finished, 900, true);
  }

  @Test
  void aTableThatTheRunDidNotMakeIsNeverDropped() {
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    Collection there = database.collection("t");

    assertThatThrownBy(() -> expectDropped(there, 0, true))
        .isInstanceOfSatisfying(
            StoreException.class, no -> assertThat(no.code()).isEqualTo("NOT_CREATED_BY_RUN"));
    assertThat(isThere("t")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO t VALUES (950, 'app')",
        "UPDATE t SET v = 'app' WHERE id = 7",
        "DELETE FROM t WHERE id = 7",
        "ALTER TABLE t ADD COLUMN mine integer",
        "ALTER TABLE t DROP COLUMN v",
        "ALTER TABLE t RENAME COLUMN v TO w",
        "CREATE TRIGGER mine AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION mine()",
        "CREATE INDEX mine ON t (v, id)",
        "CREATE UNIQUE INDEX mine ON t ((v || '!'))",
        "ALTER TABLE t ADD UNIQUE (v, id)",
        "ALTER TABLE t ADD CHECK (id > -1)",
        "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES numbers",
        "ALTER TABLE other ADD FOREIGN KEY (id) REFERENCES t",
        "CREATE VIEW mine AS SELECT id FROM t",
        "CREATE MATERIALIZED VIEW mine AS SELECT id FROM t",
        "CREATE FUNCTION reads() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t; END",
        "CREATE RULE mine AS ON DELETE TO t DO ALSO NOTIFY gone",
        "CREATE POLICY mine ON t USING (true)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY",
        "CREATE TABLE mine (more integer) INHERITS (t)",
        "ALTER TABLE whole ATTACH PARTITION t DEFAULT",
        "ALTER TABLE t INHERIT parent",
        "CREATE SEQUENCE mine OWNED BY t.id",
        "CREATE PUBLICATION mine FOR TABLE t",
        "DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id, 'a' AS v",
      })
  void aTableThatSomebodyElseUsesOrChangedStays(String theirs) {
    Collection finished = loadAndFinish();
    database.run(
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TABLE other (id integer)",
        "CREATE TABLE parent (id integer, v text)",
        "CREATE TABLE numbers (id integer PRIMARY KEY)",
        "CREATE TABLE whole (id integer NOT NULL, v text) PARTITION BY LIST (id)",
        "INSERT INTO numbers SELECT generate_series(0, 1000)",
        theirs);

    expectDropped(finished, 900, false);
  }

  @Test
  void tablesOfOneRunThatReferToEachOtherAreDropped() {
    Collection a = database.collectionLike("a", "id integer PRIMARY KEY, v text, b integer");
    Collection b = database.collectionLike("b", "id integer PRIMARY KEY, v text, a integer");
    List<Collection> both =
        List.of(
            a.withConstraints(List.of(), List.of(to("b", "b"), to("id", "a")), List.of()),
            b.withConstraints(List.of(), List.of(to("a", "a")), List.of()));
    in(
        "r",
        session -> {
          both.forEach(session::create);
          session.finish(both, List.of());
        });

    in(
        "r",
        session -> {
          assertThat(session.dropIfStill(both.get(1), 0, RecordDigest.ZERO)).isTrue();
          assertThat(session.dropIfStill(both.get(0), 0, RecordDigest.ZERO)).isTrue();
        });
    assertThat(isThere("a") || isThere("b")).isFalse();
  }

  private static ForeignKey to(String field, String collection) {
    return new ForeignKey(
        "",
        List.of(field),
        collection,
        List.of("id"),
        ForeignKey.Action.CASCADE,
        ForeignKey.Action.NO_ACTION,
        false);
  }

  @Test
  void whoWritesWhileATableIsToBeDroppedKeepsIt() throws Exception {
    Collection finished = loadAndFinish();
    var thread = Executors.newSingleThreadExecutor();
    try (Connection application = database.connect();
        Statement statement = application.createStatement()) {
      application.setAutoCommit(false);
      statement.execute("INSERT INTO t VALUES (950, 'app')");

      Future<?> dropping = thread.submit(() -> expectDropped(finished, 900, false));
      while (database.ask("SELECT 1 FROM pg_locks WHERE NOT granted").isEmpty()) {
        Thread.sleep(10);
      }
      application.commit();

      dropping.get();
    } finally {
      thread.shutdown();
    }
    assertThat(database.ask("SELECT v FROM t WHERE id = 950")).containsExactly("app");
  }

  // --- taking back records that others refer to

  @ParameterizedTest
  @CsvSource({
    "CASCADE, FAIL", "SET NULL, FAIL", "SET DEFAULT, FAIL", "NO ACTION, FAIL",
    "CASCADE, OVERWRITE", "SET NULL, OVERWRITE", "SET DEFAULT, OVERWRITE", "RESTRICT, OVERWRITE"
  })
  void aRecordThatOthersReferToIsNotTakenBack(String action, String rule) {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "CREATE SCHEMA app",
        "CREATE TABLE app.child (id integer, t integer DEFAULT 3 REFERENCES t ON DELETE "
            + action
            + ")");
    Collection to = database.collection("t");
    RecordBatch records = numbered(0, 10);
    in("r", session -> put(session, to, records, ConflictPolicy.FAIL));
    database.run("INSERT INTO app.child VALUES (1, 7)");

    in(
        "r",
        session -> {
          DataException refused =
              catchThrowableOfType(
                  DataException.class,
                  () ->
                      take(
                          session,
                          to,
                          records,
                          new int[] {0},
                          ConflictPolicy.parse(rule.toLowerCase(Locale.ROOT))));
          assertThat(refused.code()).isEqualTo("CONFLICT");
          assertThat(refused.record()).isEqualTo(7);
          assertThat(refused.getMessage()).contains("record 7", "\"app.child\"");
        });
    assertThat(database.ask("SELECT t FROM app.child")).containsExactly("7");
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("10");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"})
  void aRecordThatOthersReferToIsKeptIfTheyAreToKeepTheirs(String action) {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "CREATE TABLE child (id integer, t bigint DEFAULT 3 REFERENCES t ON DELETE "
            + action
            + ") PARTITION BY LIST (id)",
        "CREATE TABLE child_1 PARTITION OF child FOR VALUES IN (1)");
    Collection to = database.collection("t");
    RecordBatch records = numbered(0, 10);
    in("r", session -> put(session, to, records, ConflictPolicy.FAIL));
    database.run("INSERT INTO child VALUES (1, 7), (1, NULL)");

    in(
        "r",
        session -> {
          Outcome outcome = take(session, to, records, new int[] {0}, ConflictPolicy.SKIP);
          assertThat(outcome.deleted()).isEqualTo(9);
          assertThat(outcome.skipped()).isEqualTo(1);
        });
    assertThat(database.ask("SELECT t FROM child")).containsExactly("7", null);
    assertThat(database.ask("SELECT id FROM t")).containsExactly("7");
  }

  @Test
  void whatAKeptRecordRefersToIsKeptWithIt() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text,"
            + " up integer REFERENCES t ON DELETE CASCADE)",
        "CREATE TABLE child (t integer REFERENCES t ON DELETE CASCADE)");
    Collection to = database.collection("t");
    RecordBatch records = new RecordBatch(3);
    for (int i = 0; i < 6; i++) {
      records.putInt64(i);
      records.putText("x");
      if (i == 0 || i == 4) {
        records.putNull();
      } else {
        records.putInt64(i - 1);
      }
    }
    in("r", session -> put(session, to, records, ConflictPolicy.FAIL));
    database.run("INSERT INTO child VALUES (2)");

    in(
        "r",
        session -> {
          Outcome outcome = take(session, to, records, new int[] {0}, ConflictPolicy.SKIP);
          assertThat(outcome.skipped()).isEqualTo(3);
        });
    assertThat(database.ask("SELECT id FROM t ORDER BY id")).containsExactly("0", "1", "2");
    assertThat(database.ask("SELECT t FROM child")).containsExactly("2");
  }

  @Test
  void recordsThatReferToEachOtherAreTakenBackTogether() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text,"
            + " up integer REFERENCES t ON DELETE CASCADE)");
    Collection to = database.collection("t");
    RecordBatch records = new RecordBatch(3);
    for (int i = 0; i < 6; i++) {
      records.putInt64(i);
      records.putText("x");
      records.putInt64(i / 2);
    }
    in("r", session -> put(session, to, records, ConflictPolicy.FAIL));

    in(
        "r",
        session ->
            assertThat(take(session, to, records, new int[] {0}, ConflictPolicy.FAIL).deleted())
                .isEqualTo(6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FAIL", "SKIP"})
  void recordsWithoutKeyThatOthersReferToStay(String rule) {
    database.run(
        "CREATE TABLE t (id integer UNIQUE, v text)",
        "CREATE TABLE child (t integer REFERENCES t (id) ON DELETE CASCADE)");
    Collection to = database.collection("t");
    assertThat(to.hasKey()).isFalse();
    RecordBatch records = numbered(0, 10);
    in("r", session -> put(session, to, records, ConflictPolicy.FAIL));
    database.run("INSERT INTO child VALUES (7)");

    in(
        "r",
        session -> {
          ConflictPolicy policy = ConflictPolicy.parse(rule.toLowerCase(Locale.ROOT));
          assertThatThrownBy(() -> take(session, to, records, new int[] {0, 1}, policy))
              .isInstanceOfSatisfying(
                  DataException.class, no -> assertThat(no.record()).isEqualTo(-1));
          RecordBatch seventh = records.slice(7, 8);
          if (rule.equals("SKIP")) {
            assertThat(take(session, to, seventh, new int[] {0, 1}, policy).skipped()).isEqualTo(1);
          } else {
            assertThatThrownBy(() -> take(session, to, seventh, new int[] {0, 1}, policy))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("\"public.child\"");
          }
        });
    assertThat(database.ask("SELECT t FROM child")).containsExactly("7");
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("10");
  }

  // --- what is counted and kept beside

  @Test
  void aMarkThatIsThereAlreadyIsNoRecordsFault() {
    database.run("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          put(session, to, numbered(0, 3), ConflictPolicy.FAIL);
          assertThatThrownBy(() -> put(session, to, numbered(3, 6), ConflictPolicy.FAIL))
              .isInstanceOf(StoreException.class)
              .hasMessageContaining("mark");
        });
    assertThat(database.ask("SELECT count(*) FROM t")).containsExactly("3");
  }

  @Test
  void theDigestsOfSkippedRecordsAreAddedUp() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "INSERT INTO t VALUES (1, 'app'), (2, 'app'), (3, 'x3')");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          Outcome outcome = put(session, to, numbered(0, 5), ConflictPolicy.SKIP);
          assertThat(outcome.skipped()).isEqualTo(2);
          assertThat(outcome.skippedSum()).isEqualTo(sum(numbered(1, 3)));
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 500", "-1, -500"})
  void aSequenceIsNeverSetBehindWhatSomebodyTookMeanwhile(int step, int theirs) {
    database.run(
        "CREATE SEQUENCE s INCREMENT " + step + " MINVALUE -1000 MAXVALUE 1000 START " + step,
        "CREATE TABLE t (id bigint DEFAULT nextval('s') PRIMARY KEY, v text)");
    Collection to = database.collection("t");
    in(
        "r",
        session -> {
          RecordBatch records = new RecordBatch(2);
          records.putInt64(7L * step);
          records.putText("x");
          put(session, to, records, ConflictPolicy.FAIL);
          database.run(
              "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS"
                  + " 'BEGIN PERFORM setval(''public.s'', "
                  + theirs
                  + "); RETURN NULL; END'",
              "CREATE TRIGGER meanwhile AFTER INSERT ON waybill.note"
                  + " FOR EACH ROW EXECUTE FUNCTION meanwhile()");
          session.finish(List.of(), List.of(to));
        });

    assertThat(database.ask("SELECT last_value FROM s")).containsExactly("" + theirs);
  }

  // --- who refers to what

  private static List<String> referring(
      Snapshot snapshot, Collection to, RecordBatch keys, String... fields) {
    List<String> found = new ArrayList<>();
    RecordBatch batch = new RecordBatch(1 + fields.length);
    int[] all = IntStream.range(0, batch.width()).toArray();
    for (ReferringCollection referring : snapshot.referring(to)) {
      try (RecordReader reader = referring.read(keys, List.of(fields))) {
        while (reader.read(batch, 2, 1 << 20)) {
          for (int i = 0; i < batch.records(); i++) {
            found.add(referring.name() + ": " + KeyText.of(batch, i, all));
          }
          batch.clear();
        }
      }
    }
    return found;
  }

  @Test
  void whoRefersByAnyForeignKeyFromAnySchemaIsTold() {
    database.run(
        "CREATE SCHEMA far",
        "CREATE TABLE p (id integer PRIMARY KEY, a text, b numeric, UNIQUE (a, b))",
        "CREATE TABLE c (n integer, a text, b numeric, x integer REFERENCES p,"
            + " FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET NULL)",
        "CREATE TABLE far.c (n bigint, x integer REFERENCES p ON DELETE CASCADE)",
        "INSERT INTO p VALUES (1, 'a', 1), (2, 'a', 2), (3, NULL, 3), (4, 'a', 4)",
        "INSERT INTO c VALUES (10, 'a', 1.0, NULL), (11, 'a', NULL, 3), (12, 'a', 2, 3),"
            + " (13, NULL, 3, NULL)",
        "INSERT INTO far.c VALUES (20, 2), (21, 4), (22, NULL)");
    Collection to = database.collection("p");
    RecordBatch keys = new RecordBatch(1);
    for (int key : new int[] {3, 7, 1, 2}) {
      keys.putInt64(key);
    }

    try (TargetStore store = database.target();
        Snapshot snapshot = store.snapshot()) {
      assertThat(referring(snapshot, to, keys, "n"))
          .containsExactlyInAnyOrder(
              "c: 2, 10", "c: 3, 12", "c: 0, 11", "c: 0, 12", "far.c: 3, 20");
      assertThat(referring(snapshot, to, keys)).hasSize(5).contains("far.c: 3");
      assertThat(snapshot.referring(to))
          .filteredOn(ReferringCollection::isInCatalog)
          .extracting(ReferringCollection::name)
          .containsExactly("c");
      assertThat(snapshot.referring(database.collection("c"))).isEmpty();
    }
  }

  @Test
  void whoRefersToWholeRecordsIsToldByWhatIsReferredTo() {
    database.run(
        "CREATE TABLE p (v json, a text UNIQUE, b integer UNIQUE)",
        "CREATE TABLE c (n integer, a text REFERENCES p (a), b integer REFERENCES p (b))",
        "INSERT INTO p VALUES ('{}', 'a', 1), ('{}', NULL, 2), ('{}', 'c', NULL)",
        "INSERT INTO c VALUES (10, 'a', NULL), (11, NULL, 2), (12, 'c', 1), (13, NULL, NULL)");
    Collection to = database.collection("p");

    try (TargetStore store = database.target();
        Snapshot snapshot = store.snapshot()) {
      assertThat(referring(snapshot, to, database.read(to), "n"))
          .containsExactlyInAnyOrder("c: 0, 10", "c: 1, 11", "c: 2, 12", "c: 0, 12");
    }
  }

  @Test
  void whatDependsOnAMadeTableIsTold() {
    load();
    database.run(
        "CREATE SCHEMA far",
        "CREATE VIEW seen AS SELECT v FROM t",
        "CREATE MATERIALIZED VIEW far.kept AS SELECT count(*) AS n FROM t",
        "CREATE FUNCTION asked() RETURNS bigint RETURN (SELECT count(*) FROM t)",
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        "CREATE TABLE far.pointing (x integer REFERENCES t (id))",
        "CREATE INDEX own ON t (v)",
        "CREATE RULE quiet AS ON DELETE TO t DO ALSO NOTIFY gone");

    in(
        "r",
        session ->
            assertThat(session.dependents("t"))
                .containsExactlyInAnyOrder(
                    "view seen",
                    "materialized view far.kept",
                    "function asked()",
                    "table far.pointing"));
  }

  // --- memory

  @Test
  void aBatchThatMeetsTooMuchIsRefusedUntilItIsSmallEnough() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, repeat('y', 34 << 20) FROM generate_series(1, 2) i");
    Collection to = database.collection("t");

    in(
        "r",
        session -> {
          assertThatThrownBy(() -> put(session, to, numbered(0, 4), ConflictPolicy.SKIP))
              .isInstanceOfSatisfying(
                  DataException.class,
                  refused -> {
                    assertThat(refused.code()).isEqualTo("BATCH_TOO_LARGE");
                    assertThat(refused.record()).isEqualTo(-1);
                  });
          assertThat(put(session, to, numbered(1, 2), ConflictPolicy.SKIP).skipped()).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "bytea", "json", "jsonb", "text[]"})
  void aRecordOfMoreThan64MiBIsRefusedByName(String type) {
    String value =
        switch (type) {
          case "text" -> "repeat('y', 66 << 20)";
          case "bytea" -> "repeat('y', 66 << 20)::bytea";
          case "text[]" -> "array_fill(repeat('y', 33 << 20), ARRAY[2])";
          default -> "to_json(repeat('y', 66 << 20))::" + type;
        };
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")",
        "INSERT INTO t VALUES (1, NULL), (41, " + value + ")");

    assertThatThrownBy(() -> database.read(database.collection("t")))
        .isInstanceOfSatisfying(
            DataException.class, no -> assertThat(no.code()).isEqualTo("RECORD_TOO_LARGE"))
        .hasMessageContaining("\"t\"")
        .hasMessageContaining("41");
  }

  @Test
  void aRecordOfNearly64MiBIsRead() {
    database.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)",
        "INSERT INTO t VALUES (41, repeat('y', 63 << 20))");

    assertThat(database.read(database.collection("t")).records()).isEqualTo(1);
  }
}
