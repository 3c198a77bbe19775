package dev.waybill.run;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run wrote, to be taken back: newest batch first, of a collection all as one chunk, or one
 * chunk alone.
 */
final class Undo implements Producer {
  private final Images images;
  private final int chunk;
  private final int batchRecords;

  /** Where before-images come from: a ledger, or the key log. */
  interface Images {
    BeforeImages of(String collection);
  }

  /** Takes back all that the run wrote. */
  Undo(Images images, int batchRecords) {
    this(images, 0, batchRecords);
  }

  /**
   * Takes back one chunk.
   *
   * @param images of this chunk only
   * @param chunk its ordinal, for the marks
   */
  Undo(Images images, int chunk, int batchRecords) {
    this.images = images;
    this.chunk = chunk;
    this.batchRecords = batchRecords;
  }

  @Override
  public List<Chunk> chunks(CollectionRun run) {
    return List.of(new Chunk(run.step().target().name(), chunk, "", ""));
  }

  @Override
  public boolean isUndo() {
    return true;
  }

  @Override
  public ChangeReader read(CollectionRun run, Chunk chunk) {
    BeforeImages before = images.of(chunk.collection());
    int width = run.step().target().writtenFields().size();
    int keyWidth = run.step().target().hasKey() ? run.step().target().key().size() : width;
    CanonicalForm canonical = new CanonicalForm();
    return new ChangeReader() {
      @Override
      public @Nullable Changes next() {
        List<BeforeImage> batch = before.next(batchRecords);
        return batch.isEmpty() ? null : changes(batch, width, keyWidth, canonical);
      }

      @Override
      public void close() {
        before.close();
      }
    };
  }

  private static Changes changes(
      List<BeforeImage> images, int width, int keyWidth, CanonicalForm canonical) {
    boolean isInserted = images.get(0).change() == Change.INSERTED;
    RecordBatch records = new RecordBatch(isInserted ? keyWidth : width);
    RecordDigest[] digests = new RecordDigest[images.size()];
    @Nullable RecordDigest[] expected = new RecordDigest[images.size()];
    int[] origins = new int[images.size()];
    for (int i = 0; i < images.size(); i++) {
      BeforeImage image = images.get(i);
      records.putRecord(image.record());
      digests[i] = canonical.digest(records, i);
      expected[i] = image.written().isEmpty() ? null : RecordDigest.parse(image.written());
      origins[i] = i;
    }
    ChangeBatch batch =
        new ChangeBatch(
            isInserted ? ChangeKind.DELETE : ChangeKind.PUT,
            records,
            isInserted ? null : digests,
            expected);
    return new Changes(
        batch,
        records,
        origins,
        digests,
        Arrays.copyOf(digests, digests.length),
        List.of(),
        List.of());
  }
}
