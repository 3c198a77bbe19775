package dev.waybill.verify;

import dev.waybill.model.RecordDigest;

/**
 * What the comparison of one collection found.
 *
 * @param source records of the source that were compared
 * @param target records of the target that were compared
 * @param skipped records that differ because the run left the target's own in place, proven to be
 *     exactly those; not among {@code changed}
 * @param sourceDigest sum of the source's records in comparable form
 * @param targetDigest the same of the target, brought back through the inverse mapping
 * @param targetAsStored sum of the target's records as the target holds them
 * @param sourceCount the source's own count
 * @param targetCount the target's own count
 */
public record CollectionVerification(
    String name,
    long source,
    long target,
    long equal,
    long changed,
    long missing,
    long extra,
    long skipped,
    RecordDigest sourceDigest,
    RecordDigest targetDigest,
    RecordDigest targetAsStored,
    long sourceCount,
    long targetCount) {

  /** True if no record differs. */
  public boolean isEqual() {
    return changed + missing + extra == 0;
  }

  public long different() {
    return changed + missing + extra;
  }
}
