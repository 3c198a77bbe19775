package dev.waybill.run;

import dev.waybill.journal.FileLedger;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.SpecException;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.run.Ended.End;
import dev.waybill.spi.RunHeader;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.List;

/** Removes what a run keeps in the target to be undone or gone on with. */
public final class Forgetting {
  static final String STATE = "forgotten";

  private final PastRun past;
  private final RunDirectory directory;
  private final Environment environment;

  public Forgetting(PastRun past, Environment environment) {
    this.past = past;
    this.directory = past.directory();
    this.environment = environment;
  }

  /** What can no longer be done once the run is forgotten; empty if nothing is lost. */
  public List<String> losses() {
    String state = past.state();
    if (past.isUndone() || past.takenBack() != null || state.equals(STATE)) {
      return List.of();
    }
    boolean hasEnded = state.equals(End.DONE.word()) || state.equals(End.PARTIAL.word());
    long written =
        past.collections().stream().mapToLong(each -> each.written() + each.deleted()).sum();
    List<String> losses = new ArrayList<>();
    losses.add(
        "Run "
            + directory.run()
            + " ("
            + state
            + ") can no longer be rolled back"
            + (hasEnded ? "" : ", nor gone on with")
            + ": what "
            + (past.undoing() == null ? "it wrote to " : "is left of it in ")
            + past.to()
            + (past.collections().isEmpty() || past.undoing() != null
                ? ""
                : String.format(" (%,d records)", written))
            + " stays as it is.");
    losses.add(
        "What the records were that it replaced or deleted is known to the target's ledger alone.");
    return losses;
  }

  /**
   * Removes every trace of the run from the target; the run directory stays. May be repeated.
   *
   * @param isForced true to forget it here even if the target cannot be reached or is gone
   * @return sentences a user should read
   * @throws SpecException RUN_IS_BUSY while a process works on it; TARGET_IS_GONE
   * @throws StoreException if the target cannot be reached
   */
  public List<String> forget(boolean isForced) {
    try (RunDirectory.Lock lock = directory.lock()) {
      try {
        List<String> notes = new ArrayList<>();
        try {
          // What was undone has been forgotten with that; the target may not even be there now.
          if (!past.isUndone()) {
            forgetInTarget(past.plan());
          }
          notes.add("Nothing of run " + directory.run() + " is left in " + past.to() + ".");
        } catch (SpecException | StoreException unreachable) {
          if (!isForced) {
            throw unreachable;
          }
          notes.add(
              unreachable.getMessage()
                  + " Should it be there after all, its ledger still knows the run: waybill forget "
                  + directory.run());
        }
        new FileLedger(directory, environment.clock()).forget();
        new KeyLog(directory).forget();
        directory.append(environment.clock().instant(), STATE, RunDirectory.object());
        notes.add("Its plan, receipt and quarantine stay in " + directory.path() + ".");
        return notes;
      } finally {
        directory.clean();
      }
    }
  }

  private void forgetInTarget(Plan plan) {
    try (TargetStore target =
        environment
            .stores()
            .openTarget(
                plan.to(),
                directory.workspace().resolve("target"),
                plan.options().connections(),
                plan.options().session())) {
      if (target.identity().isEmpty()) {
        throw new SpecException(
            "TARGET_IS_GONE",
            "The target " + past.to() + " is not there any more.",
            "look whether it was moved; to forget the run all the same: waybill forget "
                + directory.run()
                + " --force");
      }
      RunHeader header = new RunHeader(directory.run(), past.startedAt(), "", environment.tool());
      try (TargetSession session =
          target.begin(header, new FileLedger(directory, environment.clock()))) {
        Exchanging exchanging = Exchanging.of(plan, directory, target, session);
        if (exchanging != null && exchanging.isExchanged()) {
          exchanging.release();
        }
        session.ledger().forget();
      }
    }
  }
}
