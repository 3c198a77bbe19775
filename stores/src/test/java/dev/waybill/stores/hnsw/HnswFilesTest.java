package dev.waybill.stores.hnsw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Index files that hnswlib 0.8's own {@code saveIndex} wrote (compiled from its headers): l2.bin
 * with 60 elements of 5 dimensions, M 4, of which two are deleted, one in place of a third that
 * was, and one changed; l2.txt is what hnswlib itself gives back. empty.bin has none.
 */
class HnswFilesTest {
  private static final int HEADER = 96;

  @TempDir private Path folder;

  private static byte[] resource(String name) throws Exception {
    try (InputStream in = HnswFilesTest.class.getResourceAsStream("/hnsw/" + name)) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  private Path file(String name, byte[] bytes) throws Exception {
    return Files.write(folder.resolve(name), bytes);
  }

  private Store open(Path file, String options) {
    return new HnswAdapter()
        .openSource(
            StoreUrl.parse("hnsw:" + file + options), new Workspace(folder.resolve("work"), 2));
  }

  private static List<String> read(Store store, long records) {
    Collection collection = store.catalog().collections().get(0);
    List<String> lines = new ArrayList<>();
    try (Snapshot snapshot = store.snapshot()) {
      for (Chunk chunk : snapshot.chunks(collection, records)) {
        try (RecordReader reader = snapshot.read(collection, chunk)) {
          collect(reader, lines);
        }
      }
      assertThat(snapshot.count(collection)).isEqualTo(lines.size());
    }
    return lines;
  }

  private static void collect(RecordReader reader, List<String> lines) {
    RecordBatch batch = new RecordBatch(2);
    while (reader.read(batch, 7, 1 << 20)) {
      for (int i = 0; i < batch.records(); i++) {
        StringBuilder line = new StringBuilder().append(batch.int64At(batch.at(i, 0)));
        for (float element : batch.float32VectorAt(batch.at(i, 1))) {
          line.append(String.format(" %08x", Float.floatToRawIntBits(element)));
        }
        lines.add(line.toString());
      }
      batch.clear();
    }
  }

  @Test
  void aSavedIndexIsReadAsHnswlibItselfGivesItBack() throws Exception {
    List<String> expected =
        new String(resource("l2.txt"), StandardCharsets.US_ASCII).lines().toList();

    try (Store store = open(file("notes.bin", resource("l2.bin")), "?space=l2&dimension=5")) {
      Collection collection = store.catalog().collections().get(0);
      assertThat(collection.name()).isEqualTo("notes");
      assertThat(collection.key()).containsExactly("id");
      assertThat(collection.field("embedding").orElseThrow().type())
          .isEqualTo(LogicalType.vector(LogicalType.FLOAT32, 5));
      assertThat(collection.indexes().get(0).options())
          .isEqualTo(Map.of(Index.METRIC, "l2", "m", "4", "ef_construction", "30"));
      for (long records : new long[] {1, 7, 60, Long.MAX_VALUE}) {
        assertThat(read(store, records)).isEqualTo(expected);
      }
    }
  }

  @Test
  void recordsAreFoundByTheirLabels() throws Exception {
    try (Store store = open(file("l2.bin", resource("l2.bin")), "");
        Snapshot snapshot = store.snapshot()) {
      Collection collection = store.catalog().collections().get(0);
      assertThat(collection.indexes()).isEmpty();
      RecordBatch keys = new RecordBatch(1);
      for (long label : new long[] {1_000_000_000_021L, 5_000, 30, 99_999}) {
        keys.putInt64(label);
      }
      List<String> lines = new ArrayList<>();
      try (RecordReader reader = snapshot.lookup(collection, keys)) {
        collect(reader, lines);
      }

      assertThat(lines.stream().map(line -> line.replaceAll(" .*", "")))
          .containsExactlyInAnyOrder("1000000000021", "5000");
    }
  }

  @Test
  void anEmptyIndexHasNoRecords() throws Exception {
    try (Store store = open(file("empty.bin", resource("empty.bin")), "")) {
      assertThat(read(store, 10)).isEmpty();
    }
  }

  @Test
  void aChangedFileIsNoticed() throws Exception {
    Path file = file("l2.bin", resource("l2.bin"));
    try (Store store = open(file, "");
        Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.hasMoved()).isFalse();
      Files.write(file, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
      assertThat(snapshot.hasMoved()).isTrue();
    }
  }

  @Test
  void numbersThatContradictEachOtherAreRefused() throws Exception {
    byte[] good = resource("l2.bin");
    for (int at : new int[] {0, 8, 16, 24, 32, 40, 56, 64, 72}) {
      for (long wrong :
          new long[] {
            -1, 1, 59, 61, 1L << 20, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
          }) {
        byte[] bytes = good.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, wrong);
        boolean isMoreRoom = at == 8 && wrong >= 60;
        if (!isMoreRoom) {
          Path file = file("bad.bin", bytes);
          assertThatThrownBy(() -> open(file, ""))
              .as("%d at %d", wrong, at)
              .isInstanceOf(StoreException.class)
              .hasMessageContaining("is no index that hnswlib saved, or is damaged");
        }
      }
    }
    for (int length : new int[] {0, 95, HEADER, 1_000, good.length - 1}) {
      Path cut = file("cut.bin", java.util.Arrays.copyOf(good, length));
      assertThatThrownBy(() -> open(cut, ""))
          .as("cut to %d", length)
          .isInstanceOf(StoreException.class);
    }
    Path longer = file("longer.bin", java.util.Arrays.copyOf(good, good.length + 1));
    assertThatThrownBy(() -> open(longer, "")).isInstanceOf(StoreException.class);
  }

  @Test
  void noFileMakesAnyOtherFailureThanARefusal() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] good = resource("l2.bin");
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = good.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        bytes[random.nextInt(random.nextBoolean() ? HEADER : bytes.length)] =
            (byte) random.nextInt();
      }
      Path file = file("random.bin", bytes);
      try (Store store = open(file, "")) {
        read(store, 13);
      } catch (WaybillException refused) {
        assertThat(refused.code()).as("seed %d", seed).isIn("HNSW_DAMAGED", "LABEL_TOO_LARGE");
      }
    }
  }

  @Test
  void aLabelThatNoSignedIntegerHoldsIsRefusedByName() throws Exception {
    byte[] bytes = resource("l2.bin");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(HEADER + 56, -1);
    Path file = file("large.bin", bytes);

    try (Store store = open(file, "")) {
      assertThatThrownBy(() -> read(store, 100))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("18446744073709551615");
    }
  }

  @Test
  void whatTheUrlSaysMustFit() throws Exception {
    Path file = file("l2.bin", resource("l2.bin"));

    assertThatThrownBy(() -> open(file, "?dimension=6"))
        .hasMessageContaining("have 5 dimensions, and the URL says 6");
    for (String wrong : new String[] {"?space=cos", "?dimension=x", "?dim=5", "?space"}) {
      assertThatThrownBy(() -> open(file, wrong)).as(wrong).isInstanceOf(SpecException.class);
    }
    assertThatThrownBy(() -> open(folder, "")).isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> open(folder.resolve("none.bin"), ""))
        .hasMessageContaining("There is no file");
  }
}
