package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.backup.RunSource;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.run.Ended.End;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A run of the past, as its run directory tells it. */
public final class PastRun {
  // States beside those of Ended.End.
  static final String RUNNING = "running";
  static final String ROLLING_BACK = "rolling-back";
  static final String PUTTING_BACK = "putting-back";

  /** Put back and proven; what the ledger knows of the run may be gone already, or gone in part. */
  static final String TAKEN_BACK = "taken-back";

  static final Set<String> WORKING = Set.of(RUNNING, ROLLING_BACK, PUTTING_BACK, TAKEN_BACK);

  private final RunDirectory directory;
  private final List<JsonNode> journal;

  private PastRun(RunDirectory directory) {
    this.directory = directory;
    this.journal = directory.journal();
  }

  /**
   * Opens a run.
   *
   * @throws SpecException if there is none of this name
   */
  public static PastRun of(RunDirectory directory) {
    return new PastRun(directory);
  }

  public RunDirectory directory() {
    return directory;
  }

  /** The word for how far it came; {@code interrupted} if its process died. */
  public String state() {
    String last = "interrupted";
    for (JsonNode line : journal) {
      last = line.path("state").asText();
    }
    if (WORKING.contains(last)) {
      return directory.isBusy() ? last : "interrupted";
    }
    return last;
  }

  /** The journal's line of an undo that was begun and not ended; null if there is none. */
  @Nullable JsonNode undoing() {
    JsonNode begun = null;
    for (JsonNode line : journal) {
      String state = line.path("state").asText();
      if (state.equals(ROLLING_BACK) || state.equals(PUTTING_BACK)) {
        begun = line;
      } else if (!state.equals(End.STOPPED.word()) && !state.equals(TAKEN_BACK)) {
        begun = null;
      }
    }
    return begun;
  }

  /** The journal's line of an undo that was proven but has not ended; null if there is none. */
  @Nullable JsonNode takenBack() {
    JsonNode proven = null;
    for (JsonNode line : journal) {
      String state = line.path("state").asText();
      if (state.equals(TAKEN_BACK)) {
        proven = line;
      } else if (!state.equals(End.STOPPED.word())) {
        proven = null;
      }
    }
    return proven;
  }

  /** True if it may have written something, also where its journal is lost. */
  boolean hasBegun() {
    return !journal.isEmpty() || RunSource.isIn(directory);
  }

  /** True if what it wrote has been taken back, whether it was forgotten then or not. */
  public boolean isUndone() {
    String last = stateBeforeForgotten();
    return last.equals(End.ROLLED_BACK.word()) || last.equals(End.PUT_BACK.word());
  }

  /** The last state but that it was forgotten; empty if it was not even begun. */
  String stateBeforeForgotten() {
    String last = "";
    for (JsonNode line : journal) {
      String state = line.path("state").asText();
      last = state.equals(Forgetting.STATE) ? last : state;
    }
    return last;
  }

  /** The state that the journal has last; empty if it was not even begun. */
  String lastState() {
    return journal.isEmpty() ? "" : journal.get(journal.size() - 1).path("state").asText();
  }

  /** When it was begun, now if it was not. */
  Instant startedAt(Environment environment) {
    return journal.isEmpty() ? environment.clock().instant() : startedAt();
  }

  /** When it was begun. */
  public Instant startedAt() {
    return journal.isEmpty() ? Instant.EPOCH : Instant.parse(first().path("started-at").asText());
  }

  /** URL of the source, masked. */
  public String from() {
    return journal.isEmpty() ? "" : first().path("from").asText();
  }

  /** URL of the target, masked. */
  public String to() {
    return journal.isEmpty() ? "" : first().path("to").asText();
  }

  private JsonNode first() {
    return journal.get(0);
  }

  /** What came of its collections, none if it has not ended. */
  public List<CollectionResult> collections() {
    List<CollectionResult> results = new ArrayList<>();
    for (JsonNode line : journal) {
      if (line.has("collections")) {
        results.clear();
        for (JsonNode each : line.path("collections")) {
          results.add(
              new CollectionResult(
                  each.path("name").asText(),
                  each.path("read").asLong(),
                  each.path("written").asLong(),
                  each.path("unchanged").asLong(),
                  each.path("skipped").asLong(),
                  each.path("repaired").asLong(),
                  each.path("deleted").asLong(),
                  each.path("quarantined").asLong(),
                  each.path("verified").asLong(),
                  each.path("different").asLong()));
        }
      }
    }
    return results;
  }

  /**
   * Its plan.
   *
   * @throws SpecException if the run directory has none
   */
  public Plan plan() {
    String text = directory.read("plan.yaml").orElseThrow(() -> noPlan("has no plan.yaml.", null));
    if (!journal.isEmpty()
        && first().has("plan-digest")
        && !first().path("plan-digest").asText().equals(planDigest(directory))) {
      throw noPlan("has a plan.yaml that is not, or not the whole of, what was applied.", null);
    }
    try {
      return PlanFile.read(text, false);
    } catch (SpecException torn) {
      throw noPlan("has a plan.yaml that cannot be read: " + torn.getMessage(), torn);
    }
  }

  /** SHA-256 of a run's plan as it stands in its directory. */
  static String planDigest(RunDirectory directory) {
    String text = directory.read("plan.yaml").orElse("");
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }

  private SpecException noPlan(String why, @Nullable SpecException cause) {
    return new SpecException(
        "NO_PLAN",
        "The run directory " + directory.path() + " " + why,
        "put the plan that was applied there again, then go on: waybill resume "
            + directory.run()
            + ", or waybill rollback "
            + directory.run()
            + "; without it the run can only be given up: waybill forget "
            + directory.run()
            + " --yes --force",
        cause);
  }

  /**
   * Puts the target back.
   *
   * @param onChanged what becomes of what somebody else changed since: SKIP keeps it, OVERWRITE
   *     restores what was before, FAIL changes nothing at all if there is any
   * @param isDry true to look only
   * @throws SpecException if there is nothing to roll back
   */
  public Ended rollback(Environment environment, ConflictPolicy onChanged, boolean isDry) {
    try (RunDirectory.Lock lock = directory.lock()) {
      try {
        return new TakingBack(of(directory), environment).rollback(onChanged, isDry);
      } finally {
        directory.clean();
      }
    }
  }

  /**
   * Makes sure that the target may still know the run.
   *
   * @throws SpecException RUN_IS_FORGOTTEN
   */
  void requireNotForgotten() {
    if (state().equals(Forgetting.STATE)) {
      throw new SpecException(
          "RUN_IS_FORGOTTEN",
          "Run "
              + directory.run()
              + " has been forgotten: what undoing it or going on with it needs is gone.",
          "see what it wrote: waybill status " + directory.run());
    }
  }
}
