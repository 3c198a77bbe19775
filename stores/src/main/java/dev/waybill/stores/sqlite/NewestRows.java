package dev.waybill.stores.sqlite;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;

/** Finds records of a table without key, each as often as it is asked for. */
final class NewestRows {
  private static final int AT_ONCE = 500;
  private static final int MOST_BYTES = 16 << 20;

  private NewestRows() {}

  /** The rowid of the newest equal record for each record that has one, by its position. */
  static Map<Integer, Long> find(
      Connected connection, OpenTable to, String rowid, RecordBatch records) throws SQLException {
    CanonicalForm canonical = new CanonicalForm();
    Map<RecordDigest, Deque<Integer>> wanted = new HashMap<>();
    for (int i = 0; i < records.records(); i++) {
      wanted.computeIfAbsent(canonical.digest(records, i), none -> new ArrayDeque<>()).add(i);
    }
    int width = to.all.length;
    int[] whole = new int[width];
    Arrays.setAll(whole, i -> i + 1);
    String newest =
        SqliteSnapshot.select(to.table, to.collection.writtenNames())
                .replaceFirst("SELECT ", Matcher.quoteReplacement("SELECT t." + rowid + ", "))
            + " WHERE t."
            + rowid
            + " <= ? ORDER BY t."
            + rowid
            + " DESC";
    Map<Integer, Long> rowids = new TreeMap<>();
    long upTo = Long.MAX_VALUE;
    boolean isMore = true;
    RecordBatch rows = new RecordBatch(width + 1);
    RecordBatch row = new RecordBatch(width);
    while (rowids.size() < records.records() && isMore) {
      rows.clear();
      try (Rows found = new Rows(connection.prepare(newest), width + 1, to.text)) {
        found.statement().setLong(1, upTo);
        found.begin();
        isMore = found.append(rows, AT_ONCE, MOST_BYTES);
      }
      for (int i = 0; i < rows.records() && rowids.size() < records.records(); i++) {
        row.clear();
        rows.project(i, whole, row);
        upTo = rows.int64At(rows.at(i, 0));
        Deque<Integer> waiting = wanted.get(canonical.digest(row, 0));
        if (waiting != null && !waiting.isEmpty()) {
          rowids.put(waiting.remove(), upTo);
        }
      }
      isMore = isMore && upTo > Long.MIN_VALUE;
      upTo--;
    }
    return rowids;
  }
}
