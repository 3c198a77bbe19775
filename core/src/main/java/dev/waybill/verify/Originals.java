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
import java.util.HashMap;
import java.util.Map;
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
  private final Collection values;
  private final boolean isEmpty;

  /** How many records of a digest have had their entries, for collections without key. */
  private final Map<RecordDigest, AtomicInteger> taken = new ConcurrentHashMap<>();

  private Originals(Snapshot snapshot, Pairing pairing, Collection values) {
    this.snapshot = snapshot;
    this.pairing = pairing;
    this.values = values;
    this.isEmpty = snapshot.count(values) == 0;
  }

  /** What a snapshot of the target keeps for a collection; null if there is nothing to be kept. */
  public static @Nullable Originals of(Snapshot target, Pairing pairing) {
    Collection values = pairing.sidecar();
    if (values == null || pairing.sidecarFields().isEmpty()) {
      return null;
    }
    Originals originals = new Originals(target, pairing, values);
    return originals.isEmpty ? null : originals;
  }

  /** One value: where it belongs, and what must stand there. */
  private record Entry(String written, byte[] original) {}

  /** What names a record in the sidecar: the digest of its key, or of all of it. */
  public static RecordDigest id(
      Pairing pairing, CanonicalForm canonical, RecordBatch stored, int record) {
    return pairing.targetKey().length > 0
        ? canonical.digest(stored, record, pairing.targetKey())
        : canonical.digest(stored, record, IntStream.range(0, pairing.identifying()).toArray());
  }

  /** The spelling of {@link #id}; {@code ordinal} tells equal records without key apart. */
  public static String idText(RecordDigest id, int ordinal) {
    return ordinal == 0 ? id.toString() : id + "-" + ordinal;
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
    RecordBatch records = inverse.records();
    CanonicalForm canonical = new CanonicalForm();
    String[] ids = new String[records.records()];
    RecordDigest[] digests = new RecordDigest[ids.length];
    for (int record = 0; record < ids.length; record++) {
      digests[record] = id(pairing, canonical, stored, inverse.origin(record));
      ids[record] = idText(digests[record], 0);
    }
    Map<String, Entry> entries = lookup(ids);
    if (entries.isEmpty()) {
      return records;
    }
    if (pairing.targetKey().length == 0) {
      takeTurns(ids, digests, entries);
      entries = lookup(ids);
    }
    RecordBatch restored = new RecordBatch(records.width(), records.size() + 64);
    for (int record = 0; record < ids.length; record++) {
      put(stored, inverse, record, ids[record], entries, canonical, restored);
    }
    return restored;
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
        ids[record] = idText(digests[record], turn);
      }
    }
  }

  private void put(
      RecordBatch stored,
      Mapped inverse,
      int record,
      String id,
      Map<String, Entry> entries,
      CanonicalForm canonical,
      RecordBatch into) {
    RecordBatch records = inverse.records();
    for (int field = 0; field < records.width(); field++) {
      Entry entry = null;
      for (Pairing.SidecarField each : pairing.sidecarFields()) {
        if (each.comparable() == field) {
          Entry found = entries.get(key(id, each.name()));
          boolean isBound =
              found != null
                  && written(canonical, stored, inverse.origin(record), each.target())
                      .equals(found.written());
          entry = isBound ? found : null;
        }
      }
      if (entry == null) {
        into.putValue(records, records.at(record, field));
      } else {
        RecordBatch one = new RecordBatch(1);
        try {
          one.putRecord(entry.original());
        } catch (IllegalArgumentException noValue) {
          throw damaged(noValue);
        }
        into.putValue(one, one.at(0, 0));
      }
    }
  }

  private DataException damaged(@Nullable Throwable cause) {
    return new DataException(
        "DAMAGED_SIDECAR",
        "What "
            + values.name()
            + " keeps of "
            + pairing.target().name()
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
        keys.putText(pairing.target().name());
        keys.putText(id);
        keys.putText(field.name());
      }
    }
    Map<String, Entry> entries = new HashMap<>();
    if (keys.isEmpty()) {
      return entries;
    }
    RecordBatch held = new RecordBatch(5);
    try (RecordReader reader = snapshot.lookup(values, keys)) {
      while (reader.read(held, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < held.records(); record++) {
          if (held.kindAt(held.at(record, 3)) != Kind.TEXT
              || held.kindAt(held.at(record, 4)) != Kind.BYTES) {
            throw damaged(null);
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
