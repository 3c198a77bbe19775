package dev.waybill.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.spi.RecordReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A record file gives back what was appended, whatever a crash left of its end. */
class RecordFileTest {
  private static final Collection NOTES =
      Collection.of(
          "notes",
          List.of(
              Field.of("id", LogicalType.INT64, "BIGINT", false),
              Field.of("text", LogicalType.TEXT, "TEXT", true)),
          List.of("id"));

  @TempDir private Path folder;
  private RunDirectory directory;
  private Path file;

  @BeforeEach
  void begin() {
    directory = RunDirectory.create(folder, "20261130-070000-abcdef");
    file = directory.path().resolve("notes.zst");
  }

  private static RecordBatch notes(String text, int... ids) {
    RecordBatch notes = new RecordBatch(2);
    for (int id : ids) {
      notes.putInt64(id);
      notes.putText(text + id);
    }
    return notes;
  }

  private RecordFileWriter create() {
    return RecordFileWriter.create(
        directory,
        "notes.zst",
        new RecordFile.Header(new DescribedCollection("memory", NOTES), List.of("id")));
  }

  private RecordFile open() {
    return new RecordFile(file, Backup.VERSION, 0, 0, "");
  }

  private static RecordFile sealed(Path file, Frames.End end) {
    return new RecordFile(file, Backup.VERSION, end.records(), end.bytes(), end.link());
  }

  private static List<String> texts(RecordFile file, int held) {
    List<String> texts = new ArrayList<>();
    RecordFile whole = file.whole();
    RecordBatch batch = new RecordBatch(1);
    Collection asked = NOTES.withFields(List.of(NOTES.fields().get(1)));
    try (RecordReader reader = whole.read(whole.header(), asked, held)) {
      while (reader.read(batch, 3, 1 << 20)) {
        for (int record = 0; record < batch.records(); record++) {
          texts.add(batch.textAt(batch.at(record, 0)));
        }
        batch.clear();
      }
    }
    return texts;
  }

  private static List<String> texts(RecordFile file) {
    return texts(file, 1_000);
  }

  @Test
  void aFileWithoutItsTornEndIsWhatWasAppendedBefore() throws IOException {
    List<Frames.End> ends = new ArrayList<>();
    try (RecordFileWriter writer = create()) {
      ends.add(writer.cut());
      writer.append(notes("a", 1, 2, 3));
      ends.add(writer.cut());
      writer.append(notes("b", 4));
      ends.add(writer.cut());
    }
    byte[] all = Files.readAllBytes(file);

    for (int length = (int) ends.get(0).bytes(); length <= all.length; length += 3) {
      int size = length;
      Frames.End end =
          ends.stream().filter(each -> each.bytes() <= size).reduce((a, b) -> b).orElseThrow();
      Files.write(file, Arrays.copyOf(all, length));
      assertThat(open().whole().bytes()).isEqualTo(end.bytes());
      assertThat(Frames.told(file)).isEqualTo(end);
      assertThat(texts(open())).hasSize((int) end.records());

      // A process that was killed while it wrote has left no head.
      byte[] headless = Arrays.copyOf(all, length);
      int from = (int) end.bytes();
      Arrays.fill(headless, from, Math.min(length, from + Frames.HEAD), (byte) 0);
      Files.write(file, headless);
      assertThat(texts(open())).hasSize((int) end.records());

      try (RecordFileWriter writer = RecordFileWriter.open(open())) {
        writer.append(notes("c", 7));
        assertThat(texts(sealed(file, writer.cut()))).hasSize((int) end.records() + 1);
      }
    }
  }

  @Test
  void anyChangeBeforeTheEndIsDamageAndInASealedFileAtTheEndToo() throws IOException {
    Frames.End before;
    Frames.End end;
    try (RecordFileWriter writer = create()) {
      writer.append(notes("a", 1, 2, 3));
      before = writer.cut();
      writer.append(notes("b", 4, 5));
      end = writer.cut();
    }
    byte[] all = Files.readAllBytes(file);
    assertThat(texts(sealed(file, end))).hasSize(5);

    for (int at = 0; at < all.length; at += 5) {
      byte[] changed = all.clone();
      changed[at] ^= 0x10;
      Files.write(file, changed);
      assertThatThrownBy(() -> sealed(file, end).whole())
          .as("byte %d", at)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("is damaged");
      if (at < before.bytes()) {
        assertThatThrownBy(() -> open().whole())
            .as("byte %d", at)
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("is damaged");
      }
    }
    for (int length = 0; length < all.length; length++) {
      Files.write(file, Arrays.copyOf(all, length));
      assertThatThrownBy(() -> sealed(file, end).whole()).hasMessageContaining("is damaged");
    }
    Files.delete(file);
    assertThatThrownBy(() -> open().whole()).hasMessageContaining("it is not there");
  }

  @Test
  void whatACrashLeftBehindTheEndIsCutOffBeforeTheFileIsSealed() throws IOException {
    try (RecordFileWriter writer = create()) {
      writer.append(notes("a", 1, 2, 3));
    }
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, all.length + 200));

    try (RecordFileWriter writer = RecordFileWriter.open(open())) {
      assertThat(texts(sealed(file, writer.cut()))).hasSize(3);
    }

    assertThat(file).hasSize(all.length);
  }

  @Test
  void whatABatchThatIsCutGivesAgainIsNotWrittenAgain() throws IOException {
    try (RecordFileWriter writer = create()) {
      writer.append(notes("a", 1, 2, 3));
      long bytes = Files.size(file);

      writer.append(notes("a", 2, 3));
      assertThat(file).hasSize(bytes);
      writer.append(notes("a", 3, 4));
      assertThat(writer.cut().records()).isEqualTo(4);
    }
  }

  @Test
  void severalWritersOfOneFileLoseNothing() throws Exception {
    try (RecordFileWriter writer = create()) {
      List<Thread> threads = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = thread * 100;
        threads.add(
            new Thread(
                () -> {
                  for (int id = first; id < first + 100; id += 10) {
                    writer.append(notes("t", IntStream.range(id, id + 10).toArray()));
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread each : threads) {
        each.join();
      }

      assertThat(texts(sealed(file, writer.cut()))).hasSize(400);
    }
  }

  @Test
  void ofAKeyThatWasHandedOverAgainTheFirstRecordCounts() {
    try (RecordFileWriter writer = create()) {
      writer.append(notes("first", 1, 2));
      writer.append(notes("again", 2, 3, 1));
      writer.append(notes("third", 3, 4));
    }

    assertThat(texts(open())).containsExactly("first1", "first2", "again3", "third4");
  }

  @Test
  void manyPassesGiveEachKeyOnce() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> wanted = new ArrayList<>();
    try (RecordFileWriter writer = create()) {
      for (int frame = 0; frame < 20; frame++) {
        int[] ids = random.ints(30, 0, 200).distinct().toArray();
        writer.append(notes("f" + frame + "-", ids));
        for (int id : ids) {
          if (wanted.stream().noneMatch(each -> each.endsWith("-" + id))) {
            wanted.add("f" + frame + "-" + id);
          }
        }
      }
    }

    for (int held : new int[] {1, 7, 100, 10_000}) {
      assertThat(texts(open(), held))
          .as("seed %d, %d held", seed, held)
          .containsExactlyInAnyOrderElementsOf(wanted);
    }
  }
}
