package dev.waybill.run;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.plan.Step;
import dev.waybill.run.TraceResult.Written;
import dev.waybill.spi.Ledger;
import dev.waybill.spi.Ledger.BeforeImage;
import dev.waybill.spi.Ledger.BeforeImages;
import dev.waybill.spi.Ledger.MarkedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a ledger knows of the batch that one record was in. */
final class TracedBatch {
  private static final int AT_ONCE = 1_000;

  private final Ledger ledger;
  private final Step step;
  private final CanonicalForm canonical = new CanonicalForm();

  TracedBatch(Ledger ledger, Step step) {
    this.ledger = ledger;
    this.step = step;
  }

  /** Null if no batch that is marked has the record. */
  @Nullable Written of(TracedRecord record) {
    MarkedBatch batch = batchOf(record);
    return batch == null
        ? null
        : new Written(
            batch.mark().chunk(),
            batch.mark().batch(),
            batch.mark().part(),
            batch.at(),
            outcome(batch, record));
  }

  /** A batch that had to be cut has a mark for each part, named by where the part begins. */
  private @Nullable MarkedBatch batchOf(TracedRecord record) {
    MarkedBatch nearest = null;
    for (MarkedBatch batch : ledger.marks()) {
      boolean isOfBatch =
          !batch.mark().isUndo()
              && batch.mark().collection().equals(step.target().name())
              && batch.mark().chunk() == record.chunk()
              && batch.mark().batch() == record.batch();
      if (isOfBatch
          && batch.mark().part() <= record.change() + 1
          && (nearest == null || batch.mark().part() > nearest.mark().part())) {
        nearest = batch;
      }
    }
    return nearest;
  }

  private String outcome(MarkedBatch batch, TracedRecord record) {
    boolean isNoted = step.target().hasKey() && !step.creates();
    String noted = isNoted ? noted(batch, record) : "";
    if (!noted.isEmpty()) {
      return noted;
    }
    List<String> outcomes = new ArrayList<>();
    if (!isNoted && batch.outcome().inserted() > 0) {
      outcomes.add("inserted");
    }
    if (batch.outcome().unchanged() > 0) {
      outcomes.add("unchanged");
    }
    if (batch.outcome().skipped() > 0) {
      outcomes.add("skipped");
    }
    return String.join(" or ", outcomes);
  }

  /** What the before-images say was done with the record's key; empty if there is none of it. */
  private String noted(MarkedBatch batch, TracedRecord record) {
    int[] key = step.target().keyPositions();
    RecordDigest wanted =
        canonical.digest(record.changes().batch().records(), record.change(), key);
    try (BeforeImages images = ledger.beforeImages(step.target().name(), batch.mark().chunk())) {
      for (List<BeforeImage> some = images.next(AT_ONCE);
          !some.isEmpty();
          some = images.next(AT_ONCE)) {
        for (BeforeImage image : some) {
          if (keyOf(image, key).equals(wanted)) {
            return image.change().name().toLowerCase(Locale.ROOT);
          }
        }
      }
    }
    return "";
  }

  private RecordDigest keyOf(BeforeImage image, int[] key) {
    boolean isKeyOnly = image.change() == BeforeImage.Change.INSERTED;
    RecordBatch record =
        new RecordBatch(isKeyOnly ? key.length : step.target().writtenFields().size());
    record.putRecord(image.record());
    return isKeyOnly ? canonical.digest(record, 0) : canonical.digest(record, 0, key);
  }
}
