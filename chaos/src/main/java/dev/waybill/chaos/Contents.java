package dev.waybill.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The records of the tables that a round moves, in a form that is the same in every store. */
final class Contents {
  private final Map<Table, Map<String, List<Row>>> tables = new HashMap<>();

  private record Row(String text, long version) {}

  /** What becomes of a record that is there already with another content. */
  enum Policy {
    FAIL("fail"),
    SKIP("skip"),
    OVERWRITE("overwrite"),
    NEWER("newer:" + Table.VERSION);

    private final String option;

    Policy(String option) {
      this.option = option;
    }

    String option() {
      return option;
    }

    private boolean replaces(Row there, Row coming) {
      return switch (this) {
        case FAIL, SKIP -> false;
        case OVERWRITE -> true;
        case NEWER -> coming.version > there.version;
      };
    }
  }

  /** How two contents differ: how many records, and the first of them. */
  record Difference(long lost, long twice, long wrong, List<String> examples) {
    boolean isNone() {
      return lost + twice + wrong == 0;
    }
  }

  /** What a place holds; a table that is not there holds nothing. */
  static Contents of(Place place) throws SQLException {
    Contents contents = new Contents();
    for (Table table : Table.ALL) {
      contents.tables.put(table, new TreeMap<>());
    }
    if (place.exists()) {
      try (Connection connection = place.connect()) {
        for (Table table : Table.ALL) {
          if (isThere(connection, table)) {
            contents.read(connection, table);
          }
        }
      }
    }
    return contents;
  }

  private static boolean isThere(Connection connection, Table table) throws SQLException {
    try (ResultSet row = connection.getMetaData().getTables(null, null, table.name(), null)) {
      return row.next();
    }
  }

  private void read(Connection connection, Table table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT " + table.columnList() + " FROM " + table.quotedName())) {
      int versionAt = table.columns().size();
      while (row.next()) {
        StringBuilder text = new StringBuilder();
        String key = "";
        for (int i = 0; i < table.columns().size(); i++) {
          text.append(i == 0 ? "" : " | ").append(table.columns().get(i).read(row, i + 1));
          if (i + 1 == table.keyColumns()) {
            key = text.toString();
          }
        }
        add(
            table,
            table.keyColumns() == 0 ? text.toString() : key,
            new Row(text.toString(), row.getLong(versionAt)));
      }
    }
  }

  private Map<String, List<Row>> table(Table table) {
    return tables.computeIfAbsent(table, each -> new TreeMap<>());
  }

  private void add(Table table, String key, Row row) {
    table(table).computeIfAbsent(key, each -> new ArrayList<>(1)).add(row);
  }

  /** The tables that are as in none of these. */
  List<String> tablesUnlike(List<Contents> states) {
    return Table.ALL.stream()
        .filter(table -> states.stream().noneMatch(each -> each.table(table).equals(table(table))))
        .map(Table::name)
        .toList();
  }

  long records() {
    return tables.values().stream()
        .flatMap(table -> table.values().stream())
        .mapToLong(List::size)
        .sum();
  }

  /** What a target that held this must hold once a source's records have come. */
  Contents with(Contents source, Policy policy) {
    Contents expected = new Contents();
    for (Table table : Table.ALL) {
      table(table).forEach((key, rows) -> rows.forEach(row -> expected.add(table, key, row)));
      source
          .table(table)
          .forEach(
              (key, rows) -> {
                List<Row> there = expected.table(table).get(key);
                if (there == null || table.keyColumns() == 0) {
                  rows.forEach(row -> expected.add(table, key, row));
                } else if (policy.replaces(there.get(0), rows.get(0))) {
                  there.set(0, rows.get(0));
                }
              });
    }
    return expected;
  }

  /** What is there compared with what this says should be. */
  Difference difference(Contents actual) {
    long lost = 0;
    long twice = 0;
    long wrong = 0;
    List<String> examples = new ArrayList<>();
    for (Table table : Table.ALL) {
      Map<String, List<Row>> there = actual.table(table);
      List<String> missing = new ArrayList<>();
      List<String> extra = new ArrayList<>();
      for (Map.Entry<String, List<Row>> each : table(table).entrySet()) {
        List<Row> found = there.getOrDefault(each.getKey(), List.of());
        List<Row> asked = each.getValue();
        lost += Math.max(0, asked.size() - found.size());
        twice += Math.max(0, found.size() - asked.size());
        if (asked.size() != found.size()) {
          missing.add(asked.size() + " × " + each.getKey() + ", there are " + found.size());
        } else if (!asked.get(0).text.equals(found.get(0).text)) {
          wrong++;
          missing.add(asked.get(0).text);
          extra.add(found.get(0).text);
        }
      }
      for (Map.Entry<String, List<Row>> each : there.entrySet()) {
        if (!table(table).containsKey(each.getKey())) {
          wrong += each.getValue().size();
          extra.add(each.getValue().get(0).text);
        }
      }
      Portrait.show(examples, "- " + table.name() + ": ", missing);
      Portrait.show(examples, "+ " + table.name() + ": ", extra);
    }
    return new Difference(lost, twice, wrong, examples);
  }
}
