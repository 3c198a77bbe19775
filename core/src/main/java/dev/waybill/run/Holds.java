package dev.waybill.run;

import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Visibility;
import dev.waybill.spi.TargetStore;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run holds of its target: the collections of its own from begin to end, and the sidecar,
 * into which other runs write too, only as long as it writes there itself.
 *
 * <p>Where nothing of a run is seen before it finishes, the sidecar is held as long as the rest.
 */
final class Holds implements TargetStore.Hold {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final long LOOK_AGAIN = Duration.ofMillis(100).toNanos();

  private final TargetStore target;
  private final Environment environment;
  private final TargetStore.Hold own;

  /** The parts of the sidecar that are held for a while only. */
  private final Set<String> shared;

  private TargetStore.@Nullable Hold ofShared;

  private Holds(
      TargetStore target, Environment environment, TargetStore.Hold own, Set<String> shared) {
    this.target = target;
    this.environment = environment;
    this.own = own;
    this.shared = shared;
  }

  /**
   * Takes what the run holds from begin to end.
   *
   * @throws SpecException TARGET_IS_BUSY
   */
  static Holds take(Plan plan, TargetStore target, Environment environment) {
    Set<String> sidecar =
        plan.steps().stream()
            .filter(Sidecar::isPart)
            .map(step -> step.target().name())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> own = new TreeSet<>(Ends.targets(plan));
    if (isSharing(target)) {
      own.removeAll(sidecar);
      return new Holds(target, environment, target.hold(own), sidecar);
    }
    try {
      return new Holds(target, environment, target.hold(own), Set.of());
    } catch (SpecException busy) {
      if (!isBusy(busy) || !own.removeAll(sidecar)) {
        throw busy;
      }
      target.hold(own).close();
      throw new SpecException(
          busy.code(),
          busy.getMessage() + " Both runs would tell there what their collections were.",
          "wait until it has ended; or go without the way back: --no-sidecar",
          busy);
    }
  }

  /** True if several runs at once can each write their part of a sidecar. */
  static boolean isSharing(TargetStore target) {
    return target.capabilities().visibility() == Visibility.BATCH;
  }

  /** True if a step writes what other runs may be writing to at the same time. */
  static boolean isShared(Step step, TargetStore target) {
    return Sidecar.isPart(step) && isSharing(target);
  }

  /**
   * Does what needs the sidecar, once no other run writes to it.
   *
   * @throws SpecException TARGET_IS_BUSY if one does so for too long
   */
  void withSidecar(Runnable work) {
    if (shared.isEmpty()) {
      work.run();
      return;
    }
    try (TargetStore.Hold taken = await()) {
      set(taken);
      work.run();
    } finally {
      set(null);
    }
  }

  private synchronized void set(TargetStore.@Nullable Hold taken) {
    ofShared = taken;
  }

  private TargetStore.Hold await() {
    Retry retry = new Retry(environment);
    long end = environment.nanoTime().getAsLong() + PATIENCE.toNanos();
    for (boolean isTold = false; ; isTold = true) {
      try {
        return retry.get(() -> target.hold(shared), () -> {});
      } catch (SpecException busy) {
        if (!isBusy(busy) || environment.nanoTime().getAsLong() - end > 0) {
          throw busy;
        }
        if (!isTold) {
          environment
              .listener()
              .on(
                  new RunEvent(
                      RunEvent.Type.NOTE,
                      "",
                      0,
                      -1,
                      busy.getMessage()
                          + " Waiting for it, "
                          + PATIENCE.toMinutes()
                          + " minutes at most."));
        }
      }
      environment.requireGoingOn();
      LockSupport.parkNanos(LOOK_AGAIN);
    }
  }

  private static boolean isBusy(SpecException failure) {
    return failure.code().equals(TargetStore.TARGET_IS_BUSY);
  }

  @Override
  public synchronized void renew() {
    own.renew();
    TargetStore.Hold taken = ofShared;
    if (taken != null) {
      taken.renew();
    }
  }

  @Override
  public void close() {
    own.close();
  }
}
