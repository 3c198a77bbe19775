package dev.waybill;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Something that is found out in a thread of its own while its maker does something else.
 *
 * <p>Who closes this without having asked for the result does not want it any more: he waits for a
 * moment, so that short work is over, and leaves long work to end by itself or with the process.
 */
final class Meanwhile<T> implements AutoCloseable {
  private static final long MOMENT_MILLIS = 500;

  private final FutureTask<T> task;

  private Meanwhile(FutureTask<T> task) {
    this.task = task;
  }

  static <T> Meanwhile<T> of(Supplier<T> work) {
    FutureTask<T> task = new FutureTask<>(work::get);
    Thread thread = new Thread(task, "meanwhile");
    thread.setDaemon(true);
    thread.start();
    return new Meanwhile<>(task);
  }

  /**
   * Waits for the result.
   *
   * @throws RuntimeException what the work threw
   */
  T get() {
    try {
      return task.get();
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      if (failure.getCause() instanceof Error thrown) {
        throw thrown;
      }
      throw new IllegalStateException(failure.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting", interrupted);
    }
  }

  @Override
  public void close() {
    try {
      task.get(MOMENT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException unwanted) {
      return;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
