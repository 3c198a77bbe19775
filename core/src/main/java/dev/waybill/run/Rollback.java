package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.model.Triggers;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.run.TargetBefore.Structure;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
  private final TargetStore.Hold hold;
  private final TargetSession session;
  private final TargetBefore before;
  private final Map<String, TargetBefore.Held> stored;
  private final RunDirectory directory;
  private final KeyLog keyLog;
  private final Undo.Images images;
  private final StateProof proof;

  /** Collections that the run made. */
  private final Set<String> created;

  /** Collections in which somebody else has changed something. */
  private final Set<String> kept = new LinkedHashSet<>();

  /** Collections that the run made and that stay, as far as is known by now. */
  private final Set<String> staying = new LinkedHashSet<>();

  /** Filled collections that are not what they were, so that nothing can be put back, and why. */
  private final Map<String, String> altered = new LinkedHashMap<>();

  /** Filled collections in which the run wrote a record more than once. */
  private final Set<String> rewritten = new LinkedHashSet<>();

  /** What created collections held when they were looked at and found to be the run's alone. */
  private final Map<String, TargetBefore.Held> holding = new HashMap<>();

  private Map<String, Structure> seen = Map.of();
  private final Listing changed;
  private final Listing left;

  /**
   * @param stored what created collections held when the run had ended, as far as that is known;
   *     else the ledger's marks tell
   */
  Rollback(
      Plan plan,
      TargetStore target,
      TargetStore.Hold hold,
      TargetSession session,
      TargetBefore before,
      Map<String, TargetBefore.Held> stored,
      RunDirectory directory) {
    this.plan = plan;
    this.target = target;
    this.hold = hold;
    this.session = session;
    this.before = before;
    this.stored = stored;
    this.directory = directory;
    this.keyLog = new KeyLog(directory);
    this.images = new OwnImages();
    this.proof = new StateProof(plan, target, before, images);
    this.changed = new Listing(directory, "changed.ndjson");
    this.left = new Listing(directory, "left.ndjson");
    this.created = made(session.ledger());
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

  /** What the run wrote, as the ledger knows it, and the key log where the ledger keeps nothing. */
  private final class OwnImages implements Undo.Images {
    @Override
    public BeforeImages of(String collection) {
      BeforeImages ofLedger = session.ledger().beforeImages(collection);
      return created.contains(collection)
          ? new JoinedImages(List.of(ofLedger, keyLog.read(collection)))
          : ofLedger;
    }

    @Override
    public BeforeImages of(String collection, int chunk) {
      BeforeImages ofLedger = session.ledger().beforeImages(collection, chunk);
      return created.contains(collection)
          ? new JoinedImages(List.of(ofLedger, keyLog.read(collection, chunk)))
          : ofLedger;
    }
  }

  // --- looking

  /** Looks for what somebody else has changed since. */
  Listing changedSince() {
    Catalog now = target.catalog();
    seen = TargetBefore.structure(now);
    Set<String> touched = touched();
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        String name = step.target().name();
        Optional<Collection> there = now.collection(name);
        if (created.contains(name)) {
          there.ifPresent(collection -> checkCreated(snapshot, step, collection));
        } else if (!step.creates() && touched.contains(name)) {
          checkFilled(snapshot, step, there);
        }
      }
    }
    return changed;
  }

  private void checkCreated(Snapshot snapshot, Step step, Collection there) {
    String name = step.target().name();
    if (!isAsMade(step, there)) {
      kept.add(name);
      changed.add(name, "made by the run, now with other fields or triggers");
      return;
    }
    TargetBefore.Held now = TargetBefore.held(snapshot, step, 1);
    TargetBefore.Held wrote = stored.getOrDefault(name, marked(name));
    if (now.equals(wrote) || now.equals(partlyWritten(snapshot, step, wrote))) {
      holding.put(name, now);
      return;
    }
    if ((isUndoBegun(name) || !isAtomic())
        && isOwnKnown(step)
        && now.equals(new ImageReview(snapshot, step, images).asWritten())) {
      // A run that went on was taking a part of it back when it broke off again.
      holding.put(name, now);
      return;
    }
    kept.add(name);
    changed.add(
        name,
        String.format(
            "made by the run with %,d records, now %s",
            wrote.records(),
            now.records() == wrote.records()
                ? "with other content"
                : String.format("with %,d", now.records())));
    if (isOwnKnown(step)) {
      new ImageReview(snapshot, step, images).eachChanged(key -> changed.addKey(name, key));
    }
  }

  private static boolean isAsMade(Step step, Collection there) {
    Set<String> fields = new LinkedHashSet<>(there.writtenNames());
    return fields.equals(new LinkedHashSet<>(step.target().writtenNames()))
        && there.triggers().isEmpty()
        && step.target().writtenFields().stream()
            .allMatch(
                field ->
                    there.field(field.name()).map(Field::type).stream()
                        .allMatch(field.type()::equals));
  }

  /** True if each record that the run put into a collection that it made can be told. */
  private boolean isOwnKnown(Step step) {
    if (!step.target().hasKey()) {
      return false;
    }
    String name = step.target().name();
    List<MarkedBatch> marks =
        session.ledger().marks().stream()
            .filter(batch -> batch.mark().collection().equals(name))
            .toList();
    return keyLog.isWhole(marks)
        || ImageReview.inserted(session.ledger().beforeImages(name)) >= marked(name).records();
  }

  private void checkFilled(Snapshot snapshot, Step step, Optional<Collection> there) {
    String name = step.target().name();
    List<String> whys = alterations(step, there);
    if (!whys.isEmpty()) {
      String why = String.join(", ", whys);
      altered.put(name, why);
      kept.add(name);
      changed.add(name, why + ": its records cannot be put back");
    } else if (step.target().hasKey()) {
      boolean isRewritten =
          new ImageReview(snapshot, step, images)
              .eachChanged(
                  key -> {
                    kept.add(name);
                    changed.addKey(name, key);
                  });
      if (isRewritten) {
        rewritten.add(name);
      }
    } else {
      checkAppended(snapshot, step);
    }
  }

  /** What of a collection is not as it was and keeps its records from being read and written. */
  private static List<String> alterations(Step step, Optional<Collection> there) {
    if (there.isEmpty()) {
      return List.of("is gone");
    }
    List<String> whys = new ArrayList<>();
    for (Field field : step.target().writtenFields()) {
      Optional<Field> now = there.get().field(field.name());
      if (now.isEmpty()) {
        whys.add("field " + field.name() + " is gone");
      } else if (!now.get().type().equals(field.type())) {
        whys.add(
            "field "
                + field.name()
                + " is "
                + Structure.type(now.get())
                + ", not "
                + Structure.type(field));
      }
    }
    return whys;
  }

  /** A collection without key: what it held before and what the run added must be all there is. */
  private void checkAppended(Snapshot snapshot, Step step) {
    String name = step.target().name();
    TargetBefore.Held held = before.byTarget().get(name);
    if (held == null || isUndoBegun(name)) {
      return;
    }
    TargetBefore.Held wrote = marked(name);
    TargetBefore.Held expected =
        new TargetBefore.Held(held.records() + wrote.records(), held.sum().plus(wrote.sum()));
    if (isAtomic() && !TargetBefore.held(snapshot, step, 1).equals(expected)) {
      kept.add(name);
      changed.add(name, "other records than it held and the run added");
    }
  }

  private boolean isUndoBegun(String name) {
    return session.ledger().marks().stream()
        .anyMatch(batch -> batch.mark().isUndo() && batch.mark().collection().equals(name));
  }

  private boolean isAtomic() {
    return target.capabilities().transactions() == Transactions.BATCH;
  }

  /** What the run's batches wrote into a collection, according to the ledger. */
  private TargetBefore.Held marked(String name) {
    long records = 0;
    RecordDigest sum = RecordDigest.ZERO;
    for (MarkedBatch batch : session.ledger().marks()) {
      if (batch.mark().collection().equals(name) && !batch.mark().isUndo()) {
        Outcome outcome = batch.outcome();
        records += outcome.inserted() - outcome.deleted();
        sum = sum.plus(outcome.sum());
        sum = outcome.deleted() > 0 ? sum.minus(batch.content()) : sum;
      }
    }
    return new TargetBefore.Held(records, sum);
  }

  /**
   * What the run wrote if it broke off within a batch of a store without transactions: such a batch
   * has before-images and no mark, and any of its records may be there.
   *
   * @param marked what the batches with a mark wrote, given back where there are no others
   */
  private TargetBefore.Held partlyWritten(Snapshot snapshot, Step step, TargetBefore.Held marked) {
    String name = step.target().name();
    if (isAtomic()
        || stored.containsKey(name)
        || !step.target().hasKey()
        || ImageReview.inserted(session.ledger().beforeImages(name)) <= marked.records()) {
      return marked;
    }
    return new ImageReview(snapshot, step, Undo.Images.of(session.ledger())).asWritten();
  }

  // --- putting back

  /**
   * Takes everything back that nobody else has changed, referring collections first, and what was
   * changed as {@code policy} says: SKIP keeps it, OVERWRITE restores what was before, FAIL refuses
   * the record.
   *
   * @return what came of each collection
   */
  List<CollectionRun> run(Environment environment, ConflictPolicy policy) {
    boolean isKeeping = policy.rule() == ConflictPolicy.Rule.SKIP;
    List<CollectionRun> runs = runs(plan);
    for (int i = runs.size() - 1; i >= 0; i--) {
      CollectionRun run = runs.get(i);
      String name = run.step().target().name();
      if (created.contains(name)) {
        if (isKeeping && (kept.contains(name) || isReferredTo(name))) {
          takeApart(run, environment);
        } else {
          drop(run.step());
        }
      } else if (altered.containsKey(name)) {
        if (!isKeeping) {
          throw notPutBack(name, altered.get(name) + ".");
        }
      } else if (!run.step().creates()) {
        move(run, policyFor(name, policy), environment);
      }
    }
    if (!isPartly()) {
      session.restore();
    }
    return runs;
  }

  /**
   * Where a key has several images, a rollback that was broken off between them leaves a record
   * that the newest does not expect. Nobody else changed it, as was seen before, and the proof
   * looks at all of them again.
   */
  private ConflictPolicy policyFor(String name, ConflictPolicy policy) {
    return policy.rule() == ConflictPolicy.Rule.FAIL && rewritten.contains(name)
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
            new Undo(images, plan.options().batchSize()),
            refused,
            1,
            plan.options().maxRate(),
            null);
    engine.move(run, policy);
    requirePutBack(run.step().target().name(), refused);
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
    if (!isAsMade(step, there.get())) {
      left.add(name, "stays whole, with the run's records: it has other fields or triggers now");
    } else if (!isOwnKnown(step)) {
      left.add(
          name,
          step.target().hasKey()
              ? "stays whole: which records are the run's, the run directory does not tell"
              : "stays whole: without a key the run's records cannot be told from others");
    } else {
      takeOut(run, environment);
      if (!isReferredTo(name) && session.dropIfStill(step.target(), 0, RecordDigest.ZERO)) {
        staying.remove(name);
      } else {
        proof.listAll(step, left);
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

  private void drop(Step step) {
    String name = step.target().name();
    TargetBefore.Held held = holding.get(name);
    if (held == null) {
      session.drop(name);
    } else if (!session.dropIfStill(step.target(), held.records(), held.sum())) {
      throw new StoreException(
          "CHANGED_SINCE",
          "Somebody else has written to " + name + " while it was rolled back; it stays.",
          "run the rollback again and say what becomes of that: --on-changed keep|restore",
          false,
          null);
    }
  }

  /** True if something of the run stays, so that what is known of it must be kept. */
  boolean isPartly() {
    return !staying.isEmpty() || !altered.isEmpty();
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
    Set<String> touched = touched();
    proof.structure(created, staying, seen);
    proof.records(touched, isKeeping ? kept : altered.keySet());
    for (Step step : plan.steps()) {
      String name = step.target().name();
      if (isKeeping && kept.contains(name) && !created.contains(name)) {
        if (altered.containsKey(name)) {
          left.add(name, altered.get(name) + ": its records were not put back");
        } else if (step.target().hasKey()) {
          proof.listNotAsBefore(step, left);
        }
      }
    }
  }

  /**
   * Makes sure that no collection of the plan was changed.
   *
   * @throws StoreException NOT_AS_BEFORE if one was
   */
  void proveAll() {
    proof.structure(created, Set.of(), Map.of());
    proof.records(Ends.targets(plan), Set.of());
  }

  /** What there is to say of a rollback that was proven. */
  List<String> told(ConflictPolicy policy) {
    List<String> told = new ArrayList<>();
    if (changed.isEmpty()) {
      told.add(proof.sentence());
    } else if (policy.rule() == ConflictPolicy.Rule.SKIP) {
      told.add(
          left.isEmpty()
              ? "Somebody else's changes were kept: " + changed
              : "Somebody else's changes were kept; not as before the run: " + left);
    } else {
      told.add("Somebody else's changes were put back too: " + changed);
    }
    told.addAll(proof.told());
    told.addAll(effects());
    return told;
  }

  /** What triggers did elsewhere no before-image tells. */
  private List<String> effects() {
    Set<String> touched = touched();
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

  /** The collections that the run made or wrote to: the others are no matter of its rollback. */
  private Set<String> touched() {
    Set<String> touched = new LinkedHashSet<>(created);
    for (MarkedBatch batch : session.ledger().marks()) {
      if (!batch.mark().isUndo() && batch.outcome().written() + batch.outcome().deleted() > 0) {
        touched.add(batch.mark().collection());
      }
    }
    if (!isAtomic()) {
      touched.addAll(Ends.targets(plan));
    }
    return touched;
  }

  /** Several sources of before-images, one after the other. */
  private static final class JoinedImages implements BeforeImages {
    private final List<BeforeImages> all;
    private int at;

    JoinedImages(List<BeforeImages> all) {
      this.all = all;
    }

    @Override
    public List<Ledger.BeforeImage> next(int max) {
      while (at < all.size()) {
        List<Ledger.BeforeImage> batch = all.get(at).next(max);
        if (!batch.isEmpty()) {
          return batch;
        }
        at++;
      }
      return List.of();
    }

    @Override
    public void close() {
      all.forEach(BeforeImages::close);
    }
  }
}
