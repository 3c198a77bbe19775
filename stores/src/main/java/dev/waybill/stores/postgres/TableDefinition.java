package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/** The statements that make a table, without what is added after the load. */
final class TableDefinition {
  private static final Set<String> INTEGERS = Set.of("smallint", "integer", "bigint");

  /** What a page of 8 KiB takes of one row. */
  private static final int LARGEST_FIXED_ROW = 8160;

  private static final int MOST_COLUMNS = 1600;

  private TableDefinition() {}

  /** The table, then its partitions and comments. */
  static List<String> create(String schema, Collection collection) {
    StringJoiner columns = new StringJoiner(", ", "(", ")");
    int count = 0;
    int fixed = 0;
    for (Field field : collection.fields()) {
      if (field.generation() == Generation.HANDLE) {
        throw new SpecException(
            "UNSUPPORTED",
            "PostgreSQL makes no handles of its own, as field \""
                + field.name()
                + "\" of \""
                + collection.name()
                + "\" would need.",
            "give the collection a key: --key COLLECTION=FIELD");
      }
      if (isMade(field)) {
        columns.add(column(collection, field));
        count++;
        fixed += field.isNullable() ? 0 : fixedWidth(field);
      }
    }
    if (count > MOST_COLUMNS || fixed > LARGEST_FIXED_ROW) {
      throw new SpecException(
          "TABLE_TOO_WIDE",
          "Table \""
              + collection.name()
              + "\" would have "
              + (count > MOST_COLUMNS
                  ? count + " columns; PostgreSQL takes " + MOST_COLUMNS
                  : fixed + " bytes of numbers in each row; PostgreSQL takes " + LARGEST_FIXED_ROW)
              + ".",
          "carry fewer fields: leave some out in the plan");
    }
    Map<String, String> properties = collection.detail().properties();
    String table = Dialect.quote(schema, collection.name());
    List<String> statements = new ArrayList<>();
    statements.add(
        "CREATE "
            + ("unlogged".equals(properties.get(TableDetail.PERSISTENCE)) ? "UNLOGGED " : "")
            + "TABLE "
            + table
            + " "
            + columns
            + clause(properties, TableDetail.PARTITION, " PARTITION BY ", "")
            + clause(properties, TableDetail.OPTIONS, " WITH (", ")"));
    List<TableDetail.Partition> partitions = TableDetail.partitions(collection);
    for (TableDetail.Partition partition : partitions) {
      // The first one hangs on the table itself, which a plan may have given another name.
      boolean isOfTable = partition.parent().equals(partitions.get(0).parent());
      statements.add(
          "CREATE TABLE "
              + Dialect.quote(schema)
              + "."
              + partition.name()
              + " PARTITION OF "
              + (isOfTable ? table : Dialect.quote(schema) + "." + partition.parent())
              + " "
              + partition.bounds());
    }
    comments(collection, table, statements);
    return statements;
  }

  private static String clause(
      Map<String, String> properties, String property, String before, String after) {
    String text = properties.get(property);
    return text == null ? "" : before + SqlText.single(property, text) + after;
  }

  private static void comments(Collection collection, String table, List<String> statements) {
    String comment = collection.detail().properties().get(TableDetail.COMMENT);
    if (comment != null) {
      statements.add("COMMENT ON TABLE " + table + " IS " + Dialect.literal(comment));
    }
    for (Field field : collection.fields()) {
      String ofField = TableDetail.get(collection, TableDetail.COMMENT, field.name());
      if (ofField != null && isMade(field)) {
        statements.add(
            "COMMENT ON COLUMN "
                + table
                + "."
                + Dialect.quote(field.name())
                + " IS "
                + Dialect.literal(ofField));
      }
    }
  }

  /** Bytes of a value that is always in the row itself. */
  private static int fixedWidth(Field field) {
    return switch (field.nativeType()) {
      case "boolean", "\"char\"" -> 1;
      case "smallint" -> 2;
      case "integer", "real", "date", "oid" -> 4;
      case "bigint",
          "double precision",
          "timestamp without time zone",
          "timestamp with time zone" ->
          8;
      case "uuid", "interval" -> 16;
      default -> 0;
    };
  }

  /**
   * True if the table gets a column for the field. What another kind of store computes has no
   * expression here; the planner names it.
   */
  static boolean isMade(Field field) {
    return field.generation() != Generation.COMPUTED || field.defaultValue() != null;
  }

  private static String column(Collection collection, Field field) {
    String type =
        field.nativeType().isEmpty()
            ? new PostgresTypes(true).place(field.type()).nativeType()
            : Dialect.type(field.nativeType());
    String collation = TableDetail.get(collection, TableDetail.COLLATION, field.name());
    String column =
        Dialect.quote(field.name())
            + " "
            + type
            + (collation == null
                ? ""
                : " COLLATE " + SqlText.single(TableDetail.COLLATION, collation));
    Field.Default value = field.defaultValue();
    String notNull = field.isNullable() ? "" : " NOT NULL";
    if (field.generation() == Generation.COMPUTED && value != null) {
      boolean isVirtual =
          "virtual".equals(TableDetail.get(collection, TableDetail.GENERATED, field.name()));
      return column
          + " GENERATED ALWAYS AS ("
          + value.expression()
          + ") "
          + (isVirtual ? "VIRTUAL" : "STORED")
          + notNull;
    }
    String ownDefault = TableDetail.get(collection, TableDetail.DEFAULT, field.name());
    boolean isNumbered =
        field.generation() == Generation.IDENTITY
            || field.generation() == Generation.IDENTITY_ALWAYS;
    boolean isSaid = value != null && value.expression().equals(ownDefault);
    if (ownDefault != null && (isNumbered || isSaid)) {
      return column
          + notNull
          + " DEFAULT ("
          + SqlText.single(TableDetail.DEFAULT, ownDefault)
          + ")";
    }
    if (isNumbered && INTEGERS.contains(type)) {
      boolean isAlways = field.generation() == Generation.IDENTITY_ALWAYS;
      String options = TableDetail.get(collection, TableDetail.IDENTITY, field.name());
      return column
          + " GENERATED "
          + (isAlways ? "ALWAYS" : "BY DEFAULT")
          + " AS IDENTITY"
          + (options == null ? "" : " (" + SqlText.single(TableDetail.IDENTITY, options) + ")");
    }
    return column + notNull + Defaults.clause(field, type);
  }
}
