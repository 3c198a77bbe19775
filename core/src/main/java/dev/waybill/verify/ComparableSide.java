package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.mapping.Mapping.Refused;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.KeyText;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Snapshot;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One side of a comparison: where its records are and how they get their comparable form.
 *
 * <p>A record with a value that has no comparable form is given a digest that nothing else has, so
 * that it differs from everything on the other side.
 */
final class ComparableSide {
  private final Pairing pairing;
  private final @Nullable Snapshot snapshot;
  private final boolean isSource;
  private final @Nullable Originals originals;

  private ComparableSide(Pairing pairing, @Nullable Snapshot snapshot, boolean isSource) {
    this.pairing = pairing;
    this.snapshot = snapshot;
    this.isSource = isSource;
    this.originals = isSource || snapshot == null ? null : Originals.of(snapshot, pairing);
  }

  /** This side for another pass over its records. */
  ComparableSide anew() {
    return new ComparableSide(pairing, snapshot, isSource);
  }

  static ComparableSide source(Pairing pairing, Snapshot snapshot) {
    return new ComparableSide(pairing, snapshot, true);
  }

  /** The source's form alone, without records to read. */
  static ComparableSide sourceForm(Pairing pairing) {
    return new ComparableSide(pairing, null, true);
  }

  static ComparableSide target(Pairing pairing, Snapshot snapshot) {
    return new ComparableSide(pairing, snapshot, false);
  }

  Snapshot snapshot() {
    return Objects.requireNonNull(snapshot);
  }

  boolean isSource() {
    return isSource;
  }

  Collection collection() {
    return isSource ? pairing.source() : pairing.target();
  }

  /** True if every record's comparable form is the record as read. */
  boolean isAsRead() {
    return isSource
        ? pairing.mapping().isComparableAsRead()
        : originals == null && pairing.mapping().isInverseAsRead();
  }

  /** Takes the records of a batch one by one. */
  interface EntryConsumer {
    /**
     * A record in comparable form.
     *
     * @param key digest of its key; of the record itself where it has none
     * @param records batch that holds it
     * @param record its position there
     */
    void comparable(RecordDigest key, RecordDigest whole, RecordBatch records, int record);

    /** A record without comparable form. */
    void incomparable(RecordDigest digest, String key, Refused refused);
  }

  /** Hands out the records of a batch read from this side, as far as they are meant. */
  void forEach(CanonicalForm canonical, RecordBatch read, EntryConsumer consumer) {
    RecordBatch batch = isSource ? pairing.select(read) : read;
    Mapped mapped =
        isSource ? pairing.mapping().comparable(batch) : pairing.mapping().inverse(batch);
    RecordBatch records = originals == null ? mapped.records() : originals.restore(batch, mapped);
    for (int record = 0; record < records.records(); record++) {
      RecordDigest whole = canonical.digest(records, record);
      RecordDigest key =
          pairing.hasKey() ? canonical.digest(records, record, pairing.key()) : whole;
      consumer.comparable(key, whole, records, record);
    }
    for (Refused refused : mapped.refused()) {
      consumer.incomparable(
          incomparable(canonical, batch, refused.record()),
          KeyText.of(batch, refused.record(), nativeKey()),
          refused);
    }
  }

  /** The digest that stands for a record without comparable form. */
  static RecordDigest incomparable(CanonicalForm canonical, RecordBatch batch, int record) {
    RecordDigest asRead = canonical.digest(batch, record);
    return new RecordDigest(~asRead.high(), ~asRead.low());
  }

  private int[] nativeKey() {
    return isSource ? sourceKey(pairing) : targetKey();
  }

  /** Positions of the key, or of all fields, in a target record as read. */
  private int[] targetKey() {
    int[] key = Arrays.stream(pairing.key()).map(pairing.mapping()::targetPosition).toArray();
    return key.length > 0 && Arrays.stream(key).allMatch(position -> position >= 0)
        ? key
        : pairing.targetKey().length > 0
            ? pairing.targetKey()
            : IntStream.range(0, pairing.target().writtenFields().size()).toArray();
  }

  /** Positions of the key, or of all fields, in a source record as read. */
  static int[] sourceKey(Pairing pairing) {
    return pairing.hasKey()
        ? Arrays.stream(pairing.key())
            .map(pairing.mapping()::sourcePosition)
            .filter(position -> position >= 0)
            .toArray()
        : IntStream.range(0, pairing.source().writtenFields().size()).toArray();
  }
}
