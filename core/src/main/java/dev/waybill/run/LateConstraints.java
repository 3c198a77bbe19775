package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Plan;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Violation;
import java.util.List;

/**
 * Makes loaded collections complete; where the target refuses a constraint because of records, they
 * are named one by one, taken out again and put into quarantine, and so are those that point at
 * them.
 */
final class LateConstraints {
  /** Chunks from this number on are what was taken out; no source is cut into so many. */
  private static final int FIRST_CHUNK = 1 << 30;

  /** Records of one collection that are named at once; the rest in further goes. */
  private static final int AT_ONCE = 50_000;

  private final Plan plan;
  private final Environment environment;
  private final RunDirectory directory;
  private final TargetStore.Hold hold;
  private final TargetSession session;
  private final Snapshot source;
  private final Quarantine quarantine;
  private final Retry retry;
  private int nextChunk = FIRST_CHUNK;

  LateConstraints(
      Plan plan,
      Environment environment,
      RunDirectory directory,
      TargetStore.Hold hold,
      TargetSession session,
      Snapshot source,
      Quarantine quarantine) {
    this.plan = plan;
    this.environment = environment;
    this.directory = directory;
    this.hold = hold;
    this.session = session;
    this.source = source;
    this.quarantine = quarantine;
    this.retry = new Retry(environment);
  }

  /** True if a chunk of this number is what was taken out again: its deletes undo puts. */
  static boolean isTakenOut(int chunk) {
    return chunk >= FIRST_CHUNK;
  }

  /** Counts what a run that goes on had taken out before, once its copy was counted as a whole. */
  void countAgain(List<CollectionRun> runs) {
    for (CollectionRun run : runs) {
      TakenBefore before = new TakenBefore(run, quarantine);
      for (Mark batch : quarantine.known(run.step().target().name())) {
        if (isTakenOut(batch.chunk())) {
          nextChunk = Math.max(nextChunk, batch.chunk() + 1);
          before.add(batch);
        }
      }
      before.count(directory);
    }
    session
        .ledger()
        .marks()
        .forEach(
            batch -> {
              if (isTakenOut(batch.mark().chunk())) {
                nextChunk = Math.max(nextChunk, batch.mark().chunk() + 1);
              }
            });
  }

  /**
   * Finishes, or ends early when quarantine is overfull.
   *
   * @param runs parents before those that point at them
   * @throws DataException as the target said it, where it does not tell the records, or they are
   *     not the run's
   */
  void finish(List<CollectionRun> runs) {
    while (true) {
      try {
        retry.run(
            () -> {
              hold.renew();
              session.finish(collections(runs, true), collections(runs, false));
            });
        return;
      } catch (DataException refused) {
        long before = quarantine.count();
        takeOut(runs);
        if (quarantine.isOverfull()) {
          return;
        }
        if (quarantine.count() == before) {
          throw refused;
        }
      }
    }
  }

  private static List<Collection> collections(List<CollectionRun> runs, boolean created) {
    return runs.stream()
        .map(CollectionRun::step)
        .filter(step -> step.creates() == created)
        .map(step -> step.target())
        .toList();
  }

  /** What is taken out can break foreign keys only, so these are looked at until none is broken. */
  private void takeOut(List<CollectionRun> runs) {
    boolean isSettled = false;
    for (int round = 0; !isSettled && !quarantine.isEnough(); round++) {
      isSettled = true;
      for (CollectionRun run : runs) {
        for (Violation.Rule rule : Violation.Rule.values()) {
          boolean isAsked =
              rule == Violation.Rule.FOREIGN_KEY || round == 0 && run.step().creates();
          if (isAsked && !quarantine.isEnough() && takeOut(run, rule)) {
            isSettled = false;
          }
        }
      }
    }
  }

  private boolean takeOut(CollectionRun run, Violation.Rule rule) {
    boolean hasTaken = false;
    boolean hasMore = true;
    while (hasMore && !quarantine.isEnough()) {
      environment.requireGoingOn();
      Violating violating = retry.get(() -> violating(run, rule), hold::renew);
      hasMore = violating.size() >= AT_ONCE;
      if (!run.step().creates()) {
        violating.keepWritten(session.ledger(), run.step());
      }
      long taken = violating.isEmpty() ? 0 : takeOut(run, violating);
      hasTaken |= taken > 0;
      hasMore &= taken > 0;
    }
    return hasTaken;
  }

  private Violating violating(CollectionRun run, Violation.Rule rule) {
    Violating violating = new Violating(run.pairing());
    session.violations(
        run.step().target(),
        rule,
        found -> {
          violating.add(found);
          return violating.size() < AT_ONCE;
        });
    return violating;
  }

  private long takeOut(CollectionRun run, Violating violating) {
    CollectionRun taking =
        new CollectionRun(
            run.step().withTarget(violating.named(run.step().target())),
            run.pairing(),
            run.wasEmpty());
    TakenOut producer = new TakenOut(source, quarantine, run, violating, nextChunk++);
    Quarantine stuck = new Quarantine(directory, 0, event -> {});
    // Only what the run wrote is taken out: what that has overwritten was kept then.
    new Engine(
            quiet(),
            session,
            hold,
            producer,
            stuck,
            1,
            plan.options().maxRate(),
            null,
            Overwritten.NOT_KEPT)
        .move(taking, ConflictPolicy.FAIL);
    environment.requireGoingOn();
    if (stuck.count() > 0) {
      throw new StoreException(
          "CHANGED_SINCE",
          "Records that break a constraint cannot be taken out again, somebody else has changed"
              + " them: "
              + String.join("; ", stuck.first()),
          "keep others from writing to the target until the run has ended",
          false,
          null);
    }
    Outcome outcome = taking.outcome();
    run.add(without(outcome.deleted(), outcome.updated(), producer.sum()));
    run.addRepaired(-producer.repaired());
    run.copied().remove(taking.copied());
    return outcome.deleted() + outcome.updated();
  }

  /** What is to be added to an outcome so that records taken out again do not count as written. */
  static Outcome without(long inserted, long updated, RecordDigest sum) {
    return new Outcome(-inserted, -updated, 0, 0, 0, RecordDigest.ZERO.minus(sum));
  }

  /** The collections have been copied: that some of it is read again is no progress of theirs. */
  private Environment quiet() {
    return new Environment(
        environment.stores(),
        environment.home(),
        environment.tool(),
        environment.clock(),
        environment.nanoTime(),
        environment.random(),
        event -> {
          if (event.type() == RunEvent.Type.NOTE) {
            environment.listener().on(event);
          }
        },
        environment.isCancelled(),
        environment.backoff());
  }
}
