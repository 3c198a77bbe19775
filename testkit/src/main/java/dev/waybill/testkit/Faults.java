package dev.waybill.testkit;

import dev.waybill.model.StoreException;

/**
 * Breaks a {@link MemoryAdapter}'s stores off between any two steps of a write, as a killed process
 * or a lost server would. Without a call to {@link #failAt} nothing fails. Thread-safe.
 */
public final class Faults {
  private long steps;
  private long failingStep;

  /** Counts from now on and fails once, at step {@code step}; 1 is the very next, 0 is never. */
  public synchronized void failAt(long step) {
    steps = 0;
    failingStep = step;
  }

  /** Steps taken since the last {@link #failAt}. */
  public synchronized long steps() {
    return steps;
  }

  synchronized void step(String before) {
    steps++;
    if (steps == failingStep) {
      throw new StoreException(
          "FAULT_INJECTED",
          "The store breaks off before \"" + before + "\" (step " + steps + ").",
          "",
          false,
          null);
    }
  }
}
