package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteCatalogTest {
  @TempDir Path temp;

  private Store store(String... statements) throws Exception {
    return Sample.source(Sample.make(temp.resolve("x.db"), statements), temp.resolve("work"));
  }

  private static Collection only(Store store, String name) {
    return store.catalog().collection(name).orElseThrow();
  }

  @Test
  void valuesKeepTheirOwnStorageClassWhateverTheColumnDeclares() throws Exception {
    try (Store store =
        store(
            "CREATE TABLE t(a INTEGER, b TEXT, c REAL, d BLOB, e BOOLEAN, f)",
            "INSERT INTO t VALUES('x', x'00ff', 'y', 1.5, 'true', 7)",
            "INSERT INTO t VALUES(1, 'é', 2, x'', 1, NULL)",
            "INSERT INTO t VALUES(NULL, CAST(x'610062ff' AS TEXT), 1e300, '', 0, -0.0)",
            "INSERT INTO t VALUES(9223372036854775807, '', 9e999, 5, 1.5, x'00')")) {
      assertThat(Sample.rows(store, "t"))
          .containsExactly(
              "TEXT x|BYTES x'00ff'|TEXT y|FLOAT64 1.5|TEXT true|INT64 7",
              "INT64 1|TEXT é|FLOAT64 2.0|BYTES x''|INT64 1|NULL null",
              "NULL null|TEXT a\\u0000b\uFFFD|FLOAT64 1.0E300|TEXT |INT64 0|FLOAT64 -0.0",
              "INT64 9223372036854775807|TEXT |FLOAT64 Infinity|INT64 5|FLOAT64 1.5|BYTES x'00'");
      assertThat(only(store, "t").fields())
          .extracting(Field::type)
          .containsExactly(
              LogicalType.INT64,
              LogicalType.TEXT,
              LogicalType.FLOAT64,
              LogicalType.BYTES,
              LogicalType.INT64,
              LogicalType.DYNAMIC);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16le", "UTF-16be"})
  void textOfUtf16DatabasesIsUtf8(String encoding) throws Exception {
    try (Store store =
        store(
            "PRAGMA encoding='" + encoding + "'",
            "CREATE TABLE t(a)",
            "INSERT INTO t VALUES('aé€😀'), ('')")) {
      assertThat(Sample.rows(store, "t")).containsExactly("TEXT aé€😀", "TEXT ");
    }
  }

  @Test
  void theSchemaIsTold() throws Exception {
    try (Store store =
        store(
            "CREATE TABLE p(a TEXT, b INT, PRIMARY KEY(b, a), UNIQUE(a))",
            "CREATE TABLE t(id INTEGER PRIMARY KEY, n VARCHAR(10) NOT NULL DEFAULT 'it''s',"
                + " k INT DEFAULT 1 CHECK (k > 0 AND n <> ')'), w DEFAULT CURRENT_TIMESTAMP,"
                + " f BOOLEAN DEFAULT TRUE, z DEFAULT NULL, x DEFAULT (1+1),"
                + " self INTEGER REFERENCES t ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
                + " pb INT, pa TEXT, twice INT AS (k * 2) STORED, /* CHECK (no) */"
                + " FOREIGN KEY(pb, pa) REFERENCES p(b, a) ON UPDATE CASCADE) -- CHECK (no)",
            "CREATE INDEX i1 ON t(n, k DESC)",
            "CREATE UNIQUE INDEX i2 ON t(pa, pb)",
            "CREATE INDEX i3 ON t(k) WHERE k > 1",
            "CREATE INDEX i4 ON t(lower(n))",
            "CREATE VIEW v AS SELECT 1",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
            "CREATE TABLE w(a TEXT, b TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID",
            "CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE waybill_run(id, plan_digest)",
            "CREATE TABLE waybill_notes_of_mine(id)")) {
      Catalog catalog = store.catalog();

      assertThat(catalog.collections())
          .extracting(Collection::name)
          .containsExactly("p", "t", "w", "auto", "waybill_notes_of_mine");
      assertThat(catalog.leftOut()).extracting(Catalog.LeftOut::name).containsExactly("v", "tr");
      Collection t = only(store, "t");
      assertThat(t.key()).containsExactly("id");
      assertThat(t.field("id").orElseThrow().generation()).isEqualTo(Field.Generation.IDENTITY);
      assertThat(t.field("id").orElseThrow().isNullable()).isFalse();
      assertThat(t.field("n").orElseThrow())
          .isEqualTo(
              new Field(
                  "n",
                  LogicalType.TEXT,
                  "VARCHAR(10)",
                  false,
                  new Field.Default("it's", "'it''s'"),
                  Field.Generation.NONE));
      assertThat(t.field("k").orElseThrow().defaultValue()).isEqualTo(new Field.Default("1", "1"));
      assertThat(t.field("w").orElseThrow().defaultValue())
          .isEqualTo(new Field.Default(null, Field.Default.NOW));
      assertThat(t.field("f").orElseThrow().defaultValue())
          .isEqualTo(new Field.Default("1", "TRUE"));
      assertThat(t.field("z").orElseThrow().defaultValue()).isNull();
      assertThat(t.field("x").orElseThrow().defaultValue())
          .isEqualTo(new Field.Default(null, "1+1"));
      assertThat(t.field("twice").orElseThrow().isWritten()).isFalse();
      assertThat(t.checks()).containsExactly("k > 0 AND n <> ')'");
      assertThat(t.triggers()).containsExactly("tr");
      assertThat(t.foreignKeys())
          .containsExactly(
              new ForeignKey(
                  "",
                  List.of("self"),
                  "t",
                  List.of("id"),
                  ForeignKey.Action.SET_NULL,
                  ForeignKey.Action.NO_ACTION,
                  true),
              new ForeignKey(
                  "",
                  List.of("pb", "pa"),
                  "p",
                  List.of("b", "a"),
                  ForeignKey.Action.NO_ACTION,
                  ForeignKey.Action.CASCADE,
                  false));
      assertThat(t.uniqueSets()).containsExactly(List.of("pa", "pb"));
      assertThat(t.indexes())
          .extracting(index -> index.name())
          .containsExactly("i1", "i2", "i3", "i4");
      assertThat(t.indexes())
          .extracting(index -> index.isPortable())
          .containsExactly(true, true, false, false);
      assertThat(t.indexes().get(0).columns().get(1).isDescending()).isTrue();
      assertThat(only(store, "p").key()).containsExactly("b", "a");
      assertThat(only(store, "p").field("a").orElseThrow().isNullable()).isTrue();
      assertThat(only(store, "p").uniqueSets()).containsExactly(List.of("a"));
      assertThat(only(store, "w").field("a").orElseThrow().isNullable()).isFalse();
    }
  }

  @Test
  void fullTextIndexesAndTheirShadowsAreLeftOutByName() throws Exception {
    try (Store store =
        store(
            "CREATE TABLE doc(id INTEGER PRIMARY KEY, body TEXT)",
            "CREATE VIRTUAL TABLE ext USING fts5(body, content='doc', content_rowid='id')",
            "CREATE VIRTUAL TABLE bare USING fts5(body, content='')",
            "CREATE VIRTUAL TABLE own USING fts5(body)",
            "CREATE VIRTUAL TABLE none USING fts5(body)",
            "INSERT INTO own VALUES('text')",
            "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)",
            "INSERT INTO box VALUES(1, 0, 2)",
            "CREATE TABLE own_but_real(a)")) {
      Catalog catalog = store.catalog();

      assertThat(catalog.collections())
          .extracting(Collection::name)
          .containsExactly("doc", "box", "own_but_real");
      assertThat(catalog.leftOut().stream().filter(Catalog.LeftOut::holdsData))
          .extracting(Catalog.LeftOut::name)
          .containsExactly("own");
      assertThat(catalog.leftOut())
          .extracting(Catalog.LeftOut::name)
          .contains("ext", "bare", "none", "own_content", "ext_data", "box_node");
      assertThat(Sample.rows(store, "box")).containsExactly("INT64 1|FLOAT64 0.0|FLOAT64 2.0");
    }
  }

  @Test
  void aVirtualTableOfAMissingModuleHoldsDataAndItsShadowsAreKnownByName() throws Exception {
    Path file =
        Sample.make(
            temp.resolve("x.db"),
            "CREATE TABLE vec_chunks(a)",
            "CREATE TABLE vec(a)",
            "PRAGMA writable_schema=on",
            "UPDATE sqlite_schema SET rootpage=0,"
                + " sql='CREATE VIRTUAL TABLE vec USING vec0(a float[3])' WHERE name='vec'",
            "CREATE TABLE other(a)",
            "UPDATE sqlite_schema SET rootpage=0,"
                + " sql='CREATE VIRTUAL TABLE other USING annoy(a)' WHERE name='other'");
    try (Store store = Sample.source(file, temp.resolve("work"))) {
      Catalog catalog = store.catalog();

      assertThat(catalog.collections()).isEmpty();
      assertThat(catalog.leftOut())
          .anyMatch(
              each ->
                  each.name().equals("vec")
                      && each.holdsData()
                      && each.reason().contains("(vec0) that cannot be read"));
      assertThat(catalog.leftOut())
          .anyMatch(
              each ->
                  each.name().equals("other")
                      && each.holdsData()
                      && each.reason().contains("no such module"));
      assertThat(catalog.leftOut())
          .anyMatch(each -> each.name().equals("vec_chunks") && !each.holdsData());
    }
  }

  @Test
  void oddNamesAreOnlyNames() throws Exception {
    try (Store store =
        store(
            "CREATE TABLE \"se\"\"le ct'\"(\"group\" INT, \"a b\" TEXT, \"\"\"\" TEXT, \"ö;--\" INT,"
                + " PRIMARY KEY(\"a b\", \"group\"))",
            "INSERT INTO \"se\"\"le ct'\" VALUES(1, 'x', 'q', 2)",
            "CREATE TABLE taken(rowid TEXT, _rowid_ TEXT, oid TEXT)",
            "INSERT INTO taken VALUES('a','b','c'), ('d','e','f')",
            "CREATE TABLE half(rowid TEXT)",
            "INSERT INTO half VALUES('z'), ('a')",
            "CREATE TABLE alias(rowid INTEGER PRIMARY KEY, x)",
            "INSERT INTO alias VALUES(5, 'x')")) {
      assertThat(Sample.rows(store, "se\"le ct'")).containsExactly("INT64 1|TEXT x|TEXT q|INT64 2");
      assertThat(Sample.rows(store, "taken"))
          .containsExactly("TEXT a|TEXT b|TEXT c", "TEXT d|TEXT e|TEXT f");
      assertThat(Sample.rows(store, "half")).containsExactly("TEXT z", "TEXT a");
      assertThat(Sample.rows(store, "alias")).containsExactly("INT64 5|TEXT x");
      Collection odd = only(store, "se\"le ct'");
      RecordBatch keys = new RecordBatch(2);
      keys.putText("x");
      keys.putInt64(1);
      keys.putText("y");
      keys.putInt64(1);
      keys.putText("x");
      keys.putInt64(1);
      try (Snapshot snapshot = store.snapshot();
          RecordReader found = snapshot.lookup(odd, keys)) {
        assertThat(Sample.rows(found, odd)).containsExactly("INT64 1|TEXT x|TEXT q|INT64 2");
      }
    }
  }

  @Test
  void textIsNeverEqualToANumberInALookup() throws Exception {
    try (Store store =
        store("CREATE TABLE t(k PRIMARY KEY)", "INSERT INTO t VALUES(5), ('5'), (x'35'), (NULL)")) {
      Collection t = only(store, "t");
      RecordBatch keys = new RecordBatch(1);
      keys.putText("5");
      keys.putNull();
      try (Snapshot snapshot = store.snapshot();
          RecordReader found = snapshot.lookup(t, keys)) {
        assertThat(Sample.rows(found, t)).containsExactly("TEXT 5", "NULL null");
      }
    }
  }

  @Test
  void chunksCoverEveryTableOnceAndStayBounded() throws Exception {
    String many = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<1000) ";
    try (Store store =
        store(
            "CREATE TABLE dense(a)",
            many + "INSERT INTO dense SELECT i FROM n",
            "CREATE TABLE skewed(a INTEGER PRIMARY KEY)",
            many
                + "INSERT INTO skewed SELECT CASE WHEN i < 999 THEN i ELSE i * 1000000000000 END"
                + " FROM n",
            "INSERT INTO skewed VALUES(-9223372036854775808), (9223372036854775807)",
            "CREATE TABLE holes(a INTEGER PRIMARY KEY)",
            many + "INSERT INTO holes SELECT i FROM n WHERE i % 20",
            "CREATE TABLE keyed(a, b TEXT COLLATE NOCASE, c, PRIMARY KEY(b, a DESC)) WITHOUT ROWID",
            many + "INSERT INTO keyed SELECT i, 'k' || (i % 7), i FROM n",
            many + "INSERT INTO keyed SELECT x'00' || i, i, NULL FROM n",
            "CREATE TABLE taken(rowid, _rowid_, oid)",
            many + "INSERT INTO taken SELECT i, i, i FROM n",
            "CREATE TABLE empty(a)")) {
      try (Snapshot snapshot = store.snapshot()) {
        for (Collection each : store.catalog().collections()) {
          for (long size : new long[] {1, 7, 100, 999, 1_000_000}) {
            if (size == 1 && each.name().equals("keyed")) {
              continue;
            }
            List<String> rows = new ArrayList<>();
            List<Chunk> chunks = snapshot.chunks(each, size);
            assertThat(chunks).isNotEmpty();
            for (Chunk chunk : chunks) {
              try (RecordReader reader = snapshot.read(each, chunk)) {
                List<String> part = Sample.rows(reader, each);
                if (!each.name().equals("taken")) {
                  assertThat((long) part.size()).isLessThanOrEqualTo(size + size / 4 + 1);
                }
                rows.addAll(part);
              }
            }
            assertThat(rows).as(each.name()).doesNotHaveDuplicates();
            assertThat((long) rows.size()).isEqualTo(snapshot.count(each));
          }
        }
      }
    }
  }

  @Test
  void fieldsMayBeFewerAndInAnotherOrder() throws Exception {
    try (Store store = store("CREATE TABLE t(a, b, c)", "INSERT INTO t VALUES(1, 2, 3)");
        Snapshot snapshot = store.snapshot()) {
      Collection t = only(store, "t");
      Collection swapped =
          t.withFields(List.of(t.field("c").orElseThrow(), t.field("a").orElseThrow()));

      assertThat(Sample.rows(snapshot, swapped)).containsExactly("INT64 3|INT64 1");
    }
  }

  @Test
  void everySharedSourceOpensAndIsReadWhole() throws Exception {
    String shared = System.getenv("WAYBILL_SHARED");
    Path root =
        shared == null
            ? Path.of(System.getProperty("waybill.root", ".")).resolve("../shared").normalize()
            : Path.of(shared);
    Assumptions.assumeTrue(Files.isDirectory(root.resolve("sources")), "no shared sources");
    List<Path> databases;
    try (Stream<Path> files = Files.walk(root.resolve("sources"))) {
      databases = files.filter(path -> path.toString().matches(".*\\.(db|sqlite3)")).toList();
    }
    assertThat(databases).isNotEmpty();
    for (Path database : databases) {
      try (Store store = Sample.source(database, temp.resolve("work"));
          Snapshot snapshot = store.snapshot()) {
        assertThat(store.findings()).noneMatch(finding -> finding.isBlocking());
        for (Collection each : store.catalog().collections()) {
          long read = 0;
          for (Chunk chunk : snapshot.chunks(each, 50)) {
            RecordBatch batch = new RecordBatch(each.writtenFields().size());
            try (RecordReader reader = snapshot.read(each, chunk)) {
              while (reader.read(batch, 100, 1 << 20)) {
                read += batch.records();
                batch.clear();
              }
            }
          }
          assertThat(read).as(database + " " + each.name()).isEqualTo(snapshot.count(each));
          assertThat(each.estimatedRecords()).isEqualTo(read);
          assertThat(each.fields()).noneMatch(field -> field.type().kind() == Kind.NULL);
        }
      }
    }
  }
}
