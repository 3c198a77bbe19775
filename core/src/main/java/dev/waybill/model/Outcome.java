package dev.waybill.model;

/**
 * What became of the records of a batch.
 *
 * @param sum the digests of inserted and updated records, added modulo 2^128
 * @param skippedSum the same of the skipped ones, as they would have been written
 */
public record Outcome(
    long inserted,
    long updated,
    long unchanged,
    long skipped,
    long deleted,
    RecordDigest sum,
    RecordDigest skippedSum) {
  public static final Outcome NOTHING = new Outcome(0, 0, 0, 0, 0, RecordDigest.ZERO);

  /** An outcome without skipped records, or of which it is not known which they are. */
  public Outcome(
      long inserted, long updated, long unchanged, long skipped, long deleted, RecordDigest sum) {
    this(inserted, updated, unchanged, skipped, deleted, sum, RecordDigest.ZERO);
  }

  /** Inserted and updated. */
  public long written() {
    return inserted + updated;
  }

  /** All of them. */
  public long records() {
    return inserted + updated + unchanged + skipped + deleted;
  }

  /** Both together. */
  public Outcome plus(Outcome other) {
    return new Outcome(
        inserted + other.inserted,
        updated + other.updated,
        unchanged + other.unchanged,
        skipped + other.skipped,
        deleted + other.deleted,
        sum.plus(other.sum),
        skippedSum.plus(other.skippedSum));
  }
}
