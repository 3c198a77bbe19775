package dev.waybill;

import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.LossRules;
import dev.waybill.model.SessionOptions;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Fragment;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Plan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 * @param onLoss what becomes of values that the target cannot hold
 * @param hasSidecar whether what the target cannot hold travels beside the data
 * @param session how connections behave
 * @param triggers what becomes of the target's triggers
 * @param backup whether what the run overwrites is kept beside, and how long
 * @param profile what is to be otherwise than Waybill would decide, null for nothing; an option of
 *     it holds where this spec leaves the usual one
 * @param nesting how nested values of the source are seen
 */
public record MigrationSpec(
    String from,
    String to,
    List<String> only,
    List<String> exclude,
    Map<String, List<String>> keys,
    ConflictPolicy onConflict,
    Plan.Verify verify,
    OnFailure onFailure,
    int connections,
    int batchSize,
    long maxQuarantined,
    long maxRate,
    LossRules onLoss,
    boolean hasSidecar,
    SessionOptions session,
    Triggers triggers,
    Plan.Backup backup,
    @Nullable Fragment profile,
    Nesting nesting) {

  /** Every record is verified. */
  public static final Plan.Verify FULL = Plan.Verify.parse("full");

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

  /** Nested values go as they are. */
  public MigrationSpec(
      String from,
      String to,
      List<String> only,
      List<String> exclude,
      Map<String, List<String>> keys,
      ConflictPolicy onConflict,
      Plan.Verify verify,
      OnFailure onFailure,
      int connections,
      int batchSize,
      long maxQuarantined,
      long maxRate,
      LossRules onLoss,
      boolean hasSidecar,
      SessionOptions session,
      Triggers triggers,
      Plan.Backup backup,
      @Nullable Fragment profile) {
    this(
        from,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        triggers,
        backup,
        profile,
        Nesting.NONE);
  }

  /** Values that do not fit fail; there is a sidecar; connections behave as usual. */
  public MigrationSpec(
      String from,
      String to,
      List<String> only,
      List<String> exclude,
      Map<String, List<String>> keys,
      ConflictPolicy onConflict,
      Plan.Verify verify,
      OnFailure onFailure,
      int connections,
      int batchSize,
      long maxQuarantined,
      long maxRate) {
    this(
        from,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        LossRules.NONE,
        true,
        SessionOptions.USUAL,
        Triggers.FIRE,
        Plan.Backup.USUAL,
        null,
        Nesting.NONE);
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
        FULL,
        OnFailure.ROLLBACK,
        2,
        5000,
        0,
        0,
        LossRules.NONE,
        true,
        SessionOptions.USUAL,
        Triggers.FIRE,
        Plan.Backup.USUAL,
        null,
        Nesting.NONE);
  }

  /** The same from another source. */
  MigrationSpec withFrom(String url) {
    return new MigrationSpec(
        url,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        triggers,
        backup,
        profile,
        nesting);
  }

  /** This spec with the wishes of a profile. */
  public MigrationSpec withProfile(Fragment newProfile) {
    return new MigrationSpec(
        from,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        triggers,
        backup,
        newProfile,
        nesting);
  }

  /** The plan's options, the profile's taken into account. */
  Plan.Options options() {
    Plan.Options given = given();
    return profile == null ? given : profile.under(given, of(from, to).given());
  }

  private Plan.Options given() {
    return new Plan.Options(
        verify,
        onFailure.name().toLowerCase(Locale.ROOT),
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        backup,
        nesting);
  }

  /** The same with rules for values that do not fit. */
  public MigrationSpec withOnLoss(LossRules rules) {
    return new MigrationSpec(
        from,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        rules,
        hasSidecar,
        session,
        triggers,
        backup,
        profile,
        nesting);
  }

  /** The same with nested values of the source seen so. */
  public MigrationSpec withNesting(Nesting newNesting) {
    return new MigrationSpec(
        from,
        to,
        only,
        exclude,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        triggers,
        backup,
        profile,
        newNesting);
  }

  /** The same without these collections. */
  public MigrationSpec withExclude(List<String> collections) {
    return new MigrationSpec(
        from,
        to,
        only,
        collections,
        keys,
        onConflict,
        verify,
        onFailure,
        connections,
        batchSize,
        maxQuarantined,
        maxRate,
        onLoss,
        hasSidecar,
        session,
        triggers,
        backup,
        profile,
        nesting);
  }
}
