package dev.waybill.run;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** So many records a second at most, over all threads. Thread-safe. */
final class RateLimit {
  private final long perSecond;
  private final LongSupplier nanoTime;
  private final long start;
  private long taken;

  /**
   * @param perSecond 0 for no limit
   */
  RateLimit(long perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  /** Waits until so many records may go. */
  void take(long records) {
    if (perSecond == 0) {
      return;
    }
    long due;
    synchronized (this) {
      due = start + (long) ((double) taken / perSecond * TimeUnit.SECONDS.toNanos(1));
      taken += records;
    }
    for (long wait = due - nanoTime.getAsLong();
        wait > 0 && !Thread.currentThread().isInterrupted();
        wait = due - nanoTime.getAsLong()) {
      LockSupport.parkNanos(wait);
    }
  }
}
