package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.KeyText;
import dev.waybill.model.LogicalType;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Taking a run back beside what others have done, and within bounds of memory. */
class SqliteRollbackTest {
  @TempDir Path temp;
  private Path work;
  private Path file;
  private int marks;

  @BeforeEach
  void paths() {
    work = temp.resolve("work");
    file = temp.resolve("target.db");
  }

  @SuppressWarnings("NullAway")
  private static Ledger noLedger() {
    return null;
  }

  private <T> T in(Function<TargetSession, T> use) {
    try (TargetStore store = Sample.target(file, work);
        TargetSession session =
            store.begin(new RunHeader("r1", Instant.EPOCH, "0".repeat(64), "test"), noLedger())) {
      return use.apply(session);
    }
  }

  private void session(Consumer<TargetSession> use) {
    in(
        session -> {
          use.accept(session);
          return true;
        });
  }

  private void sql(String... statements) throws Exception {
    try (Connection connection = Sample.open(file)) {
      Sample.run(connection, statements);
    }
  }

  private List<String> ask(String query) throws Exception {
    List<String> found = new ArrayList<>();
    try (Connection connection = Sample.open(file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  private Collection existing(String name) {
    try (Store store = Sample.source(file, work)) {
      return store.catalog().collection(name).orElseThrow();
    }
  }

  /** Records of values: Long, String, byte[] or null. */
  private static RecordBatch records(int width, Object... values) {
    RecordBatch batch = new RecordBatch(width);
    for (Object value : values) {
      if (value instanceof Long number) {
        batch.putInt64(number);
      } else if (value instanceof String text) {
        batch.putText(text);
      } else if (value instanceof byte[] bytes) {
        batch.putBytes(bytes);
      } else {
        batch.putNull();
      }
    }
    return batch;
  }

  private static RecordDigest[] digests(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return digests;
  }

  private static RecordDigest sum(RecordBatch records) {
    RecordDigest sum = RecordDigest.ZERO;
    for (RecordDigest digest : digests(records)) {
      sum = sum.plus(digest);
    }
    return sum;
  }

  private Outcome put(
      TargetSession session, Collection collection, ConflictPolicy policy, Object... values) {
    RecordBatch batch = records(collection.writtenFields().size(), values);
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      return writer.apply(
          collection,
          ChangeBatch.puts(batch, digests(batch)),
          policy,
          new Mark(collection.name(), 0, marks++, 0, false));
    }
  }

  /** As the engine does it, {@code atOnce} before-images in a batch. */
  private Outcome undo(
      TargetSession session, Collection collection, ConflictPolicy policy, int atOnce) {
    Outcome outcome = Outcome.NOTHING;
    try (Ledger.BeforeImages images = session.ledger().beforeImages(collection.name());
        TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      for (List<BeforeImage> next = images.next(atOnce);
          !next.isEmpty();
          next = images.next(atOnce)) {
        boolean isInserted = next.get(0).change() == BeforeImage.Change.INSERTED;
        boolean isByKey = isInserted && collection.hasKey();
        RecordBatch batch =
            new RecordBatch(isByKey ? collection.key().size() : collection.writtenFields().size());
        RecordDigest[] expected = new RecordDigest[next.size()];
        for (int i = 0; i < expected.length; i++) {
          batch.putRecord(next.get(i).record());
          expected[i] = RecordDigest.parse(next.get(i).written());
        }
        ChangeBatch changes =
            isInserted
                ? new ChangeBatch(ChangeBatch.ChangeKind.DELETE, batch, null, expected)
                : new ChangeBatch(ChangeBatch.ChangeKind.PUT, batch, digests(batch), expected);
        outcome =
            outcome.plus(
                writer.apply(
                    collection, changes, policy, new Mark(collection.name(), 0, marks++, 0, true)));
      }
    }
    return outcome;
  }

  // --- dropping what the run made

  private static Collection made() {
    return Collection.of(
            "t",
            List.of(
                Field.of("id", LogicalType.TEXT, "TEXT", false),
                Field.of("v", LogicalType.TEXT, "TEXT", true)),
            List.of("id"))
        .withConstraints(
            List.of(List.of("v")),
            List.of(),
            List.of(new Index("t_v", List.of(new Index.Column("v", true)), false, "", "")));
  }

  private static final Object[] HELD = {"1", "a", "2", "b"};

  private boolean dropped() {
    return in(session -> session.dropIfStill(made(), 2, sum(records(2, HELD))));
  }

  private void make() {
    session(
        session -> {
          session.create(made());
          put(session, made(), ConflictPolicy.FAIL, HELD);
          session.finish(List.of(made()), List.of());
        });
  }

  @Test
  void aMadeTableThatOthersBuildOnStays() throws Exception {
    String[][] additions = {
      {"ALTER TABLE t ADD COLUMN x", "ALTER TABLE t DROP COLUMN x"},
      {"ALTER TABLE t ADD COLUMN x AS (1)", "ALTER TABLE t DROP COLUMN x"},
      {"ALTER TABLE t RENAME COLUMN v TO w", "ALTER TABLE t RENAME COLUMN w TO v"},
      {"CREATE INDEX mine ON t(v)", "DROP INDEX mine"},
      {"CREATE VIEW mine AS SELECT 1 FROM main.T", "DROP VIEW mine"},
      {"CREATE VIEW mine AS SELECT 1 FROM \"t\"", "DROP VIEW mine"},
      {"CREATE TRIGGER mine AFTER INSERT ON t BEGIN DELETE FROM other; END", "DROP TRIGGER mine"},
      {"CREATE TRIGGER mine AFTER INSERT ON other BEGIN DELETE FROM t; END", "DROP TRIGGER mine"},
      {"CREATE TABLE mine(t REFERENCES T)", "DROP TABLE mine"},
      {"CREATE VIRTUAL TABLE mine USING fts5(v, content='t')", "DROP TABLE mine"},
      {"UPDATE t SET v = 'c' WHERE id = '2'", "UPDATE t SET v = 'b' WHERE id = '2'"},
      {"UPDATE t SET v = x'62' WHERE id = '2'", "UPDATE t SET v = 'b' WHERE id = '2'"},
    };
    Sample.make(file, "CREATE TABLE other(t, x)", "CREATE VIEW no_matter AS SELECT x FROM other");
    make();

    for (String[] addition : additions) {
      sql(addition[0]);
      assertThat(dropped()).as(addition[0]).isFalse();
      assertThat(ask("SELECT count(*) FROM t")).as(addition[0]).containsExactly("2");
      sql(addition[1]);
    }

    assertThat(dropped()).isTrue();
    assertThat(ask("SELECT name FROM sqlite_schema WHERE name = 't'")).isEmpty();
    assertThat(dropped()).isTrue();
  }

  @Test
  void whatNamedATableBeforeItWasMadeDoesNotKeepIt() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE child(id INTEGER PRIMARY KEY, t REFERENCES t(id))",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE TABLE o(x)",
        "CREATE TRIGGER tr AFTER INSERT ON o BEGIN DELETE FROM t; END");
    make();

    assertThat(dropped()).isTrue();
  }

