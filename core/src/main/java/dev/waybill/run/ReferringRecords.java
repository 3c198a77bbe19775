package dev.waybill.run;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Step;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import dev.waybill.spi.Snapshot;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Records of others that refer by a foreign key to what a run added to a collection that was there:
 * as long as they do, that cannot be taken back. What the rollback itself takes out or puts back is
 * not among them.
 */
final class ReferringRecords {
  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 4 << 20;

  /** Each question may cost the store a pass over the referring collection. */
  private static final int KEYS_AT_ONCE = 50_000;

  private final List<Step> steps;
  private final Snapshot snapshot;
  private final Catalog catalog;
  private final Undo.Images images;
  private final Set<String> created;
  private final Set<String> left;
  private final int mostAtOnce;
  private final CanonicalForm canonical = new CanonicalForm();

  /**
   * @param steps all of the run
   * @param created collections that the run made: they go as a whole, or are changed by others, who
   *     are then named for that
   * @param left collections whose records will not be put back
   */
  ReferringRecords(
      List<Step> steps,
      Snapshot snapshot,
      Catalog catalog,
      Undo.Images images,
      Set<String> created,
      Set<String> left) {
    this(steps, snapshot, catalog, images, created, left, 4_000_000);
  }

  /**
   * @param mostAtOnce fingerprints of records that are held in memory
   */
  ReferringRecords(
      List<Step> steps,
      Snapshot snapshot,
      Catalog catalog,
      Undo.Images images,
      Set<String> created,
      Set<String> left,
      int mostAtOnce) {
    this.steps = steps;
    this.snapshot = snapshot;
    this.catalog = catalog;
    this.images = images;
    this.created = created;
    this.left = left;
    this.mostAtOnce = mostAtOnce;
  }

  /** Takes what was found. */
  interface Consumer {
    /**
     * @param key of the record that the run added; empty where there is no key
     * @param referring who refers to it
     */
    void accept(String key, String referring);
  }

  /** Names each record that the run added to a collection and that others refer to. */
  void each(Step step, Consumer consumer) {
    if (ImageReview.inserted(images.of(step.target().name())) == 0) {
      return;
    }
    for (ReferringCollection referring : snapshot.referring(step.target())) {
      String name = referring.name();
      boolean isKnown = referring.isInCatalog();
      if (isKnown && created.contains(name)) {
        continue;
      }
      Optional<Step> own =
          steps.stream()
              .filter(each -> isKnown && !left.contains(name) && each.target().name().equals(name))
              .findFirst();
      if (own.isPresent()) {
        eachBesideOwn(step, referring, own.get(), consumer);
      } else {
        List<String> key =
            isKnown ? catalog.collection(name).map(Collection::key).orElse(List.of()) : List.of();
        Question question = new Question(step, referring, key, !key.isEmpty());
        each(question, (found, record, fields) -> true, consumer);
      }
    }
  }

  /**
   * Who refers to a collection.
   *
   * @param fields what is read of the referring records
   * @param isKey true if that names them
   */
  private record Question(
      Step step, ReferringCollection referring, List<String> fields, boolean isKey) {}

  /** The run's own are known by their keys; as many of those at a time as there is room for. */
  private void eachBesideOwn(
      Step step, ReferringCollection referring, Step own, Consumer consumer) {
    boolean hasKey = own.target().hasKey();
    Question question =
        new Question(
            step, referring, hasKey ? own.target().key() : own.target().writtenNames(), hasKey);
    long count = ImageReview.count(images.of(referring.name()));
    int parts = 1;
    while (count / parts > mostAtOnce) {
      parts *= 2;
    }
    for (int part = 0; part < parts; part++) {
      int mask = parts - 1;
      int wanted = part;
      long[] written = written(own, mask, wanted);
      each(
          question,
          (found, record, fields) -> {
            RecordDigest digest = canonical.digest(found, record, fields);
            return (digest.low() & mask) == wanted
                && Arrays.binarySearch(written, digest.high()) < 0;
          },
          consumer);
    }
  }

  /** What the run wrote of a collection, one part of it: halves of digests, in order. */
  private long[] written(Step own, int mask, int part) {
    long[] written = new long[1_024];
    int count = 0;
    try (BeforeImages all = images.of(own.target().name())) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        RecordBatch identities = ImageReview.identities(own, batch);
        int[] fields = IntStream.range(0, identities.width()).toArray();
        for (int i = 0; i < identities.records(); i++) {
          RecordDigest digest = canonical.digest(identities, i, fields);
          if ((digest.low() & mask) == part) {
            written = count == written.length ? Arrays.copyOf(written, 2 * count) : written;
            written[count++] = digest.high();
          }
        }
      }
    }
    long[] sorted = count == written.length ? written : Arrays.copyOf(written, count);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Whether a referring record is somebody else's. */
  private interface Foreign {
    boolean is(RecordBatch found, int record, int[] fields);
  }

  private void each(Question question, Foreign foreign, Consumer consumer) {
    Collection target = question.step().target();
    RecordBatch keys =
        new RecordBatch(target.hasKey() ? target.key().size() : target.writtenFields().size());
    try (BeforeImages all = images.of(target.name())) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        if (batch.get(0).change() == Change.INSERTED) {
          for (BeforeImage image : batch) {
            keys.putRecord(image.record());
          }
        }
        if (keys.records() >= KEYS_AT_ONCE || keys.size() >= BATCH_BYTES) {
          ask(question, keys, foreign, consumer);
          keys.clear();
        }
      }
    }
    if (!keys.isEmpty()) {
      ask(question, keys, foreign, consumer);
    }
  }

  /** Names one referring record for each that is referred to. */
  private void ask(Question question, RecordBatch keys, Foreign foreign, Consumer consumer) {
    int[] ofKey = IntStream.range(0, keys.width()).toArray();
    int[] ofReferring = IntStream.rangeClosed(1, question.fields().size()).toArray();
    String name = question.referring().name();
    BitSet named = new BitSet(keys.records());
    RecordBatch found = new RecordBatch(1 + question.fields().size());
    try (RecordReader reader = question.referring().read(keys, question.fields())) {
      while (reader.read(found, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < found.records(); record++) {
          int position = (int) found.int64At(found.at(record, 0));
          if (!named.get(position) && foreign.is(found, record, ofReferring)) {
            named.set(position);
            consumer.accept(
                question.step().target().hasKey() ? KeyText.of(keys, position, ofKey) : "",
                question.isKey()
                    ? name + " key " + KeyText.of(found, record, ofReferring)
                    : "a record of " + name);
          }
        }
        found.clear();
      }
    }
  }
}
