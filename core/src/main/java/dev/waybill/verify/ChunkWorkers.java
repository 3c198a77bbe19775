package dev.waybill.verify;

import dev.waybill.spi.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
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
    runAll(thread, Math.max(1, Math.min(threads, chunks.size())));
  }

  /** Nothing is touched any more when the caller goes on, also if he was interrupted. */
  private static void awaitQuietly(ExecutorService pool) {
    boolean wasInterrupted = Thread.interrupted();
    boolean isOver = false;
    while (!isOver) {
      try {
        isOver = pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException again) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void runAll(Runnable thread, int threads) {
    if (threads == 1) {
      thread.run();
      return;
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(pool.submit(thread));
      }
      Throwable first = null;
      for (Future<?> future : futures) {
        try {
          future.get();
        } catch (ExecutionException failure) {
          first = first == null ? failure.getCause() : first;
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted at work", interrupted);
        }
      }
      if (first instanceof Error error) {
        throw error;
      }
      if (first instanceof RuntimeException runtime) {
        throw runtime;
      }
    } finally {
      pool.shutdownNow();
      awaitQuietly(pool);
    }
  }
}
