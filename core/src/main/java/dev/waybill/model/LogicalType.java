package dev.waybill.model;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The neutral type of a field. Immutable.
 *
 * @param kind what values of this type carry; {@link Kind#DYNAMIC} where it differs by record
 * @param size int64: bits of the native type (16, 32 or 64); decimal: precision; text: longest
 *     value in code points; vector: dimension; 0 where unbounded or not applicable
 * @param scale decimal: digits after the point; timestamp, instant, time: fractional digits kept (0
 *     to 9); −1 where unbounded or not applicable
 * @param element list and vector: the type of the elements, else null
 */
public record LogicalType(Kind kind, int size, int scale, @Nullable LogicalType element) {
  public static final LogicalType BOOLEAN = of(Kind.BOOLEAN);
  public static final LogicalType INT64 = new LogicalType(Kind.INT64, 64, -1, null);
  public static final LogicalType INT32 = new LogicalType(Kind.INT64, 32, -1, null);
  public static final LogicalType INT16 = new LogicalType(Kind.INT64, 16, -1, null);
  public static final LogicalType DECIMAL = of(Kind.DECIMAL);
  public static final LogicalType FLOAT32 = of(Kind.FLOAT32);
  public static final LogicalType FLOAT64 = of(Kind.FLOAT64);
  public static final LogicalType TEXT = of(Kind.TEXT);
  public static final LogicalType BYTES = of(Kind.BYTES);
  public static final LogicalType UUID = of(Kind.UUID);
  public static final LogicalType DATE = of(Kind.DATE);
  public static final LogicalType TIME = new LogicalType(Kind.TIME, 0, 9, null);
  public static final LogicalType TIMESTAMP = new LogicalType(Kind.TIMESTAMP, 0, 9, null);
  public static final LogicalType INSTANT = new LogicalType(Kind.INSTANT, 0, 9, null);
  public static final LogicalType INTERVAL = new LogicalType(Kind.INTERVAL, 0, 9, null);
  public static final LogicalType JSON = of(Kind.JSON);
  public static final LogicalType POINT = of(Kind.POINT);
  public static final LogicalType DYNAMIC = of(Kind.DYNAMIC);

  private static final Pattern DECIMAL_TEXT = Pattern.compile("decimal\\((\\d+),(-?\\d+)\\)");
  private static final Pattern TEXT_TEXT = Pattern.compile("text\\((\\d+)\\)");
  private static final Pattern VECTOR_TEXT = Pattern.compile("vector\\((\\w+),(\\d+)\\)");
  private static final Pattern LIST_TEXT = Pattern.compile("list\\((.+)\\)");
  private static final Pattern SCALED_TEXT =
      Pattern.compile("(time|timestamp|instant|interval)\\((\\d)\\)");

  public LogicalType {
    Objects.requireNonNull(kind);
    if ((kind == Kind.LIST || kind == Kind.VECTOR) != (element != null)) {
      throw new IllegalArgumentException(kind + " and element type " + element);
    }
  }

  private static LogicalType of(Kind kind) {
    return new LogicalType(kind, 0, -1, null);
  }

  public static LogicalType decimal(int precision, int scale) {
    return new LogicalType(Kind.DECIMAL, precision, scale, null);
  }

  /** Text of at most {@code length} code points. */
  public static LogicalType text(int length) {
    return new LogicalType(Kind.TEXT, length, -1, null);
  }

  /** A vector of {@code dimension} elements (0: any) of FLOAT32, FLOAT64, INT64 or BOOLEAN. */
  public static LogicalType vector(LogicalType element, int dimension) {
    return new LogicalType(Kind.VECTOR, dimension, -1, element);
  }

  public static LogicalType list(LogicalType element) {
    return new LogicalType(Kind.LIST, 0, -1, element);
  }

  /** The same temporal type that keeps {@code digits} digits of the second. */
  public LogicalType withFraction(int digits) {
    return new LogicalType(kind, size, digits, element);
  }

  /** The plan file's spelling, e.g. {@code decimal(10,2)}; {@link #parse} reads it back. */
  @Override
  public String toString() {
    String name = kind.name().toLowerCase(Locale.ROOT);
    switch (kind) {
      case INT64:
        return "int" + (size == 0 ? 64 : size);
      case DECIMAL:
        return size == 0 ? name : name + "(" + size + "," + scale + ")";
      case TEXT:
        return size == 0 ? name : name + "(" + size + ")";
      case VECTOR:
        return name + "(" + element + "," + size + ")";
      case LIST:
        return name + "(" + element + ")";
      case TIME:
      case TIMESTAMP:
      case INSTANT:
      case INTERVAL:
        return scale == 9 ? name : name + "(" + scale + ")";
      case NULL:
      case ABSENT:
      case BOOLEAN:
      case FLOAT32:
      case FLOAT64:
      case BYTES:
      case UUID:
      case DATE:
      case JSON:
      case POINT:
      case DYNAMIC:
        return name;
    }
    throw new AssertionError(kind);
  }

  /**
   * Reads the plan file's spelling.
   *
   * @throws IllegalArgumentException if the text names no logical type
   */
  public static LogicalType parse(String text) {
    switch (text) {
      case "int64":
        return INT64;
      case "int32":
        return INT32;
      case "int16":
        return INT16;
      case "time":
        return TIME;
      case "timestamp":
        return TIMESTAMP;
      case "instant":
        return INSTANT;
      case "interval":
        return INTERVAL;
      case "boolean":
      case "decimal":
      case "float32":
      case "float64":
      case "text":
      case "bytes":
      case "uuid":
      case "date":
      case "json":
      case "point":
      case "dynamic":
        return of(Kind.valueOf(text.toUpperCase(Locale.ROOT)));
      default:
        return parseParameters(text);
    }
  }

  private static LogicalType parseParameters(String text) {
    try {
      Matcher matcher = DECIMAL_TEXT.matcher(text);
      if (matcher.matches()) {
        return decimal(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
      }
      matcher = TEXT_TEXT.matcher(text);
      if (matcher.matches()) {
        return text(Integer.parseInt(matcher.group(1)));
      }
      matcher = VECTOR_TEXT.matcher(text);
      if (matcher.matches()) {
        return vector(parse(matcher.group(1)), Integer.parseInt(matcher.group(2)));
      }
      matcher = SCALED_TEXT.matcher(text);
      if (matcher.matches()) {
        return parse(matcher.group(1)).withFraction(Integer.parseInt(matcher.group(2)));
      }
      matcher = LIST_TEXT.matcher(text);
      if (matcher.matches() && text.length() < 200) {
        return list(parse(matcher.group(1)));
      }
    } catch (NumberFormatException tooLarge) {
      throw new IllegalArgumentException("\"" + text + "\" is not a logical type", tooLarge);
    }
    throw new IllegalArgumentException("\"" + text + "\" is not a logical type");
  }
}
