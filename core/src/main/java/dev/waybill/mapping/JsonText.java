package dev.waybill.mapping;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.waybill.model.FloatText;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Utf8;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.HexFormat;

/**
 * JSON text as the form of values for which a store has no type: lists and points; and text that is
 * JSON itself.
 *
 * <p>A list is a JSON array. Booleans, integers and finite floats stand as they are, infinities and
 * NaN as strings; bytes as a string of hexadecimal digits; everything else as a string in its text
 * form.
 */
final class JsonText {
  static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private JsonText() {}

  /**
   * Text that is JSON and stays the same content in a store that keeps JSON by content: no name
   * twice, no −0, no NUL, no lone surrogate.
   */
  static void textToJson(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    switch (JsonFlaw.of(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at))) {
      case NONE -> out.putValueAs(Kind.JSON, in, at);
      case NOT_JSON -> throw new ValueRefusal(ValueLoss.NOT_JSON, "is text that is no JSON");
      case NAME_TWICE ->
          throw new ValueRefusal(
              ValueLoss.JSON_NAME_TWICE, "is JSON with a name twice in one object");
      case MINUS_ZERO ->
          throw new ValueRefusal(ValueLoss.JSON_MINUS_ZERO, "is JSON with a negative zero");
      case NUL -> throw new ValueRefusal(ValueLoss.NUL_IN_TEXT, "is JSON with a NUL character");
      case LONE_SURROGATE ->
          throw new ValueRefusal(ValueLoss.LONE_SURROGATE, "is JSON with half a surrogate pair");
    }
  }

  /** True if the list's type tells what its elements are: in JSON a uuid looks like any text. */
  static boolean isOfOneKind(LogicalType list) {
    LogicalType element = java.util.Objects.requireNonNull(list.element());
    return switch (element.kind()) {
      case LIST -> isOfOneKind(element);
      case DYNAMIC, NULL, ABSENT -> false;
      default -> true;
    };
  }

  static void listToText(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      writeList(in, at, json);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    out.putText(bytes.toByteArray());
  }

  private static void writeList(RecordBatch in, int at, JsonGenerator json)
      throws IOException, ValueRefusal {
    json.writeStartArray();
    int element = in.firstElement(at);
    for (int i = 0; i < in.listSizeAt(at); i++) {
      switch (in.kindAt(element)) {
        case NULL -> json.writeNull();
        case BOOLEAN -> json.writeBoolean(in.booleanAt(element));
        case INT64 -> json.writeNumber(in.int64At(element));
        case FLOAT32 -> {
          float value = in.float32At(element);
          if (Float.isFinite(value)) {
            json.writeNumber(FloatText.of(value));
          } else {
            json.writeString(Float.toString(value));
          }
        }
        case FLOAT64 -> {
          double value = in.float64At(element);
          if (Double.isFinite(value)) {
            json.writeNumber(FloatText.of(value));
          } else {
            json.writeString(Double.toString(value));
          }
        }
        case LIST -> writeList(in, element, json);
        case TEXT, DECIMAL, JSON -> {
          if (!Utf8.isValid(in.bytes(), in.payloadAt(element), in.payloadLengthAt(element))) {
            throw new ValueRefusal(ValueLoss.INVALID_UTF8, "has an element that is not UTF-8");
          }
          json.writeString(in.textAt(element));
        }
        case BYTES -> json.writeString(HexFormat.of().formatHex(in.payloadBytesAt(element)));
        case UUID, DATE, TIME, TIMESTAMP, INSTANT, INTERVAL ->
            json.writeString(scalar(in, element));
        case ABSENT, VECTOR, POINT, DYNAMIC ->
            throw new ValueRefusal(ValueLoss.UNSUPPORTED, "is a list of " + in.kindAt(element));
      }
      element = in.next(element);
    }
    json.writeEndArray();
  }

  /** The text form of an element that JSON has none for. */
  static String scalar(RecordBatch in, int element) throws ValueRefusal {
    String type = in.kindAt(element).name().toLowerCase(java.util.Locale.ROOT);
    Transformation form = TextForms.of(LogicalType.parse(type));
    if (form == null) {
      throw new ValueRefusal(ValueLoss.UNSUPPORTED, "is a list of " + type);
    }
    RecordBatch text = new RecordBatch(1);
    form.apply(in, element, text);
    return text.textAt(text.at(0, 0));
  }

  static Transformation textToList(LogicalType list) {
    return (in, at, out) -> {
      try (JsonParser parser =
          FACTORY.createParser(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at))) {
        if (parser.nextToken() != JsonToken.START_ARRAY) {
          throw new ValueRefusal(ValueLoss.NOT_A_LIST, "is text that is no JSON array");
        }
        RecordBatch elements = readList(parser, list);
        if (parser.nextToken() != null) {
          throw new ValueRefusal(ValueLoss.NOT_A_LIST, "is more than one JSON array");
        }
        out.putList(elements);
      } catch (IOException | IllegalArgumentException | DateTimeException broken) {
        throw new ValueRefusal(
            ValueLoss.NOT_A_LIST, "is text that is no JSON array of " + list.element());
      }
    };
  }

  private static RecordBatch readList(JsonParser parser, LogicalType list)
      throws IOException, ValueRefusal {
    LogicalType type = java.util.Objects.requireNonNull(list.element());
    RecordBatch elements = new RecordBatch(1);
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token == JsonToken.VALUE_NULL) {
        elements.putNull();
      } else if (token == JsonToken.START_ARRAY) {
        elements.putList(readList(parser, type.kind() == Kind.LIST ? type : list));
      } else {
        readElement(parser, token, type, elements);
      }
    }
    return elements;
  }

  private static float float32(String digits) throws ValueRefusal {
    if (!FloatText.isFloat32(digits)) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "has a number that a float32 cannot hold exactly");
    }
    return Float.parseFloat(digits);
  }

  private static double float64(String digits) throws ValueRefusal {
    if (!FloatText.isFloat64(digits)) {
      throw new ValueRefusal(
          ValueLoss.NOT_EXACT, "has a number that a float64 cannot hold exactly");
    }
    return Double.parseDouble(digits);
  }

  private static void readElement(
      JsonParser parser, JsonToken token, LogicalType type, RecordBatch out)
      throws IOException, ValueRefusal {
    boolean isString = token == JsonToken.VALUE_STRING;
    switch (type.kind()) {
      case BOOLEAN -> out.putBoolean(parser.getBooleanValue());
      case INT64 -> {
        if (token != JsonToken.VALUE_NUMBER_INT) {
          throw new ValueRefusal(ValueLoss.NOT_A_LIST, "has an element that is no integer");
        }
        out.putInt64(parser.getLongValue());
      }
      case FLOAT32 ->
          out.putFloat32(isString ? (float) special(parser) : float32(parser.getText()));
      case FLOAT64 -> out.putFloat64(isString ? special(parser) : float64(parser.getText()));
      default -> {
        if (!isString) {
          throw new ValueRefusal(
              ValueLoss.NOT_A_LIST, "is a JSON array of other things than strings");
        }
        String text = parser.getText();
        switch (type.kind()) {
          case TEXT -> out.putText(text);
          case JSON -> out.putJson(text.getBytes(StandardCharsets.UTF_8));
          case BYTES -> out.putBytes(HexFormat.of().parseHex(text));
          default -> {
            RecordBatch one = new RecordBatch(1);
            one.putText(text);
            Transformation.between(LogicalType.TEXT, type)
                .orElseThrow(() -> new ValueRefusal(ValueLoss.UNSUPPORTED, "is a list of " + type))
                .apply(one, one.at(0, 0), out);
          }
        }
      }
    }
  }

  /** What JSON has no number for. */
  private static double special(JsonParser parser) throws IOException, ValueRefusal {
    return switch (parser.getText()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw new ValueRefusal(ValueLoss.NOT_A_LIST, "has an element that is no number");
    };
  }

  static void pointToText(RecordBatch in, int at, RecordBatch out) {
    StringBuilder text =
        new StringBuilder("{\"srid\":").append(in.pointSridAt(at)).append(",\"coordinates\":[");
    double[] coordinates = in.pointAt(at);
    for (int i = 0; i < coordinates.length; i++) {
      String number = Double.toString(coordinates[i]);
      text.append(i == 0 ? "" : ",")
          .append(Double.isFinite(coordinates[i]) ? number : "\"" + number + "\"");
    }
    out.putText(text.append("]}").toString());
  }

  static void textToPoint(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    try (JsonParser parser =
        FACTORY.createParser(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at))) {
      int srid = 0;
      double[] coordinates = null;
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          JsonToken value = parser.nextToken();
          if (name.equals("srid")) {
            srid = parser.getIntValue();
          } else if (name.equals("coordinates") && value == JsonToken.START_ARRAY) {
            RecordBatch list = readList(parser, LogicalType.list(LogicalType.FLOAT64));
            coordinates = new double[list.records()];
            for (int i = 0; i < coordinates.length; i++) {
              coordinates[i] = list.float64At(list.at(i, 0));
            }
          } else {
            throw new ValueRefusal(ValueLoss.NOT_A_POINT, "is text that is no point");
          }
        }
      }
      if (coordinates != null && parser.nextToken() == null) {
        out.putPoint(srid, coordinates);
        return;
      }
    } catch (IOException broken) {
      throw new ValueRefusal(ValueLoss.NOT_A_POINT, "is text that is no point");
    }
    throw new ValueRefusal(ValueLoss.NOT_A_POINT, "is text that is no point");
  }
}
