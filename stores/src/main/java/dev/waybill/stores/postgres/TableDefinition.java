package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.SpecException;
import java.util.Set;
import java.util.StringJoiner;

/** The statement that makes a table, without what is added after the load. */
final class TableDefinition {
  private static final Set<String> INTEGERS = Set.of("smallint", "integer", "bigint");

  private TableDefinition() {}

  static String create(String schema, Collection collection) {
    StringJoiner columns = new StringJoiner(", ", "(", ")");
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
        columns.add(column(field));
      }
    }
    return "CREATE TABLE " + Dialect.quote(schema, collection.name()) + " " + columns;
  }

  /**
   * True if the table gets a column for the field. What another kind of store computes has no
   * expression here; the planner names it.
   */
  static boolean isMade(Field field) {
    return field.generation() != Generation.COMPUTED || field.defaultValue() != null;
  }

  private static String column(Field field) {
    String type =
        field.nativeType().isEmpty()
            ? new PostgresTypes(true).place(field.type()).nativeType()
            : Dialect.type(field.nativeType());
    String column = Dialect.quote(field.name()) + " " + type;
    Field.Default value = field.defaultValue();
    if (field.generation() == Generation.COMPUTED && value != null) {
      return column
          + " GENERATED ALWAYS AS ("
          + value.expression()
          + ") STORED"
          + (field.isNullable() ? "" : " NOT NULL");
    }
    boolean isIdentity =
        INTEGERS.contains(type)
            && (field.generation() == Generation.IDENTITY
                || field.generation() == Generation.IDENTITY_ALWAYS);
    if (isIdentity) {
      boolean isAlways = field.generation() == Generation.IDENTITY_ALWAYS;
      return column + " GENERATED " + (isAlways ? "ALWAYS" : "BY DEFAULT") + " AS IDENTITY";
    }
    return column + (field.isNullable() ? "" : " NOT NULL") + Defaults.clause(field, type);
  }
}
