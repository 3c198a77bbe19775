package dev.waybill.run;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.ConflictPolicy;
import dev.waybill.model.DataException;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.model.StoreException;
import dev.waybill.plan.Fingerprint;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Step;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Ledger.Note;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Puts the target back as it was before a run, and proves it: the loop with the producer {@link
 * Undo} for collections that were there, dropping those that the run made.
 */
final class Rollback {
  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Plan plan;
  private final TargetStore target;
  private final TargetSession session;
  private final TargetBefore before;
  private final Map<String, TargetBefore.Held> stored;
  private final Set<String> created;
  private final Set<String> kept = new LinkedHashSet<>();

  /** What created collections held when they were looked at and found to be the run's alone. */
  private final Map<String, TargetBefore.Held> holding = new HashMap<>();

  private final List<String> changed = new ArrayList<>();
  private long changedCount;

  /**
   * @param stored what created collections held when the run had ended, as far as that is known;
   *     else the ledger's marks tell
   */
  Rollback(
      Plan plan,
      TargetStore target,
      TargetSession session,
      TargetBefore before,
      Map<String, TargetBefore.Held> stored) {
    this.plan = plan;
    this.target = target;
    this.session = session;
    this.before = before;
    this.stored = stored;
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

  /** The loop that takes back what the run's ledger knows. */
  static Engine engine(
      TargetSession session,
      TargetStore.Hold hold,
      Quarantine quarantine,
      Plan plan,
      Environment environment) {
    return new Engine(
        environment,
        session,
        hold,
        new Undo(Undo.Images.of(session.ledger()), plan.options().batchSize()),
        quarantine,
        1,
        plan.options().maxRate(),
        null);
  }

  /** Looks for what somebody else has changed since; gives the first ones as text. */
  List<String> changedSince() {
    changed.clear();
    changedCount = 0;
    kept.clear();
    holding.clear();
    Catalog now = target.catalog();
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        Optional<Collection> there = now.collection(step.target().name());
        if (there.isEmpty()) {
          continue;
        }
        if (created.contains(step.target().name())) {
          checkCreated(snapshot, step, there.get());
        } else if (!step.creates() && step.target().hasKey()) {
          checkFilled(snapshot, step);
        } else if (!step.creates()) {
          checkAppended(snapshot, step);
        }
      }
    }
    return changed;
  }

  long changedCount() {
    return changedCount;
  }

  /** True if a collection that the run made stays, with all that is in it. */
  boolean keepsCreated() {
    return created.stream().anyMatch(kept::contains);
  }

  private void checkCreated(Snapshot snapshot, Step step, Collection there) {
    String name = step.target().name();
    Set<String> fields = new LinkedHashSet<>(there.writtenNames());
    if (!fields.equals(new LinkedHashSet<>(step.target().writtenNames()))
        || !there.triggers().isEmpty()) {
      kept.add(name);
      note(name + ": made by the run, now with other fields or triggers");
      return;
    }
    TargetBefore.Held now = TargetBefore.held(snapshot, step, 1);
    TargetBefore.Held wrote = stored.getOrDefault(name, marked(name));
    if (!now.equals(wrote) && !now.equals(partlyWritten(snapshot, step, wrote))) {
      kept.add(name);
      note(
          String.format(
              "%s: made by the run with %,d records, now %s",
              name,
              wrote.records(),
              now.records() == wrote.records()
                  ? "with other content"
                  : String.format("with %,d", now.records())));
    } else {
      holding.put(name, now);
    }
  }

  /** A collection without key: what it held before and what the run added must be all there is. */
  private void checkAppended(Snapshot snapshot, Step step) {
    String name = step.target().name();
    TargetBefore.Held held = before.byTarget().get(name);
    boolean isBegun =
        session.ledger().marks().stream()
            .anyMatch(batch -> batch.mark().isUndo() && batch.mark().collection().equals(name));
    if (held == null || isBegun) {
      return;
    }
    TargetBefore.Held wrote = marked(name);
    TargetBefore.Held expected =
        new TargetBefore.Held(held.records() + wrote.records(), held.sum().plus(wrote.sum()));
    boolean isAtomic = target.capabilities().transactions() == Transactions.BATCH;
    if (isAtomic && !TargetBefore.held(snapshot, step, 1).equals(expected)) {
      kept.add(name);
      note(name + ": other records than it held and the run added");
    }
  }

  /** What the run's batches wrote into a collection, according to the ledger. */
  private TargetBefore.Held marked(String name) {
    Outcome total = Outcome.NOTHING;
    for (MarkedBatch batch : session.ledger().marks()) {
      if (batch.mark().collection().equals(name) && !batch.mark().isUndo()) {
        total = total.plus(batch.outcome());
      }
    }
    return new TargetBefore.Held(total.inserted(), total.sum());
  }

  /**
   * What the run wrote if it broke off within a batch of a store without transactions: such a batch
   * has before-images and no mark, and any of its records may be there.
   *
   * @param marked what the batches with a mark wrote, given back where there are no others
   */
  private TargetBefore.Held partlyWritten(Snapshot snapshot, Step step, TargetBefore.Held marked) {
    boolean isAtomic = target.capabilities().transactions() == Transactions.BATCH;
    if (isAtomic || stored.containsKey(step.target().name()) || !step.target().hasKey()) {
      return marked;
    }
    CanonicalForm canonical = new CanonicalForm();
    int width = step.target().key().size();
    int[] allOfKey = IntStream.range(0, width).toArray();
    BucketDigest there = new BucketDigest(1);
    long images = 0;
    try (BeforeImages all = session.ledger().beforeImages(step.target().name())) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        RecordBatch keys = new RecordBatch(width);
        batch.forEach(image -> keys.putRecord(image.record()));
        Map<RecordDigest, RecordDigest> now = lookup(snapshot, step, keys, canonical);
        for (int i = 0; i < batch.size(); i++) {
          RecordDigest digest = now.get(canonical.digest(keys, i, allOfKey));
          if (digest != null && digest.toString().equals(batch.get(i).written())) {
            there.add(digest, digest);
          }
        }
        images += batch.size();
      }
    }
    return images > marked.records() ? new TargetBefore.Held(there.count(), there.sum()) : marked;
  }

  private void checkFilled(Snapshot snapshot, Step step) {
    forEachImage(
        snapshot,
        step,
        (key, isAsWritten, isAsBefore) -> {
          if (!isAsWritten && !isAsBefore) {
            kept.add(step.target().name());
            note(step.target().name() + " key " + key);
          }
        });
  }

  /** How a record that the run wrote stands now. */
  private interface ImageVisitor {
    void visit(String key, boolean isAsWritten, boolean isAsBefore);
  }

  private void forEachImage(Snapshot snapshot, Step step, ImageVisitor visitor) {
    CanonicalForm canonical = new CanonicalForm();
    int width = step.target().writtenFields().size();
    int[] key = step.target().keyPositions();
    int[] allOfKey = IntStream.range(0, key.length).toArray();
    try (BeforeImages images = session.ledger().beforeImages(step.target().name())) {
      for (List<BeforeImage> batch = images.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = images.next(BATCH_RECORDS)) {
        boolean isInserted = batch.get(0).change() == Change.INSERTED;
        RecordBatch records = new RecordBatch(isInserted ? key.length : width);
        RecordBatch keys = new RecordBatch(key.length);
        for (int i = 0; i < batch.size(); i++) {
          records.putRecord(batch.get(i).record());
          records.project(i, isInserted ? allOfKey : key, keys);
        }
        Map<RecordDigest, RecordDigest> now = lookup(snapshot, step, keys, canonical);
        for (int i = 0; i < batch.size(); i++) {
          RecordDigest there = now.get(canonical.digest(keys, i, allOfKey));
          String written = batch.get(i).written();
          visitor.visit(
              KeyText.of(keys, i, allOfKey),
              there == null ? written.isEmpty() : there.toString().equals(written),
              isInserted
                  ? there == null
                  : there != null && there.equals(canonical.digest(records, i)));
        }
      }
    }
  }

  private Map<RecordDigest, RecordDigest> lookup(
      Snapshot snapshot, Step step, RecordBatch keys, CanonicalForm canonical) {
    Map<RecordDigest, RecordDigest> digests = new HashMap<>();
    RecordBatch held = new RecordBatch(step.target().writtenFields().size());
    try (RecordReader reader = snapshot.lookup(step.target(), keys)) {
      while (reader.read(held, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < held.records(); record++) {
          digests.put(
              canonical.digest(held, record, step.target().keyPositions()),
              canonical.digest(held, record));
        }
        held.clear();
      }
    }
    return digests;
  }

  private void note(String what) {
    changedCount++;
    if (changed.size() < Quarantine.FOUND_TOGETHER) {
      changed.add(what);
    }
  }

  /**
   * Takes everything back that nobody else has changed, referring collections first, and what was
   * changed as {@code policy} says: SKIP keeps it, OVERWRITE restores what was before, FAIL refuses
   * the record.
   */
  void run(Engine engine, Quarantine quarantine, List<CollectionRun> runs, ConflictPolicy policy) {
    boolean isKeeping = policy.rule() == ConflictPolicy.Rule.SKIP;
    for (int i = runs.size() - 1; i >= 0; i--) {
      CollectionRun run = runs.get(i);
      String name = run.step().target().name();
      if (created.contains(name)) {
        if (!isKeeping || !kept.contains(name)) {
          drop(run.step());
        }
      } else if (!run.step().creates()) {
        engine.move(run, policy);
        requirePutBack(name, quarantine);
      }
    }
    if (!isKeeping || !keepsCreated()) {
      session.restore();
    }
  }

  /**
   * Makes sure that no record of a collection was refused while it was put back.
   *
   * @throws DataException NOT_PUT_BACK
   */
  static void requirePutBack(String name, Quarantine refused) {
    if (refused.count() > 0) {
      throw new DataException(
          "NOT_PUT_BACK",
          "Records of " + name + " cannot be put back: " + String.join("; ", refused.first()),
          "see what stands in the way, mend it, and run the rollback again",
          -1,
          null);
    }
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

  /**
   * Makes sure that the target is as it was before the run, collections with foreign changes aside.
   *
   * @throws StoreException if it is not
   */
  void prove() {
    prove(touched());
  }

  /** The same of all collections of the plan, touched or not. */
  void proveAll() {
    prove(Ends.targets(plan));
  }

  private void prove(Set<String> touched) {
    if (touched.isEmpty()) {
      return;
    }
    if (kept.isEmpty()
        && !Fingerprint.of(target.catalog(), Ends.targets(plan)).equals(plan.toFingerprint())) {
      throw notAsBefore("the collections' structure differs");
    }
    if (before.byTarget().isEmpty()) {
      return;
    }
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        TargetBefore.Held held = before.byTarget().get(step.target().name());
        if (held != null
            && touched.contains(step.target().name())
            && !kept.contains(step.target().name())
            && !TargetBefore.held(snapshot, step, 1).equals(held)) {
          requireEveryImage(snapshot, step);
        }
      }
    }
  }

  /**
   * Somebody else may have written other records meanwhile, so that the whole is not what it was;
   * then each record that the run wrote must be what it was.
   */
  private void requireEveryImage(Snapshot snapshot, Step step) {
    if (!step.target().hasKey()) {
      throw notAsBefore("the records of " + step.target().name() + " differ");
    }
    forEachImage(
        snapshot,
        step,
        (key, isAsWritten, isAsBefore) -> {
          if (!isAsBefore) {
            throw notAsBefore(step.target().name() + " key " + key + " differs");
          }
        });
  }

  /** The collections that the run made or wrote to: the others are no matter of its rollback. */
  private Set<String> touched() {
    Set<String> touched = new LinkedHashSet<>(created);
    for (MarkedBatch batch : session.ledger().marks()) {
      if (!batch.mark().isUndo() && batch.outcome().written() + batch.outcome().deleted() > 0) {
        touched.add(batch.mark().collection());
      }
    }
    if (target.capabilities().transactions() != Transactions.BATCH) {
      touched.addAll(Ends.targets(plan));
    }
    return touched;
  }

  private static StoreException notAsBefore(String why) {
    return new StoreException(
        "NOT_AS_BEFORE",
        "The target is not as it was before the run: " + why + ".",
        "somebody else may have written meanwhile; look at the target before anything else",
        false,
        null);
  }
}
