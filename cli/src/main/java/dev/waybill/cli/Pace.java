package dev.waybill.cli;

import java.time.Duration;

/** How fast a collection goes. Not thread-safe. */
final class Pace {
  private final long startedAt;
  private long done;
  private long total;

  /** Begins now with {@code total} records to come, −1 where nobody knows. */
  Pace(long now, long total) {
    startedAt = now;
    this.total = total;
  }

  void update(long nowDone, long nowTotal) {
    done = nowDone;
    total = nowTotal;
  }

  long done() {
    return done;
  }

  Duration elapsed(long now) {
    return Duration.ofNanos(now - startedAt);
  }

  /** How much is done, 0 to 100; −1 where nobody knows. */
  int percent() {
    if (total < 0) {
      return -1;
    }
    // More can come than the store believed to hold.
    return total == 0 ? 100 : (int) Math.min(100, done * 100.0 / total);
  }

  /** "450,000 of 1,000,000 (45 %), 210,000/s, 2.6 s left". */
  String describe(long now) {
    StringBuilder text = new StringBuilder(Text.number(done));
    int percent = percent();
    if (percent >= 0) {
      text.append(" of ").append(Text.number(Math.max(done, total)));
      text.append(" (").append(percent).append(" %)");
    }
    double seconds = (now - startedAt) / 1e9;
    if (seconds >= 0.5 && done > 0) {
      double rate = done / seconds;
      text.append(", ").append(Text.number(Math.round(rate))).append("/s");
      if (percent >= 0 && percent < 100) {
        Duration left = Duration.ofMillis(Math.round((total - done) / rate * 1000));
        text.append(", ").append(Text.duration(left)).append(" left");
      }
    }
    return text.toString();
  }
}
