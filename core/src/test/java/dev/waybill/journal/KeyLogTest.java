package dev.waybill.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyLogTest {
  private static final int[] KEY = {2, 0};

  @TempDir private Path home;
  private RunDirectory directory;

  @BeforeEach
  void begin() {
    directory = RunDirectory.create(home, "20261120-093012-a1b2c3");
  }

  /** As another process would open it. */
  private KeyLog log() {
    return new KeyLog(directory);
  }

  private static Mark mark(String collection, int chunk, int batch) {
    return new Mark(collection, chunk, batch, 0, false);
  }

  /** Records of a number, a text and a second part of the key. */
  private static ChangeBatch puts(int from, int to) {
    RecordBatch records = new RecordBatch(3);
    for (int i = from; i < to; i++) {
      records.putInt64(i);
      records.putText("value " + i);
      records.putText("k".repeat(i % 5));
    }
    CanonicalForm canonical = new CanonicalForm();
    RecordDigest[] digests = new RecordDigest[to - from];
    Arrays.setAll(digests, i -> canonical.digest(records, i));
    return ChangeBatch.puts(records, digests);
  }

  private static List<String> told(ChangeBatch batch) {
    RecordDigest[] digests = batch.digests();
    List<String> told = new ArrayList<>();
    for (int i = 0; digests != null && i < digests.length; i++) {
      RecordBatch key = new RecordBatch(2);
      batch.records().project(i, KEY, key);
      told.add(Arrays.toString(key.recordBytes(0)) + digests[i]);
    }
    return told;
  }

  private static List<String> read(BeforeImages images, int max) {
    List<String> told = new ArrayList<>();
    try (images) {
      for (List<BeforeImage> next = images.next(max); !next.isEmpty(); next = images.next(max)) {
        assertThat(next).hasSizeLessThanOrEqualTo(max);
        assertThat(next).extracting(BeforeImage::change).containsOnly(Change.INSERTED);
        next.forEach(image -> told.add(Arrays.toString(image.record()) + image.written()));
      }
    }
    return told;
  }

  private static MarkedBatch marked(Mark mark, long inserted) {
    Outcome outcome = new Outcome(inserted, 0, 0, 0, 0, RecordDigest.ZERO);
    return new MarkedBatch(mark, outcome, RecordDigest.ZERO);
  }

  private Path only() throws IOException {
    try (Stream<Path> tree = Files.walk(directory.path().resolve("keys"))) {
      return tree.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  @Test
  void whatWasToBePutComesBackNewestFirstFromAnotherProcess() {
    KeyLog log = log();
    log.append(mark("people", 0, 0), puts(0, 40), KEY);
    log.append(mark("people", 1, 0), puts(40, 70), KEY);
    log.append(mark("others", 0, 0), puts(900, 903), KEY);
    log.append(mark("people", 0, 1), puts(70, 71), KEY);
    log.force("people", 0);

    List<String> chunk = new ArrayList<>(told(puts(0, 40)));
    chunk.addAll(told(puts(70, 71)));
    Collections.reverse(chunk);
    List<String> expected = new ArrayList<>(told(puts(40, 70)));
    Collections.reverse(expected);
    expected.addAll(chunk);
    for (int max : new int[] {1, 7, 1000}) {
      assertThat(read(log().read("people"), max)).isEqualTo(expected);
      assertThat(read(log().read("people", 0), max)).isEqualTo(chunk);
    }
    assertThat(read(log().read("nobody"), 10)).isEmpty();
    assertThat(read(log().read("people", 2), 10)).isEmpty();
  }

  @Test
  void aBatchThatACrashCutOffAnywhereIsIgnoredAndWrittenOver() throws IOException {
    log().append(mark("people", 0, 0), puts(0, 10), KEY);
    byte[] first = Files.readAllBytes(only());
    log().append(mark("people", 0, 1), puts(10, 20), KEY);
    byte[] both = Files.readAllBytes(only());
    List<String> kept = read(log().read("people"), 100).subList(10, 20);

    for (int length = first.length; length < both.length; length++) {
      Files.write(only(), Arrays.copyOf(both, length));
      assertThat(read(log().read("people"), 100)).isEqualTo(kept);

      log().append(mark("people", 0, 1), puts(30, 33), KEY);
      assertThat(read(log().read("people"), 100)).hasSize(13).endsWith(kept.get(9));
    }
  }

  @Test
  void pagesThatPowerLossLeftEmptyAreIgnored() throws IOException {
    log().append(mark("people", 0, 0), puts(0, 10), KEY);
    log().append(mark("people", 0, 1), puts(10, 20), KEY);
    byte[] bytes = Files.readAllBytes(only());
    Arrays.fill(bytes, bytes.length - 100, bytes.length, (byte) 0);
    Files.write(only(), bytes);
    Files.write(only(), new byte[5000], StandardOpenOption.APPEND);

    assertThat(read(log().read("people"), 100)).hasSize(10);
  }

  @Test
  void itIsWholeOnlyWithEveryBatchThatWasPut() throws IOException {
    KeyLog log = log();
    log.append(mark("people", 0, 0), puts(0, 10), KEY);
    log.append(mark("people", 0, 1), puts(10, 20), KEY);
    Mark cut = new Mark("people", 0, 1, 4, false);
    Mark undone = new Mark("people", 0, 9, 0, true);
    List<MarkedBatch> done =
        List.of(marked(mark("people", 0, 0), 10), marked(cut, 3), marked(undone, 5));

    assertThat(log().isWhole(done)).isTrue();
    assertThat(log().isWhole(List.of(marked(mark("people", 0, 2), 0)))).isTrue();
    assertThat(log().isWhole(List.of(marked(mark("people", 0, 2), 1)))).isFalse();
    assertThat(log().isWhole(List.of(marked(mark("people", 1, 0), 1)))).isFalse();
    assertThat(log().isWhole(List.of(marked(mark("others", 0, 0), 1)))).isFalse();
    assertThat(log().isWhole(List.of(marked(mark("people", 0, 0), 11)))).isFalse();

    byte[] bytes = Files.readAllBytes(only());
    Files.write(only(), Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(log().isWhole(done)).isFalse();
  }

  @Test
  void whatWasTriedAgainOrInPartsComesOnce() {
    KeyLog log = log();
    ChangeBatch batch = puts(0, 10);
    log.append(mark("people", 0, 0), batch, KEY);
    log.append(mark("people", 0, 1), puts(10, 12), KEY);
    log.append(mark("people", 0, 0), batch, KEY);
    log.append(new Mark("people", 0, 0, 1, false), batch.slice(0, 4), KEY);
    log.append(new Mark("people", 0, 0, 5, false), puts(50, 53), KEY);

    assertThat(read(log().read("people"), 4)).hasSize(15).doesNotHaveDuplicates();
    log.append(mark("people", 0, 2), puts(10, 12), KEY);
    assertThat(read(log().read("people"), 4)).as("another batch").hasSize(17);
  }

  @Test
  void aChunkThatWasDroppedCanBeWrittenAnew() {
    KeyLog log = log();
    log.append(mark("people", 0, 0), puts(0, 10), KEY);
    log.append(mark("people", 1, 0), puts(10, 20), KEY);
    log.drop("people", 0);

    assertThat(read(log.read("people"), 100)).hasSize(10);
    log.append(mark("people", 0, 0), puts(50, 52), KEY);
    assertThat(read(log().read("people", 0), 100)).hasSize(2);

    log.forget();
    assertThat(read(log.read("people"), 100)).isEmpty();
    assertThat(directory.path().resolve("keys")).doesNotExist();
  }

  @Test
  void ofCollectionsWithoutKeyNothingIsKept() {
    log().append(mark("people", 0, 0), puts(0, 10), new int[0]);

    assertThat(read(log().read("people"), 100)).isEmpty();
    assertThat(log().isWhole(List.of(marked(mark("people", 0, 0), 10)))).isFalse();
  }

  @Test
  void namesThatLookAlikeNeverShareAFileAndNobodyElseReadsIt() throws IOException {
    KeyLog log = log();
    List<String> names =
        List.of("a/b", "a_b", "../a", "x".repeat(300), "x".repeat(301), "a\u0000b", "A_B", "");
    for (int i = 0; i < names.size(); i++) {
      log.append(mark(names.get(i), 0, 0), puts(i, i + 1), KEY);
    }
    for (int i = 0; i < names.size(); i++) {
      assertThat(read(log().read(names.get(i)), 10)).isEqualTo(told(puts(i, i + 1)));
    }
    try (Stream<Path> tree = Files.walk(directory.path().resolve("keys"))) {
      for (Path each : tree.toList()) {
        assertThat(each.normalize()).startsWith(directory.path());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
            .isEqualTo(Files.isDirectory(each) ? "rwx------" : "rw-------");
      }
    }
  }
}
