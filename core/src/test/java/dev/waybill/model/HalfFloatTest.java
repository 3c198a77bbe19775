package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfFloatTest {
  @Test
  void everyHalfIsAFloatThatGivesItBack() {
    for (int half = 0; half <= 0xFFFF; half++) {
      float value = HalfFloat.toFloat(half);
      if (Float.isNaN(value)) {
        assertThat(half & 0x7FFF).isGreaterThan(0x7C00);
        continue;
      }
      assertThat(HalfFloat.nearest(value)).as("%04x", half).isEqualTo(half);
      assertThat(HalfFloat.isExact(value)).isTrue();
    }
  }

  @Test
  void theHardOnesAreWhatTheStandardSays() {
    assertThat(HalfFloat.toFloat(0x0001)).isEqualTo(0x1p-24f);
    assertThat(HalfFloat.toFloat(0x03FF)).isEqualTo(0x1.ff8p-15f);
    assertThat(HalfFloat.toFloat(0x0400)).isEqualTo(0x1p-14f);
    assertThat(HalfFloat.toFloat(0x7BFF)).isEqualTo(65_504f);
    assertThat(HalfFloat.toFloat(0x7C00)).isInfinite();
    assertThat(Float.floatToRawIntBits(HalfFloat.toFloat(0x8000))).isEqualTo(0x8000_0000);
    assertThat(HalfFloat.nearest(65_519.996f)).isEqualTo(0x7BFF);
    assertThat(HalfFloat.nearest(65_520f)).isEqualTo(0x7C00);
    assertThat(HalfFloat.nearest(0x1p-25f)).isZero();
    assertThat(HalfFloat.nearest(Math.nextUp(0x1p-25f))).isEqualTo(1);
    assertThat(HalfFloat.isExact(0.1f)).isFalse();
    assertThat(HalfFloat.isExact(Float.MIN_VALUE)).isFalse();
  }

  @Test
  void betweenTwoHalvesTheEvenOneIsTaken() {
    for (int half = 0; half < 0x7BFF; half++) {
      float between = (HalfFloat.toFloat(half) + HalfFloat.toFloat(half + 1)) / 2;
      int even = half + (half & 1);

      assertThat(HalfFloat.nearest(between)).as("behind %04x", half).isEqualTo(even);
      assertThat(HalfFloat.nearest(-between)).isEqualTo(0x8000 | even);
    }
  }

  /** What is nearest is told by exact numbers, not by the arithmetic under test. */
  @Test
  void ofTwoNeighboursTheNearerIsTaken() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!(Math.abs(value) < 65_504f)) {
        continue;
      }
      int half = HalfFloat.nearest(value) & 0x7FFF;
      BigDecimal exact = new BigDecimal(Math.abs(value));
      BigDecimal own = distance(half, exact);
      assertThat(own)
          .as("%s, seed %s", value, seed)
          .isLessThanOrEqualTo(distance(half + 1, exact))
          .isLessThanOrEqualTo(distance(Math.max(0, half - 1), exact));
      if (own.compareTo(distance(half + 1, exact)) == 0 && half + 1 < 0x7C00) {
        assertThat(half & 1).isZero();
      }
    }
  }

  private static BigDecimal distance(int half, BigDecimal exact) {
    return half >= 0x7C00
        ? new BigDecimal(65_536).subtract(exact).abs()
        : new BigDecimal(HalfFloat.toFloat(half)).subtract(exact).abs();
  }
}
