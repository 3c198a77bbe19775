package dev.waybill.run;

import dev.waybill.model.StoreException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The one place where something is tried again: after transient failures of a store, with growing
 * pauses and jitter, for a bounded time. Thread-safe.
 */
public final class Retry {
  private final Backoff backoff;
  private final LongSupplier nanoTime;
  private final RandomGenerator random;
  private final RunEvent.Listener listener;
  private final BooleanSupplier isCancelled;

  /**
   * How long to wait.
   *
   * @param first the pause before the second attempt; each further one is twice as long
   * @param longest no pause is longer
   * @param total no attempt begins later than so long after the first failure
   */
  public record Backoff(Duration first, Duration longest, Duration total) {
    /** What a restart of a server needs. */
    public static final Backoff USUAL =
        new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), Duration.ofSeconds(60));
  }

  Retry(Environment environment) {
    this.backoff = environment.backoff();
    this.nanoTime = environment.nanoTime();
    this.random = environment.random();
    this.listener = environment.listener();
    this.isCancelled = environment.isCancelled();
  }

  /** The same of something without a result. */
  void run(Runnable work) {
    get(
        () -> {
          work.run();
          return true;
        },
        () -> {});
  }

  /**
   * Does something that may be repeated.
   *
   * @param again is run before each further attempt; what it throws counts as that attempt's
   *     failure
   * @throws StoreException the last failure, once time is over or the run was stopped; one that is
   *     not transient at once
   */
  <T> T get(Supplier<T> work, Runnable again) {
    long end = 0;
    for (int attempt = 0; ; attempt++) {
      try {
        if (attempt > 0) {
          again.run();
        }
        return work.get();
      } catch (StoreException failure) {
        long now = nanoTime.getAsLong();
        if (attempt == 0) {
          end = now + backoff.total().toNanos();
        }
        long pause = pause(attempt);
        if (!failure.isTransient() || now + pause - end > 0 || isCancelled.getAsBoolean()) {
          throw failure;
        }
        listener.on(
            new RunEvent(
                RunEvent.Type.NOTE,
                "",
                0,
                -1,
                String.format(
                    Locale.ROOT, "%s Trying again in %.1f s.", failure.getMessage(), pause / 1e9)));
        await(now + pause);
      }
    }
  }

  /** Between half and the whole of the doubled pause, so that several do not come back at once. */
  private long pause(int attempt) {
    long doubled = backoff.first().toNanos() << Math.min(attempt, 20);
    long most = Math.min(doubled, backoff.longest().toNanos());
    return most / 2 + (long) (random.nextDouble() * (most - most / 2));
  }

  private void await(long due) {
    for (long wait = due - nanoTime.getAsLong();
        wait > 0 && !isCancelled.getAsBoolean() && !Thread.currentThread().isInterrupted();
        wait = due - nanoTime.getAsLong()) {
      LockSupport.parkNanos(Math.min(wait, 100_000_000));
    }
  }
}
