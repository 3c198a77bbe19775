package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of sqlite-vec, read where there is no sqlite-vec. */
class Vec0Test {
  @TempDir Path temp;

  private Path made(String... more) throws Exception {
    List<String> statements = new ArrayList<>();
    try (InputStream text = Vec0Test.class.getResourceAsStream("vec0.sql")) {
      String all = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      Arrays.stream(all.split("\n"))
          .filter(line -> !line.startsWith("--"))
          .forEach(statements::add);
    }
    statements.addAll(List.of(more));
    return Sample.make(temp.resolve("x.db"), statements.toArray(String[]::new));
  }

  private Store store(String... more) throws Exception {
    return Sample.source(made(more), temp.resolve("work"));
  }

  private static Collection only(Store store, String name) {
    return store.catalog().collection(name).orElseThrow();
  }

  @Test
  void itsColumnsAreFieldsAndItsVectorsAreTyped() throws Exception {
    try (Store store = store()) {
      Catalog catalog = store.catalog();

      assertThat(catalog.collections()).extracting(Collection::name).containsExactly("v", "w", "x");
      assertThat(catalog.leftOut()).noneMatch(Catalog.LeftOut::holdsData);
      assertThat(catalog.leftOut())
          .extracting(Catalog.LeftOut::name)
          .contains("v_chunks", "v_metadatatext03", "w_rowids");
      Collection v = only(store, "v");
      assertThat(v.key()).containsExactly("id");
      assertThat(v.fields())
          .containsExactly(
              Field.of("id", LogicalType.TEXT, "TEXT", false),
              Field.of("tenant", LogicalType.TEXT, "TEXT", true),
              Field.of("ex", LogicalType.vector(LogicalType.FLOAT32, 4), "float[4]", false),
              Field.of("q", LogicalType.vector(LogicalType.INT64, 4), "int8[4]", false),
              Field.of("b", LogicalType.vector(LogicalType.BOOLEAN, 16), "bit[16]", false),
              Field.of("flag", LogicalType.INT64, "BOOLEAN", false),
              Field.of("n", LogicalType.INT64, "INTEGER", false),
              Field.of("f", LogicalType.FLOAT64, "REAL", false),
              Field.of("title", LogicalType.TEXT, "TEXT", false),
              Field.of("note", LogicalType.TEXT, "TEXT", true),
              Field.of("raw", LogicalType.BYTES, "BLOB", true),
              Field.of("num", LogicalType.INT64, "INTEGER", true),
              Field.of("fl", LogicalType.FLOAT64, "REAL", true));
      assertThat(v.indexes())
          .extracting(Index::description)
          .containsExactly(
              "vec0 (ex) metric=cosine", "vec0 (q) metric=l2", "vec0 (b) metric=hamming");
      assertThat(only(store, "w").key()).containsExactly("rowid");
      assertThat(only(store, "x").key()).containsExactly("kk");
      assertThat(only(store, "x").indexes().get(0).options()).isEqualTo(Map.of("metric", "l1"));
    }
  }

  @Test
  void everyRecordComesWithAllItsParts() throws Exception {
    try (Store store = store()) {
      List<String> rows = Sample.rows(store, "v");

      assertThat(rows).hasSize(20);
      assertThat(rows.get(0))
          .isEqualTo(
              "TEXT k0|TEXT t0|VECTOR [1.0, 2.0, 3.0, 0.0]|VECTOR vector of 4|VECTOR vector of 16"
                  + "|INT64 0|INT64 -5|FLOAT64 0.0|TEXT |TEXT n0|BYTES x'0000'|INT64 0|FLOAT64 1.5");
      assertThat(rows)
          .anyMatch(row -> row.startsWith("TEXT k5|") && row.contains("a longer title than twelve"))
          .anyMatch(row -> row.startsWith("TEXT k3|") && row.contains("|TEXT xxx|NULL null|"))
          .anyMatch(row -> row.startsWith("TEXT z1|NULL null|") && row.endsWith("|NULL null"))
          .noneMatch(row -> row.startsWith("TEXT k4|"));
      assertThat(Sample.rows(store, "w"))
          .containsExactly(
              "INT64 -7|VECTOR [1.0, 2.0]",
              "INT64 9007199254740993|VECTOR [3.0, 4.0]",
              "INT64 9007199254740994|VECTOR [5.0, 6.0]",
              "INT64 9007199254740995|VECTOR [NaN, -0.0]");
    }
  }

