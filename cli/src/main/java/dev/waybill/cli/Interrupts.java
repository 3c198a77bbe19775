package dev.waybill.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Ctrl-C and SIGTERM while a run writes: the first asks the run to stop in order, the second ends
 * the process.
 *
 * <p>Not a shutdown hook: with one, the exit code is the signal's and a second Ctrl-C is not heard.
 * sun.misc.Signal is reached by reflection since the compiler warns about every other use of it.
 */
final class Interrupts implements BooleanSupplier, AutoCloseable {
  private final AtomicInteger count = new AtomicInteger();
  private final Runnable onFirst;
  private final Runnable onSecond;
  private final Map<Object, Object> replaced = new LinkedHashMap<>();

  private Interrupts(Runnable onFirst, Runnable onSecond) {
    this.onFirst = onFirst;
    this.onSecond = onSecond;
  }

  /** Listens until closed. Where signals cannot be had, Ctrl-C does what it always does. */
  static Interrupts listen(Runnable onFirst, Runnable onSecond) {
    Interrupts interrupts = new Interrupts(onFirst, onSecond);
    interrupts.listenTo("INT");
    interrupts.listenTo("TERM");
    return interrupts;
  }

  /** The same for a run: the first stops it at a batch's boundary. */
  static Interrupts listen(Progress progress) {
    return listen(
        () -> progress.say("stopping at the next batch boundary … (again to quit at once)"),
        () -> System.exit(Exit.STOPPED));
  }

  private void listenTo(String name) {
    try {
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object ours =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                return called(proxy, method, arguments);
              });
      Object signal =
          Class.forName("sun.misc.Signal").getConstructor(String.class).newInstance(name);
      replaced.put(signal, handle(signal, ours));
    } catch (ReflectiveOperationException noSuchSignal) {
      // -Xrs, or a platform without it.
      return;
    }
  }

  private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
    Method handle =
        signal
            .getClass()
            .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"));
    return handle.invoke(null, signal, handler);
  }

  @SuppressWarnings("NullAway") // toString and the like may get no arguments
  private Object called(Object proxy, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "handle" -> {
        int now = count.incrementAndGet();
        if (now == 1) {
          onFirst.run();
        } else if (now == 2) {
          onSecond.run();
        } else {
          // What the process does at its end takes too long.
          Runtime.getRuntime().halt(Exit.STOPPED);
        }
        yield null;
      }
      case "equals" -> proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> "Waybill's signal handler";
    };
  }

  /** True once asked to stop. */
  @Override
  public boolean getAsBoolean() {
    return count.get() > 0;
  }

  @Override
  public void close() {
    for (Map.Entry<Object, Object> each : replaced.entrySet()) {
      try {
        handle(each.getKey(), each.getValue());
      } catch (ReflectiveOperationException gone) {
        throw new IllegalStateException(gone);
      }
    }
  }
}
