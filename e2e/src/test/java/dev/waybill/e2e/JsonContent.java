package dev.waybill.e2e;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * JSON as Jackson reads it, without a line of ours, written in one way: two texts are equal exactly
 * if their content is. The order of an object's members counts for nothing, numbers by their exact
 * value but −0 is not 0, and of members with one name each counts.
 */
final class JsonContent {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(1_000_000)
                  .maxStringLength(1 << 30)
                  .maxNestingDepth(2_000)
                  .build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private record Member(String name, String value) {}

  private JsonContent() {}

  /** The content of a text. */
  static String of(String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return only(parser);
    } catch (IOException noJson) {
      throw new UncheckedIOException(noJson);
    }
  }

  /** The content of a file. */
  static String of(Path file) {
    try (JsonParser parser = FACTORY.createParser(file.toFile())) {
      return only(parser);
    } catch (IOException noJson) {
      throw new UncheckedIOException(file + ": " + noJson.getMessage(), noJson);
    }
  }

  /** The contents of one member of each object of an array, by those of another. */
  static Map<String, String> column(Path file, String key, String value) {
    Map<String, String> column = new HashMap<>();
    try (JsonParser parser = FACTORY.createParser(file.toFile())) {
      require(parser.nextToken(), JsonToken.START_ARRAY);
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        Map<String, String> members =
            members(parser).stream().collect(Collectors.toMap(Member::name, Member::value));
        column.put(members.get(key), members.getOrDefault(value, "absent"));
      }
      require(parser.currentToken(), JsonToken.END_ARRAY);
    } catch (IOException noJson) {
      throw new UncheckedIOException(file + ": " + noJson.getMessage(), noJson);
    }
    return column;
  }

  private static void require(JsonToken token, JsonToken wanted) throws IOException {
    if (token != wanted) {
      throw new IOException(wanted + " is missing");
    }
  }

  private static String only(JsonParser parser) throws IOException {
    parser.nextToken();
    String value = value(parser);
    if (parser.nextToken() != null) {
      throw new IOException("something follows at " + parser.currentTokenLocation());
    }
    return value;
  }

  /** An object's members by name; those of one name stay in their order. */
  private static List<Member> members(JsonParser parser) throws IOException {
    List<Member> members = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = quoted(parser.currentName());
      parser.nextToken();
      members.add(new Member(name, value(parser)));
    }
    members.sort(Comparator.comparing(Member::name));
    return members;
  }

  private static String value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new IOException("there is no value");
    }
    return switch (token) {
      case START_OBJECT ->
          members(parser).stream()
              .map(member -> member.name() + ":" + member.value())
              .collect(Collectors.joining(",", "{", "}"));
      case START_ARRAY -> {
        List<String> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        yield "[" + String.join(",", elements) + "]";
      }
      case VALUE_STRING -> quoted(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getText());
      case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> token.asString();
      case FIELD_NAME, END_OBJECT, END_ARRAY, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new IOException("no value begins with " + token);
    };
  }

  private static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  private static String number(String text) {
    if (!Character.isDigit(text.charAt(text.length() - 1))) {
      return text;
    }
    BigDecimal number = new BigDecimal(text);
    return number.signum() == 0
        ? text.startsWith("-") ? "-0" : "0"
        : number.stripTrailingZeros().toString();
  }
}
