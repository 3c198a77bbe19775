package dev.waybill.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.backup.BackupWriter;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.InternalException;
import dev.waybill.model.Outcome;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.run.Ended.End;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run that has begun to write, or goes on: recall, copy, finish, prove, and put back if not. */
final class Running {
  private final Plan plan;
  private final Environment environment;
  private final RunDirectory directory;
  private final TargetStore target;
  private final Holds hold;
  private final TargetSession session;
  private final Snapshot snapshot;
  private final TargetBefore before;
  private final List<CollectionRun> runs;
  private final Quarantine quarantine;
  private final Retry retry;
  private final KeyLog keys;
  private final LateConstraints late;
  private final BackupWriter backup;

  /** True if all was done before the run was broken off, but for its last line. */
  private boolean isFoundDone;

  Running(
      Plan plan,
      Environment environment,
      RunDirectory directory,
      TargetStore target,
      Holds hold,
      TargetSession session,
      Snapshot snapshot,
      TargetBefore before,
      List<CollectionRun> runs,
      BackupWriter backup) {
    this.plan = plan;
    this.environment = environment;
    this.directory = directory;
    this.target = target;
    this.hold = hold;
    this.session = session;
    this.snapshot = snapshot;
    this.before = before;
    this.backup = backup;
    this.runs = new ArrayList<>(runs);
    this.quarantine =
        new Quarantine(directory, plan.options().maxQuarantined(), environment.listener());
    this.retry = new Retry(environment);
    this.keys = new KeyLog(directory);
    this.late =
        new LateConstraints(plan, environment, directory, hold, session, snapshot, quarantine);
  }

  /**
   * Does it.
   *
   * @param isResumed true if batches may be there already
   */
  Ended run(String planDigest, Instant snapshotAt, boolean isResumed) {
    End end;
    try {
      Exchanging exchanging = Exchanging.of(plan, directory, target, session);
      if (isResumed && exchanging != null && exchanging.isExchanged()) {
        exchanging.noteDone();
        isFoundDone = true;
        return ended(End.DONE, null, List.of("The new vectors were in their place already."));
      }
      copy(isResumed);
      environment.requireGoingOn();
      boolean isSeenAtFinish = plan.options().reembedding() != null && exchanging == null;
      if (isSeenAtFinish) {
        verify();
      }
      environment.phase("finish");
      late.finish(SharedSidecar.of(runs, target, false));
      requireRoomInQuarantine();
      environment.requireGoingOn();
      if (!isSeenAtFinish) {
        verify();
      }
      end = isWhole() ? End.DONE : End.PARTIAL;
      ReceiptFile.write(
          directory,
          plan,
          planDigest,
          environment.tool(),
          end,
          snapshotAt,
          environment.clock().instant(),
          runs);
      if (exchanging != null) {
        requireNoneLeft();
        // Its transaction would keep the collection from being changed.
        snapshot.close();
        exchanging.exchange(environment, runs.get(0).verification());
      }
    } catch (WaybillException failure) {
      return failed(failure);
    } catch (OutOfMemoryError tooLarge) {
      return failed(
          new StoreException(
              "OUT_OF_MEMORY",
              "There is not enough memory for records as large as these.",
              "one at a time: --connections 1; or more memory: WAYBILL_JAVA_OPTS=-Xmx1g",
              false,
              tooLarge));
    } catch (RuntimeException | StackOverflowError fault) {
      return failed(new InternalException("Waybill failed: " + fault, fault));
    }
    return ended(end, null, notes());
  }

  private List<String> notes() {
    List<String> notes = sidecarNotes();
    for (CollectionRun run : runs) {
      run.rounding()
          .largest()
          .forEach(
              (field, difference) ->
                  notes.add(
                      "No element of "
                          + run.step().source()
                          + "."
                          + field
                          + " differs from what was sent by more than "
                          + difference
                          + " (it does not come back as it was)."));
    }
    return notes;
  }

  private void verify() {
    retry.run(
        () -> new Proof(plan, environment, directory, target, snapshot, quarantine).verify(runs));
  }

  /** A record that stayed behind would lose its vector. */
  private void requireNoneLeft() {
    if (quarantine.count() > 0) {
      throw Migration.overfull(plan, quarantine.count(), quarantine.first(), "");
    }
  }

