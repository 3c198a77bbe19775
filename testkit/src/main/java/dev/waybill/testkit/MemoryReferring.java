package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One table's foreign keys to another. */
final class MemoryReferring implements ReferringCollection {
  private final MemoryDatabase database;
  private final Collection target;
  private final MemoryTable to;
  private final MemoryTable from;

  /**
   * @param target what {@code to} is to who asks
   */
  MemoryReferring(MemoryDatabase database, Collection target, MemoryTable to, MemoryTable from) {
    this.database = database;
    this.target = target;
    this.to = to;
    this.from = from;
  }

  @Override
  public String name() {
    return from.collection().name();
  }

  @Override
  public boolean isInCatalog() {
    return true;
  }

  @Override
  public RecordReader read(RecordBatch keys, List<String> fields) {
    synchronized (database) {
      CanonicalForm canonical = new CanonicalForm();
      int[] wanted = from.positions(fields);
      RecordBatch found = new RecordBatch(1 + fields.size());
      for (ForeignKey key : from.collection().foreignKeys()) {
        if (key.targetCollection().equals(to.collection().name())) {
          Map<RecordDigest, List<Integer>> asked = asked(keys, key, canonical);
          int[] referring = from.positions(key.fields());
          for (RecordBatch record : from.rows().values()) {
            if (MemoryTable.isWhole(record, referring)) {
              RecordDigest value = canonical.digest(record, 0, referring);
              for (int position : asked.getOrDefault(value, List.of())) {
                found.putInt64(position);
                record.project(0, wanted, found);
              }
            }
          }
        }
      }
      return new Found(found);
    }
  }

  /** By what is referred to, the positions of the keys whose records have it. */
  private Map<RecordDigest, List<Integer>> asked(
      RecordBatch keys, ForeignKey foreignKey, CanonicalForm canonical) {
    int[] referredTo = to.positions(foreignKey.targetFields());
    int[] inWhole =
        foreignKey.targetFields().stream().mapToInt(target.writtenNames()::indexOf).toArray();
    Map<RecordDigest, List<Integer>> asked = new HashMap<>();
    for (int i = 0; i < keys.records(); i++) {
      RecordDigest value = null;
      if (target.hasKey()) {
        Long row = to.rowOf(canonical.digest(keys, i));
        RecordBatch record = row == null ? null : to.rows().get(row);
        value = record == null ? null : canonical.digest(record, 0, referredTo);
      } else {
        value = canonical.digest(keys, i, inWhole);
      }
      if (value != null) {
        asked.computeIfAbsent(value, digest -> new ArrayList<>()).add(i);
      }
    }
    return asked;
  }

  /** Reads what was found. */
  private static final class Found implements RecordReader {
    private final RecordBatch found;
    private int next;

    Found(RecordBatch found) {
      this.found = found;
    }

    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      int before = into.records();
      while (next < found.records()
          && (into.records() == before || into.records() < maxRecords && into.size() < maxBytes)) {
        into.putRecord(found, next++);
      }
      return into.records() > before;
    }

    @Override
    public void close() {}
  }
}
