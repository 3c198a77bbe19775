package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Violation;
import dev.waybill.stores.json.Work.Shelf;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Finds records that are alike where they must not be: by the work's indexes, not in memory. */
final class Uniqueness {
  private static final int MOST = 1000;

  private final Work work;
  private final WorkRecords records;

  Uniqueness(Work work, WorkRecords records) {
    this.work = work;
    this.records = records;
  }

  /** The sets of fields in which no two records may agree, the key first. */
  static List<List<String>> sets(Collection collection) {
    List<List<String>> sets = new ArrayList<>();
    if (collection.hasKey()) {
      sets.add(collection.key());
    }
    sets.addAll(unique(collection));
    JsonLayout.of(collection.detail())
        .map(JsonLayout::keyField)
        .filter(field -> !field.isEmpty() && !sets.contains(List.of(field)))
        .ifPresent(field -> sets.add(List.of(field)));
    return sets;
  }

  private static List<List<String>> unique(Collection collection) {
    List<List<String>> sets = new ArrayList<>(collection.uniqueSets());
    for (Index index : collection.indexes()) {
      if (index.isUnique() && index.isPortable()) {
        sets.add(index.columns().stream().map(Index.Column::field).toList());
      }
    }
    return sets;
  }

  boolean isBroken(Shelf kept, List<String> set) throws SQLException {
    String table = prepared(kept, set);
    try (PreparedStatement alike =
            work.query(
                "SELECT 1 FROM "
                    + table
                    + (isKey(kept, set) ? " WHERE json IS NOT NULL" : "")
                    + " GROUP BY key HAVING count(*) > 1 LIMIT 1");
        ResultSet row = alike.executeQuery()) {
      return row.next();
    }
  }

  private static boolean isKey(Shelf kept, List<String> set) {
    return set.equals(kept.collection().key());
  }

  /** The table that has the values of a set under {@code key}, indexed, beside {@code id}. */
  private String prepared(Shelf kept, List<String> set) throws SQLException {
    if (isKey(kept, set)) {
      records.index(kept, kept.collection());
      return kept.table();
    }
    work.execute("DROP TABLE IF EXISTS alike");
    work.execute("CREATE TABLE alike(id INTEGER PRIMARY KEY, key BLOB)");
    Collection collection = kept.collection();
    RecordText text = records.text(collection);
    RecordBatch record = new RecordBatch(collection.writtenFields().size());
    CanonicalForm canonical = new CanonicalForm();
    int[] fields = set.stream().mapToInt(collection.writtenNames()::indexOf).toArray();
    try (PreparedStatement all =
            work.query("SELECT id, json FROM " + kept.table() + " WHERE json IS NOT NULL");
        PreparedStatement put = work.query("INSERT INTO alike VALUES (?, ?)");
        ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        record.clear();
        text.decode(rows.getBytes(2), record);
        boolean isWhole = true;
        for (int field : fields) {
          isWhole &= !record.isMissingAt(record.at(0, field));
        }
        if (isWhole) {
          put.setLong(1, rows.getLong(1));
          put.setBytes(2, Work.bytes(canonical.digest(record, 0, fields)));
          put.executeUpdate();
        }
      }
    }
    work.execute("CREATE INDEX alike_key ON alike(key)");
    return "alike";
  }

  void violations(
      Shelf kept, Collection collection, Violation.Rule rule, Violation.Consumer consumer)
      throws SQLException {
    switch (rule) {
      case KEY -> {
        if (collection.hasKey()) {
          alike(kept, collection, collection.key(), consumer);
        }
      }
      case UNIQUE -> {
        for (List<String> set : sets(collection)) {
          if (!set.equals(collection.key()) && !alike(kept, collection, set, consumer)) {
            return;
          }
        }
      }
      case CHECK, FOREIGN_KEY -> {}
    }
  }

  /** All but the first of each that are alike; false if no more is wanted. */
  private boolean alike(
      Shelf kept, Collection collection, List<String> set, Violation.Consumer consumer)
      throws SQLException {
    String table = prepared(kept, set);
    boolean isWhole = set.equals(collection.key()) || !collection.hasKey();
    RecordText text = records.text(collection);
    int width = collection.writtenFields().size();
    RecordBatch record = new RecordBatch(width);
    int[] key = collection.keyPositions();
    RecordBatch found = new RecordBatch(isWhole ? width : key.length);
    String reason = "has the same " + String.join(", ", set) + " as another";
    try (PreparedStatement all =
            work.query(
                "SELECT r.json FROM "
                    + kept.table()
                    + " r JOIN "
                    + table
                    + " a ON a.id = r.id WHERE r.json IS NOT NULL AND EXISTS (SELECT 1 FROM "
                    + table
                    + " b JOIN "
                    + kept.table()
                    + " s ON s.id = b.id WHERE b.key = a.key AND b.id < a.id"
                    + " AND s.json IS NOT NULL) ORDER BY r.id");
        ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        record.clear();
        text.decode(rows.getBytes(1), record);
        if (isWhole) {
          found.putRecord(record, 0);
        } else {
          record.project(0, key, found);
        }
        if (found.records() == MOST) {
          if (!consumer.accept(new Violation("NOT_UNIQUE", reason, found, isWhole))) {
            return false;
          }
          found = new RecordBatch(found.width());
        }
      }
    }
    return found.isEmpty() || consumer.accept(new Violation("NOT_UNIQUE", reason, found, isWhole));
  }
}
