package dev.waybill.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class BucketDigestTest {
  @Property(tries = 200)
  void orderDoesNotMatter(
      @ForAll("digests") @Size(max = 40) List<RecordDigest> records, @ForAll Random random) {
    List<RecordDigest> shuffled = new ArrayList<>(records);
    Collections.shuffle(shuffled, random);

    assertThat(of(records).isEqual(of(shuffled))).isTrue();
    assertThat(of(records).sum()).isEqualTo(of(shuffled).sum());
  }

  @Property(tries = 200)
  void equalRecordsDoNotCancel(@ForAll("digests") @Size(max = 20) List<RecordDigest> records) {
    RecordDigest twice = new RecordDigest(Long.MIN_VALUE, 0);
    List<RecordDigest> more = new ArrayList<>(records);
    more.add(twice);
    more.add(twice);

    assertThat(of(more).isEqual(of(records))).isFalse();
    assertThat(of(more).sum()).isEqualTo(of(records).sum());
    assertThat(of(more).count()).isEqualTo(records.size() + 2L);
  }

  @Property(tries = 200)
  void partsAddUpToTheWhole(
      @ForAll("digests") @Size(max = 20) List<RecordDigest> some,
      @ForAll("digests") @Size(max = 20) List<RecordDigest> others) {
    List<RecordDigest> all = new ArrayList<>(some);
    all.addAll(others);

    BucketDigest sum = of(some);
    sum.add(of(others));

    assertThat(sum.isEqual(of(all))).isTrue();
    assertThat(sum.count()).isEqualTo(all.size());
  }

  @Property(tries = 200)
  void theSumIsTheOneOfOutcomes(@ForAll("digests") @Size(max = 20) List<RecordDigest> records) {
    Outcome outcome = Outcome.NOTHING;
    for (RecordDigest record : records) {
      outcome = outcome.plus(new Outcome(1, 0, 0, 0, 0, record));
    }

    assertThat(of(records).sum()).isEqualTo(outcome.sum());
  }

  @Property(tries = 200)
  void aDigestIsReadBackFromItsText(@ForAll long high, @ForAll long low) {
    RecordDigest digest = new RecordDigest(high, low);

    assertThat(RecordDigest.parse(digest.toString())).isEqualTo(digest);
  }

  @Property(tries = 200)
  void whatIsTakenOutAgainWasNeverThere(
      @ForAll("digests") List<RecordDigest> stays, @ForAll("digests") List<RecordDigest> goes) {
    List<RecordDigest> all = new ArrayList<>(stays);
    all.addAll(goes);
    BucketDigest digest = of(all);

    digest.remove(of(goes));

    assertThat(digest.isEqual(of(stays))).isTrue();
  }

  @Example
  void onlyTheBucketOfADifferenceDiffers() {
    List<RecordDigest> records = new ArrayList<>();
    for (long i = 0; i < 100; i++) {
      records.add(new RecordDigest(i * 7919, i));
    }
    BucketDigest one = of(records);
    RecordDigest key = records.set(37, new RecordDigest(1, 37));
    BucketDigest other = of(records);

    int different = one.bucketOf(key);
    for (int bucket = 0; bucket < one.buckets(); bucket++) {
      assertThat(one.isEqual(other, bucket)).isEqualTo(bucket != different);
    }
  }

  @Example
  void theNumberOfBucketsIsAPowerOfTwo() {
    for (long records : new long[] {0, 1, 4_096, 5_000, 1_000_000, 100_000_000, Long.MAX_VALUE}) {
      assertThat(Integer.bitCount(BucketDigest.bucketsFor(records))).isEqualTo(1);
    }
  }

  private static BucketDigest of(List<RecordDigest> records) {
    BucketDigest digest = new BucketDigest(16);
    for (RecordDigest record : records) {
      digest.add(record, record);
    }
    return digest;
  }

  @Provide
  Arbitrary<List<RecordDigest>> digests() {
    Arbitrary<Long> longs =
        Arbitraries.oneOf(
            Arbitraries.longs(), Arbitraries.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE));
    return Combinators.combine(longs, longs).as(RecordDigest::new).list();
  }
}
