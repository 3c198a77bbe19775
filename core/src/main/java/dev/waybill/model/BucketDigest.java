package dev.waybill.model;

import java.util.Arrays;

/**
 * The digest of a collection: how many records, and the sum of their digests modulo 2^128, so that
 * order does not matter and equal records do not cancel; cut into buckets by the record's key, so
 * that what differs is found by looking again only there.
 *
 * <p>Thread-safe: {@link #add} may be called by several readers of one collection.
 */
public final class BucketDigest {
  private final long[] counts;
  private final long[] highs;
  private final long[] lows;

  /**
   * @param buckets a power of two
   */
  public BucketDigest(int buckets) {
    if (Integer.bitCount(buckets) != 1) {
      throw new IllegalArgumentException(buckets + " buckets");
    }
    counts = new long[buckets];
    highs = new long[buckets];
    lows = new long[buckets];
  }

  /** A number of buckets that leaves some hundred records in each. */
  public static int bucketsFor(long records) {
    long wanted = Math.max(16, Math.min(65_536, records / 256));
    return (int) Long.highestOneBit(wanted);
  }

  public int buckets() {
    return counts.length;
  }

  /** The bucket of a record whose key (or, without a key, which itself) has this digest. */
  public int bucketOf(RecordDigest key) {
    return (int) (key.low() & counts.length - 1);
  }

  /** Adds a record to the bucket of its key. */
  public synchronized void add(RecordDigest key, RecordDigest record) {
    int bucket = bucketOf(key);
    counts[bucket]++;
    addTo(bucket, record.high(), record.low());
  }

  /** Adds all records of another digest with as many buckets. */
  public synchronized void add(BucketDigest other) {
    if (other.buckets() != buckets()) {
      throw new IllegalArgumentException(other.buckets() + " buckets to " + buckets());
    }
    for (int bucket = 0; bucket < counts.length; bucket++) {
      counts[bucket] += other.counts[bucket];
      addTo(bucket, other.highs[bucket], other.lows[bucket]);
    }
  }

  /** Takes the records of another digest with as many buckets out again. */
  public synchronized void remove(BucketDigest other) {
    if (other.buckets() != buckets()) {
      throw new IllegalArgumentException(other.buckets() + " buckets from " + buckets());
    }
    for (int bucket = 0; bucket < counts.length; bucket++) {
      counts[bucket] -= other.counts[bucket];
      RecordDigest left =
          new RecordDigest(highs[bucket], lows[bucket])
              .minus(new RecordDigest(other.highs[bucket], other.lows[bucket]));
      highs[bucket] = left.high();
      lows[bucket] = left.low();
    }
  }

  private void addTo(int bucket, long high, long low) {
    long sum = lows[bucket] + low;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    lows[bucket] = sum;
    highs[bucket] += high + carry;
  }

  /** All records. */
  public synchronized long count() {
    return Arrays.stream(counts).sum();
  }

  public synchronized long count(int bucket) {
    return counts[bucket];
  }

  /** The sum over all buckets. */
  public synchronized RecordDigest sum() {
    BucketDigest total = new BucketDigest(1);
    for (int bucket = 0; bucket < counts.length; bucket++) {
      total.addTo(0, highs[bucket], lows[bucket]);
    }
    return new RecordDigest(total.highs[0], total.lows[0]);
  }

  /** True if both hold equal records in this bucket, beyond reasonable doubt. */
  public boolean isEqual(BucketDigest other, int bucket) {
    return counts[bucket] == other.counts[bucket]
        && highs[bucket] == other.highs[bucket]
        && lows[bucket] == other.lows[bucket];
  }

  /** True if both hold equal records, beyond reasonable doubt. */
  public boolean isEqual(BucketDigest other) {
    return Arrays.equals(counts, other.counts)
        && Arrays.equals(highs, other.highs)
        && Arrays.equals(lows, other.lows);
  }
}
