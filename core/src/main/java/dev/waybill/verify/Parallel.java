package dev.waybill.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Tasks that run at the same time, each in a thread of its own. */
public final class Parallel {
  private Parallel() {}

  /**
   * Runs all, a single one in the caller's thread.
   *
   * @throws RuntimeException the failure of the first in the list that failed; all have ended by
   *     then
   */
  public static void run(List<? extends Runnable> tasks) {
    if (tasks.size() == 1) {
      tasks.get(0).run();
      return;
    }
    ExecutorService pool = Executors.newFixedThreadPool(tasks.size());
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (Runnable task : tasks) {
        futures.add(pool.submit(task));
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
}
