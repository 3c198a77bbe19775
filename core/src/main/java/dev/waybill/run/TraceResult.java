package dev.waybill.run;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one record in one run.
 *
 * @param state the run's
 * @param target the target's collection
 * @param key as messages print it
 * @param snapshotAt when the source was read, null where no receipt says it
 * @param isInSource whether the source holds the record now, among those that the plan takes
 * @param fields how each field of the target is made
 * @param written the batch that it was in, null if none is known
 * @param fates where it was named: quarantine, repairs, differences; in the order of the files
 * @param verified what the receipt says about it, a sentence; empty where nothing was verified
 * @param now how it stands in the target now
 * @param changed the target's fields that are not what the source's record gives now
 * @param notes what could not be found out, and why
 */
public record TraceResult(
    String run,
    String state,
    String collection,
    String target,
    String key,
    Instant startedAt,
    @Nullable Instant snapshotAt,
    boolean isInSource,
    List<TracedField> fields,
    @Nullable Written written,
    List<Fate> fates,
    String verified,
    Now now,
    List<String> changed,
    List<String> notes) {

  /**
   * A field of the target.
   *
   * @param source the source's fields, empty for a constant
   * @param way what is done between the two, as the plan says it; may be empty
   * @param sourceValue as the source has it now, null if it was not asked for or is not there
   * @param targetValue as the target has it now, null likewise
   */
  public record TracedField(
      String source,
      String sourceType,
      String way,
      String target,
      String targetType,
      @Nullable String sourceValue,
      @Nullable String targetValue) {}

  /**
   * A batch in the target's ledger.
   *
   * @param part 0 for a whole batch; else the part of one that had to be cut
   * @param at by the clock of who wrote it
   * @param outcome of the record: inserted, updated, unchanged, skipped; several joined by "or"
   *     where the ledger does not tell them apart
   */
  public record Written(int chunk, int batch, int part, Instant at, String outcome) {}

  /**
   * A line of a file of the run directory.
   *
   * @param kind quarantined, repaired or different
   */
  public record Fate(String kind, String file, String text) {}

  /** How a record stands in the target. */
  public enum Now {
    /** As the source's record of now would be written. */
    EQUAL,
    CHANGED,
    GONE,
    /** It is there, but there is nothing to hold it against, or it cannot be looked up. */
    UNKNOWN
  }

  public TraceResult {
    fields = List.copyOf(fields);
    fates = List.copyOf(fates);
    changed = List.copyOf(changed);
    notes = List.copyOf(notes);
  }
}