  @Test
  void integersHaveTheirSignAndBitsTheirPlace() throws Exception {
    try (Store store = store();
        Snapshot snapshot = store.snapshot()) {
      Collection v = only(store, "v");
      RecordBatch keys = new RecordBatch(1);
      keys.putText("k1");
      RecordBatch found = new RecordBatch(v.writtenFields().size());
      try (RecordReader reader = snapshot.lookup(v, keys)) {
        reader.read(found, 10, 1 << 20);
      }

      // [1,-2,3,1] and 0x01 0x02, whose lowest bit is the first.
      int q = found.payloadAt(found.at(0, 3)) + 1;
      assertThat(Arrays.copyOfRange(found.bytes(), q, q + 16))
          .isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 1, -1, -1, -1, -1, -1, -1, -1, -2});
      int b = found.payloadAt(found.at(0, 4)) + 1;
      assertThat(Arrays.copyOfRange(found.bytes(), b, b + 16))
          .isEqualTo(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    }
  }

  @Test
  void chunksHaveNoGapAndNoOverlap() throws Exception {
    try (Store store = store();
        Snapshot snapshot = store.snapshot()) {
      Collection v = only(store, "v");
      List<String> whole = Sample.rows(snapshot, v);
      for (long size : new long[] {1, 8, 16, 24, 1_000}) {
        List<String> rows = new ArrayList<>();
        List<Chunk> chunks = snapshot.chunks(v, size);
        for (Chunk chunk : chunks) {
          try (RecordReader reader = snapshot.read(v, chunk)) {
            rows.addAll(Sample.rows(reader, v));
          }
        }
        assertThat(rows).isEqualTo(whole);
        assertThat(chunks).hasSize(size <= 8 ? 5 : size == 16 ? 3 : size == 24 ? 2 : 1);
      }
      assertThat(snapshot.count(v)).isEqualTo(20);
    }
  }

  @Test
  void recordsAreFoundByKeyEachOnce() throws Exception {
    try (Store store = store();
        Snapshot snapshot = store.snapshot()) {
      Collection v = only(store, "v").withFields(only(store, "v").fields().subList(0, 2));
      RecordBatch keys = new RecordBatch(1);
      for (String key : List.of("k19", "k0", "none", "k4", "k19")) {
        keys.putText(key);
      }
      keys.putInt64(3);
      try (RecordReader reader = snapshot.lookup(v, keys)) {
        assertThat(Sample.rows(reader, v))
            .containsExactlyInAnyOrder("TEXT k19|TEXT t1", "TEXT k0|TEXT t0");
      }
      RecordBatch rowids = new RecordBatch(1);
      rowids.putInt64(-7);
      rowids.putInt64(8);
      rowids.putText("9");
      try (RecordReader reader = snapshot.lookup(only(store, "w"), rowids)) {
        assertThat(Sample.rows(reader, only(store, "w")))
            .containsExactly("INT64 -7|VECTOR [1.0, 2.0]");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE v_vector_chunks00 SET vectors = X'00' WHERE rowid = 2",
        "DELETE FROM v_vector_chunks00 WHERE rowid = 2",
        "DELETE FROM v_rowids WHERE id = 'k9'",
        "UPDATE v_rowids SET chunk_offset = 1 WHERE id = 'k9'",
        "UPDATE v_chunks SET rowids = zeroblob(64) WHERE chunk_id = 2",
        "UPDATE v_chunks SET validity = X'' WHERE chunk_id = 2",
        "DELETE FROM v_metadatatext03"
      })
  void whatDoesNotFitTogetherIsRefusedByName(String damage) throws Exception {
    try (Store store = store(damage)) {
      assertThatThrownBy(() -> Sample.rows(store, "v"))
          .isInstanceOfSatisfying(
              StoreException.class,
              refused -> {
                assertThat(refused.code()).isEqualTo("VEC0_DAMAGED");
                assertThat(refused).hasMessageContaining("\"v\"");
              });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP TABLE v_rowids",
        "DROP TABLE v_vector_chunks01",
        "UPDATE v_info SET value = 'v0.2.0' WHERE key = 'CREATE_VERSION'"
      })
  void oneThatCannotBeReadHoldsData(String damage) throws Exception {
    try (Store store = store(damage)) {
      assertThat(store.catalog().leftOut())
          .anyMatch(each -> each.name().equals("v") && each.holdsData());
      assertThat(store.catalog().collections())
          .extracting(Collection::name)
          .containsExactly("w", "x");
    }
  }

  @Test
  void inATargetItIsNotWritten() throws Exception {
    try (TargetStore target = Sample.target(made(), temp.resolve("work"))) {
      assertThat(target.findings(target.catalog().collection("w").orElseThrow()))
          .anyMatch(finding -> finding.code().equals("VEC0_NOT_WRITTEN"));
    }
  }

  private static @Nullable String said(String arguments) {
    Optional<Vec0> table = Vec0.of("t", "CREATE VIRTUAL TABLE t USING vec0(" + arguments + ")");
    return table
        .map(
            each ->
                each.collection().fields().stream()
                    .map(field -> field.name() + " " + field.type())
                    .reduce((a, b) -> a + ", " + b)
                    .orElseThrow())
        .orElse(null);
  }

  @Test
  void declarationsAreReadAsSqliteVecReadsThem() {
    assertThat(said("a FLOAT[3] distance_metric = Cosine, id INTEGER Primary Key"))
        .isEqualTo("id int64, a vector(float32,3)");
    assertThat(said("e f32 [ 8 ], i i8[2], chunk_size=16, +t text, m BOOL"))
        .isEqualTo("rowid int64, e vector(float32,8), i vector(int64,2), t text, m int64");
    assertThat(said("e float[3] indexed by hnsw()")).isNull();
    assertThat(said("e float[3], m varchar")).isNull();
    assertThat(said("e float[3], a text primary key, b text primary key")).isNull();
    assertThat(said("e float[0]")).isNull();
    assertThat(said("e float[3] distance_metric=far")).isNull();
    assertThat(said("e float[3], unknown=5")).isNull();
    assertThat(Vec0.of("t", "CREATE VIRTUAL TABLE t USING fts5(a)")).isEmpty();
  }
}
