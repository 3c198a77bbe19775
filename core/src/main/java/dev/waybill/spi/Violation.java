package dev.waybill.spi;

import dev.waybill.model.RecordBatch;

/**
 * Loaded records that a constraint does not allow.
 *
 * @param code the code that a writer's {@link dev.waybill.model.DataException} would have: {@code
 *     NOT_UNIQUE}, {@code CHECK_VIOLATED}, {@code FOREIGN_KEY_VIOLATED}
 * @param reason which constraint and why, for people, following "the record": no value, no full
 *     stop
 * @param records of the key's fields in the key's order; whole records where {@code isWhole}
 * @param isWhole true where the collection has no key, or several records have one
 */
public record Violation(String code, String reason, RecordBatch records, boolean isWhole) {

  /** Kinds of constraints, in the order in which records should be taken out. */
  public enum Rule {
    /** The key. */
    KEY,
    /** What a record must be by itself. */
    CHECK,
    FOREIGN_KEY,
    /** Unique sets, unique indexes, and whatever else forbids two records to be alike. */
    UNIQUE
  }

  /** Takes what is found, some at a time. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * @return false if no more is wanted
     */
    boolean accept(Violation found);
  }
}
