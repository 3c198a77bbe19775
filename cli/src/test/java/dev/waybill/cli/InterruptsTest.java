package dev.waybill.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class InterruptsTest {
  private static void raise(String name) throws Exception {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Method raise = signal.getMethod("raise", signal);
    raise.invoke(null, signal.getConstructor(String.class).newInstance(name));
  }

  @Test
  void theFirstAsksToStopAndTheSecondQuits() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);

    try (Interrupts interrupts = Interrupts.listen(first::countDown, second::countDown)) {
      assertThat(interrupts.getAsBoolean()).isFalse();

      // Not INT: whoever starts the tests in the background has it ignored, and so do we then.
      raise("TERM");
      assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(interrupts.getAsBoolean()).isTrue();
      assertThat(second.getCount()).isEqualTo(1);

      raise("TERM");
      assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}
