package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The statements that make a collection. */
final class Definition {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");

  private Definition() {}

  static String table(Collection collection) {
    List<String> parts = new ArrayList<>();
    String alias = rowidAlias(collection);
    for (Field field : collection.writtenFields()) {
      if (field.generation() == Field.Generation.HANDLE) {
        throw new SpecException(
            "UNSUPPORTED",
            "\"" + collection.name() + "\" has handles instead of a key, which SQLite cannot give.",
            "name a key for it in the plan: --key " + collection.name() + "=FIELD");
      }
      parts.add(column(collection, field, field.name().equals(alias)));
    }
    if (collection.hasKey() && alias.isEmpty()) {
      parts.add("PRIMARY KEY(" + Sql.quoted(collection.key()) + ")");
    }
    for (List<String> unique : collection.uniqueSets()) {
      if (!isIndexed(collection, unique)) {
        parts.add("UNIQUE(" + Sql.quoted(unique) + ")");
      }
    }
    for (String check : collection.checks()) {
      parts.add("CHECK(" + check + ")");
    }
    for (ForeignKey foreignKey : collection.foreignKeys()) {
      parts.add(foreignKey(foreignKey));
    }
    return "CREATE TABLE " + Sql.quoted(collection.name()) + "(" + String.join(", ", parts) + ")";
  }

  /** The key that becomes another name of the rowid, or "". */
  private static String rowidAlias(Collection collection) {
    if (collection.key().size() != 1) {
      return "";
    }
    return collection
        .field(collection.key().get(0))
        .filter(field -> field.type().kind() == Kind.INT64)
        .filter(
            field ->
                field.generation() == Field.Generation.IDENTITY
                    || field.generation() == Field.Generation.IDENTITY_ALWAYS)
        .map(Field::name)
        .orElse("");
  }

  private static boolean isIndexed(Collection collection, List<String> unique) {
    return collection.indexes().stream()
        .filter(index -> index.isUnique() && index.isPortable())
        .map(index -> new HashSet<>(index.columns().stream().map(Index.Column::field).toList()))
        .anyMatch(columns -> columns.equals(new HashSet<>(unique)));
  }

  private static String column(Collection collection, Field field, boolean isAlias) {
    if (isAlias) {
      return Sql.quoted(field.name()) + " INTEGER PRIMARY KEY";
    }
    String type = field.nativeType();
    if (!SqliteTypes.TABLE.isKnown(type)) {
      throw new SpecException(
          "TYPE_UNKNOWN",
          "\""
              + type
              + "\" of \""
              + collection.name()
              + "\".\""
              + field.name()
              + "\" cannot be declared in SQLite.",
          "write another native type for this field in the plan, e.g. TEXT");
    }
    // In an INTEGER column the table constraint alone would make a rowid alias of a plain key.
    boolean isPlainKey = collection.key().equals(List.of(field.name()));
    String declared = isPlainKey && type.equalsIgnoreCase("INTEGER") ? "INT" : type;
    Field.Default value = field.defaultValue();
    return Sql.quoted(field.name())
        + (declared.isEmpty() ? "" : " " + declared)
        + (field.isNullable() ? "" : " NOT NULL")
        + (value == null ? "" : " DEFAULT " + defaultOf(type, value));
  }

  private static String defaultOf(String type, Field.Default value) {
    String literal = value.literal();
    if (literal == null) {
      return "(" + value.expression() + ")";
    }
    SqliteTypes.Affinity affinity = SqliteTypes.Affinity.of(type, false);
    boolean isWrittenAsText = value.expression().startsWith("'");
    boolean isNumber =
        switch (affinity) {
          case TEXT -> false;
          case BLOB -> !isWrittenAsText;
          case INTEGER, REAL, NUMERIC -> true;
        };
    if (isNumber && NUMBER.matcher(literal).matches()) {
      return literal;
    }
    if (isNumber && literal.toLowerCase(Locale.ROOT).matches("true|false")) {
      return literal.equalsIgnoreCase("true") ? "1" : "0";
    }
    return "'" + literal.replace("'", "''") + "'";
  }

  private static String foreignKey(ForeignKey foreignKey) {
    return "FOREIGN KEY("
        + Sql.quoted(foreignKey.fields())
        + ") REFERENCES "
        + Sql.quoted(foreignKey.targetCollection())
        + (foreignKey.targetFields().isEmpty()
            ? ""
            : "(" + Sql.quoted(foreignKey.targetFields()) + ")")
        + action(" ON DELETE ", foreignKey.onDelete())
        + action(" ON UPDATE ", foreignKey.onUpdate())
        + (foreignKey.isDeferrable() ? " DEFERRABLE INITIALLY DEFERRED" : "");
  }

  private static String action(String when, ForeignKey.Action action) {
    return action == ForeignKey.Action.NO_ACTION ? "" : when + action.name().replace('_', ' ');
  }

  /**
   * The statement of an index.
   *
   * @param name the name it gets, which may differ from the one it wants
   */
  static String index(Collection collection, Index index, String name) {
    if (!index.isPortable()) {
      return index.definition();
    }
    if (!index.method().isEmpty() && !index.method().equals("btree")) {
      throw new SpecException(
          "UNSUPPORTED",
          "SQLite has no " + index.method() + " index, which \"" + index.name() + "\" asks for.",
          "take the index out of the plan");
    }
    StringBuilder columns = new StringBuilder();
    for (Index.Column column : index.columns()) {
      columns
          .append(columns.isEmpty() ? "" : ", ")
          .append(Sql.quoted(column.field()))
          .append(column.isDescending() ? " DESC" : "");
    }
    return "CREATE "
        + (index.isUnique() ? "UNIQUE " : "")
        + "INDEX "
        + Sql.quoted(name)
        + " ON "
        + Sql.quoted(collection.name())
        + "("
        + columns
        + ")";
  }
}
