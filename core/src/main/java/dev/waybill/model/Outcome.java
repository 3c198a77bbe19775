package dev.waybill.model;

/**
 * What became of the records of a batch.
 *
 * @param sum the digests of inserted and updated records, added modulo 2^128
 */
public record Outcome(
    long inserted, long updated, long unchanged, long skipped, long deleted, RecordDigest sum) {
  public static final Outcome NOTHING = new Outcome(0, 0, 0, 0, 0, new RecordDigest(0, 0));

  /** Inserted and updated. */
  public long written() {
    return inserted + updated;
  }

  /** Both together. */
  public Outcome plus(Outcome other) {
    long low = sum.low() + other.sum.low();
    long carry = Long.compareUnsigned(low, sum.low()) < 0 ? 1 : 0;
    return new Outcome(
        inserted + other.inserted,
        updated + other.updated,
        unchanged + other.unchanged,
        skipped + other.skipped,
        deleted + other.deleted,
        new RecordDigest(sum.high() + other.sum.high() + carry, low));
  }
}
