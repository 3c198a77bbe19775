package dev.waybill.stores.postgres;

import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How PostgreSQL holds logical types.
 *
 * @param hasPgvector whether the database has the extension pgvector
 * @param ofExtensions types of extensions that the database has, as {@code format_type()} spells
 *     them
 */
record PostgresTypes(boolean hasPgvector, Set<String> ofExtensions) implements TypeTable {
  static final int LONGEST_VECTOR = 16_000;

  /** The most bits that pgvector has an index for; longer ones are no vectors to anybody. */
  static final int LONGEST_BITS = 64_000;

  private static final int LONGEST_VARCHAR = 10_485_760;
  private static final int LARGEST_PRECISION = 1000;
  private static final String HINT =
      "CREATE EXTENSION vector adds it, which a superuser may, or the role that a hosted database has for that";
  private static final String NO_NUL = "text with the character NUL cannot be held";
  private static final String NUMERIC_DIGITS =
      "more than 131072 digits before the point or 16383 behind it cannot be held";
  private static final String MICROSECONDS = "finer than microseconds cannot be held";

  private static final Pattern MODIFIERS = Pattern.compile(" ?\\([0-9, -]+\\)");
  private static final Pattern ARRAY = Pattern.compile("(\\[\\d*])+$");
  private static final Pattern INTERVAL_FIELDS =
      Pattern.compile(
          "interval (year|month|day|hour|minute|second)( to (month|hour|minute|second))?");

  PostgresTypes(boolean hasPgvector) {
    this(hasPgvector, Set.of());
  }

  @Override
  public Placement place(LogicalType type) {
    return switch (type.kind()) {
      case BOOLEAN -> exact("boolean", type);
      case INT64 ->
          switch (type.size()) {
            case 16 -> exact("smallint", type);
            case 32 -> exact("integer", type);
            default -> exact("bigint", LogicalType.INT64);
          };
      case DECIMAL -> decimal(type);
      case FLOAT32 -> exact("real", type);
      case FLOAT64 -> exact("double precision", type);
      case TEXT ->
          type.size() == 0 || type.size() > LONGEST_VARCHAR
              ? partial("text", LogicalType.TEXT, NO_NUL)
              : partial("character varying(" + type.size() + ")", type, NO_NUL);
      case BYTES -> exact("bytea", type);
      case UUID -> exact("uuid", type);
      case DATE ->
          partial("date", type, "only days from 4713 BC to 5874897 AD and the infinities are held");
      case TIME -> temporal("time", " without time zone", type);
      case TIMESTAMP -> temporal("timestamp", " without time zone", type);
      case INSTANT -> temporal("timestamp", " with time zone", type);
      case INTERVAL -> temporal("interval", "", type);
      case JSON ->
          partial(
              "jsonb",
              type,
              "names that occur twice in an object, the number -0 and the character NUL cannot be"
                  + " held");
      case VECTOR -> vector(type);
      case LIST -> list(type);
      case POINT ->
          new Placement(
              "jsonb", LogicalType.JSON, Verdict.ENCODED, "held as a JSON array of coordinates");
      case DYNAMIC, NULL, ABSENT ->
          new Placement(
              "",
              type,
              Verdict.REFUSED,
              "a column has one type; say which one in the plan, or store as jsonb or text");
    };
  }

  private static Placement exact(String nativeType, LogicalType stored) {
    return new Placement(nativeType, stored, Verdict.EXACT, "");
  }

  private static Placement partial(String nativeType, LogicalType stored, String note) {
    return new Placement(nativeType, stored, Verdict.PARTIAL, note);
  }

  private static Placement decimal(LogicalType type) {
    boolean fits = type.size() > 0 && type.size() <= LARGEST_PRECISION && type.scale() >= 0;
    return fits && type.scale() <= type.size()
        ? exact("numeric(" + type.size() + "," + type.scale() + ")", type)
        : partial("numeric", LogicalType.DECIMAL, NUMERIC_DIGITS);
  }

