package dev.waybill.stores.json;

import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the values of a field stand in JSON: what its native type says. Immutable.
 *
 * @param nativeType the spelling of this form: {@code integer}, {@code string(instant,3,Z,T)}
 * @param type what values are read as
 * @param digits digits behind the second of each value, −1 for as many as are needed
 * @param zone what follows an instant: {@code Z} or {@code +00:00}
 * @param separator what stands between date and time: {@code T} or a space
 */
record JsonForm(String nativeType, LogicalType type, int digits, String zone, char separator) {
  static final JsonForm BOOLEAN = plain("boolean", LogicalType.BOOLEAN);
  static final JsonForm INTEGER = plain("integer", LogicalType.INT64);
  static final JsonForm NUMBER = plain("number", LogicalType.FLOAT64);
  static final JsonForm DECIMAL = plain("number(decimal)", LogicalType.DECIMAL);
  static final JsonForm FLOAT32 = plain("number(float32)", LogicalType.FLOAT32);
  static final JsonForm STRING = plain("string", LogicalType.TEXT);
  static final JsonForm UUID = plain("string(uuid)", LogicalType.UUID);
  static final JsonForm DATE = plain("string(date)", LogicalType.DATE);
  static final JsonForm TIME = plain("string(time)", LogicalType.TIME);
  static final JsonForm TIMESTAMP = plain("string(timestamp)", LogicalType.TIMESTAMP);
  static final JsonForm INSTANT = plain("string(instant)", LogicalType.INSTANT);
  static final JsonForm INTERVAL = plain("string(interval)", LogicalType.INTERVAL);
  static final JsonForm BASE64 = plain("string(base64)", LogicalType.BYTES);

  /** Any value as it stands; null is no value. */
  static final JsonForm JSON = plain("json", LogicalType.JSON);

  /** Any value, a JSON null being told from no value by the member {@code $json} around it. */
  static final JsonForm TAGGED_JSON = plain("json(tagged)", LogicalType.JSON);

  /** Values of several types, those that JSON does not tell apart in a member {@code $KIND}. */
  static final JsonForm TAGGED = plain("any(tagged)", LogicalType.DYNAMIC);

  static final String VECTOR = "array(vector)";
  static final String LIST = "array(list)";
  static final JsonForm POINT = plain("object(point)", LogicalType.POINT);

  private static final Pattern SPELLED =
      Pattern.compile(
          "string\\((?:timestamp,(\\d),(T|space)|instant,(\\d),(Z|\\+00:00),(T|space))\\)");

  private static JsonForm plain(String nativeType, LogicalType type) {
    return new JsonForm(nativeType, type, -1, "Z", 'T');
  }

  /** Timestamps of one spelling. */
  static JsonForm timestamps(int digits, char separator) {
    return new JsonForm(
        "string(timestamp," + digits + "," + word(separator) + ")",
        LogicalType.TIMESTAMP.withFraction(digits),
        digits,
        "",
        separator);
  }

  /** Instants of one spelling, all in UTC. */
  static JsonForm instants(int digits, String zone, char separator) {
    return new JsonForm(
        "string(instant," + digits + "," + zone + "," + word(separator) + ")",
        LogicalType.INSTANT.withFraction(digits),
        digits,
        zone,
        separator);
  }

  private static String word(char separator) {
    return separator == 'T' ? "T" : "space";
  }

  private static char separator(String word) {
    return word.equals("T") ? 'T' : ' ';
  }

  /** The form of a native type; empty if it is none of JSON's. */
  static Optional<JsonForm> parse(String nativeType) {
    return Optional.ofNullable(parsed(nativeType));
  }

  private static @Nullable JsonForm parsed(String nativeType) {
    return switch (nativeType) {
      case "boolean" -> BOOLEAN;
      case "integer" -> INTEGER;
      case "number" -> NUMBER;
      case "number(decimal)" -> DECIMAL;
      case "number(float32)" -> FLOAT32;
      case "string" -> STRING;
      case "string(uuid)" -> UUID;
      case "string(date)" -> DATE;
      case "string(time)" -> TIME;
      case "string(timestamp)" -> TIMESTAMP;
      case "string(instant)" -> INSTANT;
      case "string(interval)" -> INTERVAL;
      case "string(base64)" -> BASE64;
      case "json" -> JSON;
      case "json(tagged)" -> TAGGED_JSON;
      case "any(tagged)" -> TAGGED;
      case "object(point)" -> POINT;
      case VECTOR -> plain(VECTOR, LogicalType.vector(LogicalType.FLOAT32, 0));
      case LIST -> plain(LIST, LogicalType.list(LogicalType.TEXT));
      default -> spelled(nativeType);
    };
  }

  private static @Nullable JsonForm spelled(String nativeType) {
    Matcher matcher = SPELLED.matcher(nativeType);
    if (!matcher.matches()) {
      return null;
    }
    return matcher.group(1) != null
        ? timestamps(Integer.parseInt(matcher.group(1)), separator(matcher.group(2)))
        : instants(
            Integer.parseInt(matcher.group(3)), matcher.group(4), separator(matcher.group(5)));
  }

  /**
   * The form of a field: what its native type says as far as that holds values of its logical type,
   * else the usual one of the logical type.
   */
  static JsonForm of(Field field) {
    return of(field.type(), field.nativeType());
  }

  static JsonForm of(LogicalType type, String nativeType) {
    JsonForm form = parsed(nativeType);
    if (form == null || form.type.kind() != type.kind()) {
      form = usual(type);
    }
    return new JsonForm(form.nativeType, type, form.digits, form.zone, form.separator);
  }

  /** Where values of a logical type go in a new collection. */
  static JsonForm usual(LogicalType type) {
    JsonForm form =
        switch (type.kind()) {
          case BOOLEAN -> BOOLEAN;
          case INT64 -> INTEGER;
          case DECIMAL -> DECIMAL;
          case FLOAT32 -> FLOAT32;
          case FLOAT64 -> NUMBER;
          case TEXT -> STRING;
          case BYTES -> BASE64;
          case UUID -> UUID;
          case DATE -> DATE;
          case TIME -> TIME;
          case TIMESTAMP -> TIMESTAMP;
          case INSTANT -> INSTANT;
          case INTERVAL -> INTERVAL;
          case JSON -> TAGGED_JSON;
          case VECTOR -> plain(VECTOR, type);
          case LIST -> plain(LIST, type);
          case POINT -> POINT;
          case DYNAMIC, NULL, ABSENT -> TAGGED;
        };
    return new JsonForm(form.nativeType, type, form.digits, form.zone, form.separator);
  }

  /** The form of a list's or vector's elements. */
  JsonForm element() {
    LogicalType element = type.element();
    if (element == null) {
      throw new IllegalStateException(nativeType + " has no elements");
    }
    return usual(element);
  }

  /** True for numbers each of which a double gives back. */
  boolean isDoubles() {
    return nativeType.equals(NUMBER.nativeType) && kind() == Kind.FLOAT64;
  }

  Kind kind() {
    return type.kind();
  }
}
