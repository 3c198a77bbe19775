package dev.waybill.stores.chroma;

import dev.waybill.model.Field.Generation;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.TypeTable;
import java.util.List;
import java.util.Set;
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

  private static final int LONGEST_NAME = 1 << 16;

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
      case TEXT -> exact(STRING, type);
      case INT64 -> exact(INT, type);
      case FLOAT64 -> exact(FLOAT, type);
      case BOOLEAN -> exact(BOOL, type);
      case VECTOR -> {
        LogicalType element = type.element();
        yield element != null && element.kind() == Kind.FLOAT32
            ? exact(EMBEDDING, type)
            : refused(type);
      }
      case LIST -> {
        String element = scalar(type.element());
        yield element == null ? refused(type) : exact("list(" + element + ")", type);
      }
      case DYNAMIC ->
          new Placement(MIXED, type, Verdict.PARTIAL, "texts, whole numbers, doubles, booleans");
      case NULL,
          ABSENT,
          DECIMAL,
          FLOAT32,
          BYTES,
          UUID,
          DATE,
          TIME,
          TIMESTAMP,
          INSTANT,
          INTERVAL,
          JSON,
          POINT ->
          refused(type);
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

  private static Placement refused(LogicalType type) {
    return new Placement("", type, Verdict.REFUSED, "Chroma has no such type");
  }

  @Override
  public boolean isKnown(String nativeType) {
    return natives().stream().anyMatch(each -> each.nativeType().equals(nativeType));
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
    return Set.of(Trait.INVALID_UTF8, Trait.LONE_SURROGATE, Trait.NAN, Trait.INFINITY);
  }
}