  private static Placement temporal(String name, String zone, LogicalType type) {
    int digits = type.scale() < 0 || type.scale() > 6 ? 6 : type.scale();
    String nativeType = name + (digits == 6 ? "" : "(" + digits + ")") + zone;
    LogicalType stored = type.withFraction(digits);
    String range =
        switch (type.kind()) {
          case TIME -> "a time with an offset cannot be held";
          case INTERVAL -> "";
          default -> "only times from 4713 BC to 294276 AD and the infinities are held";
        };
    String note = type.scale() >= 0 && type.scale() <= 6 ? "" : MICROSECONDS;
    String both = note + (note.isEmpty() || range.isEmpty() ? "" : "; ") + range;
    return both.isEmpty() ? exact(nativeType, stored) : partial(nativeType, stored, both);
  }

  private Placement vector(LogicalType type) {
    LogicalType element = type.element();
    if (element == null) {
      throw new IllegalArgumentException(type.toString());
    }
    if (hasPgvector && element.equals(LogicalType.FLOAT32) && type.size() <= LONGEST_VECTOR) {
      return partial(
          type.size() == 0 ? "vector" : "vector(" + type.size() + ")",
          type,
          "vectors with NaN or an infinity cannot be held");
    }
    if (element.equals(LogicalType.BOOLEAN) && type.size() > 0 && type.size() <= LONGEST_BITS) {
      return exact("bit(" + type.size() + ")", type);
    }
    Placement single = place(element);
    return new Placement(
        single.nativeType() + "[]",
        LogicalType.list(single.stored()),
        Verdict.ENCODED,
        "held as an array" + (hasPgvector ? "" : ", since the database has no pgvector: " + HINT));
  }

  private Placement list(LogicalType type) {
    LogicalType element = type.element();
    if (element == null) {
      throw new IllegalArgumentException(type.toString());
    }
    Placement single = place(element);
    // A column's type does not say how many dimensions its arrays have.
    if (single.verdict() == Verdict.REFUSED) {
      return new Placement("", type, Verdict.REFUSED, "an array's elements have one type");
    }
    if (single.nativeType().endsWith("[]") || single.verdict() == Verdict.ENCODED) {
      return new Placement("jsonb", LogicalType.JSON, Verdict.ENCODED, "held as a JSON array");
    }
    Placement many = exact(single.nativeType() + "[]", LogicalType.list(single.stored()));
    return single.note().isEmpty()
        ? many
        : partial(many.nativeType(), many.stored(), single.note());
  }

  /** The type of an array's elements, without modifiers. */
  static String plainName(String nativeType) {
    return MODIFIERS.matcher(ARRAY.matcher(nativeType).replaceFirst("")).replaceFirst("");
  }

  /** The extension that has a type, if any has; most are called as their type. */
  static String extensionOf(String plainName) {
    return NativeTypes.PGVECTOR.contains(plainName) ? "vector" : plainName;
  }

  @Override
  public @Nullable String indexFault(Index index, List<Field> fields) {
    return VectorIndex.fault(index, fields, hasPgvector);
  }

  @Override
  public int mostNotZero(Index index, List<Field> fields) {
    return VectorIndex.mostNotZero(index, fields);
  }

  @Override
  public boolean isKnown(String nativeType) {
    String name = plainName(nativeType);
    return NativeTypes.NAMES.contains(name)
        || INTERVAL_FIELDS.matcher(name).matches()
        || ofExtensions.contains(name)
        || hasPgvector && NativeTypes.PGVECTOR.contains(name);
  }

  @Override
  public int longestName() {
    return Dialect.LONGEST_NAME;
  }

  @Override
  public @Nullable String nameFault(String name) {
    return name.isEmpty() || name.indexOf('\0') >= 0
        ? "PostgreSQL has no empty names and none with NUL"
        : TypeTable.super.nameFault(name);
  }

  @Override
  public String dialect() {
    return "postgresql";
  }

  @Override
  public List<Native> natives() {
    return NativeTypes.all();
  }

  @Override
  public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
    return wanted;
  }

  @Override
  public Set<Trait> cannotHold() {
    return EnumSet.of(
        Trait.NUL_IN_TEXT,
        Trait.INVALID_UTF8,
        Trait.LONE_SURROGATE,
        Trait.NOT_FINITE_IN_VECTOR,
        Trait.ABSENT);
  }
}