  private List<String> sidecarNotes() {
    List<String> notes = new ArrayList<>();
    for (CollectionRun run : runs) {
      String name = run.step().target().name();
      if (run.step().source().equals(Sidecar.SCHEMA.name())) {
        notes.add(
            "What the collections were in the source is told in "
                + name
                + ", for the way back (--no-sidecar leaves it out).");
      } else if (run.step().source().equals(Sidecar.VALUES.name()) && run.read() > 0) {
        notes.add(
            String.format(
                "%,d original value%s %s kept in %s and come%s back from there.",
                run.read(),
                run.read() == 1 ? "" : "s",
                run.read() == 1 ? "is" : "are",
                name,
                run.read() == 1 ? "s" : ""));
      }
    }
    return notes;
  }

  private void copy(boolean isResumed) {
    Engine engine =
        new Engine(
            environment,
            session,
            hold,
            new Scan(snapshot, new ChunkFile(directory), plan.options().batchSize()),
            quarantine,
            plan.options().connections(),
            plan.options().maxRate(),
            keys,
            backup);
    if (isResumed) {
      correction().correct(engine.recall());
    }
    environment.phase("copy");
    for (int i = 0; i < runs.size(); i++) {
      if (!Holds.isShared(runs.get(i).step(), target)) {
        make(i);
      }
    }
    for (CollectionRun run : SharedSidecar.of(runs, target, false)) {
      move(engine, run);
    }
    if (runs.stream().anyMatch(run -> Holds.isShared(run.step(), target))) {
      hold.withSidecar(() -> writeSidecar(engine));
    }
    late.countAgain(runs);
    requireRoomInQuarantine();
    if (snapshot.hasMoved()) {
      throw new StoreException(
          "SOURCE_MOVED",
          "The source changed while it was read, so what arrived may not be one state of it.",
          "stop what writes to the source and run again",
          false,
          null);
    }
  }

  private void make(int position) {
    CollectionRun run = runs.get(position);
    if (Sidecar.isPart(run.step())) {
      runs.set(position, retry.get(() -> SharedSidecar.make(run, target, session), hold::renew));
    } else if (run.step().creates()) {
      retry.run(() -> session.create(run.step().target()));
    }
  }

  private void move(Engine engine, CollectionRun run) {
    if (!quarantine.isEnough()) {
      engine.move(run, run.step().onConflict());
      environment.requireGoingOn();
    }
    requireRoomInQuarantine();
  }

  /** Whole, so that others find it so. */
  private void writeSidecar(Engine engine) {
    for (int i = 0; i < runs.size(); i++) {
      if (Holds.isShared(runs.get(i).step(), target)) {
        make(i);
        move(engine, runs.get(i));
      }
    }
    late.finish(SharedSidecar.of(runs, target, true));
  }

  private Correction correction() {
    return new Correction(
        plan, environment, directory, target, hold, session, before, runs, quarantine, keys);
  }

  private void requireRoomInQuarantine() {
    if (quarantine.isOverfull()) {
      throw Migration.overfull(
          plan,
          quarantine.count(),
          quarantine.first(),
          ": " + directory.path().resolve("quarantine/records.ndjson"));
    }
  }

  /** True if no record stayed behind or was mended. */
  private boolean isWhole() {
    return quarantine.count() == 0
        && runs.stream().flatMap(run -> run.losses().stream()).noneMatch(HandledLoss::isRepair);
  }

  /** Whether a run goes on later or is put back now. */
  private Ended failed(WaybillException failure) {
    if (failure.code().equals(Environment.STOPPED)) {
      return ended(
          End.STOPPED,
          new StoreException(
              Environment.STOPPED,
              "The run was stopped; what was written so far is in the target.",
              "go on: waybill resume "
                  + directory.run()
                  + "; or put the target back: waybill rollback "
                  + directory.run(),
              false,
              null),
          List.of());
    }
    if (failure instanceof StoreException outside && outside.isResumable()) {
      return ended(End.STOPPED, failure, List.of());
    }
    if (failure.code().equals(TargetStore.TARGET_IS_BUSY)) {
      // The hold went with a lost connection, and another run has it now: nothing of this one may
      // touch the target.
      return ended(
          End.STOPPED,
          failure,
          List.of(
              "What was written is kept. Once the other run has ended, go on: waybill resume "
                  + directory.run()
                  + "; or put the target back: waybill rollback "
                  + directory.run()));
    }
    if (plan.options().onFailure().equals("keep")) {
      return ended(
          End.STOPPED,
          failure,
          List.of(
              "What was written is kept, as asked. Go on when that is mended: waybill resume "
                  + directory.run()
                  + "; or put the target back: waybill rollback "
                  + directory.run()));
    }
    return putBack(failure);
  }

