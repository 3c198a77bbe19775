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
import java.util.Map;
import java.util.regex.Pattern;

/** The statements that make a collection. */
final class Definition {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");

  private Definition() {}

  /** The statement of a table, from what the plan says of it. */
  static String table(Collection collection) {
    Map<String, String> properties = collection.detail().properties();
    boolean isWithoutRowid = collection.hasKey() && isSet(properties, Described.WITHOUT_ROWID);
    boolean isStrict = isSet(properties, Described.STRICT);
    List<String> parts = new ArrayList<>();
    String alias = isWithoutRowid ? "" : rowidAlias(collection);
    for (Field field : fields(collection)) {
      if (field.generation() == Field.Generation.HANDLE) {
        throw new SpecException(
            "UNSUPPORTED",
            "\"" + collection.name() + "\" has handles instead of a key, which SQLite cannot give.",
            "name a key for it in the plan: --key " + collection.name() + "=FIELD");
      }
      if (!alias.isEmpty() && field.name().equals(alias)) {
        boolean isCounted = isSet(properties, Described.AUTOINCREMENT);
        parts.add(Sql.quoted(alias) + " INTEGER PRIMARY KEY" + (isCounted ? " AUTOINCREMENT" : ""));
      } else {
        boolean isPlainKey = !isWithoutRowid && collection.key().equals(List.of(field.name()));
        parts.add(column(collection, field, isPlainKey, isStrict));
      }
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
      parts.add(
          "CHECK" + OwnStatement.parenthesised(check, "a check of \"" + collection.name() + "\""));
    }
    for (ForeignKey foreignKey : collection.foreignKeys()) {
      parts.add(foreignKey(foreignKey));
    }
    return "CREATE TABLE "
        + Sql.quoted(collection.name())
        + "("
        + String.join(", ", parts)
        + ")"
        + (isWithoutRowid ? " WITHOUT ROWID" : "")
        + (isStrict ? (isWithoutRowid ? ", STRICT" : " STRICT") : "");
  }

  private static boolean isSet(Map<String, String> properties, String name) {
    return Described.YES.equals(properties.get(name));
  }

  /** The fields that a table of the plan has: computed ones only where it is said from what. */
  static List<Field> fields(Collection collection) {
    return collection.fields().stream()
        .filter(field -> field.isWritten() || field.defaultValue() != null)
        .toList();
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

  private static String column(
      Collection collection, Field field, boolean isPlainKey, boolean isStrict) {
    String named = "\"" + collection.name() + "\".\"" + field.name() + "\"";
    String type = field.nativeType();
    if (!SqliteTypes.TABLE.isKnown(type) || isStrict && !SqliteTypes.isStrict(type)) {
      throw new SpecException(
          "TYPE_UNKNOWN",
          "\""
              + type
              + "\" of "
              + named
              + " cannot be declared in "
              + (isStrict ? "a STRICT table." : "SQLite."),
          "write another native type for this field in the plan, e.g. TEXT");
    }
    // In an INTEGER column the table constraint alone would make a rowid alias of a plain key.
    String declared = isPlainKey && type.equalsIgnoreCase("INTEGER") ? "INT" : type;
    Map<String, String> properties = collection.detail().properties();
    String collation = properties.get(Described.COLLATION + field.name());
    Field.Default value = field.defaultValue();
    StringBuilder sql = new StringBuilder(Sql.quoted(field.name()));
    sql.append(declared.isEmpty() ? "" : " " + declared)
        .append(collation == null ? "" : " COLLATE " + Sql.quoted(collation))
        .append(field.isNullable() ? "" : " NOT NULL");
    if (field.generation() == Field.Generation.COMPUTED && value != null) {
      String how = properties.get(Described.GENERATED + field.name());
      sql.append(" AS ")
          .append(OwnStatement.parenthesised(value.expression(), named))
          .append(Described.STORED.equals(how) ? " STORED" : " VIRTUAL");
    } else if (value != null) {
      sql.append(" DEFAULT ").append(defaultOf(type, value, named));
    }
    return sql.toString();
  }

  private static String defaultOf(String type, Field.Default value, String named) {
    String literal = value.literal();
    if (literal == null) {
      return OwnStatement.parenthesised(value.expression(), "the default of " + named);
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
      return OwnStatement.index(
              index.definition(), index.name(), collection.name(), index.isUnique())
          .named(name);
    }
    String fault = SqliteTypes.indexFault(index);
    if (fault != null) {
      throw new SpecException(
          "UNSUPPORTED",
          fault + ", which \"" + index.name() + "\" asks for.",
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
