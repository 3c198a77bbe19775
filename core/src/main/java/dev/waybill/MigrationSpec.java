package dev.waybill;

import dev.waybill.model.ConflictPolicy;
import java.util.List;
import java.util.Map;

/**
 * What a user asks for. Immutable; start from {@link #of} and change what matters.
 *
 * @param from URL of the source
 * @param to URL of the target
 * @param only collections to take, empty for all
 * @param exclude collections to leave out
 * @param keys fields that identify a record, by source collection, where the store does not say
 * @param onConflict what to do with records of the same key and another content
 * @param verify how much is verified
 * @param onFailure what becomes of a failed run
 * @param connections connections to each store
 * @param batchSize records of one write at most
 * @param maxQuarantined records that may stay behind before the run counts as failed
 * @param maxRate records per second at most, 0 for no limit
 */
public record MigrationSpec(
    String from,
    String to,
    List<String> only,
    List<String> exclude,
    Map<String, List<String>> keys,
    ConflictPolicy onConflict,
    Verify verify,
    OnFailure onFailure,
    int connections,
    int batchSize,
    long maxQuarantined,
    long maxRate) {

  /** How much is verified after a run. */
  public enum Verify {
    /** Every record. */
    FULL,
    /** The number of records only. */
    COUNT,
    NONE
  }

  /** What becomes of a failed run. */
  public enum OnFailure {
    /** The target is put back as it was. */
    ROLLBACK,
    /** What was written stays. */
    KEEP
  }

  public MigrationSpec {
    only = List.copyOf(only);
    exclude = List.copyOf(exclude);
    keys = Map.copyOf(keys);
  }

  /** Everything, verified in full, conflicts fail, a failed run is put back. */
  public static MigrationSpec of(String from, String to) {
    return new MigrationSpec(
        from,
        to,
        List.of(),
        List.of(),
        Map.of(),
        ConflictPolicy.FAIL,
        Verify.FULL,
        OnFailure.ROLLBACK,
        2,
        5000,
        0,
        0);
  }
}
