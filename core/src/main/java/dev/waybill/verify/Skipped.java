package dev.waybill.verify;

import dev.waybill.model.RecordDigest;

/**
 * Records that a run left to the target's own.
 *
 * @param sum their digests as they would have been written, added modulo 2^128
 */
public record Skipped(long records, RecordDigest sum) {
  /** None was. */
  public static final Skipped NONE = new Skipped(0, RecordDigest.ZERO);
}
