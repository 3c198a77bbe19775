package dev.waybill.stores.sqlite;

import static dev.waybill.stores.sqlite.Writing.ask;
import static dev.waybill.stores.sqlite.Writing.code;
import static dev.waybill.stores.sqlite.Writing.collection;
import static dev.waybill.stores.sqlite.Writing.collections;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Triggers;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever SQLite can hold goes from one database to another and is the same there. */
class SqliteBreadthTest {
  @TempDir Path temp;
  private Path source;
  private Path target;
  private Path work;

  @BeforeEach
  void paths() {
    source = temp.resolve("source.db");
    target = temp.resolve("target.db");
    work = temp.resolve("work");
  }

  /** Everything of the source into the target, as a run of the engine does it. */
  private void copy(Triggers triggers) {
    try (Store store = Sample.source(source, work);
        Snapshot snapshot = store.snapshot();
        Writing run = new Writing(target, work)) {
      List<Collection> collections = store.catalog().collections();
      collections.forEach(run.session::create);
      for (Collection each : collections) {
        copy(snapshot, each, run, triggers);
      }
      run.session.finish(collections, List.of());
    }
  }

  private static void copy(Snapshot snapshot, Collection each, Writing run, Triggers triggers) {
    RecordBatch batch = new RecordBatch(each.writtenFields().size());
    try (TargetWriter writer = run.session.writer(triggers, Overwritten.NOT_KEPT)) {
      for (Chunk chunk : snapshot.chunks(each, 3)) {
        try (RecordReader reader = snapshot.read(each, chunk)) {
          for (int i = 0; reader.read(batch, 2, 1 << 20); i++) {
            writer.apply(
                each,
                ChangeBatch.puts(batch, Writing.digests(batch)),
                ConflictPolicy.FAIL,
                new Mark(each.name(), chunk.ordinal(), i, 0, false));
            batch.clear();
          }
        }
      }
    }
  }

  /** What SQLite itself says of every value: its storage class and its bytes. */
  private static List<String> values(Path file, String table, List<String> columns)
      throws Exception {
    String each =
        columns.stream()
            .map(Sql::quoted)
            .map(c -> "typeof(t." + c + ") || ' ' || quote(t." + c + ") || hex(t." + c + ")")
            .collect(Collectors.joining(", "));
    List<String> rows =
        new ArrayList<>(ask(file, "SELECT " + each + " FROM " + Sql.quoted(table) + " AS t"));
    Collections.sort(rows);
    return rows;
  }

  private void assertSame() throws Exception {
    for (Collection each : collections(source, work)) {
      assertThat(values(target, each.name(), each.writtenNames()))
          .as(each.name())
          .isEqualTo(values(source, each.name(), each.writtenNames()))
          .hasSize((int) each.estimatedRecords());
    }
  }

  @ParameterizedTest
  @CsvSource({"UTF-8, UTF-8", "UTF-16le, UTF-16le", "UTF-16be, UTF-16be", "UTF-16le, UTF-8"})
  void everyValueInEveryKindOfColumnArrivesAsItIsStored(String encoding, String other)
      throws Exception {
    Sample.make(
        target, "PRAGMA encoding = '" + other + "'", "CREATE TABLE mine(x)", "DROP TABLE mine");
    List<String> values =
        new ArrayList<>(
            List.of(
                "NULL",
                "''",
                "' '",
                "'5'",
                "'5.0'",
                "'1e999'",
                "'0x10'",
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "0",
                "1.5",
                "5.0",
                "1e-320",
                "9e999",
                "-9e999",
                "1e15",
                "4503599627370497.5",
                "x''",
                "x'00ff'",
                "x'35'",
                "'a' || char(0) || 'b'",
                "char(0)",
                "char(55357, 56832)",
                "'😀é'",
                "'12345678901234567890123'"));
    if (encoding.equals("UTF-8")) {
      values.add("CAST(x'ff00fe' AS TEXT)");
      values.add("CAST(x'c3' AS TEXT)");
    }
    String insert =
        values.stream()
            .map(v -> "(" + v + ", " + v + ", " + v + ", " + v + ", " + v + ")")
            .collect(Collectors.joining(", "));
    Sample.make(
        source,
        "PRAGMA encoding = '" + encoding + "'",
        "CREATE TABLE loose(i INTEGER, r REAL, t TEXT, n NUMERIC, b BLOB)",
        "INSERT INTO loose VALUES" + insert,
        "CREATE TABLE keyed(k PRIMARY KEY, v ANY) WITHOUT ROWID, STRICT"
            .replace("k PRIMARY", "k ANY PRIMARY"),
        "INSERT OR IGNORE INTO keyed SELECT b, n FROM loose WHERE b IS NOT NULL");

    copy(Triggers.FIRE);

    if (encoding.equals(other)) {
      assertSame();
    }
    try (Store is = Sample.source(target, work);
        Store was = Sample.source(source, work)) {
      for (String table : List.of("loose", "keyed")) {
        assertThat(Sample.rows(is, table))
            .containsExactlyInAnyOrderElementsOf(Sample.rows(was, table))
            .hasSizeGreaterThan(20);
      }
    }
  }

