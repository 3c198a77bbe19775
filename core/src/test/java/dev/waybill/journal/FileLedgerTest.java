package dev.waybill.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.Mark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLedgerTest {
  @TempDir private Path home;
  private RunDirectory directory;

  @BeforeEach
  void begin() {
    directory = RunDirectory.create(home, "20261120-093012-a1b2c3");
  }

  /** As another process would open it. */
  private FileLedger ledger() {
    return new FileLedger(directory, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
  }

  private static Mark mark(int batch) {
    return new Mark("people", 3, batch, 1, false);
  }

  private static BeforeImage image(Change change, int number) {
    return new BeforeImage(change, new byte[] {0, (byte) number, -1}, "written " + number);
  }

  private List<String> images(String collection, int max) {
    List<String> found = new ArrayList<>();
    try (BeforeImages images = ledger().beforeImages(collection)) {
      for (List<BeforeImage> next = images.next(max); !next.isEmpty(); next = images.next(max)) {
        assertThat(next).extracting(BeforeImage::change).containsOnly(next.get(0).change());
        assertThat(next).hasSizeLessThanOrEqualTo(max);
        next.forEach(image -> found.add(image.written()));
      }
    }
    return found;
  }

  @Test
  void notesAndMarksOutliveTheProcess() {
    Note note = new Note(Note.What.COLLECTION_CREATED, "a \"b\"\nc", "detail");
    MarkedBatch marked =
        new MarkedBatch(
            mark(1),
            new Outcome(1, 2, 3, 4, 5, new RecordDigest(-1, 7), new RecordDigest(3, 4)),
            new RecordDigest(5, -6));
    MarkedBatch undone =
        new MarkedBatch(new Mark("people", 0, 0, 0, true), Outcome.NOTHING, RecordDigest.ZERO);

    ledger().note(note);
    ledger().mark(marked);
    ledger().mark(undone);

    assertThat(ledger().notes()).containsExactly(note);
    assertThat(ledger().marks()).containsExactly(marked, undone);
  }

  @Test
  void beforeImagesComeNewestBatchFirstAndOneKindAtATime() {
    ledger().keep(mark(0), List.of(image(Change.INSERTED, 1), image(Change.UPDATED, 2)));
    ledger().keep(new Mark("others", 0, 0, 0, false), List.of(image(Change.DELETED, 9)));
    ledger().keep(mark(1), List.of(image(Change.INSERTED, 3), image(Change.INSERTED, 4)));

    for (int max = 1; max < 4; max++) {
      assertThat(images("people", max))
          .containsExactly("written 3", "written 4", "written 1", "written 2");
      assertThat(images("others", max)).containsExactly("written 9");
    }
    assertThat(images("nobody", 3)).isEmpty();
  }

  @Test
  void beforeImagesComeBackByteForByte() {
    BeforeImage image = new BeforeImage(Change.UPDATED, new byte[] {0, 10, 13, -128, 127}, "");
    ledger().keep(mark(0), List.of(image));

    try (BeforeImages images = ledger().beforeImages("people")) {
      BeforeImage back = images.next(1).get(0);
      assertThat(back.record()).isEqualTo(image.record());
      assertThat(back.written()).isEmpty();
    }
  }

  @Test
  void whatACrashCutOffIsNotThere() throws Exception {
    ledger().mark(new MarkedBatch(mark(0), Outcome.NOTHING, RecordDigest.ZERO));
    ledger().mark(new MarkedBatch(mark(1), Outcome.NOTHING, RecordDigest.ZERO));
    Path marks = directory.path().resolve("ledger/marks.ndjson");
    byte[] whole = Files.readAllBytes(marks);

    for (int length = 0; length < whole.length; length++) {
      Files.write(marks, java.util.Arrays.copyOf(whole, length));
      int before = ledger().marks().size();
      ledger().mark(new MarkedBatch(mark(7), Outcome.NOTHING, RecordDigest.ZERO));

      List<MarkedBatch> now = ledger().marks();
      assertThat(now).as("cut at " + length).hasSize(before + 1);
      assertThat(now.get(before).mark()).isEqualTo(mark(7));
    }
  }

  @Test
  void aForgottenRunLeavesNothing() {
    ledger().note(new Note(Note.What.STORE_CREATED, "", ""));
    ledger().keep(mark(0), List.of(image(Change.INSERTED, 1)));

    ledger().forget();

    assertThat(directory.path().resolve("ledger")).doesNotExist();
    assertThat(ledger().notes()).isEmpty();
    assertThat(images("people", 1)).isEmpty();
  }
}
