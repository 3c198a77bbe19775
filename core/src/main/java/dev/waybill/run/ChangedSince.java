package dev.waybill.run;

import dev.waybill.journal.KeyLog;
import dev.waybill.journal.RunDirectory;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Plan;
import dev.waybill.plan.Sidecar;
import dev.waybill.plan.Step;
import dev.waybill.run.TargetBefore.Structure;
import dev.waybill.spi.Capabilities.Transactions;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.MarkedBatch;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.TargetSession;
import dev.waybill.spi.TargetStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What somebody else has changed since a run wrote, as far as it touches what the run wrote: looked
 * for before anything is put back. Writes to no store.
 */
final class ChangedSince {
  private final Plan plan;
  private final TargetStore target;
  private final TargetSession session;
  private final Ledger ledger;
  private final TargetBefore before;
  private final Map<String, TargetBefore.Held> stored;
  private final KeyLog keyLog;
  private final Undo.Images images;
  private final Set<String> created;
  private final Set<String> kept = new LinkedHashSet<>();
  private final Set<String> shared = new LinkedHashSet<>();
  private final Map<String, String> altered = new LinkedHashMap<>();
  private final Set<String> rewritten = new LinkedHashSet<>();
  private final Map<String, TargetBefore.Held> holding = new HashMap<>();
  private final Set<String> needed = new LinkedHashSet<>();
  private final List<String> inTheWay = new ArrayList<>();
  private long standing;
  private final Listing listing;
  private Map<String, Structure> seen = Map.of();

  /**
   * @param stored what created collections held when the run had ended, as far as that is known;
   *     else the ledger's marks tell
   */
  ChangedSince(
      Plan plan,
      TargetStore target,
      TargetSession session,
      TargetBefore before,
      Map<String, TargetBefore.Held> stored,
      RunDirectory directory) {
    this.plan = plan;
    this.target = target;
    this.session = session;
    this.ledger = session.ledger();
    this.before = before;
    this.stored = stored;
    this.keyLog = new KeyLog(directory);
    this.created = Rollback.made(ledger);
    this.images = new OwnImages(ledger, keyLog, created);
    this.listing = new Listing(directory, "changed.ndjson");
  }

  /** What was found. */
  Listing listing() {
    return listing;
  }

  /** What the run wrote. */
  Undo.Images images() {
    return images;
  }

  /** Collections in which somebody else has changed something. */
  Set<String> kept() {
    return kept;
  }

  /** Parts of a sidecar that the run made and in which other runs tell of theirs. */
  Set<String> shared() {
    return shared;
  }

  /** Filled collections that are not what they were, so that nothing can be put back, and why. */
  Map<String, String> altered() {
    return altered;
  }

  /** Filled collections to which the run added something that others need. */
  Set<String> needed() {
    return needed;
  }

  /**
   * What of others needs something that the run added, the first of it, so that neither can be as
   * it was before; empty if there is none.
   */
  String inTheWay() {
    String text = String.join("; ", inTheWay);
    return standing == inTheWay.size()
        ? text
        : String.format("%s; +%,d more", text, standing - inTheWay.size());
  }

  /** Filled collections in which the run wrote a record more than once. */
  Set<String> rewritten() {
    return rewritten;
  }

  /** What a created collection held when it was found to be the run's alone, else null. */
  TargetBefore.@Nullable Held holding(String collection) {
    return holding.get(collection);
  }

  /** What each collection of the target was when it was looked at. */
  Map<String, Structure> seen() {
    return seen;
  }

  /** Looks at all collections of the plan. */
  Listing look() {
    Catalog now = target.catalog();
    seen = TargetBefore.structure(now);
    Set<String> touched = touched();
    try (Snapshot snapshot = target.snapshot()) {
      for (Step step : plan.steps()) {
        String name = step.target().name();
        Optional<Collection> there = now.collection(name);
        if (created.contains(name)) {
          there.ifPresent(collection -> checkDependents(name));
          there.ifPresent(collection -> checkCreated(snapshot, step, collection));
        } else if (!step.creates() && touched.contains(name)) {
          checkFilled(snapshot, step, there);
        }
      }
      ReferringRecords referring =
          new ReferringRecords(plan.steps(), snapshot, now, images, created, altered.keySet());
      for (Step step : plan.steps()) {
        String name = step.target().name();
        if (!step.creates() && touched.contains(name) && !altered.containsKey(name)) {
          referring.each(step, (key, who) -> checkNeeded(name, key, who));
        }
      }
    }
    return listing;
  }

  /** Looks at one collection that the run made; gives what it holds if that is the run's alone. */
  TargetBefore.@Nullable Held lookAt(Step step, Collection there) {
    try (Snapshot snapshot = target.snapshot()) {
      checkCreated(snapshot, step, there);
    }
    return holding(step.target().name());
  }

  /** A record that others refer to cannot go without theirs. */
  private void checkNeeded(String collection, String key, String who) {
    kept.add(collection);
    needed.add(collection);
    String why = who + " refers to it";
    if (key.isEmpty()) {
      listing.add(collection, "a record that the run added, and " + why);
    } else {
      listing.addKey(collection, key, why);
    }
    stands(collection + (key.isEmpty() ? "" : " key " + key) + " (" + why + ")");
  }

