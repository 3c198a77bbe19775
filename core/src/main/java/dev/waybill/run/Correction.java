package dev.waybill.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Makes what a run had written before it was broken off agree with its source as it is now. */
final class Correction {
  private final Plan plan;
  private final Environment environment;
  private final RunDirectory directory;
  private final TargetStore target;
  private final Holds hold;
  private final TargetSession session;
  private final TargetBefore before;
  private final List<CollectionRun> runs;
  private final Quarantine quarantine;
  private final KeyLog keys;
  private final Retry retry;

  /**
   * @param runs of which one is replaced whose collection is copied anew
   */
  Correction(
      Plan plan,
      Environment environment,
      RunDirectory directory,
      TargetStore target,
      Holds hold,
      TargetSession session,
      TargetBefore before,
      List<CollectionRun> runs,
      Quarantine quarantine,
      KeyLog keys) {
    this.plan = plan;
    this.environment = environment;
    this.directory = directory;
    this.target = target;
    this.hold = hold;
    this.session = session;
    this.before = before;
    this.runs = runs;
    this.quarantine = quarantine;
    this.keys = keys;
    this.retry = new Retry(environment);
  }

  /**
   * Reads again what is done. What the source has changed since is taken back, all of it before
   * anything is written anew, so that old records stand in the way of no new one.
   */
  void correct(Recall recall) {
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
            null,
            Overwritten.NOT_KEPT)
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
}
