package dev.waybill.stores.sqlite;

import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How SQLite holds logical types: by the affinity of a declared type (sqlite.org/datatype3.html).
 */
final class SqliteTypes implements TypeTable {
  static final SqliteTypes TABLE = new SqliteTypes();

  private static final Pattern DECLARED =
      Pattern.compile(
          "(?:[A-Za-z_][A-Za-z0-9_]*(?: +[A-Za-z_][A-Za-z0-9_]*)*"
              + " *(?:\\( *[+-]?\\d+(?:\\.\\d+)? *(?:, *[+-]?\\d+(?:\\.\\d+)? *)?\\))?)?");
  private static final Pattern RESERVED =
      Pattern.compile(
          "(?i).*\\b(?:primary|not|null|unique|check|default|collate|references|constraint|generated"
              + "|as|on|foreign)\\b.*");
  private static final Set<String> STRICT = Set.of("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY");
  private static final String BOOLEAN = "BOOLEAN";
  private static final String MIXED =
      "other kinds of values may stand there, except in a STRICT table";
  private static final int LONGEST_NAME = 1_000_000;

  /** What SQLite does with values on their way into a column. */
  enum Affinity {
    INTEGER,
    TEXT,
    /** None: every value stays as it is. */
    BLOB,
    REAL,
    NUMERIC;

    /** SQLite's own rules, in its order. */
    static Affinity of(String declared, boolean isStrict) {
      String type = declared.toUpperCase(Locale.ROOT);
      if (isStrict && type.equals("ANY")) {
        return BLOB;
      }
      if (type.contains("INT")) {
        return INTEGER;
      }
      if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
        return TEXT;
      }
      if (type.contains("BLOB") || type.isEmpty()) {
        return BLOB;
      }
      if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
        return REAL;
      }
      return NUMERIC;
    }
  }

  private SqliteTypes() {}

  /** True if a STRICT table can have it. */
  static boolean isStrict(String declared) {
    return STRICT.contains(declared.toUpperCase(Locale.ROOT));
  }

  /** What a column's values are, as far as its declaration says. */
  static LogicalType logical(String declared, boolean isStrict) {
    if (declared.equalsIgnoreCase(BOOLEAN)) {
      // 0 and 1 by convention; SQLite promises as little here as it does for INTEGER.
      return LogicalType.INT64;
    }
    return switch (Affinity.of(declared, isStrict)) {
      case INTEGER -> LogicalType.INT64;
      case TEXT -> LogicalType.TEXT;
      case REAL -> LogicalType.FLOAT64;
      case NUMERIC -> LogicalType.DYNAMIC;
      case BLOB ->
          declared.isEmpty() || isStrict && declared.equalsIgnoreCase("ANY")
              ? LogicalType.DYNAMIC
              : LogicalType.BYTES;
    };
  }

  @Override
  public String dialect() {
    return "sqlite";
  }

  @Override
  public List<Native> natives() {
    return List.of(
        new Native(
            "INTEGER",
            LogicalType.INT64,
            "and every type with INT in it: INT, BIGINT, …; INTEGER PRIMARY KEY names the rowid; "
                + MIXED),
        new Native("BOOLEAN", LogicalType.INT64, "0 and 1 by convention; NUMERIC to SQLite"),
        new Native(
            "TEXT",
            LogicalType.TEXT,
            "and every type with CHAR, CLOB or TEXT in it; a length is not enforced; " + MIXED),
        new Native(
            "BLOB",
            LogicalType.BYTES,
            "and every type with BLOB in it; values stay as they are given: " + MIXED),
        new Native(
            "REAL",
            LogicalType.FLOAT64,
            "and every type with REAL, FLOA or DOUB in it; no NaN, no -0.0; " + MIXED),
        new Native(
            "NUMERIC",
            LogicalType.DYNAMIC,
            "and every other name: DECIMAL(10,2), DATE, DATETIME, JSON, UUID, …; whole numbers are stored as integers, others as doubles, what is no number as it is given"),
        new Native("", LogicalType.DYNAMIC, "no type: values stay as they are given"),
        new Native(
            "ANY",
            LogicalType.DYNAMIC,
            "in a STRICT table: values stay as they are given; elsewhere read as NUMERIC"));
  }

  @Override
  public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
    return wanted != Generation.NONE && isOnlyKey && stored.kind() == Kind.INT64
        ? Generation.IDENTITY
        : Generation.NONE;
  }

  @Override
  public Set<Trait> cannotHold() {
    return EnumSet.of(Trait.NAN, Trait.MINUS_ZERO, Trait.ABSENT);
  }

  @Override
  public @Nullable String indexFault(Index index, List<Field> fields) {
    return indexFault(index);
  }

  static @Nullable String indexFault(Index index) {
    return index.method().isEmpty() || index.method().equals("btree")
        ? null
        : "SQLite has no " + index.method() + " index";
  }

  @Override
  public Placement place(LogicalType type) {
    return switch (type.kind()) {
      case INT64 -> new Placement("INTEGER", LogicalType.INT64, Verdict.EXACT, "");
      case TEXT -> new Placement("TEXT", LogicalType.TEXT, Verdict.EXACT, "");
      case BYTES -> new Placement("BLOB", LogicalType.BYTES, Verdict.EXACT, "");
      case DYNAMIC -> new Placement("", LogicalType.DYNAMIC, Verdict.EXACT, "");
      case FLOAT64 ->
          new Placement(
              "REAL",
              LogicalType.FLOAT64,
              Verdict.PARTIAL,
              "SQLite stores NaN as null and -0.0 as 0.0: both are refused");
      case FLOAT32 ->
          new Placement(
              "REAL",
              LogicalType.FLOAT64,
              Verdict.PARTIAL,
              "as a double; SQLite stores NaN as null and -0.0 as 0.0: both are refused");
      case BOOLEAN -> new Placement(BOOLEAN, LogicalType.INT64, Verdict.ENCODED, "as 0 and 1");
      case VECTOR ->
          new Placement("BLOB", LogicalType.BYTES, Verdict.ENCODED, "as little-endian bytes");
      case DECIMAL, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, JSON, LIST, POINT ->
          isMixed(type)
              ? new Placement(
                  "", type, Verdict.REFUSED, "lists of values of several types have no text form")
              : new Placement("TEXT", LogicalType.TEXT, Verdict.ENCODED, "as text");
      case NULL, ABSENT ->
          new Placement("", LogicalType.DYNAMIC, Verdict.REFUSED, "no type of values");
    };
  }

  private static boolean isMixed(@Nullable LogicalType type) {
    return type != null && (type.kind() == Kind.DYNAMIC || isMixed(type.element()));
  }

  @Override
  public boolean isKnown(String nativeType) {
    return DECLARED.matcher(nativeType).matches() && !RESERVED.matcher(nativeType).matches();
  }

  @Override
  public int longestName() {
    return LONGEST_NAME;
  }

  @Override
  public @Nullable String nameFault(String name) {
    // An empty one is a name, one with NUL would end there.
    return name.indexOf('\0') >= 0
        ? "SQLite has no names with NUL"
        : TypeTable.super.nameFault(name);
  }
}
