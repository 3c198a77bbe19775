package dev.waybill.run;

import dev.waybill.backup.BackupWriter;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Finding;
import dev.waybill.model.SpecException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.LedgerPlace;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What can be found out about both stores before the first write, beside their records. Writes
 * nothing; what was looked at is kept as sentences for people.
 */
final class Preflight {
  /** How records are read before a run. */
  static final int CHUNK_RECORDS = 50_000;

  static final int BATCH_RECORDS = 5_000;

  private static final int SHOWN = 20;

  /** What lists of differences and quarantine may take, beside one part in ten of the data. */
  private static final long LEAST_SPILL = 16 << 20;

  private static final long KEY_LOG_BYTES = 40;
  private static final long SPILLED_SHARE = 10;

  private final Plan plan;
  private final Store source;
  private final TargetStore target;
  private final List<String> notes = new ArrayList<>();

  Preflight(Plan plan, Store source, TargetStore target) {
    this.plan = plan;
    this.source = source;
    this.target = target;
  }

  /** What was looked at and found, in the order in which it was. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * Asks both stores what stands in the way: integrity, privileges, names that are taken.
   *
   * <p>A plan that was made just now has asked the source as a whole already, which may take long.
   *
   * @param catalog the source's
   * @param there the target's
   * @param isResumed true if what the run makes may be there already
   * @throws SpecException with the finding's own code, or PREFLIGHT_REFUSED where there are several
   */
  void requireReady(Catalog catalog, Catalog there, boolean isResumed) {
    List<Finding> ofSource = new ArrayList<>();
    List<Finding> ofTarget = new ArrayList<>(target.findings());
    if (plan.origin().isFile()) {
      ofSource.addAll(source.findings());
    }
    for (Step step : plan.steps()) {
      catalog.collection(step.source()).map(source::findings).ifPresent(ofSource::addAll);
      if (!isResumed || !step.creates()) {
        ofTarget.addAll(target.findings(step.target()));
      }
    }
    Optional<SpecException> refusal =
        refusal(Stream.concat(ofSource.stream(), ofTarget.stream()).toList(), null);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    note("source", catalog.store(), ofSource);
    String store = there.store();
    if (target.identity().isEmpty()) {
      notes.add("The target (" + store + ") is not there yet; the run would make it.");
    } else {
      note("target", store, ofTarget);
    }
  }

  /** A store as a whole and its collections may tell of the same thing. */
  private static List<Finding> once(List<Finding> findings) {
    Map<String, Finding> byText = new LinkedHashMap<>();
    findings.forEach(each -> byText.putIfAbsent(each.text(), each));
    return List.copyOf(byText.values());
  }

  /**
   * The error that names what stands in the way, empty if nothing does.
   *
   * @param cause what failed because of it, if anything did
   */
  static Optional<SpecException> refusal(List<Finding> findings, @Nullable Throwable cause) {
    List<Finding> blocking = once(findings.stream().filter(Finding::isBlocking).toList());
    if (blocking.isEmpty()) {
      return Optional.empty();
    }
    String hint =
        blocking.stream()
            .map(Finding::hint)
            .filter(each -> !each.isEmpty())
            .distinct()
            .limit(SHOWN)
            .reduce((one, next) -> one + (one.endsWith(";") ? " " : "; ") + next)
            .orElse("");
    if (blocking.size() == 1) {
      Finding only = blocking.get(0);
      return Optional.of(new SpecException(only.code(), only.text(), hint, cause));
    }
    List<String> lines = new ArrayList<>();
    blocking.stream().limit(SHOWN).forEach(each -> lines.add(each.code() + "  " + each.text()));
    if (blocking.size() > SHOWN) {
      lines.add(String.format("+%,d more", blocking.size() - SHOWN));
    }
    String message =
        String.format(
            "%,d things stand in the way of this run:%n  %s",
            blocking.size(), String.join("\n  ", lines));
    return Optional.of(new SpecException("PREFLIGHT_REFUSED", message, hint, cause));
  }

  private void note(String side, String store, List<Finding> findings) {
    List<Finding> told = once(findings);
    notes.add(
        "The "
            + side
            + " ("
            + store
            + ") answers, its schema is the plan's, and its own checks find "
            + (told.isEmpty() ? "nothing." : "nothing that stands in the way, but:"));
    told.stream().limit(SHOWN).forEach(each -> notes.add("  " + each.code() + "  " + each.text()));
    if (told.size() > SHOWN) {
      notes.add(String.format("  +%,d more", told.size() - SHOWN));
    }
  }

  /** Says how long the run takes by the plan's rough guess. */
  void noteTime() {
    long seconds = plan.seconds();
    notes.add(
        seconds < 0
            ? "How long it takes is unknown: the source does not say how much it holds."
            : "It takes about "
                + (seconds < 120
                    ? Math.max(1, seconds) + " s"
                    : String.format("%,d min", (seconds + 59) / 60))
                + ", guessed from the source's size.");
  }

  /**
   * Makes sure that there is room for what the plan estimates, in the target and for the run
   * directory.
   *
   * @throws SpecException NO_SPACE if there is less room than that
   */
  void requireSpace(RunDirectory directory) {
    space("The target", target.freeBytes(), plan.targetBytes(), plan.to());
    boolean isKeepingAll = target.capabilities().ledger() == LedgerPlace.RUN_DIRECTORY;
    long bytes = plan.bytes();
    space(
        "The run directory",
        directory.freeBytes(),
        bytes < 0
            ? -1
            : Math.max(LEAST_SPILL, isKeepingAll ? bytes : bytes / SPILLED_SHARE)
                + BackupWriter.mostBytes(plan)
                + keyLogBytes(),
        directory.path().toString());
  }

  /** What the key log takes, where nobody knows better: a packed key and a digest a record. */
  private long keyLogBytes() {
    return plan.steps().stream()
        .filter(Step::creates)
        .mapToLong(step -> Math.max(0, step.records()) * KEY_LOG_BYTES)
        .sum();
  }

  private void space(String what, long free, long needed, String where) {
    if (free >= 0 && free < needed) {
      throw new SpecException(
          "NO_SPACE",
          String.format(
              "%s has %s free at %s and needs about %s.",
              what, megabytes(free), where, megabytes(needed)),
          "make room there, take less (--only, --exclude), or choose another place");
    }
    notes.add(
        what
            + (free < 0
                ? " does not say how much space it has"
                : " has " + megabytes(free) + " free")
            + (needed < 0
                ? "; how much is needed is unknown."
                : "; about " + megabytes(needed) + " needed."));
  }

  private static String megabytes(long bytes) {
    return String.format("%,d MB", (bytes + 999_999) / 1_000_000);
  }
}