  @Test
  void tablesOfEveryShapeArrive() throws Exception {
    List<String> wide = IntStream.range(0, 2000).mapToObj(i -> "c" + i).toList();
    Sample.make(
        source,
        "CREATE TABLE composite(a TEXT, b INT, v, PRIMARY KEY(b, a))",
        "INSERT INTO composite VALUES('x', 1, 1), (NULL, 1, 2), (NULL, 1, 3), ('x', NULL, 4)",
        "CREATE TABLE keyless(a, b)",
        "INSERT INTO keyless VALUES(1, 'same'), (1, 'same'), (1, 'same'), (NULL, NULL)",
        "CREATE TABLE named(rowid TEXT, oid INT, v)",
        "INSERT INTO named VALUES('a', 1, 1), ('a', 1, 2)",
        "CREATE TABLE all_named(rowid TEXT, oid INT, _rowid_)",
        "INSERT INTO all_named VALUES('a', 1, 1), ('b', 2, 2), ('c', 3, 3), ('d', 4, 4)",
        "CREATE TABLE \"se\"\"l;ect\n\u0007😀\"(\"fr'om\" INT PRIMARY KEY, \"a.b\" TEXT, [x\"y] BLOB)",
        "INSERT INTO \"se\"\"l;ect\n\u0007😀\" VALUES(1, 'a', x'01'), (2, NULL, NULL)",
        "CREATE TABLE computed(a INT, twice AS (a * 2) STORED, k TEXT PRIMARY KEY, l AS (length(k)))",
        "INSERT INTO computed VALUES(1, 'one'), (NULL, 'three')",
        "CREATE TABLE strict(i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT",
        "INSERT INTO strict VALUES(1, 1.0, '1', x'31', '5'), (NULL, 2, 'x', x'', 5), (3, 4, '5', x'', 5.0)",
        "CREATE TABLE no_rowid(a TEXT COLLATE NOCASE, b REAL, v, PRIMARY KEY(a, b DESC)) WITHOUT ROWID",
        "INSERT INTO no_rowid VALUES('a', 1, NULL), ('B', 2, 1), ('c', 3, 'x'), ('D', -1, x''), ('d', 0, 0)",
        "CREATE TABLE folded(name TEXT COLLATE NOCASE UNIQUE, v)",
        "INSERT INTO folded VALUES('Ann', 1), ('bob', 2), (NULL, 3), (NULL, 4)",
        "CREATE TABLE tree(id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree)",
        "INSERT INTO tree VALUES(1, 3), (2, 1), (3, NULL)",
        "CREATE TABLE \"nothing\"(a, b TEXT DEFAULT 'it''s; --')",
        "CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
        "INSERT INTO counted VALUES(41, 'x')",
        "CREATE TABLE only_counted(id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE negative(id INTEGER PRIMARY KEY)",
        "INSERT INTO negative VALUES(-9223372036854775808), (-1), (0), (9223372036854775807)",
        "CREATE TABLE wide(" + String.join(" INT, ", wide) + " INT)",
        "INSERT INTO wide(c0, c1999) VALUES(1, 2), (3, 4)",
        "CREATE TABLE large(id INTEGER PRIMARY KEY, t TEXT)",
        "INSERT INTO large VALUES(1, hex(zeroblob(5000000)))");

    copy(Triggers.FIRE);

    assertSame();
    assertThat(ask(target, "SELECT twice, l FROM computed ORDER BY k"))
        .containsExactly("2|3", "null|5");
    Sample.make(target, "INSERT INTO counted(v) VALUES('next')");
    assertThat(ask(target, "SELECT max(id) FROM counted")).containsExactly("42");
  }

