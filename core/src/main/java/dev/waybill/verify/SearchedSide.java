package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One side of a search: its records in the form of a {@link SearchedField}, for one pass over them.
 */
final class SearchedSide {
  private final Pairing pairing;
  private final Snapshot snapshot;
  private final boolean isSource;
  private final SearchedField field;
  private final @Nullable Originals originals;

  SearchedSide(Pairing pairing, Snapshot snapshot, boolean isSource, SearchedField field) {
    this.pairing = pairing;
    this.snapshot = snapshot;
    this.isSource = isSource;
    this.field = field;
    this.originals = isSource || field.isStored() ? null : Originals.of(snapshot, pairing);
  }

  SearchedField field() {
    return field;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Collection collection() {
    return isSource ? pairing.source() : pairing.target();
  }

  List<Index> indexes() {
    return isSource ? field.sourceIndexes() : field.targetIndexes();
  }

  Field own() {
    return isSource ? field.source() : field.target();
  }

  /** True if not all records of the collection are meant. */
  boolean isPart() {
    return isSource && pairing.isFiltered();
  }

  /** Records read from this side, as far as they are meant and have that form. */
  RecordBatch records(RecordBatch read) {
    if (field.isStored()) {
      return isSource ? pairing.mapping().forward(pairing.select(read)).records() : read;
    }
    if (isSource) {
      return pairing.mapping().comparable(pairing.select(read)).records();
    }
    Mapped inverse = pairing.mapping().inverse(read);
    return originals == null ? inverse.records() : originals.restore(read, inverse);
  }

  /** What names a record of {@link #records}: the digest of its key, or of all of it. */
  RecordDigest key(CanonicalForm canonical, RecordBatch records, int record) {
    int[] key = field.isStored() ? pairing.targetKey() : pairing.key();
    return key.length == 0
        ? canonical.digest(records, record)
        : canonical.digest(records, record, key);
  }

  /** The offset of a record's vector, −1 if it has none. */
  int vector(RecordBatch records, int record) {
    int at = records.at(record, field.position());
    return records.kindAt(at) == Kind.VECTOR ? at : -1;
  }
}
