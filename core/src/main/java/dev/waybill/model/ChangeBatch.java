package dev.waybill.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Changes to one target collection, applied in one atom.
 *
 * @param kind what to do with every record
 * @param records for {@link ChangeKind#PUT} whole records in the order of the target collection's
 *     written fields; for {@link ChangeKind#DELETE} of a collection with a key only the key's
 *     fields in the key's order, of one without whole records
 * @param digests for puts the digest of each record in canonical form; null for deletes
 * @param expected when undoing or taking out: for each record the digest that the record in the
 *     target must still have, or null where there must be none now; null where nothing is expected
 */
@SuppressWarnings("ArrayRecordComponent")
public record ChangeBatch(
    ChangeKind kind,
    RecordBatch records,
    RecordDigest @Nullable [] digests,
    @Nullable RecordDigest @Nullable [] expected) {

  /** What to do. */
  public enum ChangeKind {
    PUT,
    DELETE
  }

  /** Puts without expectation. */
  public static ChangeBatch puts(RecordBatch records, RecordDigest[] digests) {
    return new ChangeBatch(ChangeKind.PUT, records, digests, null);
  }

  /**
   * The digests of what is put, or of what is expected to be deleted, added modulo 2^128; zero for
   * deletes that expect nothing.
   */
  public RecordDigest content() {
    RecordDigest sum = RecordDigest.ZERO;
    @Nullable RecordDigest[] all = digests == null ? expected : digests;
    if (all != null) {
      for (RecordDigest digest : all) {
        sum = digest == null ? sum : sum.plus(digest);
      }
    }
    return sum;
  }

  /** The changes from {@code from} to before {@code to}. */
  public ChangeBatch slice(int from, int to) {
    return new ChangeBatch(
        kind,
        records.slice(from, to),
        digests == null ? null : Arrays.copyOfRange(digests, from, to),
        expected == null ? null : Arrays.copyOfRange(expected, from, to));
  }
}
