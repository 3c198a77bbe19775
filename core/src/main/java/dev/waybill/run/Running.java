package dev.waybill.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.backup.BackupWriter;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.InternalException;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.Ended.End;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.CollectionVerification;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A run that has begun to write, or goes on: recall, copy, finish, prove, and put back if not. */
final class Running {
  private final Plan plan;
  private final Environment environment;
  private final RunDirectory directory;
  private final TargetStore target;
  private final TargetStore.Hold hold;
  private final TargetSession session;
  private final Snapshot snapshot;
  private final TargetBefore before;
  private final List<CollectionRun> runs;
  private final Quarantine quarantine;
  private final Retry retry;
  private final KeyLog keys;
  private final LateConstraints late;

  Running(
      Plan plan,
      Environment environment,
      RunDirectory directory,
      TargetStore target,
      TargetStore.Hold hold,
      TargetSession session,
      Snapshot snapshot,
      TargetBefore before,
      List<CollectionRun> runs) {
    this.plan = plan;
    this.environment = environment;
    this.directory = directory;
    this.target = target;
    this.hold = hold;
    this.session = session;
    this.snapshot = snapshot;
    this.before = before;
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
      copy(isResumed);
      environment.requireGoingOn();
      environment.phase("finish");
      late.finish(runs);
      requireRoomInQuarantine();
      environment.requireGoingOn();
      retry.run(
          () -> new Proof(plan, environment, directory, target, snapshot, quarantine).verify(runs));
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
    return ended(end, null, sidecarNotes());
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
            keys);
    if (isResumed) {
      recall(engine.recall());
    }
    environment.phase("copy");
    for (CollectionRun run : runs) {
      if (run.step().creates()) {
        retry.run(() -> session.create(run.step().target()));
      }
    }
    for (CollectionRun run : runs) {
      if (!quarantine.isEnough()) {
        engine.move(run, run.step().onConflict());
        environment.requireGoingOn();
      }
      requireRoomInQuarantine();
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

  /**
   * Reads again what is done. What the source has changed since is taken back, all of it before
   * anything is written anew, so that old records stand in the way of no new one.
   */
  private void recall(Recall recall) {
    environment.phase("recall");
    putBackTakenOut(recall);
    quarantine.goOn(recall::isDone);
    Map<String, Set<Integer>> moved = new LinkedHashMap<>();
    Map<String, Set<Integer>> takenOut = takenOut(recall.marks(), runs);
    Catalog now = target.catalog();
    Set<String> gone = new HashSet<>();
    for (CollectionRun run : runs) {
      String name = run.step().target().name();
      if (isGone(run.step(), now, recall)) {
        gone.add(name);
        moved.put(name, new TreeSet<>(recall.marks().chunks(name)));
        note(name + " is not in the target any more: it is copied anew.");
      } else if (isUntold(name, recall.marks())) {
        moved.put(name, new TreeSet<>(recall.marks().chunks(name)));
        note(
            "The quarantine lacks records that were taken out of " + name + ": it is copied anew.");
      } else {
        Set<Integer> chunks = recall.read(run);
        environment.requireGoingOn();
        if (!chunks.isEmpty()) {
          moved.put(name, chunks);
          note(
              String.format(
                  "%s has changed in the source since: %,d part%s of it %s copied anew.",
                  run.step().source(),
                  chunks.size(),
                  chunks.size() == 1 ? "" : "s",
                  chunks.size() == 1 ? "is" : "are"));
        }
      }
    }
    // What must go again depends on all that is there, so with anything to be copied it is found
    // anew, and what was taken out goes in again first.
    boolean isFoundAnew = !takenOut.isEmpty() && !(moved.isEmpty() && recall.areWhole(runs));
    for (CollectionRun run : runs) {
      String name = run.step().target().name();
      Set<Integer> chunks = moved.getOrDefault(name, new TreeSet<>());
      if (isFoundAnew) {
        chunks.addAll(recall.thinned(run));
      } else {
        recall.countThinned(run);
      }
      if (target.capabilities().transactions() == Transactions.NONE && !gone.contains(name)) {
        chunks.addAll(recall.unfinished(run));
      }
      if (!chunks.isEmpty()) {
        moved.put(name, chunks);
      }
    }
    if (moved.isEmpty() && !isFoundAnew) {
      return;
    }
    journalMoved(moved);
    if (BackupWriter.mostBytes(plan) > 0) {
      note(
          "The backup is of when the run was first begun: what records that are new in the source"
              + " overwrite is in the ledger only, for a rollback.");
    }
    Set<String> made = Rollback.made(session.ledger());
    retry.run(
        () ->
            session.loosen(
                runs.stream()
                    .map(run -> run.step().target())
                    .filter(each -> made.contains(each.name()))
                    .toList()));
    for (int i = runs.size() - 1; i >= 0; i--) {
      Step step = runs.get(i).step();
      String name = step.target().name();
      Set<Integer> chunks = moved.get(name);
      if (chunks == null) {
        continue;
      }
      boolean isMade = made.contains(name);
      begunToUndo(recall, name, chunks);
      if (gone.contains(name)
          || isMade && !(step.target().hasKey() && keys.isWhole(recall.marks().of(name)))) {
        beginAnew(recall, i, chunks);
      } else {
        undo(runs.get(i), isMade ? Undo.Images.of(keys) : Undo.Images.of(session.ledger()), moved);
        unmark(name, chunks);
        chunks.forEach(chunk -> keys.drop(name, chunk));
      }
    }
    if (isFoundAnew) {
      takenOut.forEach(this::unmark);
    }
    recall.readMarks();
    quarantine.goOn(recall::isDone);
  }

  /** By collection the chunks of what was taken out again after the load. */
  private static Map<String, Set<Integer>> takenOut(Marks marks, List<CollectionRun> runs) {
    Map<String, Set<Integer>> takenOut = new LinkedHashMap<>();
    for (CollectionRun run : runs) {
      String name = run.step().target().name();
      for (int chunk : marks.chunks(name)) {
        if (LateConstraints.isTakenOut(chunk)) {
          takenOut.computeIfAbsent(name, any -> new TreeSet<>()).add(chunk);
        }
      }
    }
    return takenOut;
  }

  /** True if lines are lost that told which records of a collection were taken out again. */
  private boolean isUntold(String name, Marks marks) {
    long taken =
        marks.of(name).stream()
            .filter(batch -> LateConstraints.isTakenOut(batch.mark().chunk()))
            .mapToLong(Marks::changes)
            .sum();
    long told =
        quarantine.known(name).stream()
            .filter(batch -> LateConstraints.isTakenOut(batch.chunk()))
            .mapToLong(batch -> quarantine.of(batch).size())
            .sum();
    return taken != told;
  }

  private void unmark(String name, Set<Integer> chunks) {
    chunks.forEach(chunk -> retry.run(() -> session.ledger().unmark(name, chunk)));
  }

  private void note(String sentence) {
    environment.listener().on(new RunEvent(RunEvent.Type.NOTE, "", 0, -1, sentence));
  }

  /**
   * What was taken out again of collections that were there, or by a batch that was no atom and was
   * broken off, goes in again: it is taken out once more when the whole is there.
   */
  private void putBackTakenOut(Recall recall) {
    Map<String, Set<Integer>> taken = new LinkedHashMap<>();
    Map<String, Boolean> isBroken = new HashMap<>();
    Quarantine.forEachLine(
        directory,
        (batch, line) -> {
          if (LateConstraints.isTakenOut(batch.chunk())) {
            taken.computeIfAbsent(batch.collection(), name -> new TreeSet<>()).add(batch.chunk());
            isBroken.merge(batch.collection(), !recall.isDone(batch), Boolean::logicalOr);
          }
        });
    boolean isAtomic = target.capabilities().transactions() == Transactions.BATCH;
    for (int i = runs.size() - 1; i >= 0; i--) {
      CollectionRun run = runs.get(i);
      String name = run.step().target().name();
      Set<Integer> chunks = taken.getOrDefault(name, Set.of());
      boolean isUndone = !run.step().creates() || !isAtomic && isBroken.getOrDefault(name, false);
      if (!chunks.isEmpty() && isUndone) {
        undo(run, Undo.Images.of(session.ledger()), Map.of(name, chunks));
        unmark(name, chunks);
      }
    }
    recall.readMarks();
  }

  private void undo(CollectionRun run, Undo.Images images, Map<String, Set<Integer>> chunks) {
    Quarantine refused = new Quarantine(directory, 0, event -> {});
    new Engine(
            environment.steadfast(),
            session,
            hold,
            new Undo(images, plan.options().batchSize(), chunks),
            refused,
            1,
            plan.options().maxRate(),
            null)
        .move(new CollectionRun(run.step(), run.pairing(), false), ConflictPolicy.SKIP);
    Rollback.requirePutBack(run.step().target().name(), refused);
  }

  /**
   * True if a collection that the run made, and wrote to, is not there: somebody else has dropped
   * it, or the run itself had begun it anew and was broken off before all its marks were gone.
   */
  private static boolean isGone(Step step, Catalog now, Recall recall) {
    String name = step.target().name();
    return step.creates()
        && now.collection(name).isEmpty()
        && !recall.marks().chunks(name).isEmpty();
  }

  /**
   * A collection that this run made and of which it does not know the keys is dropped, if nobody
   * else has written to it.
   */
  private void beginAnew(Recall recall, int position, Set<Integer> unfinished) {
    CollectionRun run = runs.get(position);
    String name = run.step().target().name();
    Set<Integer> chunks = new TreeSet<>(recall.marks().chunks(name));
    chunks.addAll(unfinished);
    begunToUndo(recall, name, chunks);
    retry.run(
        () ->
            new Rollback(plan, target, hold, session, before, Map.of(), directory)
                .dropIfOwn(run.step()));
    for (int chunk : chunks) {
      retry.run(() -> session.ledger().unmark(name, chunk));
      keys.drop(name, chunk);
    }
    recall.beginAnew(name);
    quarantine.forget(run);
    runs.set(position, run.beside());
  }

  /**
   * Marks chunks whose records are about to be taken back: broken off before they are unmarked, the
   * run must not count them as done when it goes on.
   */
  private void begunToUndo(Recall recall, String name, Collection<Integer> chunks) {
    for (int chunk : chunks) {
      Mark undo = new Mark(name, chunk, recall.marks().nextUndo(name), 0, true);
      MarkedBatch begun = new MarkedBatch(undo, Outcome.NOTHING, RecordDigest.ZERO);
      retry.run(() -> session.ledger().mark(begun));
    }
  }

  private void journalMoved(Map<String, Set<Integer>> moved) {
    ObjectNode facts = RunDirectory.object();
    ObjectNode collections = facts.putObject("moved");
    moved.forEach((name, chunks) -> collections.put(name, chunks.size()));
    directory.append(environment.clock().instant(), PastRun.RUNNING, facts);
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
      if (verification != null && isOnlyOurs) {
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
        end == End.STOPPED ? asMarked(Migration.results(runs)) : Migration.results(runs);
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
    } catch (StoreException unwritable) {
      all.add(String.valueOf(unwritable.getMessage()));
    }
    return new Ended(directory, end, results, Migration.losses(runs), error, all);
  }
}
