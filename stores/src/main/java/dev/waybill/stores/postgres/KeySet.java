package dev.waybill.stores.postgres;

import dev.waybill.model.KeyText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;

/**
 * Keys as arrays in the session's settings: COPY takes no parameters and a read-only transaction
 * has no temporary tables, but a setting can be bound and is read by the query.
 */
final class KeySet {
  private final List<TableShape.Column> columns;
  private final RecordBatch keys;
  private final boolean[] hasNulls;

  KeySet(List<TableShape.Column> columns, RecordBatch keys) {
    this.columns = columns;
    this.keys = keys;
    this.hasNulls = new boolean[columns.size()];
    for (int i = 0; i < columns.size(); i++) {
      for (int record = 0; record < keys.records() && !hasNulls[i]; record++) {
        hasNulls[i] = keys.isMissingAt(keys.at(record, i));
      }
    }
  }

  /** The rows of keys as a table expression. */
  String from(String alias) {
    return from(alias, "", new StringJoiner(", "));
  }

  /** The same with their numbers, from 1, as column {@code n}. */
  String numbered(String alias) {
    return from(alias, " WITH ORDINALITY", new StringJoiner(", ", "", ", n"));
  }

  private String from(String alias, String with, StringJoiner names) {
    StringJoiner arrays = new StringJoiner(", ", "unnest(", ")" + with + " AS " + alias + "(");
    for (int i = 0; i < columns.size(); i++) {
      arrays.add(
          "pg_catalog.current_setting('waybill.key" + i + "')::" + type(columns.get(i)) + "[]");
      names.add("k" + i);
    }
    return arrays + names.toString() + ")";
  }

  private static String type(TableShape.Column column) {
    // An array of arrays is an array of more dimensions and would be taken apart: carried as text.
    return column.type().form() == ColumnType.Form.ARRAY ? "text" : column.castType();
  }

  /** The condition that a row of the table has the key; null equals null. */
  String matches(String table, String alias) {
    StringJoiner conditions = new StringJoiner(" AND ");
    for (int i = 0; i < columns.size(); i++) {
      TableShape.Column column = columns.get(i);
      boolean isArray = column.type().form() == ColumnType.Form.ARRAY;
      conditions.add(
          table
              + "."
              + Dialect.quote(column.name())
              + (hasNulls[i] ? " IS NOT DISTINCT FROM " : " = ")
              + alias
              + ".k"
              + i
              + (isArray ? "::" + column.castType() : ""));
    }
    return conditions.toString();
  }

  /** Puts the keys where the query finds them. */
  void bind(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT pg_catalog.set_config(?, ?, true)")) {
      for (int i = 0; i < columns.size(); i++) {
        statement.setString(1, "waybill.key" + i);
        statement.setString(2, array(i));
        statement.execute();
      }
    }
  }

  private String array(int field) {
    StringBuilder array = new StringBuilder("{");
    for (int record = 0; record < keys.records(); record++) {
      array.append(record == 0 ? "" : ",");
      int at = keys.at(record, field);
      if (keys.isMissingAt(at)) {
        array.append("NULL");
      } else {
        quoted(text(keys, at), array);
      }
    }
    return array.append('}').toString();
  }

  private static void quoted(String text, StringBuilder into) {
    into.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        into.append('\\');
      }
      into.append(c);
    }
    into.append('"');
  }

  /** A value as the server's input functions read it. */
  private static String text(RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case TEXT, JSON, DECIMAL -> batch.textAt(at);
      case BYTES -> "\\x" + HexFormat.of().formatHex(batch.payloadBytesAt(at));
      case DATE -> {
        long day = batch.dateAt(at);
        yield Temporals.isInfinite(day) ? Temporals.date(day) : date(day);
      }
      case TIMESTAMP -> timestamp(batch.secondsAt(at), batch.nanosAt(at), "");
      case INSTANT -> timestamp(batch.secondsAt(at), batch.nanosAt(at), "+00");
      case INTERVAL ->
          batch.intervalMonthsAt(at)
              + " months "
              + batch.intervalDaysAt(at)
              + " days "
              + batch.intervalNanosAt(at) / 1000
              + " microseconds";
      case VECTOR -> vector(batch, at);
      case LIST -> list(batch, at);
      default -> KeyText.value(batch, at);
    };
  }

  /** A vector as pgvector and {@code bit} are written. */
  static String vector(RecordBatch batch, int at) {
    if (batch.vectorElementAt(at) == Kind.FLOAT32) {
      return java.util.Arrays.toString(batch.float32VectorAt(at));
    }
    StringBuilder bits = new StringBuilder();
    int first = batch.payloadAt(at) + 1;
    for (int i = 0; i < batch.vectorDimensionAt(at); i++) {
      bits.append(batch.bytes()[first + i]);
    }
    return bits.toString();
  }

  private static String list(RecordBatch batch, int at) {
    StringBuilder text = new StringBuilder("{");
    int element = batch.firstElement(at);
    for (int i = 0; i < batch.listSizeAt(at); i++) {
      text.append(i == 0 ? "" : ",");
      if (batch.isMissingAt(element)) {
        text.append("NULL");
      } else if (batch.kindAt(element) == Kind.LIST) {
        text.append(list(batch, element));
      } else {
        quoted(text(batch, element), text);
      }
      element = batch.next(element);
    }
    return text.append('}').toString();
  }

  private static String date(long epochDay) {
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    int year = date.getYear();
    String shown =
        String.format(
            "%04d-%02d-%02d",
            year > 0 ? year : 1 - year, date.getMonthValue(), date.getDayOfMonth());
    return year > 0 ? shown : shown + " BC";
  }

  private static String timestamp(long seconds, int nanos, String zone) {
    if (Temporals.isInfinite(seconds)) {
      return Temporals.timestamp(seconds, 0);
    }
    String date = date(Math.floorDiv(seconds, 86_400L));
    long second = Math.floorMod(seconds, 86_400L);
    boolean isBefore = date.endsWith(" BC");
    return (isBefore ? date.substring(0, date.length() - 3) : date)
        + String.format(" %02d:%02d:%02d.%09d", second / 3600, second / 60 % 60, second % 60, nanos)
        + zone
        + (isBefore ? " BC" : "");
  }
}
