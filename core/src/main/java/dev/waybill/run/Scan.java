package dev.waybill.run;

import dev.waybill.mapping.Mapping.Both;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.ChangeBatch;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.ChunkReaders;
import dev.waybill.verify.Pairing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All records of the source's collections, to be put. */
final class Scan implements Producer {
  private static final long CHUNK_RECORDS = 50_000;

  private final Snapshot snapshot;
  private final ChunkFile cuts;
  private final int batchRecords;

  /**
   * @param cuts how the source was cut when the run was begun
   */
  Scan(Snapshot snapshot, ChunkFile cuts, int batchRecords) {
    this.snapshot = snapshot;
    this.cuts = cuts;
    this.batchRecords = batchRecords;
  }

  @Override
  public List<Chunk> chunks(CollectionRun run) {
    return cuts.of(
        run.step().source(), () -> snapshot.chunks(run.pairing().source(), CHUNK_RECORDS));
  }

  @Override
  public ChangeReader read(CollectionRun run, Chunk chunk) {
    int size = run.step().batchSize() > 0 ? run.step().batchSize() : batchRecords;
    return new Reader(run.pairing(), snapshot.read(run.pairing().source(), chunk), size);
  }

  @Override
  public boolean isUndo() {
    return false;
  }

  private final class Reader implements ChangeReader {
    private final Pairing pairing;
    private final RecordReader reader;
    private final int batchRecords;
    private final RecordBatch batch;
    private final CanonicalForm canonical = new CanonicalForm();
    private long scanned;

    Reader(Pairing pairing, RecordReader reader, int batchRecords) {
      this.batchRecords = batchRecords;
      this.pairing = pairing;
      this.reader = reader;
      this.batch = new RecordBatch(pairing.source().writtenFields().size());
    }

    @Override
    public @Nullable Changes next() {
      batch.clear();
      while (reader.read(batch, batchRecords, ChunkReaders.BATCH_BYTES)) {
        scanned += batch.records();
        RecordBatch selected = pairing.select(batch);
        if (!selected.isEmpty()) {
          return changes(pairing, canonical, selected);
        }
        batch.clear();
      }
      return null;
    }

    @Override
    public long scanned() {
      return scanned;
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  /** The changes that put source records into the target. */
  static Changes changes(Pairing pairing, CanonicalForm canonical, RecordBatch batch) {
    Both both = pairing.mapping().both(batch);
    RecordBatch records = both.forward().records();
    int count = records.records();
    int[] origins = new int[count];
    RecordDigest[] keys = new RecordDigest[count];
    RecordDigest[] wholes = new RecordDigest[count];
    for (int record = 0; record < count; record++) {
      int comparable = both.comparable(record);
      origins[record] = both.forward().origin(record);
      wholes[record] = canonical.digest(both.comparables(), comparable);
      keys[record] =
          pairing.hasKey()
              ? canonical.digest(both.comparables(), comparable, pairing.key())
              : wholes[record];
    }
    RecordDigest[] written = wholes;
    if (records != both.comparables()) {
      written = new RecordDigest[count];
      for (int record = 0; record < count; record++) {
        written[record] = canonical.digest(records, record);
      }
    }
    return new Changes(
        ChangeBatch.puts(records, written),
        batch,
        origins,
        keys,
        wholes,
        both.forward().refused(),
        both.forward().mended());
  }
}
