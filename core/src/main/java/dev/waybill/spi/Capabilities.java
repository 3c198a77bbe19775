package dev.waybill.spi;

import dev.waybill.model.TypeTable;

/**
 * Honest facts about a store. What is denied here is refused properly, never attempted.
 *
 * @param canWrite whether it can be a target
 * @param transactions whether a batch, its mark and its before-images are one atom in the store
 * @param reading how well readers of one snapshot agree
 * @param ledger where marks and before-images are kept
 * @param visibility when others see what a run writes
 * @param keys whether records need a key
 * @param relationships how one record points at another
 * @param documents whether fields may be absent and values nested
 * @param vectors whether vectors are a type of its own
 * @param longestVector largest dimension, 0 without vectors
 * @param largestRecord bytes, 0 where there is no limit below memory
 * @param types how logical types are held
 */
public record Capabilities(
    boolean canWrite,
    Transactions transactions,
    Reading reading,
    LedgerPlace ledger,
    Visibility visibility,
    Keys keys,
    Relationships relationships,
    Documents documents,
    Vectors vectors,
    int longestVector,
    long largestRecord,
    TypeTable types) {

  /** What becomes durable together. */
  public enum Transactions {
    /** Everything given to one {@link TargetWriter#apply} call. */
    BATCH,
    /** Single records; repeating a write by key is harmless. */
    NONE
  }

  /** What readers of one snapshot see. */
  public enum Reading {
    /** One state, whatever is written meanwhile. */
    SNAPSHOT,
    /** Possibly several states; {@link Snapshot#hasMoved} tells. */
    MOVES_NOTICED
  }

  /** Where the ledger is. */
  public enum LedgerPlace {
    TARGET,
    RUN_DIRECTORY
  }

  /** When others see what a run writes. */
  public enum Visibility {
    /** Each batch as soon as it is written. */
    BATCH,
    /** Each file at once, in {@link TargetSession#finish}; until then what was there before. */
    FINISH
  }

  /** Whether records need a key. */
  public enum Keys {
    OPTIONAL,
    REQUIRED,
    /** Records have handles that the store made; they mean nothing elsewhere. */
    HANDLES
  }

  /** How one record points at another. */
  public enum Relationships {
    FOREIGN_KEYS,
    /** Edges are records of their own. */
    EDGES,
    NONE
  }

  /** Whether records are documents. */
  public enum Documents {
    FLAT,
    NESTED
  }

  /** Whether vectors are a type of their own. */
  public enum Vectors {
    TYPED,
    /** Encoded in another type. */
    ENCODED
  }
}
