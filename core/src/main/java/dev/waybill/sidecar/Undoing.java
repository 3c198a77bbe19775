package dev.waybill.sidecar;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.DataException;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Snapshot;
import dev.waybill.verify.Originals;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Gives records that a copy wrote back as they were before it. Of one reader. */
final class Undoing {
  private final Restored stage;
  private final int[] positions;
  private final int[] doubtful;

  /** True if all fields are asked for in the order in which they are there. */
  private final boolean isWhole;

  private final @Nullable Originals originals;
  private final CanonicalForm canonical = new CanonicalForm();

  /**
   * @param snapshot of the store whose sidecar has the values
   * @param fields those that are asked for, of the collection as it was
   */
  Undoing(Restored stage, Snapshot snapshot, List<String> fields) {
    this.stage = stage;
    this.positions = stage.positions(fields);
    this.doubtful = stage.doubtful(positions);
    int width = stage.pairing().mapping().comparableWidth();
    this.isWhole = Arrays.equals(positions, IntStream.range(0, width).toArray());
    this.originals = Originals.of(snapshot, stage.pairing());
  }

  /**
   * Gives all records of a batch back, perhaps in the same batch.
   *
   * @throws DataException NOT_AS_TOLD for a record that has no way back
   */
  RecordBatch undone(RecordBatch stored) {
    Mapped inverse = stage.pairing().mapping().inverse(stored);
    for (Refused refused : inverse.refused()) {
      throw notAsTold(refused.field(), refused.reason());
    }
    RecordBatch records =
        originals == null ? inverse.records() : originals.restore(stored, inverse);
    if (isWhole && doubtful.length == 0) {
      return records;
    }
    RecordBatch undone = new RecordBatch(positions.length, records.size() + 64);
    for (int record = 0; record < records.records(); record++) {
      int dropped = stage.dropped(canonical, records, record, positions, doubtful);
      if (dropped >= 0) {
        throw notAsTold(
            stage.pairing().mapping().names().get(dropped),
            "is not what the run wrote there, and the source has no place for it");
      }
      records.project(record, positions, undone);
    }
    return undone;
  }

  private DataException notAsTold(String field, String reason) {
    return new DataException(
        "NOT_AS_TOLD",
        "A record of "
            + stage.stored().name()
            + " cannot be given back as the sidecar tells: field "
            + field
            + " "
            + reason
            + ".",
        "take the records as they are stored: --no-sidecar",
        -1,
        null);
  }
}
