package dev.waybill.run;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.Outcome;
import dev.waybill.model.RecordBatch;
import dev.waybill.plan.Step;
import dev.waybill.verify.CollectionVerification;
import dev.waybill.verify.Pairing;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One collection on its way: what the plan says, and what came of it so far. Thread-safe. */
final class CollectionRun {
  private final Step step;
  private final Pairing pairing;
  private final boolean wasEmpty;
  private final BucketDigest copied;
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong quarantined = new AtomicLong();
  private Outcome outcome = Outcome.NOTHING;
  private @Nullable CollectionVerification verification;

  /**
   * @param wasEmpty true if the target's collection had no records, or was not there, before the
   *     run
   */
  CollectionRun(Step step, Pairing pairing, boolean wasEmpty) {
    this.step = step;
    this.pairing = pairing;
    this.wasEmpty = wasEmpty;
    this.copied = new BucketDigest(BucketDigest.bucketsFor(step.records()));
  }

  Step step() {
    return step;
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

  void addQuarantined() {
    quarantined.incrementAndGet();
  }

  synchronized void add(Outcome more) {
    outcome = outcome.plus(more);
  }

  synchronized Outcome outcome() {
    return outcome;
  }

  synchronized void verified(CollectionVerification result) {
    verification = result;
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
        0,
        outcome.deleted(),
        quarantined.get(),
        verification == null ? 0 : verification.equal(),
        verification == null ? 0 : verification.different());
  }
}
