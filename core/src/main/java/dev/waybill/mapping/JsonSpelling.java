package dev.waybill.mapping;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.waybill.model.FloatText;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * The one spelling of a JSON content: as Python's {@code json.dumps(value, sort_keys=True)} writes
 * it, {@code {"a": 1, "b": [1, 2]}}, but each number in its shortest form, since {@code 1.0} and
 * {@code 1} are the same content.
 */
final class JsonSpelling {
  private static final HexFormat HEX = HexFormat.of();

  private final StringBuilder text = new StringBuilder();

  private JsonSpelling() {}

  /** Spells a JSON value as text. */
  static void of(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    JsonSpelling spelling = new JsonSpelling();
    try (JsonParser parser =
        JsonText.FACTORY.createParser(in.bytes(), in.payloadAt(at), in.payloadLengthAt(at))) {
      spelling.value(parser, parser.nextToken());
      if (parser.nextToken() != null) {
        throw new ValueRefusal(ValueLoss.NOT_JSON, "is more than one JSON value");
      }
    } catch (IOException notJson) {
      throw new ValueRefusal(ValueLoss.NOT_JSON, "is no JSON");
    }
    out.putText(spelling.text.toString());
  }

  /** Spells a list or vector as a JSON array; what JSON has no form for as a string. */
  static void ofList(RecordBatch in, int at, RecordBatch out) throws ValueRefusal {
    JsonSpelling spelling = new JsonSpelling();
    if (in.kindAt(at) == Kind.VECTOR) {
      spelling.vector(in, at);
    } else {
      spelling.list(in, at);
    }
    out.putText(spelling.text.toString());
  }

  private void value(JsonParser parser, JsonToken token) throws IOException {
    if (token == null) {
      throw new IOException("cut off");
    }
    switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        text.append('[');
        String separator = "";
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          text.append(separator);
          value(parser, next);
          separator = ", ";
        }
        text.append(']');
      }
      case VALUE_STRING -> string(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> text.append(number(parser.getText()));
      default -> text.append(parser.getText());
    }
  }

  /** A member and where its value stands in the text, behind the object's beginning. */
  private record Member(String name, int from, int to) {}

  private void object(JsonParser parser) throws IOException {
    int start = text.length();
    List<Member> members = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_OBJECT;
        token = parser.nextToken()) {
      if (token == null) {
        throw new IOException("cut off");
      }
      String name = parser.currentName();
      int from = text.length();
      value(parser, parser.nextToken());
      members.add(new Member(name, from, text.length()));
    }
    String values = text.substring(start);
    text.setLength(start);
    members.sort(Comparator.comparing(Member::name, JsonSpelling::compare));
    text.append('{');
    String separator = "";
    for (Member member : members) {
      text.append(separator);
      string(member.name());
      text.append(": ").append(values, member.from() - start, member.to() - start);
      separator = ", ";
    }
    text.append('}');
  }

  /** By code point, which differs from String's order behind U+FFFF. */
  private static int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char one = a.charAt(i);
      char other = b.charAt(i);
      if (one != other) {
        boolean isHigh = Character.isSurrogate(one);
        return isHigh == Character.isSurrogate(other)
            ? Character.compare(one, other)
            : isHigh ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  private static String number(String token) {
    BigDecimal value;
    try {
      value = new BigDecimal(token);
    } catch (NumberFormatException exponentOutOfRange) {
      return token;
    }
    if (value.signum() == 0) {
      return token.startsWith("-") ? "-0" : "0";
    }
    BigDecimal shortest = value.stripTrailingZeros();
    long exponent = (long) shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 40) {
      return shortest.toPlainString();
    }
    String digits = shortest.unscaledValue().abs().toString();
    return (shortest.signum() < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private void string(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        default -> {
          if (c < ' ' || c > '~' && c != 0x7F) {
            text.append("\\u").append(HEX.toHexDigits(c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  private void vector(RecordBatch in, int at) {
    text.append('[');
    for (int i = 0; i < in.vectorDimensionAt(at); i++) {
      double value = in.vectorNumberAt(at, i);
      text.append(i == 0 ? "" : ", ");
      switch (in.vectorElementAt(at)) {
        case FLOAT32 -> number(FloatText.of((float) value), Double.isFinite(value));
        case FLOAT64 -> number(FloatText.of(value), Double.isFinite(value));
        case BOOLEAN -> text.append(value != 0);
        default -> text.append(VectorForms.int64At(in, at, i));
      }
    }
    text.append(']');
  }

  private void number(String spelled, boolean isFinite) {
    text.append(isFinite ? "" : "\"").append(spelled).append(isFinite ? "" : "\"");
  }

  private void list(RecordBatch in, int at) throws ValueRefusal {
    text.append('[');
    int element = in.firstElement(at);
    for (int i = 0; i < in.listSizeAt(at); i++) {
      text.append(i == 0 ? "" : ", ");
      switch (in.kindAt(element)) {
        case NULL -> text.append("null");
        case BOOLEAN -> text.append(in.booleanAt(element));
        case INT64 -> text.append(in.int64At(element));
        case FLOAT32 ->
            number(FloatText.of(in.float32At(element)), Float.isFinite(in.float32At(element)));
        case FLOAT64 ->
            number(FloatText.of(in.float64At(element)), Double.isFinite(in.float64At(element)));
        case LIST -> list(in, element);
        case TEXT, DECIMAL, JSON -> string(in.textAt(element));
        case BYTES -> string(HEX.formatHex(in.payloadBytesAt(element)));
        default -> string(JsonText.scalar(in, element));
      }
      element = in.next(element);
    }
    text.append(']');
  }
}
