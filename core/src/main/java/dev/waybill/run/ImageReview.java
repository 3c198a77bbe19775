package dev.waybill.run;

import dev.waybill.model.BucketDigest;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Step;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImage.Change;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Holds what a run wrote into a collection with a key against what is there now.
 *
 * <p>A key may have several images: the run wrote it, and later wrote it anew. Read newest first,
 * the record has been, from the last to the first, what each of them tells; so a record that stands
 * as any of them says, as written or as before, is nobody else's doing. It is as before the run
 * only if it stands as the oldest says. Keys with a doubt are few; they are looked at again, a
 * bounded number at a time.
 */
final class ImageReview {
  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Snapshot snapshot;
  private final Step step;
  private final Undo.Images images;
  private final int mostAtOnce;
  private final CanonicalForm canonical = new CanonicalForm();
  private final int[] key;
  private final int[] allOfKey;

  ImageReview(Snapshot snapshot, Step step, Undo.Images images) {
    this(snapshot, step, images, 50_000);
  }

  /**
   * @param mostAtOnce keys with a doubt that are held in memory
   */
  ImageReview(Snapshot snapshot, Step step, Undo.Images images, int mostAtOnce) {
    this.snapshot = snapshot;
    this.step = step;
    this.images = images;
    this.mostAtOnce = mostAtOnce;
    this.key = step.target().keyPositions();
    this.allOfKey = IntStream.range(0, key.length).toArray();
  }

  /** How a record stands, seen by one of its images. */
  private record Standing(boolean isAsWritten, boolean isAsBefore) {
    boolean isNeither() {
      return !isAsWritten && !isAsBefore;
    }
  }

  /** A key with a doubt. */
  private static final class Doubt {
    private final String key;
    private final @Nullable RecordDigest now;
    private boolean isResolved;

    Doubt(String key, @Nullable RecordDigest now) {
      this.key = key;
      this.now = now;
    }
  }

  private interface ImageVisitor {
    void visit(
        BeforeImage image,
        RecordDigest ofKey,
        RecordBatch keys,
        int record,
        @Nullable RecordDigest now);
  }

  /** Whether a standing leaves a doubt about the record. */
  private interface Suspicion {
    boolean arises(Standing standing);
  }

  /** What an older image says about a doubt that newer ones have left, or not. */
  private interface Resolution {
    boolean after(boolean wasResolved, Standing standing);
  }

  /**
   * Names each record that is neither as the run wrote it nor as it was before.
   *
   * @return true if there are records with several images
   */
  boolean eachChanged(Consumer<String> found) {
    return each(Standing::isNeither, (was, standing) -> was || !standing.isNeither(), found);
  }

  /** Names each record that is not as it was before the run. */
  void eachNotAsBefore(Consumer<String> found) {
    each(standing -> !standing.isAsBefore(), (was, standing) -> standing.isAsBefore(), found);
  }

  /** The records that are there as the run wrote them, each once. */
  TargetBefore.Held asWritten() {
    BucketDigest there = new BucketDigest(1);
    long all = count(images.of(step.target().name()));
    int parts = 1;
    while (all / parts > mostAtOnce) {
      parts *= 2;
    }
    for (int part = 0; part < parts; part++) {
      Set<RecordDigest> seen = new HashSet<>();
      forEach(
          parts,
          part,
          (image, ofKey, keys, record, now) -> {
            if (now != null && standing(image, now).isAsWritten() && seen.add(ofKey)) {
              there.add(now, now);
            }
          });
    }
    return new TargetBefore.Held(there.count(), there.sum());
  }

