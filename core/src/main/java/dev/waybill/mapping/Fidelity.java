package dev.waybill.mapping;

/** How far two values can be told to be the same after there and back. */
public enum Fidelity {
  /** The very value comes back. */
  EXACT,
  /**
   * The same content comes back, perhaps in another spelling: {@code {"a": 1}} and {@code {"a":1}},
   * 08:00Z and 10:00+02:00.
   */
  CONTENT,
  /** Nothing comes back: what arrived is compared with what should have arrived. */
  ONE_WAY
}
