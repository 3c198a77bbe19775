package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What Chroma's server makes of doubles, as far as it can be told without one. */
class DecimalTest {
  @Test
  void ofShortDoublesNothingIsMade() {
    for (double each : new double[] {0, 1, -1.5, 0.1, 1732993872.123456, 1e22, 5e-10, 1e15}) {
      assertThat(Decimal.taken(each)).isEqualTo(each);
    }
  }

  @Test
  void ofLongOnesTheNeighbour() {
    assertThat(Decimal.taken(449.49106478873813)).isEqualTo(449.4910647887382);
    // Sent and written to the queue, it is read twice.
    assertThat(Decimal.taken(Decimal.taken(-2.9205048131065683e-196)))
        .isEqualTo(-2.920504813106569e-196);
    assertThat(Decimal.taken(9.007199254740991E15)).isEqualTo(9.00719925474099E15);
  }

  @Test
  void aSpellingIsReadAsWhatItSpellsAndNeverAsAWholeNumber() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        String spelled = Decimal.of(value).toString();
        assertThat(Double.parseDouble(spelled)).as("seed %d", seed).isEqualTo(value);
        assertThat(spelled).as("seed %d", seed).containsAnyOf(".", "E");
      }
    }
  }
}
