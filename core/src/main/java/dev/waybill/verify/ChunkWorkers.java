package dev.waybill.verify;

import dev.waybill.spi.Chunk;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Several threads that take chunks one after the other until none is left. */
public final class ChunkWorkers {
  private ChunkWorkers() {}

  /** The work of one thread; closed when that thread has no more. */
  public interface Worker extends AutoCloseable {
    /**
     * Works on one chunk.
     *
     * @param isStopped true once the others have failed or the run is stopped: return soon
     */
    void work(Chunk chunk, BooleanSupplier isStopped);

    @Override
    void close();
  }

  /**
   * Runs workers until all chunks are done.
   *
   * @param isStopped asked before each chunk; when true, no further chunk is begun
   * @throws RuntimeException the first failure of any thread; all have ended by then
   */
  public static void run(
      List<Chunk> chunks,
      int threads,
      BooleanSupplier isStopped,
      Supplier<? extends Worker> workers) {
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    BooleanSupplier isOver = () -> failed.get() || isStopped.getAsBoolean();
    Runnable thread =
        () -> {
          try (Worker worker = workers.get()) {
            for (int i = next.getAndIncrement();
                i < chunks.size() && !isOver.getAsBoolean();
                i = next.getAndIncrement()) {
              worker.work(chunks.get(i), isOver);
            }
          } catch (RuntimeException | Error failure) {
            failed.set(true);
            throw failure;
          }
        };
    Parallel.run(Collections.nCopies(Math.max(1, Math.min(threads, chunks.size())), thread));
  }
}