  /** How many images there are. */
  static long count(BeforeImages all) {
    long count = 0;
    try (all) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        count += batch.size();
      }
    }
    return count;
  }

  /** How many images there are of records that the run inserted. */
  static long inserted(BeforeImages all) {
    long inserted = 0;
    try (all) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        inserted += batch.get(0).change() == Change.INSERTED ? batch.size() : 0;
      }
    }
    return inserted;
  }

  /** Gives true if an older image has resolved a doubt, or a newer one. */
  private boolean each(Suspicion suspicion, Resolution resolution, Consumer<String> found) {
    Map<RecordDigest, Doubt> doubts = new LinkedHashMap<>();
    long[] count = new long[1];
    collect(1, 0, suspicion, doubts, count);
    int parts = 1;
    while (count[0] / parts > mostAtOnce) {
      parts *= 2;
    }
    boolean isAnyResolved = false;
    for (int part = 0; part < parts; part++) {
      if (parts > 1) {
        doubts.clear();
        collect(parts, part, suspicion, doubts, new long[1]);
      }
      resolve(doubts, resolution);
      for (Doubt doubt : doubts.values()) {
        if (!doubt.isResolved) {
          found.accept(doubt.key);
        }
        isAnyResolved |= doubt.isResolved;
      }
    }
    return isAnyResolved;
  }

  private void collect(
      int parts, int part, Suspicion suspicion, Map<RecordDigest, Doubt> doubts, long[] count) {
    forEach(
        parts,
        part,
        (image, ofKey, keys, record, now) -> {
          if (suspicion.arises(standing(image, now))) {
            count[0]++;
            if (parts > 1 || doubts.size() <= mostAtOnce) {
              doubts.computeIfAbsent(
                  ofKey, digest -> new Doubt(KeyText.of(keys, record, allOfKey), now));
            }
          }
        });
  }

  private void resolve(Map<RecordDigest, Doubt> doubts, Resolution resolution) {
    if (doubts.isEmpty()) {
      return;
    }
    try (BeforeImages all = images.of(step.target().name())) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        RecordBatch keys = keys(batch);
        for (int i = 0; i < batch.size(); i++) {
          Doubt doubt = doubts.get(canonical.digest(keys, i, allOfKey));
          if (doubt != null) {
            doubt.isResolved =
                resolution.after(doubt.isResolved, standing(batch.get(i), doubt.now));
          }
        }
      }
    }
  }

  private Standing standing(BeforeImage image, @Nullable RecordDigest now) {
    String written = image.written();
    boolean isAsWritten =
        now == null
            ? written.isEmpty()
            : !written.isEmpty() && RecordDigest.parse(written).equals(now);
    if (image.change() == Change.INSERTED) {
      return new Standing(isAsWritten, now == null);
    }
    RecordBatch before = new RecordBatch(step.target().writtenFields().size());
    before.putRecord(image.record());
    return new Standing(isAsWritten, now != null && now.equals(canonical.digest(before, 0)));
  }

  private RecordBatch keys(List<BeforeImage> batch) {
    return identities(step, batch);
  }

  /** The keys of images of one kind; where there is no key, the whole records. */
  static RecordBatch identities(Step step, List<BeforeImage> batch) {
    int width = step.target().writtenFields().size();
    int[] key =
        step.target().hasKey() ? step.target().keyPositions() : IntStream.range(0, width).toArray();
    boolean isInserted = batch.get(0).change() == Change.INSERTED;
    RecordBatch keys = new RecordBatch(key.length);
    RecordBatch record = new RecordBatch(isInserted ? key.length : width);
    for (BeforeImage image : batch) {
      if (isInserted) {
        keys.putRecord(image.record());
      } else {
        record.clear();
        record.putRecord(image.record());
        record.project(0, key, keys);
      }
    }
    return keys;
  }

  /** Looks up what is there under each image's key, of one part of the keys. */
  private void forEach(int parts, int part, ImageVisitor visitor) {
    try (BeforeImages all = images.of(step.target().name())) {
      for (List<BeforeImage> batch = all.next(BATCH_RECORDS);
          !batch.isEmpty();
          batch = all.next(BATCH_RECORDS)) {
        RecordBatch keys = keys(batch);
        RecordBatch wanted = new RecordBatch(key.length);
        RecordDigest[] digests = new RecordDigest[batch.size()];
        for (int i = 0; i < digests.length; i++) {
          digests[i] = canonical.digest(keys, i, allOfKey);
          if (isOf(digests[i], parts, part)) {
            wanted.putRecord(keys, i);
          }
        }
        Map<RecordDigest, RecordDigest> now = wanted.isEmpty() ? Map.of() : lookup(wanted);
        for (int i = 0; i < digests.length; i++) {
          if (isOf(digests[i], parts, part)) {
            visitor.visit(batch.get(i), digests[i], keys, i, now.get(digests[i]));
          }
        }
      }
    }
  }

  private static boolean isOf(RecordDigest key, int parts, int part) {
    return (key.high() & parts - 1) == part;
  }

  private Map<RecordDigest, RecordDigest> lookup(RecordBatch keys) {
    Map<RecordDigest, RecordDigest> digests = new HashMap<>();
    RecordBatch held = new RecordBatch(step.target().writtenFields().size());
    try (RecordReader reader = snapshot.lookup(step.target(), keys)) {
      while (reader.read(held, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < held.records(); record++) {
          digests.put(canonical.digest(held, record, key), canonical.digest(held, record));
        }
        held.clear();
      }
    }
    return digests;
  }
}
