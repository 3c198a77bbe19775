package dev.waybill.run;

import dev.waybill.model.StoreException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What a run needs of the world around it.
 *
 * @param home the folder that has {@code runs}
 * @param tool name and version of this program
 * @param backoff how long transient failures are tried again
 */
public record Environment(
    Stores stores,
    Path home,
    String tool,
    Clock clock,
    LongSupplier nanoTime,
    RandomGenerator random,
    RunEvent.Listener listener,
    BooleanSupplier isCancelled,
    Retry.Backoff backoff) {

  /** The code of what a stopped run is ended with. */
  static final String STOPPED = "STOPPED";

  /**
   * Ends what is going on if the user wants that.
   *
   * @throws StoreException STOPPED
   */
  void requireGoingOn() {
    if (isCancelled.getAsBoolean()) {
      throw new StoreException(STOPPED, "The run was stopped.", "", false, null);
    }
  }

  /** The same for what must come to its end although the user wants to stop. */
  Environment steadfast() {
    return new Environment(
        stores, home, tool, clock, nanoTime, random, listener, () -> false, backoff);
  }

  void phase(String phase) {
    listener.on(new RunEvent(RunEvent.Type.PHASE, "", 0, -1, phase));
  }
}
