package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One collection in memory. Each record is a batch of its own that is never changed, under a row
 * number that is never used again. Guarded by its database's lock.
 */
final class MemoryTable {
  private Collection collection;
  private boolean isComplete;
  private final TreeMap<Long, RecordBatch> rows;
  private final Map<RecordDigest, Long> byKey;

  MemoryTable(Collection collection) {
    this(collection, false, new TreeMap<>(), new HashMap<>());
  }

  private MemoryTable(
      Collection collection,
      boolean isComplete,
      TreeMap<Long, RecordBatch> rows,
      Map<RecordDigest, Long> byKey) {
    this.collection = collection;
    this.isComplete = isComplete;
    this.rows = rows;
    this.byKey = byKey;
  }

  MemoryTable copy() {
    return new MemoryTable(collection, isComplete, new TreeMap<>(rows), new HashMap<>(byKey));
  }

  Collection collection() {
    return collection;
  }

  /** True once unique sets and foreign keys hold, and must go on to hold. */
  boolean isComplete() {
    return isComplete;
  }

  void complete(Collection withConstraints) {
    collection = withConstraints;
    isComplete = true;
  }

  TreeMap<Long, RecordBatch> rows() {
    return rows;
  }

  @Nullable Long rowOf(RecordDigest key) {
    return byKey.get(key);
  }

  void put(long row, RecordBatch record, @Nullable RecordDigest key) {
    rows.put(row, record);
    if (key != null) {
      byKey.put(key, row);
    }
  }

  void remove(long row, @Nullable RecordDigest key) {
    rows.remove(row);
    if (key != null) {
      byKey.remove(key);
    }
  }

  /** Positions of fields among the written ones; −1 for a name that is not there. */
  int[] positions(List<String> names) {
    List<String> written = collection.writtenNames();
    return names.stream().mapToInt(written::indexOf).toArray();
  }

  /** Digests of the chosen fields of all records; those with a null in them are left out. */
  Map<RecordDigest, Integer> countsOf(List<String> names, CanonicalForm canonical) {
    int[] positions = positions(names);
    Map<RecordDigest, Integer> counts = new HashMap<>();
    for (RecordBatch record : rows.values()) {
      if (isWhole(record, positions)) {
        counts.merge(canonical.digest(record, 0, positions), 1, Integer::sum);
      }
    }
    return counts;
  }

  static boolean isWhole(RecordBatch record, int[] positions) {
    for (int position : positions) {
      if (record.isMissingAt(record.at(0, position))) {
        return false;
      }
    }
    return true;
  }

  /** The position of the record's own handle, or −1. */
  static int ownHandle(Collection collection) {
    List<Field> fields = collection.writtenFields();
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      if (field.generation() == Field.Generation.HANDLE && !isEndpoint(collection, field.name())) {
        return i;
      }
    }
    return -1;
  }

  static boolean isEndpoint(Collection collection, String field) {
    Collection.Endpoints endpoints = collection.endpoints();
    return endpoints != null
        && (endpoints.fromFields().contains(field) || endpoints.toFields().contains(field));
  }
}
