package dev.waybill.model;

/** What becomes of a value that the target cannot hold as it is. */
public enum LossPolicy {
  /** The run is refused, or where the value is only found while reading, put back. */
  FAIL,
  /**
   * The nearest value that the target can hold, as docs/types.md defines it; the record counts as
   * repaired and its original is kept in the run directory. A value without such a neighbour fails.
   */
  REPLACE,
  /**
   * A stand-in is written and the original beside it, in the target's sidecar, from which it comes
   * back (docs/formats/sidecar.md).
   */
  SIDECAR,
  /** The record stays behind, in the run directory, up to {@code --max-quarantined}. */
  QUARANTINE,
  /** Null is written; the record counts as repaired. A field that cannot be null fails. */
  NULL
}
