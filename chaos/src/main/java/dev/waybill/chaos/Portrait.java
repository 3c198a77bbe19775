package dev.waybill.chaos;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything that can be seen of a store at one moment: two states are equal exactly if these are.
 */
final class Portrait {
  private static final int SHOWN = 10;
  private static final int WIDTH = 300;

  /** By what they are of: a table's records, or definitions. */
  private final Map<String, Lines> parts = new TreeMap<>();

  /** Adds what a query gives: its columns, joined, are a line. */
  void add(String part, Statement statement, String query) throws SQLException {
    Lines lines = parts.computeIfAbsent(part, name -> new Lines());
    try (ResultSet row = statement.executeQuery(query)) {
      int columns = row.getMetaData().getColumnCount();
      StringBuilder line = new StringBuilder();
      while (row.next()) {
        line.setLength(0);
        for (int i = 1; i <= columns; i++) {
          line.append(i == 1 ? "" : " | ").append(row.getString(i));
        }
        lines.add(line.toString());
      }
    }
  }

  /** Adds a line. */
  void add(String part, String line) {
    parts.computeIfAbsent(part, name -> new Lines()).add(line);
  }

  /** The parts that are Waybill's, but for what it keeps with the records. */
  List<String> traces() {
    return parts.keySet().stream()
        .filter(name -> name.contains("waybill") && !name.contains("waybill_sidecar"))
        .toList();
  }

  /** What another state has less (−) and more (+); empty if they are equal. */
  List<String> differences(Portrait now) {
    List<String> found = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(parts.keySet());
    names.addAll(now.parts.keySet());
    for (String name : names) {
      Lines before = parts.getOrDefault(name, new Lines());
      Lines after = now.parts.getOrDefault(name, new Lines());
      if (!parts.containsKey(name) || !now.parts.containsKey(name)) {
        found.add((parts.containsKey(name) ? "- " : "+ ") + name);
      }
      if (!before.equals(after)) {
        show(found, "- " + name + ": ", before.without(after));
        show(found, "+ " + name + ": ", after.without(before));
      }
    }
    return found;
  }

  static void show(List<String> into, String prefix, List<String> lines) {
    lines.stream()
        .limit(SHOWN)
        .map(line -> prefix + (line.length() > WIDTH ? line.substring(0, WIDTH) + "…" : line))
        .forEach(into::add);
    if (lines.size() > SHOWN) {
      into.add(prefix + (lines.size() - SHOWN) + " more");
    }
  }
}
