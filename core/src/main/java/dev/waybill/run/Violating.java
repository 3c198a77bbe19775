package dev.waybill.run;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Step;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Violation;
import dev.waybill.verify.Pairing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records of one collection that have to be taken out: by the digest of their key, or of the whole
 * record. Not thread-safe.
 */
final class Violating {
  private static final int AT_ONCE = 1_000;

  private final Pairing pairing;
  private final CanonicalForm canonical = new CanonicalForm();
  private final Map<RecordDigest, Entry> entries = new HashMap<>();
  private boolean isWhole;
  private int size;

  /** Why, and what stood there before the run. */
  static final class Entry {
    private final String code;
    private final String reason;
    private int times = 1;
    private @Nullable BeforeImage before;

    private Entry(String code, String reason) {
      this.code = code;
      this.reason = reason;
    }

    String code() {
      return code;
    }

    String reason() {
      return reason;
    }

    /** The record that the run replaced, null if there was none. */
    byte @Nullable [] replaced() {
      return before == null || before.change() != BeforeImage.Change.UPDATED
          ? null
          : before.record();
    }
  }

  Violating(Pairing pairing) {
    this.pairing = pairing;
  }

  /** Takes note of what was found. */
  void add(Violation found) {
    isWhole = found.isWhole();
    for (int i = 0; i < found.records().records(); i++) {
      RecordDigest digest = canonical.digest(found.records(), i);
      Entry known = entries.putIfAbsent(digest, new Entry(found.code(), found.reason()));
      if (known == null) {
        size++;
      } else if (isWhole) {
        known.times++;
        size++;
      }
    }
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** The collection, without its key where that does not tell its records apart. */
  Collection named(Collection collection) {
    return isWhole && collection.hasKey() ? withoutKey(collection) : collection;
  }

  private static Collection withoutKey(Collection collection) {
    return new Collection(
        collection.name(),
        collection.fields(),
        List.of(),
        collection.uniqueSets(),
        collection.foreignKeys(),
        collection.indexes(),
        collection.checks(),
        collection.triggers(),
        collection.endpoints(),
        collection.estimatedRecords(),
        collection.estimatedBytes(),
        collection.detail());
  }

  boolean isWhole() {
    return isWhole;
  }

  /** Forgets what the run did not write itself. */
  void keepWritten(Ledger ledger, Step step) {
    int width = step.target().writtenFields().size();
    int[] key = isWhole ? new int[0] : step.target().keyPositions();
    Map<RecordDigest, Entry> written = new HashMap<>();
    try (BeforeImages images = ledger.beforeImages(step.target().name())) {
      for (List<BeforeImage> batch = images.next(AT_ONCE);
          !batch.isEmpty();
          batch = images.next(AT_ONCE)) {
        boolean isInserted = batch.get(0).change() == BeforeImage.Change.INSERTED;
        if (batch.get(0).change() == BeforeImage.Change.DELETED) {
          continue;
        }
        int imageWidth = isInserted && !isWhole ? key.length : width;
        RecordBatch record = new RecordBatch(imageWidth);
        for (BeforeImage image : batch) {
          record.clear();
          record.putRecord(image.record());
          RecordDigest digest =
              isInserted || isWhole
                  ? canonical.digest(record, 0)
                  : canonical.digest(record, 0, key);
          Entry entry = entries.get(digest);
          if (entry != null && written.putIfAbsent(digest, entry) == null) {
            entry.before = image;
          }
        }
      }
    }
    entries.clear();
    entries.putAll(written);
  }

  /** Takes the entry of a record in the target's form, once; null if it is none of them. */
  @Nullable Entry take(RecordBatch records, int record) {
    RecordDigest digest =
        isWhole
            ? canonical.digest(records, record)
            : canonical.digest(records, record, pairing.targetKey());
    Entry entry = entries.get(digest);
    if (entry != null && --entry.times == 0) {
      entries.remove(digest);
    }
    return entry;
  }
}
