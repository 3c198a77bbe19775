package dev.waybill.run;

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
 */
public record Environment(
    Stores stores,
    Path home,
    String tool,
    Clock clock,
    LongSupplier nanoTime,
    RandomGenerator random,
    RunEvent.Listener listener,
    BooleanSupplier isCancelled) {

  void phase(String phase) {
    listener.on(new RunEvent(RunEvent.Type.PHASE, "", 0, -1, phase));
  }
}
