package dev.waybill.model;

/** What becomes of the target's triggers while records are written. */
public enum Triggers {
  /** They fire as for an application. */
  FIRE,
  /** They do not fire for what the run writes; for everybody else they fire as ever. */
  SUPPRESS
}
