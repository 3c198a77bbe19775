package dev.waybill.stores.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.sqlite.ProgressHandler;

/**
 * Interrupts statements that take too long. SQLite asks from time to time, in the thread that runs
 * the statement; so each thread notes when its own began, and readers that share a connection do
 * not count for each other. Reading a part of the rows counts as a statement.
 */
final class TimeLimit extends ProgressHandler {
  // A few times in a millisecond.
  private static final int STEPS = 20_000;
  private static final ThreadLocal<long[]> BEGUN =
      ThreadLocal.withInitial(() -> new long[] {System.nanoTime()});

  private final long nanos;

  private TimeLimit(Duration longest) {
    long asked;
    try {
      asked = longest.toNanos();
    } catch (ArithmeticException forEver) {
      asked = Long.MAX_VALUE;
    }
    nanos = asked;
  }

  static TimeLimit on(Connection jdbc, Duration longest) throws SQLException {
    TimeLimit limit = new TimeLimit(longest);
    ProgressHandler.setHandler(jdbc, STEPS, limit);
    return limit;
  }

  /** Says that this thread begins a statement. */
  static void begun() {
    BEGUN.get()[0] = System.nanoTime();
  }

  @Override
  protected int progress() {
    return System.nanoTime() - BEGUN.get()[0] > nanos ? 1 : 0;
  }
}
