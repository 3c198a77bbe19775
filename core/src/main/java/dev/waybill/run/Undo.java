package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.ChangeBatch.ChangeKind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run wrote, to be taken back: newest batch first, of a collection all as one chunk, or one
 * chunk alone.
 */
final class Undo implements Producer {
  private static final String ONE_CHUNK = "chunk";

  private final Images images;
  private final int batchRecords;
  private final @Nullable Map<String, Set<Integer>> chunks;

  /** Where before-images come from. */
  interface Images {
    /** Of a collection, newest batch first. */
    BeforeImages of(String collection);

    /** The same of one chunk. */
    BeforeImages of(String collection, int chunk);

    static Images of(Ledger ledger) {
      return new Images() {
        @Override
        public BeforeImages of(String collection) {
          return ledger.beforeImages(collection);
        }

        @Override
        public BeforeImages of(String collection, int chunk) {
          return ledger.beforeImages(collection, chunk);
        }
      };
    }

    static Images of(KeyLog log) {
      return new Images() {
        @Override
        public BeforeImages of(String collection) {
          return log.read(collection);
        }

        @Override
        public BeforeImages of(String collection, int chunk) {
          return log.read(collection, chunk);
        }
      };
    }
  }

  /** Takes back all that the run wrote. */
  Undo(Images images, int batchRecords) {
    this(images, batchRecords, null);
  }

  /**
   * @param chunks by target collection the chunks of the run to be taken back; null for everything
   */
  Undo(Images images, int batchRecords, @Nullable Map<String, Set<Integer>> chunks) {
    this.images = images;
    this.batchRecords = batchRecords;
    this.chunks = chunks;
  }

  @Override
  public List<Chunk> chunks(CollectionRun run) {
    String name = run.step().target().name();
    return chunks == null
        ? List.of(new Chunk(name, 0, "", ""))
        : chunks.getOrDefault(name, Set.of()).stream()
            .map(ordinal -> new Chunk(name, ordinal, ONE_CHUNK, ""))
            .toList();
  }

  @Override
  public boolean isUndo() {
    return true;
  }

  @Override
  public ChangeReader read(CollectionRun run, Chunk chunk) {
    BeforeImages before =
        chunk.from().equals(ONE_CHUNK)
            ? images.of(chunk.collection(), chunk.ordinal())
            : images.of(chunk.collection());
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
      public long scanned() {
        return 0;
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
