package dev.waybill.stores.chroma;

import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What Chroma holds: texts, one vector a record, and metadata of four types and lists of them. */
final class ChromaTypes implements TypeTable {
  static final ChromaTypes TABLE = new ChromaTypes();

  static final String ID = "id";
  static final String DOCUMENT = "document";
  static final String URI = "uri";
  static final String EMBEDDING = "embedding";
  static final String STRING = "string";
  static final String INT = "int";
  static final String FLOAT = "float";
  static final String BOOL = "bool";
  static final String MIXED = "mixed";

  static final int LONGEST_VECTOR = 1 << 16;

  private static final String LIST = "list(";
  private static final int LONGEST_NAME = 1 << 16;
  private static final Set<String> SPACES = Set.of("l2", "ip", "cosine");
  private static final Pattern COLLECTION =
      Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]");

  private ChromaTypes() {}

  @Override
  public String dialect() {
    return "chroma";
  }

  @Override
  public List<Native> natives() {
    return List.of(
        new Native(ID, LogicalType.TEXT, ""),
        new Native(DOCUMENT, LogicalType.TEXT, ""),
        new Native(URI, LogicalType.TEXT, ""),
        new Native(
            EMBEDDING,
            LogicalType.vector(LogicalType.FLOAT32, 0),
            "under the cosine space as the server answers it, not always as it was sent"),
        new Native(STRING, LogicalType.TEXT, ""),
        new Native(INT, LogicalType.INT64, ""),
        new Native(FLOAT, LogicalType.FLOAT64, ""),
        new Native(BOOL, LogicalType.BOOLEAN, ""),
        new Native("list(string)", LogicalType.list(LogicalType.TEXT), "never empty"),
        new Native(MIXED, LogicalType.DYNAMIC, "a key whose values differ in type"));
  }

  @Override
  public Placement place(LogicalType type) {
    return switch (type.kind()) {
      case TEXT -> exact(STRING, LogicalType.TEXT);
      case INT64 -> exact(INT, LogicalType.INT64);
      case FLOAT64 -> floats("neither NaN nor infinite ones");
      case FLOAT32 -> floats("as the same double, neither NaN nor infinite ones");
      case BOOLEAN -> exact(BOOL, type);
      case VECTOR -> {
        LogicalType element = type.element();
        yield element != null && element.kind() == Kind.FLOAT32 && type.size() <= LONGEST_VECTOR
            ? new Placement(EMBEDDING, type, Verdict.PARTIAL, "each record has one")
            : refused(type);
      }
      case LIST -> {
        String element = scalar(type.element());
        yield element == null
            ? refused(type)
            : new Placement(
                LIST + element + ")",
                type(LIST + element + ")", 0),
                Verdict.PARTIAL,
                "no empty list");
      }
      case DYNAMIC ->
          new Placement(MIXED, type, Verdict.PARTIAL, "texts, whole numbers, doubles, booleans");
      case DECIMAL, UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL, JSON, POINT ->
          new Placement(STRING, LogicalType.TEXT, Verdict.ENCODED, "as text");
      case NULL, ABSENT, BYTES -> refused(type);
    };
  }

  private static @Nullable String scalar(@Nullable LogicalType element) {
    if (element == null) {
      return null;
    }
    return switch (element.kind()) {
      case TEXT -> STRING;
      case INT64 -> INT;
      case FLOAT64 -> FLOAT;
      case BOOLEAN -> BOOL;
      default -> null;
    };
  }

  private static Placement exact(String nativeType, LogicalType type) {
    return new Placement(nativeType, type, Verdict.EXACT, "");
  }

  private static Placement floats(String note) {
    return new Placement(FLOAT, LogicalType.FLOAT64, Verdict.PARTIAL, note);
  }

  private static Placement refused(LogicalType type) {
    return new Placement("", type, Verdict.REFUSED, "Chroma has no such type");
  }

  /** What values of a native type are. */
  static LogicalType type(String nativeType, int dimension) {
    return switch (nativeType) {
      case ID, DOCUMENT, URI, STRING -> LogicalType.TEXT;
      case EMBEDDING -> LogicalType.vector(LogicalType.FLOAT32, dimension);
      case INT -> LogicalType.INT64;
      case FLOAT -> LogicalType.FLOAT64;
      case BOOL -> LogicalType.BOOLEAN;
      default ->
          nativeType.startsWith(LIST) && nativeType.endsWith(")")
              ? LogicalType.list(
                  type(nativeType.substring(LIST.length(), nativeType.length() - 1), 0))
              : LogicalType.DYNAMIC;
    };
  }

  @Override
  public @Nullable String nameFault(String name) {
    if (name.isEmpty() || name.startsWith("#") || name.startsWith("$")) {
      return "in Chroma no key of metadata is empty or begins with # or $";
    }
    return name.startsWith("chroma:") || name.startsWith(Description.OWN)
        ? "keys of metadata that begin with chroma: are Chroma's own, those with "
            + Description.OWN
            + " Waybill's"
        : TypeTable.super.nameFault(name);
  }

  @Override
  public @Nullable String collectionNameFault(String name) {
    return COLLECTION.matcher(name).matches() && !Beside.isHidden(name)
        ? null
        : "in Chroma the name of a collection has 3 to 512 characters of a-z, A-Z, 0-9, ., _ and -,"
            + " and begins and ends with a letter or digit";
  }

  /** Under the cosine space the index keeps directions and lengths apart. */
  @Override
  public String answeredAs(String metric) {
    return metric.equals("cosine") ? "cosine" : "";
  }

  @Override
  public String uniqueFault() {
    return "in Chroma only ids are unique";
  }

  @Override
  public @Nullable String indexFault(Index index, List<Field> fields) {
    if (fields.size() != 1 || fields.get(0).type().kind() != Kind.VECTOR || index.isUnique()) {
      return "Chroma indexes each key of metadata by itself, and has no other index but that of its"
          + " vectors";
    }
    String metric = index.options().getOrDefault(Index.METRIC, "l2");
    return SPACES.contains(metric) ? null : "Chroma does not compare vectors by " + metric;
  }

  @Override
  public boolean isKnown(String nativeType) {
    return natives().stream().anyMatch(each -> each.nativeType().equals(nativeType))
        || nativeType.startsWith(LIST) && type(nativeType, 0).kind() == Kind.LIST;
  }

  @Override
  public Generation numbering(Generation wanted, LogicalType stored, boolean isOnlyKey) {
    return Generation.NONE;
  }

  @Override
  public int longestName() {
    return LONGEST_NAME;
  }

  @Override
  public Set<Trait> cannotHold() {
    return EnumSet.of(
        Trait.INVALID_UTF8,
        Trait.LONE_SURROGATE,
        Trait.NAN,
        Trait.INFINITY,
        Trait.NOT_FINITE_IN_VECTOR);
  }
}
