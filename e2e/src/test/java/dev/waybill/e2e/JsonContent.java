package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * JSON as Jackson reads it, without a line of ours: two of these are equal exactly if their content
 * is. The order of an object's members counts for nothing, numbers by their exact value but −0 is
 * not 0, and of members with one name each counts.
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

  /** A member of an object. */
  record Member(String name, Object value) {}

  /** An object, its members sorted by name. */
  record Members(List<Member> all) {
    /** The value of the member, which must be there once. */
    Object get(String name) {
      List<Member> found = all.stream().filter(each -> each.name().equals(name)).toList();
      assertThat(found).as(name).hasSize(1);
      return found.get(0).value();
    }

    List<String> names() {
      return all.stream().map(Member::name).toList();
    }
  }

  /** What Java has no value for. */
  enum Word {
    NULL,
    MINUS_ZERO,
    NAN,
    INFINITY,
    MINUS_INFINITY
  }

  private JsonContent() {}

  /** The one value of a text; an array is a list. */
  static Object of(String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return only(parser);
    } catch (IOException noJson) {
      throw new UncheckedIOException(noJson);
    }
  }

  /** The one value of a file. */
  static Object of(Path file) {
    try (JsonParser parser = FACTORY.createParser(file.toFile())) {
      return only(parser);
    } catch (IOException noJson) {
      throw new UncheckedIOException(file + ": " + noJson.getMessage(), noJson);
    }
  }

  /** The values of a file that stand one after the other. */
  static List<Object> lines(Path file) {
    List<Object> values = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(file.toFile())) {
      while (parser.nextToken() != null) {
        values.add(value(parser));
      }
    } catch (IOException noJson) {
      throw new UncheckedIOException(file + ": " + noJson.getMessage(), noJson);
    }
    return values;
  }

  private static Object only(JsonParser parser) throws IOException {
    parser.nextToken();
    Object value = value(parser);
    if (parser.nextToken() != null) {
      throw new IOException("something follows at " + parser.currentTokenLocation());
    }
    return value;
  }

  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new IOException("there is no value");
    }
    return switch (token) {
      case START_OBJECT -> {
        List<Member> members = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.add(new Member(name, value(parser)));
        }
        // Stable: members of one name stay in their order.
        members.sort(Comparator.comparing(Member::name));
        yield new Members(members);
      }
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        yield elements;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> Word.NULL;
      case FIELD_NAME, END_OBJECT, END_ARRAY, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new IOException("no value begins with " + token);
    };
  }

  private static Object number(String text) {
    return switch (text) {
      case "NaN" -> Word.NAN;
      case "Infinity" -> Word.INFINITY;
      case "-Infinity" -> Word.MINUS_INFINITY;
      default -> {
        BigDecimal number = new BigDecimal(text);
        if (number.signum() == 0) {
          yield text.startsWith("-") ? Word.MINUS_ZERO : BigDecimal.ZERO;
        }
        yield number.stripTrailingZeros();
      }
    };
  }
}
