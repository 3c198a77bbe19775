package dev.waybill.stores.postgres;

/** The fields of {@code interval year to month} and its like: what the server would cut off. */
final class IntervalRange {
  private static final int MONTH = 1 << 1;
  private static final int DAY = 1 << 3;
  private static final int HOUR = 1 << 10;
  private static final int MINUTE = 1 << 11;
  private static final int SECOND = 1 << 12;
  private static final long MINUTE_MICROS = 60_000_000L;

  private IntervalRange() {}

  /** True if a column with these fields keeps the interval as it is. */
  static boolean holds(int range, int months, int days, long micros) {
    if ((range & SECOND) != 0) {
      return true;
    }
    if ((range & MINUTE) != 0) {
      return micros % MINUTE_MICROS == 0;
    }
    if ((range & HOUR) != 0) {
      return micros % (60 * MINUTE_MICROS) == 0;
    }
    if ((range & DAY) != 0) {
      return micros == 0;
    }
    return micros == 0 && days == 0 && ((range & MONTH) != 0 || months % 12 == 0);
  }
}
