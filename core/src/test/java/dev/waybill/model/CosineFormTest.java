package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is answered under the cosine space can be sent so that it is answered again. */
class CosineFormTest {
  @Test
  void whatWasAnsweredOnceIsAnsweredAgain() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int missed = 0;
    for (int dimension : new int[] {1, 2, 3, 5, 8, 64, 384, 1536}) {
      for (int i = 0; i < 300; i++) {
        float[] answered = new float[dimension];
        for (int j = 0; j < dimension; j++) {
          answered[j] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(5) - 2));
        }
        CosineForm.apply(answered);

        float[] sent = CosineForm.sentFor(answered);

        if (sent == null) {
          missed++;
        } else {
          CosineForm.apply(sent);
          assertThat(sent).as("seed %d", seed).isEqualTo(answered);
        }
      }
    }
    assertThat(missed).as("seed %d", seed).isZero();
  }

  @Test
  void theNearestOfWhatWasAnsweredIsItself() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      float[] vector = new float[384];
      for (int j = 0; j < vector.length; j++) {
        vector[j] = (float) random.nextGaussian();
      }
      float[] once = CosineForm.nearest(vector);

      assertThat(CosineForm.nearest(once)).as("seed %d", seed).isEqualTo(once);
      for (int j = 0; j < vector.length; j++) {
        assertThat(once[j])
            .as("seed %d", seed)
            .isCloseTo(vector[j], within(Math.ulp(vector[j]) * 2));
      }
    }
  }

  @Test
  void aVectorOfZerosStaysOne() {
    assertThat(CosineForm.sentFor(new float[3])).isEqualTo(new float[3]);
  }
}
