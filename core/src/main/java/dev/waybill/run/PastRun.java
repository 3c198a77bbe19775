package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.backup.RunSource;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.PlanFile;
import dev.waybill.plan.Step;
import dev.waybill.run.Ended.End;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
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

  private static final String DRY = "Nothing was changed: this was a dry run.";

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
        return of(directory).rollbackLocked(environment, onChanged, isDry);
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

  /** The same by whoever has locked the run directory. */
  Ended rollbackLocked(Environment environment, ConflictPolicy onChanged, boolean isDry) {
    requireSomethingToDo();
    Plan plan = plan();
    try (TargetStore target =
            environment
                .stores()
                .openTarget(
                    plan.to(),
                    directory.workspace().resolve("target"),
                    plan.options().connections(),
                    plan.options().session());
        TargetStore.Hold hold = target.hold(Ends.targets(plan))) {
      RunHeader header = new RunHeader(directory.run(), startedAt(), "", environment.tool());
      try (TargetSession session =
          target.begin(header, new FileLedger(directory, environment.clock()))) {
        Ended ended = rollback(environment, plan, target, hold, session, onChanged, isDry);
        if (isDry) {
          leaveAsFound(session);
        }
        return ended;
      }
    }
  }

  private void requireSomethingToDo() {
    requireNotForgotten();
    String last = journal.isEmpty() ? "" : journal.get(journal.size() - 1).path("state").asText();
    if (last.equals(End.ROLLED_BACK.word()) || last.equals(End.PUT_BACK.word())) {
      throw new SpecException(
          "ALREADY_ROLLED_BACK",
          "Run "
              + directory.run()
              + (last.equals(End.PUT_BACK.word())
                  ? " failed and was put back then."
                  : " has been rolled back already."),
          "see its story: waybill status " + directory.run());
    }
  }

  private Ended rollback(
      Environment environment,
      Plan plan,
      TargetStore target,
      TargetStore.Hold hold,
      TargetSession session,
      ConflictPolicy onChanged,
      boolean isDry) {
    JsonNode proven = takenBack();
    if (proven != null) {
      return endTakenBack(environment, session, proven, isDry);
    }
    Rollback rollback =
        new Rollback(
            plan,
            target,
            hold,
            session,
            TargetBefore.read(directory),
            ReceiptFile.stored(directory),
            directory);
    if (!isKnown(plan, session, rollback)) {
      if (!isDry) {
        session.ledger().forget();
        directory.append(
            environment.clock().instant(), End.ROLLED_BACK.word(), RunDirectory.object());
      }
      return new Ended(
          directory,
          isDry ? End.DONE : End.ROLLED_BACK,
          List.of(),
          null,
          List.of("The run had not written anything; the target is as it was before."));
    }
    environment.phase("look for changes since");
    Listing changed = rollback.changedSince();
    StoreException refusal = refusal(changed, rollback.inTheWay(), onChanged);
    if (refusal != null) {
      return new Ended(directory, End.STOPPED, List.of(), refusal, List.of());
    }
    if (isDry) {
      List<String> notes = new ArrayList<>();
      notes.add(plan.rollback());
      changed.first().forEach(each -> notes.add("changed or needed by somebody else: " + each));
      if (!changed.more().isEmpty()) {
        notes.add(changed.more());
      }
      notes.add(DRY);
      return new Ended(directory, End.DONE, List.of(), null, notes);
    }
    try {
      environment.requireGoingOn();
    } catch (StoreException stopped) {
      return stopped(stopped);
    }
    directory.append(
        environment.clock().instant(),
        ROLLING_BACK,
        RunDirectory.object().put("on-changed", onChanged.rule().name()));
    environment.phase("put back");
    List<CollectionResult> results;
    List<String> notes;
    try {
      results = rollback.run(environment, onChanged).stream().map(CollectionRun::result).toList();
      environment.phase("prove");
      rollback.prove(onChanged);
      notes = new ArrayList<>(rollback.told(onChanged));
      if (!rollback.isPartly()) {
        forgetTakenBack(environment, directory, session, notes);
      }
    } catch (WaybillException failure) {
      return stopped(failure);
    }
    End end = rollback.isPartly() ? End.PARTLY_ROLLED_BACK : End.ROLLED_BACK;
    directory.append(environment.clock().instant(), end.word(), RunDirectory.object());
    if (rollback.isPartly()) {
      notes.add(
          "What is named above stays, and what is known of the run is kept. To put it back too:"
              + " waybill rollback "
              + directory.run()
              + " --on-changed restore");
    }
    return new Ended(directory, end, results, null, notes);
  }

  /**
   * Removes what is known of a run that is proven to be taken back. That it is proven is written
   * down before: without the ledger nobody could prove it again.
   */
  static void forgetTakenBack(
      Environment environment, RunDirectory directory, TargetSession session, List<String> told) {
    ObjectNode facts = RunDirectory.object();
    told.forEach(facts.putArray("told")::add);
    directory.append(environment.clock().instant(), TAKEN_BACK, facts);
    session.ledger().forget();
    new KeyLog(directory).forget();
  }

  /** Ends an undo that was broken off after it was proven: what others write since is theirs. */
  private Ended endTakenBack(
      Environment environment, TargetSession session, JsonNode proven, boolean isDry) {
    List<String> notes = new ArrayList<>();
    proven.path("told").forEach(each -> notes.add(each.asText()));
    if (isDry) {
      notes.add("All of it was taken back and proven before; only the ledger remains to be ended.");
      notes.add(DRY);
      return new Ended(directory, End.DONE, List.of(), null, notes);
    }
    session.ledger().forget();
    new KeyLog(directory).forget();
    directory.append(environment.clock().instant(), End.ROLLED_BACK.word(), RunDirectory.object());
    return new Ended(directory, End.ROLLED_BACK, List.of(), null, notes);
  }

  /**
   * Why nothing is rolled back, null if all can be that should.
   *
   * @param inTheWay what of others would have to go for everything to be as before; this nobody
   *     takes away unasked
   */
  private @Nullable StoreException refusal(
      Listing changed, String inTheWay, ConflictPolicy onChanged) {
    String keep = "waybill rollback " + directory.run() + " --on-changed keep";
    return switch (onChanged.rule()) {
      case FAIL ->
          changed.isEmpty()
              ? null
              : new StoreException(
                  "CHANGED_SINCE",
                  "Somebody else has changed what the run wrote"
                      + (inTheWay.isEmpty() ? ": " : ", or needs it: ")
                      + changed
                      + ". Nothing was rolled back.",
                  "leave that as it is: "
                      + keep
                      + (inTheWay.isEmpty()
                          ? "; or put it back too: --on-changed restore"
                          : "; or take away first what needs what the run added"),
                  false,
                  null);
      case OVERWRITE ->
          inTheWay.isEmpty()
              ? null
              : new StoreException(
                  "NEEDED_BY_OTHERS",
                  "Somebody else needs what the run added, and theirs is not taken away to put"
                      + " that back: "
                      + inTheWay
                      + ". Nothing was rolled back.",
                  "leave that as it is: " + keep + "; or take away first what needs it",
                  false,
                  null);
      case SKIP, NEWER, APPEND -> null;
    };
  }

  private Ended stopped(WaybillException why) {
    String again = "waybill rollback " + directory.run();
    return new Ended(
        directory,
        End.STOPPED,
        List.of(),
        why.code().equals(Environment.STOPPED)
            ? new StoreException(
                Environment.STOPPED,
                "The rollback was stopped before it had put everything back.",
                "go on with it: " + again,
                false,
                null)
            : why,
        List.of("The rollback can be run again: " + again));
  }

  /** A ledger that knows nothing of the run is right only if the run had not written anything. */
  private boolean isKnown(Plan plan, TargetSession session, Rollback rollback) {
    if (!session.ledger().notes().isEmpty()
        || !session.ledger().marks().isEmpty()
        || plan.steps().stream().anyMatch(step -> hasBeforeImages(session, step))) {
      return true;
    }
    try {
      rollback.proveAll();
      return false;
    } catch (StoreException notAsBefore) {
      leaveAsFound(session);
      throw new SpecException(
          "RUN_NOT_IN_TARGET",
          "The target's ledger knows nothing of run "
              + directory.run()
              + ": it was forgotten, or the target is another one.",
          "see where the run wrote: waybill status " + directory.run(),
          notAsBefore);
    }
  }

  /** What a target did not know of the run before it was opened, it does not know then. */
  private static void leaveAsFound(TargetSession session) {
    if (session.isNew()) {
      session.restore();
      session.ledger().forget();
    }
  }

  /** Of a store without transactions there may be before-images of a batch that has no mark yet. */
  private static boolean hasBeforeImages(TargetSession session, Step step) {
    try (Ledger.BeforeImages images = session.ledger().beforeImages(step.target().name())) {
      return !images.next(1).isEmpty();
    }
  }
}
