package dev.waybill.verify;

import dev.waybill.mapping.Mapping.Mapped;
import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts the values of a sidecar where their stand-ins are (docs/formats/sidecar.md). An entry counts
 * only while the stand-in is still the value that was written with it. Thread-safe.
 *
 * <p>Equal records without a key share the entries of their digest, in the order in which they are
 * read; which of them gets which does not matter, since nothing tells them apart.
 */
public final class Originals {
  private static final int BATCH_RECORDS = 5_000;
  private static final int BATCH_BYTES = 4 << 20;

  private final Snapshot snapshot;
  private final Pairing pairing;
  private final Place place;

  /** How many records of a digest have had their entries, for collections without key. */
  private final Map<RecordDigest, AtomicInteger> taken = new ConcurrentHashMap<>();

  /**
   * Where the values of a collection are.
   *
   * @param values the sidecar's collection of them
   * @param collection the name of the store's own collection that they belong to
   * @param stage how many copies ago they were left behind, 1 for the last
   */
  public record Place(Collection values, String collection, int stage) {}

  private Originals(Snapshot snapshot, Pairing pairing, Place place) {
    this.snapshot = snapshot;
    this.pairing = pairing;
    this.place = place;
  }

  /** What a snapshot of the target keeps for a collection; null if there is nothing to be kept. */
  public static @Nullable Originals of(Snapshot target, Pairing pairing) {
    Place place = pairing.sidecar();
    if (place == null || pairing.sidecarFields().isEmpty()) {
      return null;
    }
    return target.count(place.values()) == 0 ? null : new Originals(target, pairing, place);
  }

  /** Those among some records that have entries, whether these count or were made not to. */
  public static @Nullable Entry[] @Nullable [] standing(
      Snapshot target, Pairing pairing, Place place, RecordBatch stored) {
    return new Originals(target, pairing, place).find(stored, true);
  }

  /**
   * One value: where it belongs, and what must stand there.
   *
   * @param written the digest of its stand-in; {@link #NOTHING} if the entry counts no more
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Entry(String written, byte[] original) {}

  /** What is written in place of the stand-in's digest where an entry counts no more. */
  public static final String NOTHING = "";

  /** What names a record in the sidecar: the digest of its key, or of all of it. */
  public static RecordDigest id(
      Pairing pairing, CanonicalForm canonical, RecordBatch stored, int record) {
    return pairing.targetKey().length > 0
        ? canonical.digest(stored, record, pairing.targetKey())
        : canonical.digest(stored, record, IntStream.range(0, pairing.identifying()).toArray());
  }

  /**
   * The spelling of {@link #id}.
   *
   * @param ordinal tells equal records without key apart
   * @param stage as {@link Place#stage}
   */
  public static String idText(RecordDigest id, int ordinal, int stage) {
    return id + (ordinal == 0 ? "" : "-" + ordinal) + (stage == 1 ? "" : "/" + stage);
  }

  /** The digest of a stored value, to which an entry is bound. */
  public static String written(CanonicalForm canonical, RecordBatch stored, int record, int field) {
    return canonical.digest(stored, record, new int[] {field}).toString();
  }

  /**
   * The records of a batch with their original values.
   *
   * @param stored records as the target holds them
   * @param inverse the same in comparable form
   */
  public RecordBatch restore(RecordBatch stored, Mapped inverse) {
    return put(pairing, inverse, find(stored));
  }

  /**
   * The entries that count, by record and by place among the pairing's sidecar fields.
   *
   * @param stored records as the target holds them
   * @return null in place of a record without any
   */
  public @Nullable Entry[] @Nullable [] find(RecordBatch stored) {
    return find(stored, false);
  }

  private @Nullable Entry[] @Nullable [] find(RecordBatch stored, boolean isAny) {
    CanonicalForm canonical = new CanonicalForm();
    String[] ids = new String[stored.records()];
    RecordDigest[] digests = new RecordDigest[ids.length];
    for (int record = 0; record < ids.length; record++) {
      digests[record] = id(pairing, canonical, stored, record);
      ids[record] = idText(digests[record], 0, place.stage());
    }
    @Nullable Entry[] @Nullable [] found = new Entry[ids.length][];
    Map<String, Entry> entries = lookup(ids);
    if (entries.isEmpty()) {
      return found;
    }
    if (pairing.targetKey().length == 0) {
      takeTurns(ids, digests, entries);
      entries = lookup(ids);
    }
    List<Pairing.SidecarField> fields = pairing.sidecarFields();
    for (int record = 0; record < ids.length; record++) {
      for (int field = 0; field < fields.size(); field++) {
        Entry entry = entries.get(key(ids[record], fields.get(field).name()));
        boolean isBound =
            entry != null
                && (isAny && entry.written().equals(NOTHING)
                    || entry
                        .written()
                        .equals(written(canonical, stored, record, fields.get(field).target())));
        if (isBound) {
          @Nullable Entry[] ofRecord = found[record];
          if (ofRecord == null) {
            ofRecord = new Entry[fields.size()];
            found[record] = ofRecord;
          }
          ofRecord[field] = entry;
        }
      }
    }
    return found;
  }

