package dev.waybill.run;

import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.Overwritten;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts the target back as it was before a run, and proves it: the loop with the producer {@link
 * Undo} for collections that were there, dropping those that the run made; of one that somebody
 * else has changed too, the run's own records are taken out if that is to be kept.
 *
 * <p>First {@link #changedSince}, then {@link #run}, then {@link #prove}.
 */
final class Rollback {
  private final Plan plan;
  private final TargetStore target;
  private final Holds hold;
  private final TargetSession session;
  private final RunDirectory directory;
  private final TargetBefore before;
  private final ChangedSince changed;
  private final StateProof proof;

  /** Collections that the run made. */
  private final Set<String> created;

  /** Collections that the run made and that stay, as far as is known by now. */
  private final Set<String> staying = new LinkedHashSet<>();

  /** Filled collections of which a record could not be taken back, such as one referred to. */
  private final Set<String> withheld = new LinkedHashSet<>();

  /** Parts of a sidecar that the run made and in which other runs tell of theirs. */
  private final Set<String> others = new LinkedHashSet<>();

  private final Listing left;

  /** What changes places with what was there; null where nothing does. */
  private final @Nullable Exchanging exchanging;

  /** The same if it has; only then is it looked at whether that is still so. */
  private final @Nullable Exchanging exchanged;

  /**
   * @param stored what created collections held when the run had ended, as far as that is known;
   *     else the ledger's marks tell
   */
  Rollback(
      Plan plan,
      TargetStore target,
      Holds hold,
      TargetSession session,
      TargetBefore before,
      Map<String, TargetBefore.Held> stored,
      RunDirectory directory) {
    this.plan = plan;
    this.target = target;
    this.hold = hold;
    this.session = session;
    this.directory = directory;
    this.before = before;
    this.changed = new ChangedSince(plan, target, session, before, stored, directory);
    this.proof = new StateProof(plan, target, before, changed.images());
    this.left = new Listing(directory, "left.ndjson");
    this.created = made(session.ledger());
    Exchanging exchanging = Exchanging.of(plan, directory, target, session);
    this.exchanged = exchanging != null && exchanging.isExchanged() ? exchanging : null;
    this.exchanging = exchanging;
  }

  /** The collections that a run has made, in the order in which it did. */
  static Set<String> made(Ledger ledger) {
    return ledger.notes().stream()
        .filter(note -> note.what() == Note.What.COLLECTION_CREATED)
        .map(Note::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The collections of a plan as the undo sees them: the source is not needed. */
  static List<CollectionRun> runs(Plan plan) {
    List<CollectionRun> runs = new ArrayList<>();
    for (Step step : plan.steps()) {
      runs.add(new CollectionRun(step, Pairing.ofTarget(step), false));
    }
    return runs;
  }

  // --- putting back

  /**
   * Drops a collection that the run made, for it to be copied anew; nothing where it is gone.
   *
   * @throws StoreException CHANGED_SINCE if somebody else has written to it; then it stays
   */
  void dropIfOwn(Step step) {
    String name = step.target().name();
    Optional<Collection> there = target.catalog().collection(name);
    if (there.isEmpty()) {
      // The ledger must know, too.
      session.drop(name);
      return;
    }
    boolean isAtomic = target.capabilities().transactions() == Transactions.BATCH;
    if (!isAtomic && !step.target().hasKey()) {
      // What of a batch that was broken off is the run's, nobody can tell.
      session.drop(name);
      return;
    }
    TargetBefore.Held held = changed.lookAt(step, there.get());
    if (held == null || !session.dropIfStill(step.target(), held.records(), held.sum())) {
      throw new StoreException(
          "CHANGED_SINCE",
          "The source has changed, so "
              + name
              + " has to be copied anew, but somebody else has written to it or refers to it"
              + (changed.listing().isEmpty() ? "." : ": " + changed.listing() + "."),
          "take that out of it, then go on: waybill resume "
              + directory.run()
              + "; or put the target back: waybill rollback "
              + directory.run()
              + " --on-changed keep|restore",
          false,
          null);
    }
  }

  /** Looks for what somebody else has changed since. */
  Listing changedSince() {
    if (exchanged == null) {
      return changed.look();
    }
    String why = exchanged.changedSince();
    if (!why.isEmpty()) {
      changed.listing().add(exchanged.collection(), why);
    }
    return changed.listing();
  }

  /** True if what the run did to a collection can only be put back as a whole, or not at all. */
  boolean isAllOrNothing() {
    return exchanged != null;
  }

  /** What of others needs something that the run added; empty if there is none. */
  String inTheWay() {
    return changed.inTheWay();
  }

  /**
   * Takes everything back that nobody else has changed, referring collections first, and what was
   * changed as {@code policy} says: SKIP keeps it, OVERWRITE restores what was before, FAIL refuses
   * the record.
   *
   * @return what came of each collection
   */
  List<CollectionRun> run(Environment environment, ConflictPolicy policy) {
    new Retry(environment).run(hold::renew);
    if (exchanging != null) {
      exchanging.back(environment);
    }
    if (exchanged != null) {
      changed.look();
    }
    List<CollectionRun> runs = runs(plan);
    List<CollectionRun> sidecar = SharedSidecar.of(runs, target, true);
    Set<String> touched = changed.touched();
    if (sidecar.stream().anyMatch(run -> touched.contains(run.step().target().name()))) {
      hold.withSidecar(() -> takeBack(sidecar, environment, policy));
    }
    takeBack(SharedSidecar.of(runs, target, false), environment, policy);
    if (isPartly()) {
      // A store that is only seen once a run finishes shows only so what was taken back.
      session.finish(List.of(), List.of());
    } else {
      session.restore();
    }
    return runs;
  }

  private void takeBack(List<CollectionRun> runs, Environment environment, ConflictPolicy policy) {
    boolean isKeeping = policy.rule() == ConflictPolicy.Rule.SKIP;
    for (int i = runs.size() - 1; i >= 0; i--) {
      CollectionRun run = runs.get(i);
      String name = run.step().target().name();
      if (created.contains(name)) {
        if (isKeeping && (changed.kept().contains(name) || isReferredTo(name))) {
          takeApart(run, environment);
        } else if (Sidecar.isPart(run.step())) {
          takeFromOthers(run, environment, policy);
        } else if (!isDropped(run.step())) {
          if (!isKeeping) {
            throw isNeeded(name);
          }
          takeApart(run, environment);
        }
      } else if (changed.altered().containsKey(name)) {
        if (!isKeeping) {
          throw notPutBack(name, changed.altered().get(name) + ".");
        }
      } else if (!run.step().creates()) {
        move(run, policyFor(name, policy), environment);
        if (isKeeping && run.outcome().skipped() > 0) {
          withheld.add(name);
        }
        if (Sidecar.isPart(run.step()) && before.records(run.step()) > 0) {
          dropIfEmpty(run.step());
        }
      }
    }
  }

  /**
   * Takes the run's own entries out of a part of a sidecar that it made, and the part itself where
   * no other run has any there.
   */
  private void takeFromOthers(CollectionRun run, Environment environment, ConflictPolicy policy) {
    Step step = run.step();
    TargetBefore.Held held = changed.holding(step.target().name());
    if (held != null && session.dropIfStill(step.target(), held.records(), held.sum())) {
      return;
    }
    if (target.catalog().collection(step.target().name()).isPresent()) {
      if (!changed.isOwnKnown(step)) {
        throw isNeeded(step.target().name());
      }
      move(run, policy, environment);
    }
    if (!session.dropIfStill(step.target(), 0, RecordDigest.ZERO)) {
      others.add(step.target().name());
    }
  }

  /** Those of whom a part of a sidecar told are gone, and so are the runs that made it. */
  private void dropIfEmpty(Step step) {
    try (Snapshot snapshot = target.snapshot()) {
      if (snapshot.count(step.target()) > 0) {
        return;
      }
    }
    SharedSidecar.note(session, step.target().name());
    session.dropIfStill(step.target(), 0, RecordDigest.ZERO);
  }

  /**
   * Where a key has several images, a rollback that was broken off between them leaves a record
   * that the newest does not expect. Nobody else changed it, as was seen before, and the proof
   * looks at all of them again.
   */
  private ConflictPolicy policyFor(String name, ConflictPolicy policy) {
    return policy.rule() == ConflictPolicy.Rule.FAIL && changed.rewritten().contains(name)
        ? ConflictPolicy.SKIP
        : policy;
  }

  /** Each time with an engine that knows the marks made before, for its own to have other names. */
  private void move(CollectionRun run, ConflictPolicy policy, Environment environment) {
    Quarantine refused = new Quarantine(directory, 0, event -> {});
    Engine engine =
        new Engine(
            environment,
            session,
            hold,
            new Undo(changed.images(), plan.options().batchSize()),
            refused,
            1,
            plan.options().maxRate(),
            null,
            Overwritten.NOT_KEPT);
    engine.move(run, policy);
    requirePutBack(run.step().target().name(), refused);
    environment.requireGoingOn();
  }

  /**
   * Makes sure that no record of a collection was refused while it was put back.
   *
   * @throws DataException NOT_PUT_BACK
   */
  static void requirePutBack(String name, Quarantine refused) {
    if (refused.count() > 0) {
      throw notPutBack(name, String.join("; ", refused.first()));
    }
  }

  private static DataException notPutBack(String name, String why) {
    return new DataException(
        "NOT_PUT_BACK",
        "Records of " + name + " cannot be put back: " + why,
        "see what stands in the way, mend it, and run the rollback again",
        -1,
        null);
  }

  /** True if a collection that the run made and that stays refers to this one. */
  private boolean isReferredTo(String name) {
    return plan.steps().stream()
        .map(Step::target)
        .filter(other -> staying.contains(other.name()) && !other.name().equals(name))
        .anyMatch(other -> refersTo(other, name));
  }

  private static boolean refersTo(Collection collection, String name) {
    Collection.Endpoints ends = collection.endpoints();
    return collection.foreignKeys().stream()
            .map(ForeignKey::targetCollection)
            .anyMatch(name::equals)
        || ends != null && (ends.fromCollection().equals(name) || ends.toCollection().equals(name));
  }

  /** Takes the run's own records out of a collection that it made, and drops it if it is empty. */
  private void takeApart(CollectionRun run, Environment environment) {
    Step step = run.step();
    String name = step.target().name();
    Optional<Collection> there = target.catalog().collection(name);
    if (there.isEmpty()) {
      return;
    }
    staying.add(name);
    if (!ChangedSince.isAsMade(step, there.get())) {
      left.add(name, "stays whole, with the run's records: it has other fields or triggers now");
    } else if (!changed.isOwnKnown(step)) {
      left.add(
          name,
          step.target().hasKey()
              ? "stays whole: which records are the run's, the run directory does not tell"
              : "stays whole: without a key the run's records cannot be told from others");
    } else {
      takeOut(run, environment);
      if (!isReferredTo(name) && session.dropIfStill(step.target(), 0, RecordDigest.ZERO)) {
        staying.remove(name);
      } else if (proof.listAll(step, left) == 0) {
        left.add(name, "stays, empty: something of somebody else depends on it");
      }
    }
  }

  /** Where records refer to each other, one stays until those that refer to it are out. */
  private void takeOut(CollectionRun run, Environment environment) {
    boolean isTree = refersTo(run.step().target(), run.step().target().name());
    Outcome before;
    Outcome after;
    do {
      before = run.outcome();
      move(run, ConflictPolicy.SKIP, environment);
      after = run.outcome();
    } while (isTree && after.deleted() > before.deleted() && after.skipped() > before.skipped());
  }

  private boolean isDropped(Step step) {
    String name = step.target().name();
    TargetBefore.Held held = changed.holding(name);
    if (held == null) {
      session.drop(name);
      return true;
    }
    return session.dropIfStill(step.target(), held.records(), held.sum());
  }

  private static StoreException isNeeded(String name) {
    return new StoreException(
        "CHANGED_SINCE",
        "Somebody else has written to "
            + name
            + " while it was rolled back, or has made something that depends on it (a view, a"
            + " foreign key); it stays.",
        "take away what depends on it and run the rollback again, or leave it as it is:"
            + " --on-changed keep",
        false,
        null);
  }

  /** True if something of the run stays, so that what is known of it must be kept. */
  boolean isPartly() {
    return !staying.isEmpty()
        || !changed.altered().isEmpty()
        || withheld.stream()
            .anyMatch(name -> changed.needed().contains(name) || !changed.kept().contains(name));
  }

  // --- proving

  /**
   * Makes sure that the target is as it was before the run, but for what somebody else changed and
   * is kept.
   *
   * @throws StoreException NOT_AS_BEFORE if it is not
   */
  void prove(ConflictPolicy policy) {
    boolean isKeeping = policy.rule() == ConflictPolicy.Rule.SKIP;
    Set<String> touched = changed.touched();
    Set<String> there = new LinkedHashSet<>(staying);
    there.addAll(others);
    proof.structure(created, there, changed.seen());
    if (exchanged != null && changed.listing().isEmpty()) {
      exchanged.proveBack();
    }
    Set<String> kept = new LinkedHashSet<>(changed.kept());
    kept.addAll(withheld);
    proof.records(touched, isKeeping ? kept : changed.altered().keySet());
    for (Step step : plan.steps()) {
      String name = step.target().name();
      if (others.contains(name)) {
        proof.nothingLeft(step);
      }
      if (isKeeping && kept.contains(name) && !created.contains(name)) {
        if (changed.altered().containsKey(name)) {
          left.add(name, changed.altered().get(name) + ": its records were not put back");
        } else if (step.target().hasKey()) {
          proof.listNotAsBefore(step, left);
        }
      }
    }
  }

  /**
   * Makes sure that no collection of the plan was changed. One that the run had not even cut holds
   * nothing of it, and is others' to change.
   *
   * @throws StoreException NOT_AS_BEFORE if one was
   */
  void proveAll() {
    proof.structure(created, Set.of(), Map.of());
    ChunkFile cut = new ChunkFile(directory);
    proof.unchanged(
        plan.steps().stream()
            .filter(step -> cut.knows(step.source()))
            .map(step -> step.target().name())
            .collect(Collectors.toSet()));
  }

  /** What there is to say of a rollback that was proven. */
  List<String> told(ConflictPolicy policy) {
    List<String> told = new ArrayList<>();
    if (changed.listing().isEmpty() && left.isEmpty()) {
      told.add(proof.sentence());
    } else if (policy.rule() == ConflictPolicy.Rule.SKIP) {
      told.add(
          left.isEmpty()
              ? "Somebody else's changes were kept: " + changed.listing()
              : "Somebody else's changes were kept; not as before the run: " + left);
    } else {
      told.add("Somebody else's changes were put back too: " + changed.listing());
    }
    if (!others.isEmpty()) {
      told.add(
          "What other runs tell there stays: "
              + String.join(", ", others)
              + " (the last of them takes it away).");
    }
    told.addAll(proof.told());
    told.addAll(effects());
    return told;
  }

  /** What triggers did elsewhere no before-image tells. */
  private List<String> effects() {
    Set<String> touched = changed.touched();
    List<String> fired =
        plan.steps().stream()
            .filter(step -> !step.creates() && step.triggers() == Triggers.FIRE)
            .filter(step -> touched.contains(step.target().name()))
            .filter(step -> !step.target().triggers().isEmpty())
            .map(
                step ->
                    step.target().name() + " (" + String.join(", ", step.target().triggers()) + ")")
            .toList();
    return fired.isEmpty()
        ? List.of()
        : List.of(
            "What triggers did to other collections stays: those of "
                + String.join("; ", fired)
                + " fired for what the run wrote and again when it was taken back.");
  }
}