  private void stands(String what) {
    standing++;
    if (inTheWay.size() < Quarantine.FOUND_TOGETHER) {
      inTheWay.add(what);
    }
  }

  /** A collection that others build upon cannot go without theirs. */
  private void checkDependents(String made) {
    for (String dependent : session.dependents(made)) {
      kept.add(made);
      listing.add(made, "made by the run, and " + dependent + " depends on it now");
      stands(made + " (" + dependent + " depends on it)");
    }
  }

  private void checkCreated(Snapshot snapshot, Step step, Collection there) {
    String name = step.target().name();
    if (!isAsMade(step, there)) {
      kept.add(name);
      listing.add(name, "made by the run, now with other fields or triggers");
      return;
    }
    TargetBefore.Held now = TargetBefore.held(snapshot, step, 1);
    TargetBefore.Held wrote =
        Sidecar.isPart(step) ? marked(name) : stored.getOrDefault(name, marked(name));
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
    if (Sidecar.isPart(step) && isOwnKnown(step)) {
      shared.add(name);
      new ImageReview(snapshot, step, images)
          .eachChanged(
              key -> {
                kept.add(name);
                listing.addKey(name, key);
              });
      return;
    }
    kept.add(name);
    listing.add(
        name,
        String.format(
            "made by the run with %,d records, now %s",
            wrote.records(),
            now.records() == wrote.records()
                ? "with other content"
                : String.format("with %,d", now.records())));
    if (isOwnKnown(step)) {
      new ImageReview(snapshot, step, images).eachChanged(key -> listing.addKey(name, key));
    }
  }

  /** True if a collection that the run made has the fields it was made with, and no triggers. */
  static boolean isAsMade(Step step, Collection there) {
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
  boolean isOwnKnown(Step step) {
    if (!step.target().hasKey()) {
      return false;
    }
    String name = step.target().name();
    List<MarkedBatch> marks =
        ledger.marks().stream().filter(batch -> batch.mark().collection().equals(name)).toList();
    return keyLog.isWhole(marks)
        || ImageReview.inserted(ledger.beforeImages(name)) >= marked(name).records();
  }

  private void checkFilled(Snapshot snapshot, Step step, Optional<Collection> there) {
    String name = step.target().name();
    List<String> whys = alterations(step, there);
    if (!whys.isEmpty()) {
      String why = String.join(", ", whys);
      altered.put(name, why);
      kept.add(name);
      listing.add(name, why + ": its records cannot be put back");
    } else if (step.target().hasKey()) {
      boolean isRewritten =
          new ImageReview(snapshot, step, images)
              .eachChanged(
                  key -> {
                    kept.add(name);
                    listing.addKey(name, key);
                  });
      if (isRewritten) {
        rewritten.add(name);
      }
    } else {
      checkAppended(snapshot, step);
    }
  }

  /** What of a collection is not as it was and keeps its records from being read and written. */
  private List<String> alterations(Step step, Optional<Collection> there) {
    if (there.isEmpty()) {
      return List.of("is gone");
    }
    List<String> whys = new ArrayList<>();
    for (Field field : step.target().writtenFields()) {
      Optional<Field> now = there.get().field(field.name());
      if (now.isEmpty()) {
        whys.add("field " + field.name() + " is gone");
      } else if (!isOrBecomes(now.get(), field)) {
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

  /** A field of other words takes what the run brings, but is called so only once it has ended. */
  private boolean isOrBecomes(Field now, Field planned) {
    return now.type().equals(planned.type())
        || target.capabilities().types().widened(now, planned.type()).type().equals(planned.type());
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
      listing.add(name, "other records than it held and the run added");
    }
  }

  private boolean isUndoBegun(String name) {
    return ledger.marks().stream()
        .anyMatch(batch -> batch.mark().isUndo() && batch.mark().collection().equals(name));
  }

  private boolean isAtomic() {
    return target.capabilities().transactions() == Transactions.BATCH;
  }

  /** What the run's batches wrote into a collection, according to the ledger. */
  private TargetBefore.Held marked(String name) {
    long records = 0;
    RecordDigest sum = RecordDigest.ZERO;
    for (MarkedBatch batch : ledger.marks()) {
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
        || ImageReview.inserted(ledger.beforeImages(name)) <= marked.records()) {
      return marked;
    }
    return new ImageReview(snapshot, step, Undo.Images.of(ledger)).asWritten();
  }

  /** The collections that the run made or wrote to: the others are no matter of its rollback. */
  Set<String> touched() {
    Set<String> touched = new LinkedHashSet<>(created);
    for (MarkedBatch batch : ledger.marks()) {
      if (!batch.mark().isUndo() && batch.outcome().written() + batch.outcome().deleted() > 0) {
        touched.add(batch.mark().collection());
      }
    }
    if (!isAtomic()) {
      touched.addAll(Ends.targets(plan));
    }
    return touched;
  }
}