  private Ended putBack(WaybillException failure) {
    environment.phase("put back");
    try {
      Rollback rollback = new Rollback(plan, target, hold, session, before, stored(), directory);
      Listing changed = rollback.changedSince();
      if (!changed.isEmpty()) {
        return ended(
            End.STOPPED,
            failure,
            List.of(
                "The target could not be put back by itself: somebody else has changed "
                    + changed
                    + ". Choose what becomes of that: waybill rollback "
                    + directory.run()
                    + " --on-changed "
                    + (rollback.inTheWay().isEmpty() ? "keep|restore" : "keep")));
      }
      directory.append(
          environment.clock().instant(),
          PastRun.PUTTING_BACK,
          RunDirectory.object()
              .put("code", failure.code())
              .put("error", String.valueOf(failure.getMessage())));
      rollback.run(environment.steadfast(), ConflictPolicy.FAIL);
      rollback.prove(ConflictPolicy.FAIL);
      List<String> told = rollback.told(ConflictPolicy.FAIL);
      TakingBack.forgetTakenBack(environment, directory, session, told);
      return ended(End.PUT_BACK, failure, told);
    } catch (WaybillException second) {
      failure.addSuppressed(second);
      return ended(
          End.STOPPED,
          failure,
          List.of(
              "The target could not be put back: "
                  + second.getMessage()
                  + " Try again: waybill rollback "
                  + directory.run()));
    }
  }

  /** What the collections hold, as far as a verification has just seen it. */
  private Map<String, TargetBefore.Held> stored() {
    Map<String, TargetBefore.Held> stored = new HashMap<>();
    for (CollectionRun run : runs) {
      CollectionVerification verification = run.verification();
      boolean isOnlyOurs =
          run.isWhollyVerified()
              && verification != null
              && verification.extra() + verification.missing() == 0;
      if (verification != null && isOnlyOurs && !Sidecar.isPart(run.step())) {
        stored.put(
            run.step().target().name(),
            new TargetBefore.Held(verification.target(), verification.targetAsStored()));
      }
    }
    return stored;
  }

  /** What is there of a run that stops is what the ledger says, also before all was recalled. */
  private List<CollectionResult> asMarked(List<CollectionResult> counted) {
    Map<String, Outcome> marked = new HashMap<>();
    try {
      for (MarkedBatch batch : session.ledger().marks()) {
        if (!batch.mark().isUndo()) {
          marked.merge(batch.mark().collection(), batch.outcome(), Outcome::plus);
        }
      }
    } catch (StoreException unreachable) {
      return counted;
    }
    Map<String, String> targets = new HashMap<>();
    runs.forEach(run -> targets.put(run.step().source(), run.step().target().name()));
    return counted.stream()
        .map(each -> each.atLeast(marked.getOrDefault(targets.get(each.name()), Outcome.NOTHING)))
        .toList();
  }

  /** A run directory that cannot be written any more does not change how the run ended. */
  private Ended ended(End end, @Nullable WaybillException error, List<String> notes) {
    List<CollectionResult> results =
        end == End.STOPPED || isFoundDone
            ? asMarked(Migration.results(runs))
            : Migration.results(runs);
    ObjectNode facts = RunDirectory.object();
    if (error != null) {
      facts.put("code", error.code()).put("error", String.valueOf(error.getMessage()));
    }
    ArrayNode collections = facts.putArray("collections");
    for (CollectionResult result : results) {
      ReceiptFile.counts(collections.addObject().put("name", result.name()), result);
    }
    List<String> all = new ArrayList<>(notes);
    try {
      directory.append(environment.clock().instant(), end.word(), facts);
      backup.seal();
    } catch (StoreException unwritable) {
      all.add(String.valueOf(unwritable.getMessage()));
    }
    return new Ended(directory, end, results, Migration.losses(runs), error, all);
  }
}
