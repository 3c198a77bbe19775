package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Threads that do pieces of work; the results are taken in the order in which the pieces were
 * handed out, so that what comes of it does not depend on how many threads there are. None of them
 * lives longer than this. Used by one thread.
 */
final class Workers implements AutoCloseable {
  private static final int MOST = 8;
  private static final int USUAL_PIECE = 1 << 20;

  /** Work on so small a part of a piece is over before another thread has begun. */
  private static final int LITTLE = 16;

  private final int threads;
  private final int piece;
  private final java.util.Queue<Thread> started = new ConcurrentLinkedQueue<>();
  private @Nullable ExecutorService pool;

  /**
   * @param piece bytes that one thread looks at before it is given others, unless one record has
   *     more
   */
  Workers(int threads, int piece) {
    this.threads = threads;
    this.piece = piece;
  }

  /** As many as the machine can make use of. */
  static Workers usual() {
    return new Workers(Math.min(MOST, Runtime.getRuntime().availableProcessors()), USUAL_PIECE);
  }

  int piece() {
    return piece;
  }

  /** Work that is under way, or done and not yet taken. */
  final class Queue<T> implements AutoCloseable {
    private final Deque<FutureTask<T>> tasks = new ArrayDeque<>();

    boolean isEmpty() {
      return tasks.isEmpty();
    }

    /** True if so much is under way that a result should be taken before more is handed out. */
    boolean isFull() {
      return tasks.size() >= 2 * threads;
    }

    /**
     * Hands out work.
     *
     * @param bytes so many are to be looked at
     */
    void hand(Callable<T> work, long bytes) {
      FutureTask<T> task = new FutureTask<>(work);
      tasks.add(task);
      if (threads == 1 || bytes < piece / LITTLE && tasks.size() == 1) {
        task.run();
      } else {
        pool().execute(task);
      }
    }

    /** The next result, once it is there; what the work threw is thrown here. */
    T take() throws IOException {
      try {
        return tasks.remove().get();
      } catch (ExecutionException failure) {
        Throwable cause = failure.getCause();
        if (cause instanceof IOException thrown) {
          throw thrown;
        }
        if (cause instanceof RuntimeException thrown) {
          throw thrown;
        }
        if (cause instanceof Error thrown) {
          throw thrown;
        }
        throw new IllegalStateException(cause);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        // As the file would say it that is being read.
        throw new ClosedByInterruptException();
      }
    }

    /** Gives up what has not been taken. */
    @Override
    public void close() {
      for (FutureTask<T> task : tasks) {
        task.cancel(false);
      }
      tasks.clear();
    }
  }

  private ExecutorService pool() {
    ExecutorService open = pool;
    if (open == null) {
      open =
          Executors.newFixedThreadPool(
              threads,
              task -> {
                Thread thread = new Thread(task, "json-reader");
                started.add(thread);
                return thread;
              });
      pool = open;
    }
    return open;
  }

  /** Ends all threads; what they are at is over when this returns. */
  @Override
  public void close() {
    ExecutorService open = pool;
    if (open == null) {
      return;
    }
    open.shutdownNow();
    boolean wasInterrupted = Thread.interrupted();
    // A pool that has terminated may have threads that are just about to end.
    while (!open.isTerminated() || !started.isEmpty()) {
      try {
        open.awaitTermination(1, TimeUnit.MINUTES);
        for (Thread thread = started.peek(); thread != null; thread = started.peek()) {
          thread.join();
          started.remove();
        }
      } catch (InterruptedException again) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
