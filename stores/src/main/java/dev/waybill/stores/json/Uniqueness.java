package dev.waybill.stores.json;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Violation;
import dev.waybill.stores.json.Work.Shelf;
import dev.waybill.stores.support.PrivateFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds records that are alike where they must not be. Whether there are any is found by sorting
 * digests on disk, which they are by the work's indexes; nothing that grows is in memory.
 */
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
        .filter(layout -> layout.shape() != JsonLayout.Shape.RECORD)
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

  /**
   * A set of fields in which two records agree, if there is one.
   *
   * @param folder for what is sorted on disk; nothing else may be in it
   */
  Optional<List<String>> broken(Shelf kept, Path folder) throws SQLException, IOException {
    List<List<String>> sets = sets(kept.collection());
    PrivateFolder.remove(folder);
    List<KeyIndex> indexes = new ArrayList<>();
    try {
      for (int i = 0; i < sets.size(); i++) {
        indexes.add(new KeyIndex(folder, "set-" + i));
      }
      boolean isKeyKnown = kept.collection().hasKey() && records.hasKeys(kept, kept.collection());
      if (isKeyKnown) {
        addKeys(kept, indexes.get(0));
      }
      int first = isKeyKnown ? 1 : 0;
      if (first < sets.size()) {
        addValues(kept, sets.subList(first, sets.size()), indexes.subList(first, sets.size()));
      }
      for (int i = 0; i < sets.size(); i++) {
        indexes.get(i).finish();
        if (!indexes.get(i).isUnique()) {
          return Optional.of(sets.get(i));
        }
      }
      return Optional.empty();
    } finally {
      for (KeyIndex index : indexes) {
        index.close();
      }
      PrivateFolder.remove(folder);
    }
  }

  /** The keys that records are kept with. */
  private void addKeys(Shelf kept, KeyIndex into) throws SQLException, IOException {
    try (PreparedStatement all =
            work.query(
                kept.isInParts()
                    ? "SELECT keys, lengths FROM piece WHERE shelf = " + kept.id()
                    : "SELECT key, NULL FROM " + kept.table() + " WHERE json IS NOT NULL");
        ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        ByteBuffer keys = ByteBuffer.wrap(rows.getBytes(1));
        byte[] of = rows.getBytes(2);
        ByteBuffer lengths = of == null ? ByteBuffer.allocate(Integer.BYTES) : ByteBuffer.wrap(of);
        while (keys.hasRemaining()) {
          RecordDigest key = new RecordDigest(keys.getLong(), keys.getLong());
          if (lengths.getInt() >= 0) {
            into.add(key);
          }
        }
      }
    }
  }

  /** The values of sets, of records that have all of them, in one pass. */
  private void addValues(Shelf kept, List<List<String>> sets, List<KeyIndex> into)
      throws SQLException, IOException {
    Collection collection = kept.collection();
    RecordText text = records.text(collection);
    RecordBatch record = new RecordBatch(collection.writtenFields().size());
    CanonicalForm canonical = new CanonicalForm();
    List<int[]> positions = new ArrayList<>();
    sets.forEach(set -> positions.add(positions(collection, set)));
    try (ShelfReader all = work.reader(kept)) {
      while (all.next()) {
        record.clear();
        text.decode(all.json(), record);
        for (int i = 0; i < into.size(); i++) {
          if (isWhole(record, positions.get(i))) {
            into.get(i).add(canonical.digest(record, 0, positions.get(i)));
          }
        }
      }
    }
  }

  private static int[] positions(Collection collection, List<String> set) {
    return set.stream().mapToInt(collection.writtenNames()::indexOf).toArray();
  }

  private static boolean isWhole(RecordBatch record, int[] fields) {
    for (int field : fields) {
      if (record.isMissingAt(record.at(0, field))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isKey(Shelf kept, List<String> set) {
    return set.equals(kept.collection().key());
  }

  /** The table that has the values of a set under {@code key}, indexed, beside {@code id}. */
  private String prepared(Shelf kept, List<String> set) throws SQLException, IOException {
    work.tabled(kept);
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
    int[] fields = positions(collection, set);
    try (PreparedStatement all =
            work.query("SELECT id, json FROM " + kept.table() + " WHERE json IS NOT NULL");
        PreparedStatement put = work.query("INSERT INTO alike VALUES (?, ?)");
        ResultSet rows = all.executeQuery()) {
      while (rows.next()) {
        record.clear();
        text.decode(rows.getBytes(2), record);
        if (isWhole(record, fields)) {
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
      throws SQLException, IOException {
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
      throws SQLException, IOException {
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