  @Test
  void anIndexThatTheRunMadeDoesNotKeepATable() throws Exception {
    make();

    assertThat(ask("SELECT name FROM sqlite_schema WHERE name = 't_v'")).hasSize(1);
    assertThat(dropped()).isTrue();
  }

  @Test
  void aViewThatTookTheNameOfAMadeTableStays() throws Exception {
    make();
    sql("DROP TABLE t", "CREATE VIEW t AS SELECT '1' AS id, 'a' AS v UNION ALL SELECT '2', 'b'");

    assertThat(dropped()).isFalse();
    assertThat(ask("SELECT count(*) FROM t")).containsExactly("2");
  }

  // --- undoing beside others' records

  @Test
  void aTriggerThatDeletesAlongTakesNothingOfOthers() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)",
        "CREATE TRIGGER along AFTER DELETE ON p BEGIN DELETE FROM c WHERE p = OLD.id; END");
    Collection parents = existing("p");
    session(session -> put(session, parents, ConflictPolicy.FAIL, 1L, "a", 2L, "b"));
    sql("INSERT INTO c VALUES(7, 1)");

    assertThatThrownBy(() -> session(session -> undo(session, parents, ConflictPolicy.FAIL, 9)))
        .isInstanceOfSatisfying(
            DataException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("CONFLICT");
              assertThat(refused.record()).isEqualTo(1);
            })
        .hasMessageContaining("\"c\"");
    assertThat(ask("SELECT count(*) FROM p")).containsExactly("2");

    Outcome kept = in(session -> undo(session, parents, ConflictPolicy.SKIP, 9));
    assertThat(List.of(kept.deleted(), kept.skipped())).containsExactly(1L, 1L);
    assertThat(ask("SELECT id FROM p")).containsExactly("1");
    assertThat(ask("SELECT id FROM c")).containsExactly("7");
  }

  @Test
  void referencesAreComparedAsSqliteComparesThem() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(a TEXT COLLATE NOCASE, b INTEGER, u TEXT UNIQUE, PRIMARY KEY(a, b))"
            + " WITHOUT ROWID",
        "CREATE TABLE c(x, y TEXT, FOREIGN KEY(x, y) REFERENCES p)",
        "CREATE TABLE d(u REFERENCES p(u))");
    Collection parents = existing("p");
    session(
        session ->
            put(
                session,
                parents,
                ConflictPolicy.FAIL,
                "K",
                1L,
                "u1",
                "L",
                2L,
                "u2",
                "M",
                3L,
                "u3",
                "N",
                4L,
                null));
    sql("INSERT INTO c VALUES('k', '1'), ('M', NULL), ('N', '5')", "INSERT INTO d VALUES('u2')");

    Outcome kept = in(session -> undo(session, parents, ConflictPolicy.SKIP, 9));

    assertThat(List.of(kept.deleted(), kept.skipped())).containsExactly(2L, 2L);
    assertThat(ask("SELECT a FROM p ORDER BY a")).containsExactly("K", "L");
    assertThat(ask("SELECT * FROM pragma_foreign_key_check('d')")).isEmpty();
  }

  @Test
  void whatAKeptRecordRefersToIsKeptToo() throws Exception {
    for (int atOnce : new int[] {1, 2, 9}) {
      Files.deleteIfExists(file);
      Sample.make(
          file,
          "CREATE TABLE n(id INTEGER PRIMARY KEY, up REFERENCES n)",
          "CREATE TABLE c(n REFERENCES n)");
      Collection nodes = existing("n");
      session(
          session ->
              put(session, nodes, ConflictPolicy.FAIL, 1L, null, 2L, 1L, 3L, 2L, 4L, 3L, 5L, 1L));
      sql("INSERT INTO c VALUES(3)");

      Outcome kept = in(session -> undo(session, nodes, ConflictPolicy.SKIP, atOnce));

      assertThat(ask("SELECT id FROM n")).as("%d at once", atOnce).containsExactly("1", "2", "3");
      assertThat(kept.skipped()).isEqualTo(3);
    }
  }

  @Test
  void recordsOfOneRunThatReferToLaterOnesAreUndone() throws Exception {
    Sample.make(file, "CREATE TABLE n(id INTEGER PRIMARY KEY, up REFERENCES n)");
    Collection nodes = existing("n");
    session(
        session -> {
          put(session, nodes, ConflictPolicy.FAIL, 1L, 6L, 2L, 1L);
          put(session, nodes, ConflictPolicy.FAIL, 3L, 3L, 4L, 5L);
          put(session, nodes, ConflictPolicy.FAIL, 5L, 2L, 6L, 4L);
        });

    Outcome undone = in(session -> undo(session, nodes, ConflictPolicy.FAIL, 1));

    assertThat(undone.deleted()).isEqualTo(6);
    assertThat(ask("SELECT id FROM n")).isEmpty();
  }

  @Test
  void tablesThatReferToEachOtherAreUndone() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b, gone)",
        "CREATE TABLE b(id INTEGER PRIMARY KEY, a REFERENCES a)");
    Collection a =
        existing("a")
            .withFields(
                existing("a").fields().stream()
                    .filter(field -> !field.name().equals("gone"))
                    .toList());
    Collection b = existing("b");
    session(
        session -> {
          put(session, a, ConflictPolicy.FAIL, 1L, 1L, 2L, 2L);
          put(session, b, ConflictPolicy.FAIL, 1L, 2L, 2L, 1L);
        });
    sql("INSERT INTO a VALUES(9, 2, NULL)");

    assertThatThrownBy(() -> session(session -> undo(session, b, ConflictPolicy.FAIL, 9)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("Record 2");
    sql("DELETE FROM a WHERE id = 9");
    session(session -> undo(session, b, ConflictPolicy.FAIL, 9));
    session(session -> undo(session, a, ConflictPolicy.FAIL, 9));

    assertThat(ask("SELECT id FROM a UNION ALL SELECT id FROM b")).isEmpty();
  }

  @Test
  void whatSomebodyPutsBackAfterItsUndoIsTheirs() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b)",
        "CREATE TABLE b(id INTEGER PRIMARY KEY)");
    Collection a = existing("a");
    Collection b = existing("b");
    session(
        session -> {
          put(session, b, ConflictPolicy.FAIL, 1L);
          put(session, a, ConflictPolicy.FAIL, 1L, 1L);
          undo(session, a, ConflictPolicy.FAIL, 9);
        });
    sql("INSERT INTO a VALUES(1, 1)");

    assertThatThrownBy(() -> session(session -> undo(session, b, ConflictPolicy.FAIL, 9)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("\"a\"");
  }

  @Test
  void recordsWithoutKeyThatOthersReferToStay() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(u TEXT UNIQUE, v)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, u" + " REFERENCES p(u))");
    Collection parents = existing("p");
    session(session -> put(session, parents, ConflictPolicy.FAIL, "x", 1L, "y", 2L));
    sql("INSERT INTO c VALUES(1, 'x')");

    assertThatThrownBy(() -> session(session -> undo(session, parents, ConflictPolicy.FAIL, 9)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("\"c\"");
    Outcome kept = in(session -> undo(session, parents, ConflictPolicy.SKIP, 9));

    assertThat(List.of(kept.deleted(), kept.skipped())).containsExactly(1L, 1L);
    assertThat(ask("SELECT u FROM p")).containsExactly("x");
  }

  @Test
  void anUndoLeavesNoTraceOfItsOwn() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p, c REFERENCES c)");
    List<String> before = ask("SELECT sql FROM sqlite_schema");
    Collection parents = existing("p");
    Collection children = existing("c");
    session(
        session -> {
          put(session, parents, ConflictPolicy.FAIL, 1L);
          put(session, children, ConflictPolicy.FAIL, 1L, 1L, 2L, 2L, 1L, 1L);
        });
    session(
        session -> {
          undo(session, children, ConflictPolicy.FAIL, 1);
          undo(session, parents, ConflictPolicy.FAIL, 1);
          assertThat(session.ledger().notes()).isEmpty();
          session.ledger().forget();
        });

    assertThat(ask("SELECT sql FROM sqlite_schema")).isEqualTo(before);
  }

  @Test
  void statisticsThatARunMadeGoWithIt() throws Exception {
    Sample.make(file, "CREATE TABLE p(id INTEGER PRIMARY KEY, v)", "CREATE INDEX i ON p(v)");
    List<String> before = ask("SELECT name FROM sqlite_schema");
    Collection p = existing("p");
    session(
        session -> {
          put(session, p, ConflictPolicy.FAIL, 1L, "a", 2L, "b");
          session.finish(List.of(), List.of(p));
        });
    assertThat(ask("SELECT name FROM sqlite_schema")).contains("sqlite_stat1");
    session(
        session -> {
          undo(session, p, ConflictPolicy.FAIL, 10);
          session.restore();
          session.ledger().forget();
        });

    assertThat(ask("SELECT name FROM sqlite_schema")).isEqualTo(before);
  }

  // --- the ledger

  @Test
  void theLedgerKeepsTheSumOfSkippedRecords() throws Exception {
    Sample.make(file, "CREATE TABLE p(id INTEGER PRIMARY KEY, v)", "INSERT INTO p VALUES(1, 'a')");
    Collection table = existing("p");

    session(session -> put(session, table, ConflictPolicy.SKIP, 1L, "b", 2L, "c"));

    session(
        session ->
            assertThat(session.ledger().marks())
                .singleElement()
                .satisfies(
                    mark ->
                        assertThat(mark.outcome().skippedSum())
                            .isEqualTo(sum(records(2, 1L, "b")))));
  }

  @Test
  void aLedgerOfAnotherFormatIsRefusedAndLeftAsItIs() throws Exception {
    Sample.make(file, "CREATE TABLE p(id INTEGER PRIMARY KEY, v)");
    Collection table = existing("p");
    session(session -> put(session, table, ConflictPolicy.FAIL, 1L, "a"));
    sql("UPDATE waybill_run SET format = 1");

    assertThatThrownBy(() -> session(session -> put(session, table, ConflictPolicy.FAIL, 2L, "b")))
        .isInstanceOfSatisfying(
            StoreException.class, refused -> assertThat(refused.code()).isEqualTo("LEDGER_FORMAT"));
  }

  // --- bounds

  private static final int MEBI = 1 << 20;

  private void read(String collection) {
    Collection table = existing(collection);
    try (Store store = Sample.source(file, work);
        Snapshot snapshot = store.snapshot()) {
      for (Chunk chunk : snapshot.chunks(table, 1)) {
        RecordBatch batch = new RecordBatch(table.writtenFields().size());
        try (RecordReader reader = snapshot.read(table, chunk)) {
          while (reader.read(batch, 1, MEBI)) {
            batch.clear();
          }
        }
      }
    }
  }

  /** Bytes that this thread has ever taken from the heap. */
  private static long allocated() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class)
        .getCurrentThreadAllocatedBytes();
  }

  @Test
  void aRecordThatIsTooLargeIsNamedAndNotRead() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE value(id INTEGER PRIMARY KEY, a, b)",
        "CREATE TABLE total(a, b)",
        "CREATE TABLE keyed(id TEXT PRIMARY KEY, a) WITHOUT ROWID",
        "INSERT INTO value VALUES(1, 1, 2), (77, 'x', zeroblob(" + 200 * MEBI + ")), (99, 1, 1)",
        "INSERT INTO total VALUES(1, 2), (zeroblob("
            + 33 * MEBI
            + "), zeroblob("
            + 33 * MEBI
            + "))",
        "INSERT INTO keyed VALUES('a', 1), ('K', zeroblob(" + 65 * MEBI + "))");

    long before = allocated();
    assertThatThrownBy(() -> read("value"))
        .isInstanceOf(DataException.class)
        .hasFieldOrPropertyWithValue("code", "RECORD_TOO_LARGE")
        .hasMessageContaining("\"value\" with the key 77 ");
    assertThat(allocated() - before).isLessThan(64L * MEBI);
    assertThatThrownBy(() -> read("total"))
        .hasFieldOrPropertyWithValue("code", "RECORD_TOO_LARGE")
        .hasMessageContaining("\"total\" with the rowid 2 ");
    assertThatThrownBy(() -> read("keyed"))
        .hasFieldOrPropertyWithValue("code", "RECORD_TOO_LARGE")
        .hasMessageContaining("\"keyed\" with the key K ");
  }

  @Test
  void aRecordThatIsTooLargeIsNotLookedUp() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, v)",
        "INSERT INTO p VALUES(1, 1), (2, zeroblob(" + 65 * MEBI + "))");
    Collection table = existing("p");
    RecordBatch keys = records(1, 1L, 2L);

    try (Store store = Sample.source(file, work);
        Snapshot snapshot = store.snapshot();
        RecordReader reader = snapshot.lookup(table, keys)) {
      assertThatThrownBy(() -> reader.read(new RecordBatch(2), 9, MEBI))
          .hasFieldOrPropertyWithValue("code", "RECORD_TOO_LARGE")
          .hasMessageContaining("key 2 ");
    }
    session(
        session ->
            assertThatThrownBy(() -> put(session, table, ConflictPolicy.SKIP, 5L, "b", 2L, "b"))
                .isInstanceOf(DataException.class)
                .hasFieldOrPropertyWithValue("code", "RECORD_TOO_LARGE")
                .hasFieldOrPropertyWithValue("record", 1));
  }

  @Test
  void theLargestRecordGoesInAndComesBackAndIsUndone() throws Exception {
    Sample.make(file, "CREATE TABLE p(id INTEGER PRIMARY KEY, v)", "INSERT INTO p VALUES(1, 'a')");
    Collection table = existing("p");
    byte[] largest = new byte[RecordLimit.LARGEST - 9 - 5];

    session(session -> put(session, table, ConflictPolicy.OVERWRITE, 1L, largest));
    read("p");
    session(session -> put(session, table, ConflictPolicy.OVERWRITE, 1L, "b"));
    session(session -> undo(session, table, ConflictPolicy.FAIL, 9));

    assertThat(ask("SELECT v FROM p")).containsExactly("a");
  }

  @Test
  void existingRecordsOfABatchAreBounded() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, v)",
        "INSERT INTO p SELECT value, zeroblob(" + 20 * MEBI + ") FROM json_each('[1, 2, 3]')");
    Collection table = existing("p");

    session(
        session -> {
          assertThatThrownBy(
                  () -> put(session, table, ConflictPolicy.OVERWRITE, 1L, "a", 2L, "b", 3L, "c"))
              .isInstanceOf(DataException.class)
              .hasFieldOrPropertyWithValue("code", "BATCH_TOO_LARGE")
              .hasFieldOrPropertyWithValue("record", -1);
          assertThat(put(session, table, ConflictPolicy.OVERWRITE, 1L, "a").updated()).isOne();
        });
  }

  @Test
  void aKeyThatManyRecordsShareIsReadInParts() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(k, v)",
        "INSERT INTO p WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT 40)"
            + " SELECT 1, zeroblob("
            + MEBI
            + ") FROM s");
    Collection table = existing("p");
    Collection keyed = Collection.of("p", table.fields(), List.of("k"));
    int most = 0;
    int all = 0;

    try (Store store = Sample.source(file, work);
        Snapshot snapshot = store.snapshot();
        RecordReader reader = snapshot.lookup(keyed, records(1, 1L, 1L, 2L))) {
      RecordBatch batch = new RecordBatch(2);
      while (reader.read(batch, 9, 2 * MEBI)) {
        most = Math.max(most, batch.size());
        all += batch.records();
        batch.clear();
      }
    }
    session(session -> put(session, keyed, ConflictPolicy.SKIP, 1L, "b"));

    assertThat(all).isEqualTo(40);
    assertThat(most).isLessThan(4 * MEBI);
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
  void whoRefersByAnyForeignKeyIsToldAndNothingIsWritten() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b NUMERIC, UNIQUE(a, b))",
        "CREATE TABLE c(n INTEGER, a TEXT, b NUMERIC, x INTEGER REFERENCES p,"
            + " FOREIGN KEY(a, b) REFERENCES p(a, b) ON DELETE SET NULL)",
        "CREATE TABLE w(n INTEGER, x TEXT REFERENCES P(ID) ON DELETE CASCADE, PRIMARY KEY(n))"
            + " WITHOUT ROWID",
        "INSERT INTO p VALUES(1, 'a', 1), (2, 'a', 2), (3, NULL, 3), (4, 'a', 4)",
        "INSERT INTO c VALUES(10, 'A', 1.0, NULL), (11, 'a', NULL, 3), (12, 'a', 2, 3),"
            + " (13, NULL, 3, NULL), (14, 'z', 9, 77)",
        "INSERT INTO w VALUES(20, '2'), (21, 4), (22, NULL)");
    Collection to = existing("p");
    byte[] before = Files.readAllBytes(file);

    try (TargetStore store = Sample.target(file, work);
        Snapshot snapshot = store.snapshot()) {
      RecordBatch keys = records(1, 3L, 7L, 1L, 2L);
      assertThat(referring(snapshot, to, keys, "n"))
          .containsExactlyInAnyOrder("c: 2, 10", "c: 3, 12", "c: 0, 11", "c: 0, 12", "w: 3, 20");
      assertThat(referring(snapshot, to, keys)).hasSize(5).contains("w: 3");
      assertThat(snapshot.referring(existing("c"))).isEmpty();
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void whoRefersToWholeRecordsIsToldByWhatIsReferredTo() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(v, a TEXT UNIQUE, b INTEGER UNIQUE)",
        "CREATE TABLE c(n INTEGER, a TEXT REFERENCES p(a), b INTEGER REFERENCES p(b))",
        "INSERT INTO p VALUES('{}', 'a', 1), ('{}', NULL, 2), ('{}', 'c', NULL)",
        "INSERT INTO c VALUES(10, 'a', NULL), (11, NULL, 2), (12, 'c', 1), (13, NULL, NULL)");
    Collection to = existing("p");
    RecordBatch whole = records(3, "{}", "a", 1L, "{}", null, 2L, "{}", "c", null);

    try (TargetStore store = Sample.target(file, work);
        Snapshot snapshot = store.snapshot()) {
      assertThat(referring(snapshot, to, whole, "n"))
          .containsExactlyInAnyOrder("c: 0, 10", "c: 1, 11", "c: 2, 12", "c: 0, 12");
    }
  }

  @Test
  void whatDependsOnAMadeTableIsTold() throws Exception {
    Sample.make(file, "CREATE TABLE early(x REFERENCES p(id))");
    Collection made =
        Collection.of(
            "p", List.of(Field.of("id", LogicalType.INT64, "INTEGER", false)), List.of("id"));
    session(session -> session.create(made));
    sql(
        "CREATE TABLE late(x REFERENCES p(id))",
        "CREATE VIEW seen AS SELECT id FROM p",
        "CREATE INDEX theirs ON p(id)");

    session(
        session ->
            assertThat(session.dependents("p"))
                .containsExactlyInAnyOrder("table late", "view seen"));
  }

  // --- locks

  @Test
  void aClosedSnapshotLeavesNoLockOnARollbackJournalDatabase() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY, v)",
        "INSERT INTO p VALUES(1, 'a'), (2, 'b')");
    Collection table = existing("p");

    try (TargetStore store = Sample.target(file, work);
        TargetSession session =
            store.begin(new RunHeader("r1", Instant.EPOCH, "0".repeat(64), "test"), noLedger())) {
      for (int i = 0; i < 3; i++) {
        try (Snapshot snapshot = store.snapshot()) {
          List<Chunk> chunks = snapshot.chunks(table, 1);
          RecordReader one = snapshot.read(table, chunks.get(0));
          RecordReader two = snapshot.lookup(table, records(1, 1L, 2L));
          assertThat(one.read(new RecordBatch(2), 1, MEBI)).isTrue();
          assertThat(two.read(new RecordBatch(2), 1, MEBI)).isTrue();
          two.close();
          one.close();
        }
        store.catalog();
        store.findings();
        long begun = System.nanoTime();
        put(session, table, ConflictPolicy.OVERWRITE, 2L, "b" + i, 10L + i, "c");
        assertThat(System.nanoTime() - begun).isLessThan(3_000_000_000L);
      }
      undo(session, table, ConflictPolicy.FAIL, 9);
      session.ledger().forget();
    }

    assertThat(ask("SELECT v FROM p")).containsExactly("a", "b");
    assertThat(ask("PRAGMA journal_mode")).containsExactly("delete");
  }
}
