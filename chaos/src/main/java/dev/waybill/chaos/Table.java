package dev.waybill.chaos;

import dev.waybill.chaos.Column.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A table that the rounds move.
 *
 * @param columns those of the key first
 * @param keyColumns how many columns the key has; 0 for a table without one
 */
record Table(String name, List<Column> columns, int keyColumns) {
  /** The column that tells which of two records is newer. */
  static final String VERSION = "version";

  static final Table PEOPLE =
      of(
          "people",
          1,
          new Column("id", Kind.INTEGER),
          new Column("name", Kind.TEXT),
          new Column("code", Kind.TEXT),
          new Column("weight", Kind.FLOAT),
          new Column("note", Kind.TEXT),
          new Column("doc", Kind.JSON),
          new Column("photo", Kind.BYTES),
          new Column("is_active", Kind.BOOLEAN),
          new Column("amount", Kind.NUMBER),
          new Column(VERSION, Kind.INTEGER));

  static final Table MESSAGES =
      of(
          "messages",
          1,
          new Column("id", Kind.INTEGER),
          new Column("person", Kind.INTEGER),
          new Column("body", Kind.TEXT),
          new Column(VERSION, Kind.INTEGER));

  static final Table TAGS =
      of(
          "tags",
          2,
          new Column("person", Kind.INTEGER),
          new Column("tag", Kind.TEXT),
          new Column("score", Kind.FLOAT),
          new Column(VERSION, Kind.INTEGER));

  /** Has no key, and records that are equal. */
  static final Table LOG =
      of(
          "log",
          0,
          new Column("at", Kind.INTEGER),
          new Column("line", Kind.TEXT),
          new Column("score", Kind.FLOAT),
          new Column(VERSION, Kind.INTEGER));

  /** Those that others refer to first. */
  static final List<Table> ALL = List.of(PEOPLE, MESSAGES, TAGS, LOG);

  private static final Map<String, String> REST =
      Map.of(
          "people", ", UNIQUE (code)",
          "messages", ", FOREIGN KEY (person) REFERENCES people (id)",
          "tags", ", PRIMARY KEY (person, tag), FOREIGN KEY (person) REFERENCES people (id)",
          "log", "");

  private static Table of(String name, int keyColumns, Column... columns) {
    return new Table(name, List.of(columns), keyColumns);
  }

  String quotedName() {
    return Dialect.quoted(name);
  }

  /** The columns, joined for a statement. */
  String columnList() {
    return columns.stream()
        .map(each -> Dialect.quoted(each.name()))
        .collect(Collectors.joining(", "));
  }

  /** The statement that makes the table. */
  String create(Dialect dialect, Dialect from, boolean cascades) {
    StringBuilder out = new StringBuilder("CREATE TABLE ").append(quotedName()).append(" (");
    for (Column column : columns) {
      String type =
          keyColumns == 1 && column.equals(columns.get(0))
              ? dialect.numbered()
              : dialect.type(column.kind(), from) + (isRequired(column) ? " NOT NULL" : "");
      out.append(column.equals(columns.get(0)) ? "" : ", ")
          .append(Dialect.quoted(column.name()))
          .append(' ')
          .append(type);
    }
    String rest = REST.getOrDefault(name, "");
    return out.append(cascades ? rest.replace("(id)", "(id) ON DELETE CASCADE") : rest)
        .append(')')
        .toString();
  }

  private boolean isRequired(Column column) {
    return columns.indexOf(column) < keyColumns
        || List.of("name", "person", VERSION).contains(column.name());
  }

  String insert(Dialect dialect, Dialect from) {
    return "INSERT INTO "
        + quotedName()
        + " ("
        + columnList()
        + ") VALUES ("
        + columns.stream()
            .map(each -> dialect.parameter(each.kind(), from))
            .collect(Collectors.joining(", "))
        + ")";
  }
}
