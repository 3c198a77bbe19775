package dev.waybill.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.FileLedger;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.run.Ended.End;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts the target back as it was before a run of the past, unless others stand in the way. */
final class TakingBack {
  private static final String DRY = "Nothing was changed: this was a dry run.";

  private final PastRun past;
  private final RunDirectory directory;
  private final Environment environment;

  TakingBack(PastRun past, Environment environment) {
    this.past = past;
    this.directory = past.directory();
    this.environment = environment;
  }

  /**
   * Puts the target back; whoever calls has locked the run directory.
   *
   * @param onChanged as in {@link PastRun#rollback}
   */
  Ended rollback(ConflictPolicy onChanged, boolean isDry) {
    requireSomethingToDo();
    Plan plan = past.plan();
    try (TargetStore target =
            environment
                .stores()
                .openTarget(
                    plan.to(),
                    directory.workspace().resolve("target"),
                    plan.options().connections(),
                    plan.options().session());
        Holds hold = Holds.take(plan, target, environment)) {
      RunHeader header = new RunHeader(directory.run(), past.startedAt(), "", environment.tool());
      try (TargetSession session =
          target.begin(header, new FileLedger(directory, environment.clock()))) {
        Ended ended = rollback(plan, target, hold, session, onChanged, isDry);
        if (isDry) {
          leaveAsFound(session);
        }
        return ended;
      }
    }
  }

  private void requireSomethingToDo() {
    past.requireNotForgotten();
    String last = past.lastState();
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
      Plan plan,
      TargetStore target,
      Holds hold,
      TargetSession session,
      ConflictPolicy onChanged,
      boolean isDry) {
    JsonNode proven = past.takenBack();
    if (proven != null) {
      return endTakenBack(session, proven, isDry);
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
    String inTheWay = rollback.inTheWay();
    StoreException refusal =
        rollback.isAllOrNothing() && onChanged.rule() == ConflictPolicy.Rule.SKIP
            ? allOrNothing(changed)
            : refusal(changed, inTheWay, onChanged);
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
        PastRun.ROLLING_BACK,
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
          "What is named above stays, and what is known of the run is kept. To put it back too"
              + (inTheWay.isEmpty() ? "" : ", once nobody needs it any more")
              + ": waybill rollback "
              + directory.run()
              + (inTheWay.isEmpty() ? " --on-changed restore" : ""));
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
    directory.append(environment.clock().instant(), PastRun.TAKEN_BACK, facts);
    session.ledger().forget();
    new KeyLog(directory).forget();
  }

  /** Ends an undo that was broken off after it was proven: what others write since is theirs. */
  private Ended endTakenBack(TargetSession session, JsonNode proven, boolean isDry) {
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

  /** Why nothing is rolled back where vectors have changed places, null if all can be. */
  private @Nullable StoreException allOrNothing(Listing changed) {
    return changed.isEmpty()
        ? null
        : new StoreException(
            "CHANGED_SINCE",
            "Old and new vectors change places all at once, so what somebody else has changed since"
                + " cannot be kept: "
                + changed
                + ". Nothing was rolled back.",
            "leave the new vectors as they are; or have the old ones again, whatever has changed:"
                + " waybill rollback "
                + directory.run()
                + " --on-changed restore",
            false,
            null);
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
