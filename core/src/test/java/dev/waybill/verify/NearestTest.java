package dev.waybill.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.waybill.model.RecordDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static RecordDigest key(long number) {
    return new RecordDigest(number, 0);
  }

  private static Nearest of(double... distances) {
    Nearest nearest = new Nearest();
    for (int i = 0; i < distances.length; i++) {
      RecordDigest key = key(i);
      nearest.add(distances[i], () -> key);
    }
    return nearest;
  }

  private static Nearest moved(int by, double... distances) {
    Nearest nearest = new Nearest();
    for (int i = 0; i < distances.length; i++) {
      RecordDigest key = key(i + by);
      nearest.add(distances[i], () -> key);
    }
    return nearest;
  }

  @Test
  void theSameAreFoundInWhateverOrderRecordsAreRead() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Integer> records = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      records.add(i);
    }
    Nearest inOrder = new Nearest();
    records.forEach(each -> inOrder.add(each % 7, () -> key(each)));
    Collections.shuffle(records, random);
    Nearest one = new Nearest();
    Nearest other = new Nearest();
    records.subList(0, 333).forEach(each -> one.add(each % 7, () -> key(each)));
    records.subList(333, 1_000).forEach(each -> other.add(each % 7, () -> key(each)));
    one.addAll(other);

    assertThat(one.size()).isEqualTo(10);
    assertThat(one.keys()).as("seed %d", seed).isEqualTo(inOrder.keys());
  }

  @Test
  void anEquallyFarRecordInPlaceOfAnotherIsNoMiss() {
    Nearest truth = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    Nearest tied = of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    tied.add(10, () -> key(77));

    assertThat(truth.recall(tied)).isEqualTo(1);
  }

  @Test
  void aFartherRecordInPlaceOfAnotherIsAMiss() {
    Nearest truth = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    Nearest worse = of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    worse.add(10.5, () -> key(77));

    assertThat(truth.recall(worse)).isEqualTo(0.9, within(1e-12));
  }

  @Test
  void aNearerRecordOnTheOtherSideAloneShowsTheOtherWayRound() {
    Nearest truth = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    Nearest more = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    more.add(0.5, () -> key(77));

    assertThat(truth.recall(more)).isEqualTo(1);
    assertThat(more.recall(truth)).isEqualTo(0.9, within(1e-12));
  }

  @Test
  void ofFewerThanTenEveryOneMustBeFoundItself() {
    assertThat(of(1, 2, 3, 4).recall(of(1, 2, 3, 4))).isEqualTo(1);
    assertThat(of(1, 2, 3, 4).recall(of(1, 2))).isEqualTo(0.5);
    assertThat(of(1, 2, 3, 4).recall(moved(2, 1, 2, 3, 4))).isEqualTo(0.5);
    assertThat(of().recall(of())).isEqualTo(1);
    assertThat(of().recall(of(1))).isEqualTo(0);
  }

  @Test
  void whatHasNoDistanceIsNotFound() {
    assertThat(of(Double.NaN, 1).size()).isEqualTo(1);
  }

  @Test
  void eachMetricSaysHowFarTwoVectorsAre() {
    Point a = new Point(1, 0, 1, 0, 2);
    Point b = new Point(1, 2, 0, 0, 4);

    assertThat(Metric.L2.distance(a, b)).isEqualTo(9);
    assertThat(Metric.IP.distance(a, b)).isEqualTo(-9);
    assertThat(Metric.COSINE.distance(a, b)).isEqualTo(1 - 9 / Math.sqrt(6 * 21));
    assertThat(Metric.L1.distance(a, b)).isEqualTo(5);
    assertThat(Metric.HAMMING.distance(a, b)).isEqualTo(2);
    assertThat(Metric.JACCARD.distance(a, b)).isEqualTo(0.5);
    assertThat(Metric.COSINE.distance(a, new Point(0, 0, 0, 0, 0))).isNaN();
    assertThat(Metric.L2.distance(a, new Point(1, 0))).isNaN();
  }
}
