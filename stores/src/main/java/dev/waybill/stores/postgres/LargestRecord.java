package dev.waybill.stores.postgres;

import dev.waybill.model.DataException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Refuses records of more than 64 MiB. The driver takes memory for a row before it shows any of it,
 * so the server is asked to look first and to fail with the record's key.
 */
final class LargestRecord {
  static final int BYTES = 64 << 20;

  /**
   * A table that keeps fewer bytes out of line has no such record: the server's methods of
   * compression reach 1 to 255 at most.
   */
  static final long LEAST_STORED = 128 << 10;

  private static final int LARGEST_NARROW = 1 << 20;
  private static final String BEGIN = "waybill:too-large:";
  private static final String END = ":waybill";

  private LargestRecord() {}

  /** A condition over a table {@code t}; empty where no column could be so large. */
  static String filter(List<TableShape.Column> columns, List<String> key) {
    StringJoiner sizes = new StringJoiner(" + ");
    sizes.setEmptyValue("");
    for (TableShape.Column column : columns) {
      String size = size(column, "t." + Dialect.quote(column.name()));
      if (!size.isEmpty()) {
        sizes.add("coalesce(" + size + ", 0)::bigint");
      }
    }
    if (sizes.length() == 0) {
      return "";
    }
    StringJoiner name = new StringJoiner(", ", "pg_catalog.concat_ws(', ', ", ")");
    name.add("NULL");
    key.forEach(each -> name.add("pg_catalog.left(t." + Dialect.quote(each) + "::text, 120)"));
    return " AND CASE WHEN "
        + sizes
        + " > "
        + BYTES
        + " THEN ('"
        + BEGIN
        + "' || "
        + name
        + " || '"
        + END
        + "')::integer IS NULL ELSE true END";
  }

  /** What a value takes on the wire, told without reading it where it is not large. */
  private static String size(TableShape.Column column, String value) {
    ColumnType type = column.type();
    return switch (type.form()) {
      case TEXT, BPCHAR ->
          type.limit() >= 0 && type.limit() <= LARGEST_NARROW
              ? ""
              : "pg_catalog.octet_length("
                  + value
                  + (type.form() == ColumnType.Form.TEXT ? "::text" : "")
                  + ")";
      case BYTEA -> "pg_catalog.octet_length(" + value + ")";
      case JSON, JSONB, CAST -> ifStoredLarge(value, value + "::text");
      case ARRAY -> ifStoredLarge(value, "pg_catalog.array_send(" + value + ")");
      case BOOL,
          INT2,
          INT4,
          INT8,
          OID,
          FLOAT4,
          FLOAT8,
          NUMERIC,
          NAME,
          UUID,
          DATE,
          TIME,
          TIMETZ,
          TIMESTAMP,
          TIMESTAMPTZ,
          INTERVAL,
          VECTOR,
          HALFVEC,
          SPARSEVEC,
          BIT ->
          "";
    };
  }

  private static String ifStoredLarge(String value, String wire) {
    return "CASE WHEN pg_catalog.pg_column_size("
        + value
        + ") > "
        + LEAST_STORED
        + " THEN pg_catalog.octet_length("
        + wire
        + ") END";
  }

  /** The refusal that a failed query means, if it is one. */
  static Optional<DataException> refusal(SQLException failure, String collection, int record) {
    String message = String.valueOf(failure.getMessage());
    int begin = message.indexOf(BEGIN);
    int end = message.lastIndexOf(END);
    return ServerErrors.state(failure).equals("22P02") && begin >= 0 && end > begin
        ? Optional.of(
            refusal(collection, message.substring(begin + BEGIN.length(), end), record, failure))
        : Optional.empty();
  }

  /**
   * The refusal.
   *
   * @param key the record's, empty if it is not known
   */
  static DataException refusal(
      String collection, String key, int record, @Nullable SQLException cause) {
    return new DataException(
        "RECORD_TOO_LARGE",
        "Record"
            + (key.isEmpty() ? " " : " " + key + " ")
            + "of \""
            + collection
            + "\" is larger than 64 MiB, the most that is carried.",
        "leave the large field out in the plan, or take this record over by other means",
        record,
        cause);
  }
}
