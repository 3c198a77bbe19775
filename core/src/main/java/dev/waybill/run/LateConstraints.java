package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Outcome;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Mark;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
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

  private final TargetSession session;
  private final Snapshot source;
  private final Quarantine quarantine;
  private final RunDirectory directory;
  private final RateLimit rate;
  private int chunks;

  LateConstraints(
      TargetSession session,
      Snapshot source,
      Quarantine quarantine,
      RunDirectory directory,
      RateLimit rate) {
    this.session = session;
    this.source = source;
    this.quarantine = quarantine;
    this.directory = directory;
    this.rate = rate;
    // A run that goes on must not mistake what it takes out for what it took out before.
    this.chunks =
        session.ledger().marks().stream()
            .filter(batch -> isTakenOut(batch.mark()))
            .mapToInt(batch -> batch.mark().chunk() + 1 - FIRST_CHUNK)
            .max()
            .orElse(0);
  }

  /** True for a batch of records that were taken out again: its deletes count against the puts. */
  static boolean isTakenOut(Mark mark) {
    return mark.chunk() >= FIRST_CHUNK && !mark.isUndo();
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
        session.finish(collections(runs, true), collections(runs, false));
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
      Violating violating = new Violating(run.pairing());
      session.violations(
          run.step().target(), rule, found -> violating.add(found) && violating.size() < AT_ONCE);
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

  private long takeOut(CollectionRun run, Violating violating) {
    CollectionRun taking =
        new CollectionRun(
            run.step().withTarget(violating.named(run.step().target())),
            run.pairing(),
            run.wasEmpty());
    TakenOut producer = new TakenOut(source, quarantine, run, violating, FIRST_CHUNK + chunks++);
    Quarantine stuck = new Quarantine(directory, 0, event -> {});
    new Engine(session, producer, stuck, 1, rate, event -> {}, () -> false)
        .move(taking, ConflictPolicy.FAIL);
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
    run.add(
        new Outcome(
            -outcome.deleted(),
            -outcome.updated(),
            0,
            0,
            0,
            dev.waybill.model.RecordDigest.ZERO.minus(producer.sum())));
    run.addRepaired(-producer.repaired());
    run.copied().remove(taking.copied());
    return outcome.deleted() + outcome.updated();
  }
}
