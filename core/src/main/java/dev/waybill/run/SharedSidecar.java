package dev.waybill.run;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A sidecar is no run's own: several write to it, each what it tells of its own collections, and it
 * may have been made by another one since the plan was. Each that found none when it was planned
 * counts as one that made it; the last whose entries go takes it away.
 */
final class SharedSidecar {
  private static final String WITH_OTHERS = "with others";

  private SharedSidecar() {}

  /**
   * Makes sure that a plan's sidecar can be written as the plan says, whoever has made it since.
   *
   * @throws dev.waybill.model.SpecException STALE_PLAN
   */
  static void requireFresh(Plan plan, TargetStore target, Catalog there) {
    Set<String> own = new TreeSet<>(Ends.targets(plan));
    for (Step step : plan.steps()) {
      if (!Sidecar.isPart(step)) {
        continue;
      }
      String name = step.target().name();
      Optional<Collection> now = there.collection(name);
      if (now.isPresent()) {
        requireShape(step, now.get());
        if (step.creates() && tellsOf(own, target, now.get())) {
          throw Ends.stale("target", List.of(name + " tells of the plan's collections now"));
        }
      } else if (!step.creates()) {
        throw Ends.stale("target", List.of(name + " is gone"));
      }
    }
  }

  private static void requireShape(Step step, Collection now) {
    boolean isAlike =
        Sidecar.known(now).isPresent()
            && now.key().equals(step.target().key())
            && step.target().writtenFields().stream()
                .allMatch(
                    field ->
                        now.field(field.name())
                            .map(Field::type)
                            .filter(field.type()::equals)
                            .isPresent());
    if (!isAlike) {
      throw Ends.stale("target", List.of(now.name() + " is not what the run would make of it"));
    }
  }

  private static boolean tellsOf(Set<String> collections, TargetStore target, Collection sidecar) {
    Field name = sidecar.field(Sidecar.SCHEMA.key().get(0)).orElseThrow();
    Collection names = sidecar.withFields(List.of(name));
    RecordBatch batch = new RecordBatch(1);
    try (Snapshot snapshot = target.snapshot()) {
      for (Chunk chunk : snapshot.chunks(names, 50_000)) {
        try (RecordReader reader = snapshot.read(names, chunk)) {
          while (reader.read(batch, 2_000, 1 << 20)) {
            for (int record = 0; record < batch.records(); record++) {
              int at = batch.at(record, 0);
              if (batch.kindAt(at) == Kind.TEXT && collections.contains(batch.textAt(at))) {
                return true;
              }
            }
            batch.clear();
          }
        }
      }
    }
    return false;
  }

  /**
   * Makes a part of a sidecar, or takes it as another run has made it since; by now nobody else
   * does. May be repeated.
   *
   * @return the run to be done: one that makes the part counts so, whatever the plan found
   */
  static CollectionRun make(CollectionRun run, TargetStore target, TargetSession session) {
    Step step = run.step();
    String name = step.target().name();
    boolean isOurs = Rollback.made(session.ledger()).contains(name);
    Optional<Collection> there = target.catalog().collection(name);
    if (there.isPresent() && !isOurs) {
      requireShape(step, there.get());
      if (step.creates()) {
        note(session, name);
      }
      return run;
    }
    if (there.isEmpty()) {
      if (isOurs && Holds.isSharing(target)) {
        // Another run found it empty and has taken it away: the ledger must know, too.
        session.drop(name);
      }
      session.create(step.target());
    }
    return step.creates() ? run : run.creating();
  }

  /** Notes that a run may take a part of a sidecar away as one that it made. */
  static void note(TargetSession session, String name) {
    session.ledger().note(new Note(Note.What.COLLECTION_CREATED, name, WITH_OTHERS));
  }

  /** Those of some runs that write to a sidecar together with others, or those that do not. */
  static List<CollectionRun> of(List<CollectionRun> runs, TargetStore target, boolean isShared) {
    List<CollectionRun> chosen = new ArrayList<>(runs);
    chosen.removeIf(run -> Holds.isShared(run.step(), target) != isShared);
    return chosen;
  }
}
