package dev.waybill.stores.chroma;

import dev.waybill.model.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * In which of four columns a value of metadata stands. What stands in the wrong one is of no kind,
 * because SQLite would let it.
 */
enum ValueKind {
  TEXT(ChromaTypes.STRING, LogicalType.TEXT),
  INTEGER(ChromaTypes.INT, LogicalType.INT64),
  REAL(ChromaTypes.FLOAT, LogicalType.FLOAT64),
  BOOLEAN(ChromaTypes.BOOL, LogicalType.BOOLEAN);

  /** The number in {@link #of} of a row without any value. */
  static final int NONE = -1;

  private static final ValueKind[] ALL = values();

  private final String nativeType;
  private final LogicalType type;

  ValueKind(String nativeType, LogicalType type) {
    this.nativeType = nativeType;
    this.type = type;
  }

  String nativeType() {
    return nativeType;
  }

  LogicalType type() {
    return type;
  }

  /** The kind of a number that {@link #sql} gives; null if the value is of no kind. */
  static @Nullable ValueKind of(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : null;
  }

  /**
   * An expression that tells the kind of a row's value.
   *
   * @param hasBooleans false in folders of which Chroma had no such column yet
   */
  static String sql(String row, boolean hasBooleans) {
    String bool =
        hasBooleans
            ? " WHEN typeof("
                + row
                + ".bool_value) = 'integer' AND "
                + row
                + ".bool_value IN (0, 1) THEN 3 WHEN "
                + row
                + ".bool_value IS NOT NULL THEN 9"
            : "";
    return "CASE WHEN typeof("
        + row
        + ".string_value) = 'text' THEN 0 WHEN "
        + row
        + ".string_value IS NOT NULL THEN 9 WHEN typeof("
        + row
        + ".int_value) = 'integer' THEN 1 WHEN "
        + row
        + ".int_value IS NOT NULL THEN 9 WHEN typeof("
        + row
        + ".float_value) = 'real' THEN 2 WHEN "
        + row
        + ".float_value IS NOT NULL THEN 9"
        + bool
        + " ELSE -1 END";
  }
}
