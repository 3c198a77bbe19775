package dev.waybill.verify;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Reads all records of a collection with several threads. */
public final class ChunkReaders {
  /** Bytes after which a batch takes no further record. */
  public static final int BATCH_BYTES = 4 << 20;

  private ChunkReaders() {}

  /** Takes the batches of one thread; closed when that thread has no more. */
  public interface BatchConsumer extends AutoCloseable {
    /** A batch, the caller's again on return. */
    void accept(RecordBatch batch);

    @Override
    void close();
  }

  /**
   * Reads a collection.
   *
   * @param isStopped asked before each batch; when true, reading ends early
   * @param consumers gives each thread its own consumer
   * @throws RuntimeException the first failure of any thread; all have ended by then
   */
  public static void forEach(
      Snapshot snapshot,
      Collection collection,
      int threads,
      int chunkRecords,
      int batchRecords,
      BooleanSupplier isStopped,
      Supplier<? extends BatchConsumer> consumers) {
    forEach(
        snapshot,
        collection,
        snapshot.chunks(collection, chunkRecords),
        threads,
        batchRecords,
        isStopped,
        consumers);
  }

  /** Reads chosen chunks of a collection. */
  static void forEach(
      Snapshot snapshot,
      Collection collection,
      List<Chunk> chunks,
      int threads,
      int batchRecords,
      BooleanSupplier isStopped,
      Supplier<? extends BatchConsumer> consumers) {
    ChunkWorkers.run(
        chunks,
        threads,
        isStopped,
        () -> new Reading(snapshot, collection, batchRecords, consumers.get()));
  }

  private static final class Reading implements ChunkWorkers.Worker {
    private final Snapshot snapshot;
    private final Collection collection;
    private final int batchRecords;
    private final BatchConsumer consumer;
    private final RecordBatch batch;

    Reading(Snapshot snapshot, Collection collection, int batchRecords, BatchConsumer consumer) {
      this.snapshot = snapshot;
      this.collection = collection;
      this.batchRecords = batchRecords;
      this.consumer = consumer;
      this.batch = new RecordBatch(collection.writtenFields().size());
    }

    @Override
    public void work(Chunk chunk, BooleanSupplier isStopped) {
      try (RecordReader reader = snapshot.read(collection, chunk)) {
        while (!isStopped.getAsBoolean() && reader.read(batch, batchRecords, BATCH_BYTES)) {
          consumer.accept(batch);
          batch.clear();
        }
      }
    }

    @Override
    public void close() {
      consumer.close();
    }
  }
}
