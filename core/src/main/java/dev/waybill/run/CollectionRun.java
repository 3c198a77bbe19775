package dev.waybill.run;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.LossPolicy;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Step;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Pairing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One collection on its way: what the plan says, and what came of it so far. Thread-safe. */
final class CollectionRun {
  private final Step step;
  private final Pairing pairing;
  private final boolean wasEmpty;
  private final BucketDigest copied;
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong scanned = new AtomicLong();
  private final AtomicLong quarantined = new AtomicLong();
  private final AtomicLong repaired = new AtomicLong();
  private final Map<Loss, Seen> losses = new LinkedHashMap<>();
  private final Rounding rounding;
  private Outcome outcome = Outcome.NOTHING;
  private @Nullable CollectionVerification verification;
  private boolean isSampled;

  /**
   * @param wasEmpty true if the target's collection had no records, or was not there, before the
   *     run
   */
  CollectionRun(Step step, Pairing pairing, boolean wasEmpty) {
    this.step = step;
    this.pairing = pairing;
    this.wasEmpty = wasEmpty;
    this.copied = new BucketDigest(BucketDigest.bucketsFor(step.records()));
    this.rounding = new Rounding(step, pairing);
  }

  /** An empty one of the same collection, whose counts are added only if they turn out to hold. */
  CollectionRun beside() {
    return new CollectionRun(step, pairing, wasEmpty);
  }

  /** The same before anything was counted, of a collection that the run makes. */
  CollectionRun creating() {
    return new CollectionRun(step.creating(), pairing, wasEmpty);
  }

  /** Adds the counts of another run of the same collection, but not its digests. */
  void add(CollectionRun more) {
    addRead(more.read());
    addScanned(more.scanned());
    addRepaired(more.repaired.get());
    quarantined.addAndGet(more.quarantined.get());
    add(more.outcome());
    rounding.add(more.rounding);
    synchronized (losses) {
      more.losses.forEach(
          (loss, seen) -> {
            Seen all = losses.computeIfAbsent(loss, each -> new Seen());
            all.values += seen.values;
            seen.first.stream().limit(HandledLoss.SHOWN - all.first.size()).forEach(all.first::add);
          });
    }
  }

  Step step() {
    return step;
  }

  /** What becomes of vectors that do not come back as they were. */
  Rounding rounding() {
    return rounding;
  }

  Pairing pairing() {
    return pairing;
  }

  /** How a source record is called in messages: by its key, else by its digest, never by values. */
  String name(RecordBatch source, int record) {
    if (step.sourceKey().isEmpty()) {
      return "record " + new CanonicalForm().digest(source, record).toString().substring(0, 12);
    }
    List<String> names = pairing.source().writtenNames();
    return KeyText.of(source, record, step.sourceKey().stream().mapToInt(names::indexOf).toArray());
  }

  boolean wasEmpty() {
    return wasEmpty;
  }

  /** Digest of the source records that went, in comparable form. */
  BucketDigest copied() {
    return copied;
  }

  void addRead(long records) {
    read.addAndGet(records);
  }

  long read() {
    return read.get();
  }

  /** Takes note of records that were read, whether the step's filter takes them or not. */
  void addScanned(long records) {
    scanned.addAndGet(records);
  }

  long scanned() {
    return scanned.get();
  }

  void addRepaired(long records) {
    repaired.addAndGet(records);
  }

  /** Kind of a loss of one field. */
  private record Loss(String field, String code, LossPolicy policy) {}

  /** How often a loss was seen, and where first. */
  private static final class Seen {
    private final List<String> first = new ArrayList<>();
    private long values;
  }

  /** Takes note of a value that did not go as it was. */
  void addLoss(String field, String code, LossPolicy policy, String key) {
    synchronized (losses) {
      Seen seen = losses.computeIfAbsent(new Loss(field, code, policy), each -> new Seen());
      seen.values++;
      if (seen.first.size() < HandledLoss.SHOWN) {
        seen.first.add(key);
      }
    }
  }

  /** What became of values that did not go as they were, in the order in which they were met. */
  List<HandledLoss> losses() {
    synchronized (losses) {
      List<HandledLoss> handled = new ArrayList<>();
      losses.forEach(
          (loss, seen) ->
              handled.add(
                  new HandledLoss(
                      step.source(),
                      loss.field(),
                      loss.code(),
                      loss.policy(),
                      seen.values,
                      seen.first)));
      return handled;
    }
  }

  void addQuarantined() {
    quarantined.incrementAndGet();
  }

  synchronized void add(Outcome more) {
    outcome = outcome.plus(more);
  }

  synchronized Outcome outcome() {
    return outcome;
  }

  /**
   * @param isSample true if not all records were looked at
   */
  synchronized void verified(CollectionVerification result, boolean isSample) {
    verification = result;
    isSampled = isSample;
  }

  /** True if the verification tells what the whole of the target's collection holds. */
  synchronized boolean isWhollyVerified() {
    return verification != null && !isSampled;
  }

  synchronized @Nullable CollectionVerification verification() {
    return verification;
  }

  synchronized CollectionResult result() {
    return new CollectionResult(
        step.source(),
        read.get(),
        outcome.written(),
        outcome.unchanged(),
        outcome.skipped(),
        repaired.get(),
        outcome.deleted(),
        quarantined.get(),
        verification == null ? 0 : verification.equal(),
        verification == null ? 0 : verification.different());
  }
}
