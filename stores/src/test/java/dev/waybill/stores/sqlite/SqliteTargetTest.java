package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
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
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.TargetWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteTargetTest {
  @TempDir Path temp;
  private Path work;
  private Path file;
  private int marks;

  @BeforeEach
  void paths() {
    work = temp.resolve("work");
    file = temp.resolve("target.db");
  }

  private static RunHeader run(String id) {
    return new RunHeader(id, Instant.EPOCH, "0".repeat(64), "test");
  }

  private TargetSession begin(TargetStore store) {
    return store.begin(run("r1"), noLedger());
  }

  @SuppressWarnings("NullAway")
  private static Ledger noLedger() {
    return null;
  }

  private static Collection t(Field... fields) {
    return Collection.of("t", List.of(fields), List.of("id"));
  }

  private static Collection plain() {
    return t(
        new Field("id", LogicalType.INT64, "INTEGER", false, null, Field.Generation.IDENTITY),
        Field.of("v", LogicalType.TEXT, "TEXT", true));
  }

  /** Records of values: Long, Double, String, byte[] or null. */
  private static RecordBatch records(int width, Object... values) {
    RecordBatch batch = new RecordBatch(width);
    for (Object value : values) {
      if (value instanceof Long number) {
        batch.putInt64(number);
      } else if (value instanceof Double number) {
        batch.putFloat64(number);
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

  private static ChangeBatch puts(RecordBatch records) {
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[records.records()];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = canonical.digest(records, i);
    }
    return ChangeBatch.puts(records, digests);
  }

  private Mark mark(Collection collection) {
    return new Mark(collection.name(), 0, marks++, 0, false);
  }

  private Outcome put(
      TargetSession session, Collection collection, ConflictPolicy policy, Object... values) {
    try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
      RecordBatch batch = records(collection.writtenFields().size(), values);
      return writer.apply(collection, puts(batch), policy, mark(collection));
    }
  }

  private Collection existing(String name) {
    try (Store store = Sample.source(file, work)) {
      return store.catalog().collection(name).orElseThrow();
    }
  }

  private List<String> rows(String name) {
    try (Store store = Sample.source(file, work)) {
      return Sample.rows(store, name);
    }
  }

  private void session(Consumer<TargetSession> use) {
    try (TargetStore store = Sample.target(file, work);
        TargetSession session = begin(store)) {
      use.accept(session);
    }
  }

  private static String code(Runnable call) {
    try {
      call.run();
      return "none";
    } catch (DataException refused) {
      return refused.code() + "@" + refused.record();
    } catch (StoreException refused) {
      return refused.code();
    }
  }

  // --- begin and end

  @Test
  void anAbsentTargetIsEmptyAndStaysAbsentUntilARunBegins() throws Exception {
    try (TargetStore store = Sample.target(file, work)) {
      assertThat(store.catalog().collections()).isEmpty();
      assertThat(store.findings()).isEmpty();
      store.snapshot().close();
      assertThat(Files.list(temp)).isEmpty();

      begin(store).close();

      assertThat(file).exists();
      assertThat(store.catalog().collections()).isEmpty();
    }
    assertThat(Files.list(temp)).containsExactly(file);
  }

  @Test
  void aFolderThatIsMissingIsNamed() {
    assertThatThrownBy(() -> Sample.target(temp.resolve("no/x.db"), work))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(temp.resolve("no").toString());
  }

  @Test
  void lookingAtATargetLeavesItAsItWas() throws Exception {
    Sample.make(file, "PRAGMA journal_mode=wal", "CREATE TABLE t(id INTEGER PRIMARY KEY)");
    String before = Sample.fingerprint(temp);
    try (TargetStore store = Sample.target(file, work)) {
      store.catalog();
      store.findings();
      store.snapshot().close();
    }
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
  }

  @Test
  void forgettingTheRunThatMadeTheFileRemovesItOnceItIsEmpty() throws Exception {
    session(
        session -> {
          session.create(plain());
          put(session, plain(), ConflictPolicy.FAIL, 1L, "a");
          session.finish(List.of(plain()), List.of());
          session.drop("t");
          session.restore();
          session.ledger().forget();
        });
    assertThat(Files.list(temp)).isEmpty();
  }

  @Test
  void forgettingLeavesAFileThatHoldsSomething() throws Exception {
    session(
        session -> {
          session.create(plain());
          session.ledger().forget();
        });
    try (Connection connection = Sample.open(file);
        var rows = connection.createStatement().executeQuery("SELECT name FROM sqlite_schema")) {
      List<String> names = new ArrayList<>();
      while (rows.next()) {
        names.add(rows.getString(1));
      }
      assertThat(names).containsExactly("t");
    }
  }

  @Test
  void theLedgerStaysWhileAnotherRunIsInIt() throws Exception {
    Sample.make(file, "CREATE TABLE t(id INTEGER PRIMARY KEY)");
    try (TargetStore store = Sample.target(file, work)) {
      try (TargetSession one = begin(store)) {
        one.ledger().note(new Ledger.Note(Ledger.Note.What.OBJECT_CREATED, "x", "y"));
      }
      try (TargetSession two = store.begin(run("r2"), noLedger())) {
        assertThat(two.ledger().notes()).isEmpty();
        two.ledger().forget();
      }
      try (TargetSession one = begin(store)) {
        assertThat(one.ledger().notes()).hasSize(1);
        one.ledger().forget();
      }
      assertThat(store.catalog().collections()).extracting(Collection::name).containsExactly("t");
    }
    Sample.make(file, "CREATE TABLE waybill_run(free_again)");
  }

  @Test
  void aReadOnlyTargetIsRefusedWithNothingWritten() throws Exception {
    Sample.make(file, "CREATE TABLE t(id INTEGER PRIMARY KEY)");
    String before = Sample.fingerprint(temp);
    try (Unwritable locked = new Unwritable(file);
        TargetStore store = Sample.target(file, work)) {
      assertThat(code(() -> begin(store))).isEqualTo("TARGET_READ_ONLY");
      assertThat(store.findings()).anyMatch(finding -> finding.code().equals("TARGET_READ_ONLY"));
    }
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
    try (Unwritable locked = new Unwritable(temp);
        TargetStore store = Sample.target(file, work)) {
      assertThat(code(() -> begin(store))).isEqualTo("TARGET_READ_ONLY");
    }
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
  }

  // --- values

  @Test
  void whatIsWrittenIsReadBackTheSame() throws Exception {
    Collection dynamic =
        t(
            Field.of("id", LogicalType.DYNAMIC, "", true),
            Field.of("v", LogicalType.DYNAMIC, "", true));
    RecordBatch batch = new RecordBatch(2);
    for (int i = 0; i < 2; i++) {
      batch.putVariable(
          dev.waybill.model.Kind.TEXT, new byte[] {'a', 0, (byte) 0xff, (byte) i}, 0, 4);
      batch.putFloat64(-0.0);
      batch.putBytes(new byte[] {0, (byte) i});
      batch.putText("");
      batch.putInt64(Long.MIN_VALUE + i);
      batch.putBytes(new byte[0]);
      batch.putFloat64(1.5 + i);
      batch.putFloat64(Double.NEGATIVE_INFINITY);
      batch.putText("12" + i);
      batch.putText("a😀é");
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < batch.records(); i++) {
      expected.add(Sample.row(batch, i));
    }
    session(
        session -> {
          session.create(dynamic);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            writer.apply(dynamic, puts(batch), ConflictPolicy.FAIL, mark(dynamic));
            Outcome again = writer.apply(dynamic, puts(batch), ConflictPolicy.FAIL, mark(dynamic));
            assertThat(again.unchanged()).isEqualTo(10);
          }
        });
    assertThat(rows("t")).containsExactlyElementsOf(expected);
  }

  @Test
  void aColumnWhoseNameIsEmptyIsOneLikeOthers() throws Exception {
    Collection unnamed =
        t(
            Field.of("id", LogicalType.TEXT, "TEXT", false),
            Field.of("", LogicalType.INT64, "INTEGER", true));
    RecordBatch batch = new RecordBatch(2);
    batch.putText("a");
    batch.putInt64(1);
    String expected = Sample.row(batch, 0);
    session(
        session -> {
          session.create(unnamed);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            writer.apply(unnamed, puts(batch), ConflictPolicy.FAIL, mark(unnamed));
          }
        });
    assertThat(rows("t")).containsExactly(expected);
  }

  @Test
  void nullIsNotNumberedInSecret() {
    session(
        session -> {
          session.create(plain());
          assertThat(code(() -> put(session, plain(), ConflictPolicy.FAIL, null, "a")))
              .isEqualTo("VALUE_WOULD_CHANGE@0");
        });
  }

  // --- batches

  @Test
  void aBatchWithOneBadRecordLeavesNothingAndNamesIt() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE CHECK (length(v) < 5))",
        "INSERT INTO t VALUES(1, 'one')");
    Collection table = existing("t");
    session(
        session -> {
          assertThat(code(() -> put(session, table, ConflictPolicy.FAIL, 2L, "two", 3L, null)))
              .isEqualTo("NULL_NOT_ALLOWED@1");
          assertThat(code(() -> put(session, table, ConflictPolicy.FAIL, 2L, "two", 3L, "one")))
              .isEqualTo("NOT_UNIQUE@1");
          assertThat(code(() -> put(session, table, ConflictPolicy.FAIL, 2L, "too long")))
              .isEqualTo("CHECK_VIOLATED@0");
          assertThat(code(() -> put(session, table, ConflictPolicy.FAIL, 2L, "two", 1L, "uno")))
              .isEqualTo("CONFLICT@1");
          assertThat(session.ledger().marks()).isEmpty();
          assertThat(session.ledger().beforeImages("t").next(10)).isEmpty();
        });
    assertThat(rows("t")).containsExactly("INT64 1|TEXT one");
  }

  private long rowsByAnotherConnection() throws Exception {
    try (Connection connection = Sample.open(file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
      return row.getLong(1);
    }
  }

  @Test
  void batchesOfANewDatabaseLastTogetherAndOnceAnybodyAsksForThem() throws Exception {
    session(
        session -> {
          session.create(plain());
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            for (long id = 1; id <= 3; id++) {
              writer.apply(plain(), puts(records(2, id, "x")), ConflictPolicy.FAIL, mark(plain()));
            }
            assertThat(rowsByAnotherConnection()).isZero();
            assertThat(session.ledger().marks()).hasSize(3);
            assertThat(rowsByAnotherConnection()).isEqualTo(3);
            writer.apply(plain(), puts(records(2, 4L, "x")), ConflictPolicy.FAIL, mark(plain()));
            assertThat(rowsByAnotherConnection()).isEqualTo(3);
          } catch (Exception failure) {
            throw new AssertionError(failure);
          }
        });

    assertThat(rowsByAnotherConnection()).isEqualTo(4);
  }

  @Test
  void aBatchThatIsRefusedTakesNoneOfItsGroupWithIt() throws Exception {
    session(
        session -> {
          session.create(plain());
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            writer.apply(plain(), puts(records(2, 1L, "x")), ConflictPolicy.FAIL, mark(plain()));
            assertThatThrownBy(
                    () ->
                        writer.apply(
                            plain(),
                            puts(records(2, 2L, "y", 1L, "z")),
                            ConflictPolicy.FAIL,
                            mark(plain())))
                .isInstanceOf(DataException.class);
            writer.apply(plain(), puts(records(2, 3L, "w")), ConflictPolicy.FAIL, mark(plain()));
          }
        });

    assertThat(rows("t")).hasSize(2);
  }

  @Test
  void aGroupThatSqliteItselfTookBackIsNeverTakenForWritten() throws Exception {
    session(
        session -> {
          session.create(plain());
          try (Connection other = Sample.open(file)) {
            Sample.run(
                other,
                "CREATE TRIGGER r AFTER INSERT ON t WHEN new.id = 2"
                    + " BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
          } catch (Exception failure) {
            throw new AssertionError(failure);
          }
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            writer.apply(plain(), puts(records(2, 1L, "x")), ConflictPolicy.FAIL, mark(plain()));
            assertThatThrownBy(
                    () ->
                        writer.apply(
                            plain(), puts(records(2, 2L, "y")), ConflictPolicy.FAIL, mark(plain())))
                .isInstanceOfSatisfying(
                    StoreException.class,
                    lost -> {
                      assertThat(lost.code()).isEqualTo("BATCHES_LOST");
                      assertThat(lost.isTransient()).isFalse();
                    });
            assertThat(session.ledger().marks()).isEmpty();
          }
        });

    assertThat(rows("t")).isEmpty();
  }

  @Test
  void aUniqueSetThatReplacesNeverTakesAnotherRecord() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, v TEXT UNIQUE ON CONFLICT REPLACE)",
        "INSERT INTO t VALUES(9, 'theirs')");
    Collection table = existing("t");
    session(
        session ->
            assertThat(code(() -> put(session, table, ConflictPolicy.OVERWRITE, 1L, "theirs")))
                .isEqualTo("NOT_UNIQUE@0"));
    assertThat(rows("t")).containsExactly("INT64 9|TEXT theirs");
  }

  @Test
  void aTableOfTheLedgersNameIsTheTargetsOwn() throws Exception {
    Sample.make(file, "CREATE TABLE waybill_run(id INTEGER PRIMARY KEY, v TEXT)");
    String before = Sample.fingerprint(temp);
    try (TargetStore store = Sample.target(file, work)) {
      assertThat(store.catalog().collections()).hasSize(1);
      assertThat(code(() -> begin(store))).isEqualTo("LEDGER_NAME_TAKEN");
    }
    assertThat(Sample.fingerprint(temp)).isEqualTo(before);
  }

  @Test
  void policiesDecideAndOutcomesAddUp() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO t VALUES(1, 'one'), (2, 'b')");
    Collection table = existing("t");
    session(
        session -> {
          Outcome skip = put(session, table, ConflictPolicy.SKIP, 1L, "x", 2L, "b", 3L, "c");
          assertThat(List.of(skip.skipped(), skip.unchanged(), skip.inserted()))
              .containsExactly(1L, 1L, 1L);
          Outcome newer =
              put(session, table, ConflictPolicy.parse("newer:v"), 1L, "nope", 2L, "bb");
          assertThat(List.of(newer.skipped(), newer.updated())).containsExactly(1L, 1L);
          Outcome over = put(session, table, ConflictPolicy.OVERWRITE, 1L, "uno", 4L, "d");
          assertThat(List.of(over.updated(), over.inserted())).containsExactly(1L, 1L);
          assertThat(session.ledger().marks()).hasSize(3);

          Ledger.BeforeImages images = session.ledger().beforeImages("t");
          List<BeforeImage> first = images.next(10);
          assertThat(first)
              .extracting(BeforeImage::change)
              .containsExactly(BeforeImage.Change.UPDATED);
          RecordBatch was = new RecordBatch(2);
          was.putRecord(first.get(0).record());
          assertThat(Sample.row(was, 0)).isEqualTo("INT64 1|TEXT one");
          assertThat(images.next(10))
              .extracting(BeforeImage::change)
              .containsExactly(BeforeImage.Change.INSERTED);
        });
    assertThat(rows("t"))
        .containsExactly("INT64 1|TEXT uno", "INT64 2|TEXT bb", "INT64 3|TEXT c", "INT64 4|TEXT d");
  }

  @Test
  void undoGivesBackTheFirstStateAndSparesWhatOthersChanged() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)",
        "INSERT INTO t VALUES(1, 'one'), (2, 'two')");
    Collection table = existing("t");
    List<String> before = rows("t");
    session(
        session -> {
          put(session, table, ConflictPolicy.OVERWRITE, 1L, "uno", 9L, "neuf", 10L, "dix");
          assertThat(session.ledger().notes())
              .contains(new Ledger.Note(Ledger.Note.What.SEQUENCE_MOVED, "t", "2 10"));
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            Ledger.BeforeImages images = session.ledger().beforeImages("t");
            int n = 0;
            for (List<BeforeImage> part = images.next(1); !part.isEmpty(); part = images.next(1)) {
              BeforeImage image = part.get(0);
              boolean isInsert = image.change() == BeforeImage.Change.INSERTED;
              RecordBatch record = new RecordBatch(isInsert ? 1 : 2);
              record.putRecord(image.record());
              RecordDigest[] expected = {RecordDigest.parse(image.written())};
              ChangeBatch undo =
                  isInsert
                      ? new ChangeBatch(ChangeBatch.ChangeKind.DELETE, record, null, expected)
                      : new ChangeBatch(
                          ChangeBatch.ChangeKind.PUT, record, puts(record).digests(), expected);
              writer.apply(table, undo, ConflictPolicy.FAIL, new Mark("t", 0, n++, 0, true));
            }
            assertThat(n).isEqualTo(3);
            RecordBatch two = records(1, 2L);
            ChangeBatch changed =
                new ChangeBatch(
                    ChangeBatch.ChangeKind.DELETE,
                    two,
                    null,
                    new RecordDigest[] {new RecordDigest(1, 1)});
            assertThat(
                    code(
                        () ->
                            writer.apply(
                                table, changed, ConflictPolicy.FAIL, new Mark("t", 1, 0, 0, true))))
                .isEqualTo("CONFLICT@0");
          }
          session.restore();
          session.restore();
          session.ledger().forget();
        });
    assertThat(rows("t")).isEqualTo(before);
    try (Connection connection = Sample.open(file);
        var rows = connection.createStatement().executeQuery("SELECT seq FROM sqlite_sequence")) {
      assertThat(rows.getLong(1)).isEqualTo(2);
    }
  }

  @Test
  void recordsWithoutKeyAreAppendedAndTakenAwayExactlyAsOftenAsAsked() throws Exception {
    Sample.make(file, "CREATE TABLE n(a, b)", "INSERT INTO n VALUES(1, 'x'), (1, 'x'), (1.0, 'x')");
    Collection table = existing("n");
    session(
        session -> {
          Outcome outcome = put(session, table, ConflictPolicy.FAIL, 1L, "x", 2L, null, 1L, "x");
          assertThat(outcome.inserted()).isEqualTo(3);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            RecordBatch gone = records(2, 1L, "x", 1L, "x", 1L, "x", 2L, null, 7L, "never");
            Outcome undone =
                writer.apply(
                    table,
                    new ChangeBatch(ChangeBatch.ChangeKind.DELETE, gone, null, null),
                    ConflictPolicy.FAIL,
                    new Mark("n", 0, 0, 0, true));
            assertThat(undone.deleted()).isEqualTo(4);
            assertThat(undone.unchanged()).isEqualTo(1);
          }
        });
    assertThat(rows("n")).containsExactly("INT64 1|TEXT x", "FLOAT64 1.0|TEXT x");
  }

  @Test
  void nullKeysAreKeysLikeOthers() throws Exception {
    Sample.make(
        file, "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES(NULL, 'a')");
    Collection table = existing("t");
    session(
        session -> {
          assertThat(put(session, table, ConflictPolicy.FAIL, null, "a").unchanged()).isEqualTo(1);
          assertThat(put(session, table, ConflictPolicy.OVERWRITE, null, "b").updated())
              .isEqualTo(1);
        });
    assertThat(rows("t")).containsExactly("NULL null|TEXT b");
  }

  @Test
  void triggersOfExistingTablesFireOncePerRecordWritten() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE log(x)",
        "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO log VALUES(NEW.id); END",
        "INSERT INTO t VALUES(1, 'a')");
    Collection table = existing("t");
    session(session -> put(session, table, ConflictPolicy.FAIL, 1L, "a", 2L, "b"));
    assertThat(rows("log")).containsExactly("INT64 1", "INT64 2");
  }

  // --- structure

  @Test
  void aCopyOfASchemaSaysTheSame() throws Exception {
    Path source =
        Sample.make(
            temp.resolve("source.db"),
            "CREATE TABLE p(a TEXT NOT NULL, b INT NOT NULL, PRIMARY KEY(b, a), UNIQUE(a))",
            "CREATE TABLE t(id INTEGER PRIMARY KEY, \"n\"\"x\" VARCHAR(10) NOT NULL DEFAULT 'it''s',"
                + " k INT DEFAULT 1 CHECK (k > 0), w DEFAULT CURRENT_TIMESTAMP, x DEFAULT (1+1),"
                + " f BOOLEAN DEFAULT TRUE, d DEFAULT '5', h BLOB DEFAULT (x'00'),"
                + " self INTEGER REFERENCES t ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
                + " pb INT, pa TEXT, FOREIGN KEY(pb, pa) REFERENCES p(b, a) ON UPDATE CASCADE)",
            "CREATE INDEX i1 ON t(\"n\"\"x\", k DESC)",
            "CREATE UNIQUE INDEX i2 ON t(pa, pb)",
            "CREATE INDEX i3 ON t(k) WHERE k > 1",
            "CREATE INDEX i4 ON t(lower(pa))");
    List<Collection> wanted;
    try (Store store = Sample.source(source, work)) {
      wanted = store.catalog().collections();
    }
    session(
        session -> {
          for (int again = 0; again < 2; again++) {
            wanted.forEach(session::create);
            session.finish(wanted, List.of());
          }
        });
    try (Store store = Sample.source(file, work)) {
      Catalog made = store.catalog();
      for (Collection each : wanted) {
        Collection copy = made.collection(each.name()).orElseThrow();
        assertThat(copy.fields())
            .extracting(Field::name)
            .isEqualTo(each.fields().stream().map(Field::name).toList());
        assertThat(copy)
            .usingRecursiveComparison()
            .ignoringFields("fields", "checks", "uniqueSets", "estimatedBytes")
            .isEqualTo(each);
        assertThat(copy.fields())
            .usingRecursiveFieldByFieldElementComparatorIgnoringFields("defaultValue")
            .isEqualTo(each.fields());
        for (Field field : each.fields()) {
          Field.Default was = field.defaultValue();
          Field.Default is = copy.field(field.name()).orElseThrow().defaultValue();
          assertThat(is == null ? "" : is.literal())
              .as(field.name())
              .isEqualTo(was == null ? "" : was.literal());
        }
        assertThat(copy.uniqueSets()).containsExactlyInAnyOrderElementsOf(each.uniqueSets());
        assertThat(copy.checks()).isEqualTo(each.checks());
      }
    }
  }

  @Test
  void finishNamesRecordsWhoseForeignKeysLeadNowhere() throws Exception {
    Sample.make(
        file,
        "CREATE TABLE p(id INTEGER PRIMARY KEY)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p)",
        "INSERT INTO c VALUES(1, 77)");
    Collection child = existing("c");
    session(
        session -> {
          put(session, child, ConflictPolicy.FAIL, 2L, null);
          session.finish(List.of(), List.of(child));
          put(session, child, ConflictPolicy.FAIL, 3L, 78L);
          assertThatThrownBy(() -> session.finish(List.of(), List.of(child)))
              .isInstanceOf(DataException.class)
              .hasMessageContaining("\"c\"")
              .hasMessageContaining("\"p\"")
              .hasMessageContaining("1 of them did before");
        });
  }

  @Test
  void onlyWhatTheRunMadeIsDropped() throws Exception {
    Sample.make(file, "CREATE TABLE mine(id INTEGER PRIMARY KEY)");
    session(
        session -> {
          assertThat(code(() -> session.drop("mine"))).isEqualTo("NOT_CREATED_BY_RUN");
          assertThat(code(() -> session.create(existing("mine")))).isEqualTo("COLLECTION_EXISTS");
          session.create(plain());
          session.create(plain());
          session.drop("t");
        });
    assertThat(existing("mine").name()).isEqualTo("mine");
  }

  @Test
  void severalWritersWriteEverythingOnce() throws Exception {
    session(
        session -> {
          session.create(plain());
          List<Thread> threads = new ArrayList<>();
          for (int thread = 0; thread < 4; thread++) {
            int first = thread;
            threads.add(
                new Thread(
                    () -> {
                      try (TargetWriter writer =
                          session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
                        for (int i = 0; i < 25; i++) {
                          long id = first * 100L + i;
                          writer.apply(
                              plain(),
                              puts(records(2, id, "v" + id)),
                              ConflictPolicy.FAIL,
                              new Mark("t", first, i, 0, false));
                        }
                      }
                    }));
          }
          threads.forEach(Thread::start);
          for (Thread thread : threads) {
            try {
              thread.join();
            } catch (InterruptedException stopped) {
              throw new IllegalStateException(stopped);
            }
          }
          assertThat(session.ledger().marks()).hasSize(100);
        });
    assertThat(rows("t")).hasSize(100);
  }

  @Test
  void aSnapshotOfTheTargetDoesNotSeeWhatIsWrittenLater() throws Exception {
    try (TargetStore store = Sample.target(file, work);
        TargetSession session = begin(store)) {
      session.create(plain());
      put(session, plain(), ConflictPolicy.FAIL, 1L, "a");
      try (Snapshot snapshot = store.snapshot()) {
        put(session, plain(), ConflictPolicy.FAIL, 2L, "b");
        assertThat(snapshot.count(plain())).isEqualTo(1);
        for (Chunk chunk : snapshot.chunks(plain(), 10)) {
          try (RecordReader reader = snapshot.read(plain(), chunk)) {
            assertThat(Sample.rows(reader, plain())).hasSize(1);
          }
        }
      }
      try (Snapshot snapshot = store.snapshot()) {
        assertThat(snapshot.count(plain())).isEqualTo(2);
      }
    }
  }

  @Test
  void textOfUtf16TargetsComesBackTheSameOrIsRefused() throws Exception {
    Sample.make(file, "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT)");
    Collection table = existing("t");
    session(
        session -> {
          put(session, table, ConflictPolicy.FAIL, "é😀", "", "b", "x\u0000y");
          assertThat(put(session, table, ConflictPolicy.FAIL, "é😀", "").unchanged()).isEqualTo(1);
          RecordBatch invalid = new RecordBatch(2);
          invalid.putText("c");
          invalid.putVariable(dev.waybill.model.Kind.TEXT, new byte[] {(byte) 0xff}, 0, 1);
          try (TargetWriter writer = session.writer(Triggers.FIRE, Overwritten.NOT_KEPT)) {
            assertThat(
                    code(
                        () -> writer.apply(table, puts(invalid), ConflictPolicy.FAIL, mark(table))))
                .isEqualTo("VALUE_WOULD_CHANGE@0");
          }
        });
    assertThat(rows("t")).containsExactlyInAnyOrder("TEXT é😀|TEXT ", "TEXT b|TEXT x\\u0000y");
  }
}