  @Test
  void minusZeroStaysWhereSqliteKeepsItAndIsRefusedElsewhere() throws Exception {
    Sample.make(
        target,
        "CREATE TABLE \"BLOB\"(v BLOB)",
        "CREATE TABLE \"\"(v)",
        "CREATE TABLE \"ANY\"(v ANY) STRICT",
        "CREATE TABLE \"REAL\"(v REAL)",
        "CREATE TABLE \"INTEGER\"(v INTEGER)",
        "CREATE TABLE \"NUMERIC\"(v NUMERIC)",
        "CREATE TABLE \"TEXT\"(v TEXT)");
    List<String> kept = new ArrayList<>();
    List<Collection> tables = collections(target, work);
    try (Writing run = new Writing(target, work)) {
      for (Collection each : tables) {
        if (code(() -> run.put(each, -0.0)).equals("none")) {
          kept.add(each.name());
        }
        assertThat(code(() -> run.put(each, Double.NaN))).isEqualTo("NAN_NOT_STORABLE@0");
      }
    }
    assertThat(kept).containsExactly("BLOB", "", "ANY");
    try (Store store = Sample.source(target, work)) {
      for (String each : kept) {
        assertThat(Sample.rows(store, each)).containsExactly("FLOAT64 -0.0");
      }
    }
  }

  @Test
  void whatAKeyTakesForEqualButIsSpelledOtherwiseIsAConflictAndNeverMerged() throws Exception {
    Sample.make(
        target,
        "CREATE TABLE folded(k TEXT COLLATE NOCASE PRIMARY KEY, v)",
        "CREATE TABLE numbers(k PRIMARY KEY, v)",
        "INSERT INTO folded VALUES('a', 1)",
        "INSERT INTO numbers VALUES(1, 1)");
    Collection folded = collection(target, work, "folded");
    Collection numbers = collection(target, work, "numbers");
    try (Writing run = new Writing(target, work)) {
      for (ConflictPolicy policy : List.of(ConflictPolicy.FAIL, ConflictPolicy.OVERWRITE)) {
        assertThat(code(() -> run.put(folded, Triggers.FIRE, policy, "b", 2L, "A", 1L)))
            .isEqualTo("KEY_EQUAL_IN_TARGET@1");
        assertThat(code(() -> run.put(folded, Triggers.FIRE, policy, "b", 2L, "B", 2L)))
            .isEqualTo("KEY_EQUAL_IN_TARGET@1");
        assertThat(code(() -> run.put(numbers, Triggers.FIRE, policy, 1.0, 1L)))
            .isEqualTo("KEY_EQUAL_IN_TARGET@0");
      }
      assertThat(run.put(folded, Triggers.FIRE, ConflictPolicy.SKIP, "A", 1L, "b", 2L).skipped())
          .isEqualTo(1);
      assertThat(run.put(folded, "a", 1L).unchanged()).isEqualTo(1);
    }
    assertThat(ask(target, "SELECT * FROM folded")).containsExactly("a|1", "b|2");
    assertThat(ask(target, "SELECT k, typeof(k) FROM numbers")).containsExactly("1|integer");
  }

  @Test
  void aStrictTableTakesAValueAsItIsOrRefusesItByName() throws Exception {
    List<String> types = List.of("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY");
    List<Object> values =
        List.of("5", "x", "", 5L, Long.MIN_VALUE, 5.0, 1.5, 9e18, 1e-320, -0.0, new byte[] {53});
    int kept = 0;
    for (String type : types) {
      Sample.make(target, "CREATE TABLE \"" + type + "\"(v " + type + ") STRICT");
    }
    List<Collection> tables = collections(target, work);
    try (Writing run = new Writing(target, work)) {
      for (Collection each : tables) {
        RecordBatch taken = new RecordBatch(1);
        for (Object value : values) {
          String code = code(() -> run.put(each, value));
          assertThat(code).isIn("none", "VALUE_WOULD_CHANGE@0", "VALUE_NOT_STORABLE@0");
          if (code.equals("none")) {
            taken.putRecord(Writing.records(1, value), 0);
            kept++;
          }
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < taken.records(); i++) {
          expected.add(Sample.row(taken, i));
        }
        try (Store store = Sample.source(target, work)) {
          assertThat(Sample.rows(store, each.name())).isEqualTo(expected);
        }
      }
    }
    assertThat(kept).isGreaterThan(20);
  }
}
