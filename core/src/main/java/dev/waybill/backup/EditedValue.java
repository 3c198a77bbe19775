package dev.waybill.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@link RecordText} wrote, and what a person has made of it, exactly or not at all. */
final class EditedValue {
  private static final Pattern DECIMAL =
      Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d{1,6})?|NaN|-?Infinity");
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Pattern ZONED =
      Pattern.compile("(.+?)(Z|[+-]\\d{2}:\\d{2}(?::\\d{2})?)", Pattern.DOTALL);
  private static final JsonFactory JSON = new JsonFactory();

  private EditedValue() {}

  /**
   * Appends a value.
   *
   * @param type of its field
   * @param was what kind the value was before it was edited
   * @throws IllegalArgumentException saying what is wrong, if it is no value of the field; the
   *     batch may then hold a part of it
   */
  static void put(JsonNode node, LogicalType type, Kind was, RecordBatch into) {
    if (node.isNull()) {
      into.putNull();
    } else if (node.isObject()) {
      tagged(node, type, was, into);
    } else {
      bare(node, type, into);
    }
  }

  private static void bare(JsonNode node, LogicalType type, RecordBatch into) {
    LogicalType element = type.element();
    switch (type.kind()) {
      case DYNAMIC -> {
        if (node.isBoolean()) {
          into.putBoolean(node.booleanValue());
        } else if (node.isIntegralNumber()) {
          scalar(node, LogicalType.INT64, into);
        } else if (node.isNumber()) {
          scalar(node, LogicalType.FLOAT64, into);
        } else if (node.isTextual()) {
          scalar(node, LogicalType.TEXT, into);
        } else {
          throw unfit(node, "a value; write {\"list\": […]} for a list");
        }
      }
      case VECTOR ->
          vector(node, element == null ? Kind.FLOAT32 : element.kind(), type.size(), into);
      case LIST -> list(node, element == null ? LogicalType.DYNAMIC : element, into);
      default -> scalar(node, type, into);
    }
  }

  private static void tagged(JsonNode node, LogicalType type, Kind was, RecordBatch into) {
    Iterator<Map.Entry<String, JsonNode>> members = node.properties().iterator();
    Map.Entry<String, JsonNode> only = members.hasNext() ? members.next() : null;
    if (only == null) {
      throw unfit(node, type.toString());
    }
    if (only.getKey().equals(RecordText.CUT)) {
      throw new IllegalArgumentException(
          "a value that is shown in part can only be replaced by a whole one");
    }
    if (members.hasNext()) {
      throw unfit(node, type.toString());
    }
    if (only.getKey().equals(RecordText.RAW)) {
      throw new IllegalArgumentException("raw bytes can only be replaced by a value");
    }
    Kind kind = kind(only.getKey());
    if (type.kind() != Kind.DYNAMIC && kind != type.kind() && kind != was) {
      throw new IllegalArgumentException(
          "it is " + RecordText.tag(kind) + " where the field is " + type);
    }
    LogicalType same = kind == type.kind() ? type : null;
    JsonNode value = only.getValue();
    switch (kind) {
      case VECTOR ->
          vector(
              value.path("values"),
              kind(value.path("element").asText()),
              same == null ? 0 : same.size(),
              into);
      case LIST -> list(value, LogicalType.DYNAMIC, into);
      case POINT -> point(value, into);
      default ->
          scalar(
              value,
              same != null
                  ? same
                  : LogicalType.parse(kind == Kind.INT64 ? "int64" : RecordText.tag(kind)),
              into);
    }
  }

  private static Kind kind(String tag) {
    for (Kind kind : Kind.values()) {
      boolean isOfValues = kind != Kind.NULL && kind != Kind.ABSENT && kind != Kind.DYNAMIC;
      if (isOfValues && RecordText.tag(kind).equals(tag)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("\"" + tag + "\" is no type");
  }

  private static void scalar(JsonNode node, LogicalType type, RecordBatch into) {
    switch (type.kind()) {
      case BOOLEAN -> {
        if (!node.isBoolean()) {
          throw unfit(node, "true or false");
        }
        into.putBoolean(node.booleanValue());
      }
      case INT64 -> into.putInt64(int64(node, type.size()));
      case FLOAT32 -> into.putFloat32(float32(node));
      case FLOAT64 -> into.putFloat64(float64(node));
      case DECIMAL -> {
        String text = node.isNumber() ? node.asText() : text(node, "a number");
        if (!DECIMAL.matcher(text).matches()) {
          throw unfit(node, "a number");
        }
        into.putDecimal(
            Character.isLetter(text.charAt(text.length() - 1))
                ? text
                : new BigDecimal(text).toPlainString());
      }
      case TEXT -> into.putText(text(node, "text"));
      case BYTES -> {
        try {
          into.putBytes(HexFormat.of().parseHex(text(node, "hexadecimal digits")));
        } catch (IllegalArgumentException odd) {
          throw unfit(node, "hexadecimal digits");
        }
      }
      case UUID -> {
        if (!UUID_TEXT.matcher(text(node, "a uuid")).matches()) {
          throw unfit(node, "a uuid");
        }
        into.putUuid(UUID.fromString(node.textValue()));
      }
      case DATE, TIME, TIMESTAMP, INSTANT, INTERVAL -> temporal(node, type.kind(), into);
      case JSON -> into.putJson(json(node));
      case POINT -> throw unfit(node, "{\"point\": {\"srid\": …, \"at\": […]}}");
      case VECTOR, LIST, NULL, ABSENT, DYNAMIC -> throw unfit(node, type.toString());
    }
  }

  private static String text(JsonNode node, String expected) {
    if (!node.isTextual()) {
      throw unfit(node, expected);
    }
    String text = node.textValue();
    for (int i = 0; i < text.length(); i++) {
      boolean isPair =
          i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
      if (Character.isSurrogate(text.charAt(i)) && !isPair) {
        throw new IllegalArgumentException("it holds half a surrogate pair, which is no character");
      }
      i += isPair ? 1 : 0;
    }
    return text;
  }

  private static long int64(JsonNode node, int bits) {
    boolean fits = node.isIntegralNumber() && node.canConvertToLong();
    long value = node.longValue();
    if (!fits || bits == 32 && value != (int) value || bits == 16 && value != (short) value) {
      throw unfit(node, "a whole number of " + (bits == 0 ? 64 : bits) + " bits");
    }
    return value;
  }

  /** A number that a float does not hold is refused, unless it is how that float is written. */
  private static float float32(JsonNode node) {
    if (node.isTextual()) {
      return (float) notFinite(node);
    }
    float value = node.isNumber() ? Float.parseFloat(node.asText()) : Float.NaN;
    if (!Float.isFinite(value)) {
      throw unfit(node, "a number that a float32 can hold");
    }
    requireExact(node, Float.toString(value), new BigDecimal(value));
    return value;
  }

  private static double float64(JsonNode node) {
    if (node.isTextual()) {
      return notFinite(node);
    }
    double value = node.isNumber() ? Double.parseDouble(node.asText()) : Double.NaN;
    if (!Double.isFinite(value)) {
      throw unfit(node, "a number that a float64 can hold");
    }
    requireExact(node, Double.toString(value), new BigDecimal(value));
    return value;
  }

  private static void requireExact(JsonNode node, String shortest, BigDecimal exact) {
    BigDecimal given = new BigDecimal(node.asText());
    if (given.compareTo(new BigDecimal(shortest)) != 0 && given.compareTo(exact) != 0) {
      throw new IllegalArgumentException(
          node.asText() + " would become " + shortest + "; write that if it is meant");
    }
  }

  private static double notFinite(JsonNode node) {
    return switch (node.textValue()) {
      case "-0.0" -> -0.0;
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw unfit(node, "a number");
    };
  }

  private static void temporal(JsonNode node, Kind kind, RecordBatch into) {
    String what = "a " + RecordText.tag(kind);
    String text = text(node, what);
    try {
      switch (kind) {
        case DATE -> into.putDate(Temporals.parseDate(text));
        case TIME -> Temporals.parseTime(text, into);
        case TIMESTAMP -> Temporals.parseTimestamp(text, into);
        case INSTANT -> instant(text, into);
        default -> Temporals.parseInterval(text, into);
      }
    } catch (DateTimeException wrong) {
      throw unfit(node, what);
    }
  }

  private static void instant(String text, RecordBatch into) {
    RecordBatch local = new RecordBatch(1);
    Matcher zoned = ZONED.matcher(text);
    boolean isInfinite = text.endsWith("infinity");
    if (!isInfinite && !zoned.matches()) {
      throw new DateTimeException("no offset");
    }
    Temporals.parseTimestamp(isInfinite ? text : zoned.group(1), local);
    long seconds = local.secondsAt(local.at(0, 0));
    int nanos = local.nanosAt(local.at(0, 0));
    if (isInfinite || zoned.group(2).equals("Z")) {
      into.putInstant(seconds, nanos, RecordBatch.NO_OFFSET);
    } else {
      int offset = ZoneOffset.of(zoned.group(2)).getTotalSeconds();
      into.putInstant(seconds - offset, nanos, offset);
    }
  }

  private static byte[] json(JsonNode node) {
    byte[] text = text(node, "JSON as text").getBytes(StandardCharsets.UTF_8);
    try (JsonParser parser = JSON.createParser(text)) {
      boolean isOne = parser.nextToken() != null;
      parser.skipChildren();
      if (isOne && parser.nextToken() == null) {
        return text;
      }
    } catch (JsonProcessingException broken) {
      throw new IllegalArgumentException(
          "it is no JSON: " + broken.getOriginalMessage().replaceAll("\\s+", " "), broken);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    throw new IllegalArgumentException("it is not one JSON value");
  }

  private static void vector(JsonNode node, Kind element, int dimension, RecordBatch into) {
    if (!node.isArray() || dimension > 0 && node.size() != dimension) {
      throw unfit(node, "a list of " + (dimension > 0 ? dimension + " " : "") + "numbers");
    }
    int each = element.fixedLength();
    if (each <= 0) {
      throw new IllegalArgumentException("a vector has no " + RecordText.tag(element));
    }
    ByteBuffer bytes = ByteBuffer.allocate(1 + each * node.size());
    bytes.put(element.tag());
    for (JsonNode number : node) {
      switch (element) {
        case FLOAT32 -> bytes.putFloat(float32(number));
        case FLOAT64 -> bytes.putDouble(float64(number));
        case INT64 -> bytes.putLong(int64(number, 64));
        case BOOLEAN -> {
          if (!number.isBoolean()) {
            throw unfit(number, "true or false");
          }
          bytes.put((byte) (number.booleanValue() ? 1 : 0));
        }
        default -> throw new IllegalArgumentException("a vector has no " + RecordText.tag(element));
      }
    }
    into.putVariable(Kind.VECTOR, bytes.array(), 0, bytes.capacity());
  }

  private static void list(JsonNode node, LogicalType element, RecordBatch into) {
    if (!node.isArray()) {
      throw unfit(node, "a list");
    }
    RecordBatch elements = new RecordBatch(1);
    for (JsonNode each : node) {
      put(each, element, element.kind(), elements);
    }
    into.putList(elements);
  }

  private static void point(JsonNode node, RecordBatch into) {
    JsonNode at = node.path("at");
    if (!node.path("srid").canConvertToInt() || !at.isArray() || at.isEmpty()) {
      throw unfit(node, "{\"srid\": …, \"at\": […]}");
    }
    double[] coordinates = new double[at.size()];
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] = float64(at.get(i));
    }
    into.putPoint(node.path("srid").intValue(), coordinates);
  }

  /** Values may be anybody's: only what they are is told, not what they hold. */
  private static IllegalArgumentException unfit(JsonNode node, String expected) {
    return new IllegalArgumentException(
        "it is " + node.getNodeType().name().toLowerCase(Locale.ROOT) + ", not " + expected);
  }
}
