package dev.waybill.testkit;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Violation;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Records of one table that a late constraint does not allow. Guarded by the database's lock. */
final class MemoryViolations {
  private final MemoryDatabase database;
  private final Collection collection;
  private final MemoryTable table;
  private final CanonicalForm canonical = new CanonicalForm();

  MemoryViolations(MemoryDatabase database, Collection collection) {
    this.database = database;
    this.collection = collection;
    this.table = database.table(collection.name());
  }

  /** Keys and single values are looked at when a record is written. */
  void find(Violation.Rule rule, Violation.Consumer consumer) {
    switch (rule) {
      case KEY, CHECK -> {}
      case FOREIGN_KEY -> {
        for (ForeignKey foreignKey : collection.foreignKeys()) {
          dangling(foreignKey, consumer);
        }
      }
      case UNIQUE -> {
        for (List<String> set : MemorySession.uniqueSets(collection)) {
          alike(set, consumer);
        }
      }
    }
  }

  private void alike(List<String> set, Violation.Consumer consumer) {
    int[] positions = table.positions(set);
    Set<RecordDigest> seen = new HashSet<>();
    List<RecordBatch> repeated =
        table.rows().values().stream()
            .sorted(Comparator.comparing(this::key, Arrays::compareUnsigned))
            .filter(record -> MemoryTable.isWhole(record, positions))
            .filter(record -> !seen.add(canonical.digest(record, 0, positions)))
            .toList();
    tell(
        consumer,
        "NOT_UNIQUE",
        "has the same " + String.join(", ", set) + " as another, which stays",
        repeated);
  }

  private byte[] key(RecordBatch record) {
    return named(record).recordBytes(0);
  }

  private RecordBatch named(RecordBatch record) {
    if (!collection.hasKey()) {
      return record;
    }
    RecordBatch key = new RecordBatch(collection.key().size());
    record.project(0, table.positions(collection.key()), key);
    return key;
  }

  private void dangling(ForeignKey foreignKey, Violation.Consumer consumer) {
    int[] from = table.positions(foreignKey.fields());
    MemoryTable parents = database.table(foreignKey.targetCollection());
    int[] to = parents.positions(foreignKey.targetFields());
    Set<Long> gone = new HashSet<>();
    boolean isSelf = parents == table;
    boolean isSettled = false;
    while (!isSettled) {
      Set<RecordDigest> there = new HashSet<>();
      parents
          .rows()
          .forEach(
              (row, record) -> {
                if (MemoryTable.isWhole(record, to) && !(isSelf && gone.contains(row))) {
                  there.add(canonical.digest(record, 0, to));
                }
              });
      int before = gone.size();
      table
          .rows()
          .forEach(
              (row, record) -> {
                if (MemoryTable.isWhole(record, from)
                    && !there.contains(canonical.digest(record, 0, from))) {
                  gone.add(row);
                }
              });
      isSettled = !isSelf || gone.size() == before;
    }
    tell(
        consumer,
        "FOREIGN_KEY_VIOLATED",
        "points with "
            + String.join(", ", foreignKey.fields())
            + " at no record of \""
            + foreignKey.targetCollection()
            + "\"",
        table.rows().entrySet().stream()
            .filter(each -> gone.contains(each.getKey()))
            .map(Map.Entry::getValue)
            .toList());
  }

  private void tell(
      Violation.Consumer consumer, String code, String reason, List<RecordBatch> records) {
    for (RecordBatch record : records) {
      if (!consumer.accept(new Violation(code, reason, named(record), !collection.hasKey()))) {
        return;
      }
    }
  }
}
