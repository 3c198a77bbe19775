package dev.waybill.run;

import dev.waybill.model.Outcome;

/**
 * What became of one collection.
 *
 * @param name the source's name of it
 * @param read records read from the source = written + unchanged + skipped + quarantined
 * @param written inserted and updated, repaired ones among them
 * @param unchanged equal already
 * @param skipped left to the target's own record
 * @param repaired arrived mended by a policy
 * @param deleted removed from the target
 * @param quarantined could not go
 * @param verified proven equal
 * @param different proven to differ
 */
public record CollectionResult(
    String name,
    long read,
    long written,
    long unchanged,
    long skipped,
    long repaired,
    long deleted,
    long quarantined,
    long verified,
    long different) {

  /** The same, or what the ledger says was done where that is more. */
  CollectionResult atLeast(Outcome marked) {
    long done = marked.written() + marked.unchanged() + marked.skipped();
    return done <= written + unchanged + skipped
        ? this
        : new CollectionResult(
            name,
            done + quarantined,
            marked.written(),
            marked.unchanged(),
            marked.skipped(),
            repaired,
            marked.deleted(),
            quarantined,
            verified,
            different);
  }
}