  private void takeTurns(String[] ids, RecordDigest[] digests, Map<String, Entry> entries) {
    for (int record = 0; record < ids.length; record++) {
      String id = ids[record];
      boolean hasAny =
          pairing.sidecarFields().stream()
              .anyMatch(field -> entries.containsKey(key(id, field.name())));
      if (hasAny) {
        int turn =
            taken.computeIfAbsent(digests[record], each -> new AtomicInteger()).getAndIncrement();
        ids[record] = idText(digests[record], turn, place.stage());
      }
    }
  }

  /**
   * Records in comparable form with the values that entries have.
   *
   * @param found as {@link #find} gives them for the records that {@code inverse} was made of
   */
  public static RecordBatch put(
      Pairing pairing, Mapped inverse, @Nullable Entry[] @Nullable [] found) {
    if (Arrays.stream(found).allMatch(Objects::isNull)) {
      return inverse.records();
    }
    RecordBatch records = inverse.records();
    RecordBatch restored = new RecordBatch(records.width(), records.size() + 64);
    @Nullable Entry[] byField = new Entry[records.width()];
    for (int record = 0; record < records.records(); record++) {
      Arrays.fill(byField, null);
      @Nullable Entry[] ofRecord = found[inverse.origin(record)];
      for (int i = 0; ofRecord != null && i < ofRecord.length; i++) {
        if (ofRecord[i] != null) {
          byField[pairing.sidecarFields().get(i).comparable()] = ofRecord[i];
        }
      }
      for (int field = 0; field < byField.length; field++) {
        Entry entry = byField[field];
        if (entry == null) {
          restored.putValue(records, records.at(record, field));
        } else {
          RecordBatch one = value(pairing, entry);
          restored.putValue(one, one.at(0, 0));
        }
      }
    }
    return restored;
  }

  private static RecordBatch value(Pairing pairing, Entry entry) {
    RecordBatch one = new RecordBatch(1);
    try {
      one.putRecord(entry.original());
    } catch (IllegalArgumentException noValue) {
      throw damaged(Objects.requireNonNull(pairing.sidecar()), noValue);
    }
    return one;
  }

  private static DataException damaged(Place place, @Nullable Throwable cause) {
    return new DataException(
        "DAMAGED_SIDECAR",
        "What "
            + place.values().name()
            + " keeps of "
            + place.collection()
            + " is damaged: an entry holds no value (--no-sidecar takes the records as they are"
            + " stored).",
        "mend or drop that collection, or take the records as they are stored: --no-sidecar",
        -1,
        cause);
  }

  private static String key(String id, String field) {
    return id + " " + field;
  }

  private Map<String, Entry> lookup(String[] ids) {
    RecordBatch keys = new RecordBatch(3);
    for (String id : ids) {
      for (Pairing.SidecarField field : pairing.sidecarFields()) {
        keys.putText(place.collection());
        keys.putText(id);
        keys.putText(field.name());
      }
    }
    Map<String, Entry> entries = new HashMap<>();
    if (keys.isEmpty()) {
      return entries;
    }
    RecordBatch held = new RecordBatch(5);
    try (RecordReader reader = snapshot.lookup(place.values(), keys)) {
      while (reader.read(held, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < held.records(); record++) {
          if (held.kindAt(held.at(record, 3)) != Kind.TEXT
              || held.kindAt(held.at(record, 4)) != Kind.BYTES) {
            throw damaged(place, null);
          }
          entries.put(
              key(held.textAt(held.at(record, 1)), held.textAt(held.at(record, 2))),
              new Entry(held.textAt(held.at(record, 3)), held.payloadBytesAt(held.at(record, 4))));
        }
        held.clear();
      }
    }
    return entries;
  }
}
