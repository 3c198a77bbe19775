package dev.waybill.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.SpecException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * The members of one object of a plan file, asked for by name; {@link #close} refuses those nobody
 * asked for. Every fault is an IllegalArgumentException that names the member.
 */
final class Members {
  private final JsonNode node;
  private final String path;
  private final Set<String> asked = new HashSet<>();

  Members(JsonNode node, String path) {
    if (!node.isObject()) {
      throw new IllegalArgumentException(path + " is not an object of named members");
    }
    this.node = node;
    this.path = path;
  }

  boolean has(String name) {
    return node.has(name);
  }

  private JsonNode member(String name) {
    asked.add(name);
    JsonNode member = node.get(name);
    if (member == null || member.isNull()) {
      throw new IllegalArgumentException(path + " lacks \"" + name + "\"");
    }
    return member;
  }

  private IllegalArgumentException wrong(String name, String expected) {
    return new IllegalArgumentException(path + "." + name + " is not " + expected);
  }

  String text(String name) {
    JsonNode member = member(name);
    if (!member.isValueNode()) {
      throw wrong(name, "text");
    }
    return member.asText();
  }

  /** What a parser makes of a text. */
  <T> T parsed(String name, String expected, Function<String, T> parser) {
    String text = text(name);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | SpecException unknown) {
      throw wrong(name, expected);
    }
  }

  boolean is(String name) {
    JsonNode member = member(name);
    if (!member.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return member.asBoolean();
  }

  long number(String name) {
    JsonNode member = member(name);
    if (!member.isIntegralNumber() || !member.canConvertToLong()) {
      throw wrong(name, "a whole number");
    }
    return member.asLong();
  }

  long atLeast(String name, long least) {
    long number = number(name);
    if (number < least) {
      throw wrong(name, "at least " + least);
    }
    return number;
  }

  int between(String name, int least, int most) {
    long number = number(name);
    if (number < least || number > most) {
      throw wrong(name, "between " + least + " and " + most);
    }
    return (int) number;
  }

  String oneOf(String name, String... values) {
    String text = text(name);
    if (!Arrays.asList(values).contains(text)) {
      throw wrong(name, "one of " + String.join(", ", values));
    }
    return text;
  }

  <E extends Enum<E>> E constant(String name, Class<E> type) {
    String text = text(name);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
        return constant;
      }
    }
    throw wrong(name, "a known " + type.getSimpleName().toLowerCase(Locale.ROOT));
  }

  Members object(String name) {
    return new Members(member(name), path + "." + name);
  }

  private List<JsonNode> elements(String name) {
    JsonNode member = member(name);
    if (!member.isArray()) {
      throw wrong(name, "a list");
    }
    List<JsonNode> elements = new ArrayList<>();
    member.forEach(elements::add);
    return elements;
  }

  List<Members> objects(String name) {
    List<Members> objects = new ArrayList<>();
    for (JsonNode element : elements(name)) {
      objects.add(new Members(element, path + "." + name + "[" + objects.size() + "]"));
    }
    return objects;
  }

  List<String> texts(String name) {
    return texts(name, elements(name));
  }

  private List<String> texts(String name, List<JsonNode> elements) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : elements) {
      if (!element.isValueNode() || element.isNull()) {
        throw wrong(name, "a list of texts");
      }
      texts.add(element.asText());
    }
    return texts;
  }

  List<List<String>> lists(String name) {
    List<List<String>> lists = new ArrayList<>();
    for (JsonNode element : elements(name)) {
      List<JsonNode> inner = new ArrayList<>();
      element.forEach(inner::add);
      lists.add(texts(name, inner));
    }
    return lists;
  }

  /** Refuses members that were not asked for and are not among {@code ignored}. */
  void close(String... ignored) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!asked.contains(name) && !Arrays.asList(ignored).contains(name)) {
        throw new IllegalArgumentException(path + " has an unknown member \"" + name + "\"");
      }
    }
  }
}
