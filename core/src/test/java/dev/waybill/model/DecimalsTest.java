package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Numbers of any exponent, compared with java.math as far as that reaches. */
class DecimalsTest {
  private static final List<String> ASCENDING =
      List.of(
          "-1e99999999999999999999",
          "-2e999999999",
          "-1e999999999",
          "-200000",
          "-1e-999999999",
          "0",
          "1e-99999999999999999999",
          "1e-999999999",
          "1.5E-999999999",
          "0.1",
          "1e200000",
          "1e999999999",
          "1.01e999999999",
          "12e999999999",
          "1e99999999999999999999",
          "2e99999999999999999999");

  @Test
  void numbersStandInTheirOrderWhateverTheirExponent() {
    for (int i = 0; i < ASCENDING.size(); i++) {
      for (int j = 0; j < ASCENDING.size(); j++) {
        assertThat(Integer.signum(Decimals.compare(ASCENDING.get(i), ASCENDING.get(j))))
            .as(ASCENDING.get(i) + " to " + ASCENDING.get(j))
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }

  @Test
  void hugeNumbersAreNeverWrittenOut() {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          assertThat(Decimals.of("1e999999999")).isNull();
          assertThat(Decimals.of("-1e-999999999")).isNull();
          assertThat(Decimals.plain("100e999999999")).isEqualTo("1E1000000001");
          assertThat(Decimals.plain("1e3")).isEqualTo("1000");
          assertThat(Decimals.compare("10e999999998", "1e999999999")).isZero();
        });
  }

  @Test
  void orderAndValueAreThoseOfJavaMath() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      BigDecimal a = number(random);
      BigDecimal b = number(random);
      assertThat(Integer.signum(Decimals.compare(a.toString(), b.toString())))
          .as("seed %d: %s to %s", seed, a, b)
          .isEqualTo(a.compareTo(b));
      assertThat(new BigDecimal(Decimals.plain(a.toString())))
          .as("seed %d", seed)
          .isEqualByComparingTo(a);
    }
  }

  private static BigDecimal number(Random random) {
    long digits = random.nextInt(3) == 0 ? random.nextInt(20) - 10 : random.nextLong();
    int scale = random.nextInt(1000) > 0 ? random.nextInt(40) - 20 : 199_980 + random.nextInt(40);
    return BigDecimal.valueOf(digits, random.nextBoolean() ? scale : -scale);
  }

  @Test
  void whatIsNoNumberIsRefused() {
    for (String text : List.of("", "e5", "1e", "1.2.3", "0x10", "٣", "NaN", "1 ")) {
      assertThat(Decimals.isNumber(text)).as(text).isFalse();
    }
    assertThatThrownBy(() -> Decimals.of("1e5x")).isInstanceOf(NumberFormatException.class);
    assertThatThrownBy(() -> Decimals.plain("x")).isInstanceOf(NumberFormatException.class);
  }
}
