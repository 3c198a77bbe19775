package dev.waybill.plan;

import dev.waybill.model.SpecException;
import dev.waybill.plan.Node.Shape;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members of one object of a file, asked for by name; {@link #close} finds those nobody asked
 * for. What is wrong goes to the {@link Faults}, and something harmless is returned in its place.
 * Methods named {@code …OrNull} and those with a fallback take a member that is not there.
 */
final class Members {
  private static final Node ABSENT = Node.scalar(Shape.NULL, "", new Place(1, 1));
  private static final Node NOTHING = Node.object(Map.of(), new Place(1, 1));

  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.$-]*");

  private final Node node;
  private final String path;
  private final Faults faults;
  private final Set<String> asked = new LinkedHashSet<>();

  Members(Node node, String path, Faults faults) {
    if (node.shape() != Shape.OBJECT) {
      faults.add(path, "it is not an object of named members");
    }
    this.node = node.shape() == Shape.OBJECT ? node : NOTHING;
    this.path = path;
    this.faults = faults;
  }

  String path() {
    return path;
  }

  /** The path of a member. */
  String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  boolean has(String name) {
    return given(name).shape() != Shape.NULL;
  }

  /** The member, something null if it is not there. */
  private Node given(String name) {
    asked.add(name);
    return node.members().getOrDefault(name, ABSENT);
  }

  boolean isList(String name) {
    return given(name).shape() == Shape.LIST;
  }

  /** True for text, a number or a truth value. */
  boolean isText(String name) {
    return given(name).isScalar();
  }

  private @Nullable Node member(String name) {
    Node member = given(name);
    if (member.shape() == Shape.NULL) {
      faults.add(path, "it lacks \"" + name + "\"");
      return null;
    }
    return member;
  }

  private void wrong(String name, String expected) {
    faults.add(path(name), "it is not " + expected);
  }

  String text(String name) {
    Node member = member(name);
    if (member != null && !member.isScalar()) {
      wrong(name, "text");
    }
    return member == null ? "" : member.text();
  }

  String text(String name, String fallback) {
    return has(name) ? text(name) : fallback;
  }

  @Nullable String textOrNull(String name) {
    return has(name) ? text(name) : null;
  }

  /** What a parser makes of a text. */
  <T> @Nullable T parsedOrNull(String name, String expected, Function<String, T> parser) {
    if (!has(name)) {
      return null;
    }
    String text = text(name);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | SpecException unknown) {
      faults.add(path(name), "\"" + text + "\" is not " + expected);
      return null;
    }
  }

  <T> T parsed(String name, String expected, T fallback, Function<String, T> parser) {
    T parsed = parsedOrNull(name, expected, parser);
    return parsed == null ? fallback : parsed;
  }

  boolean is(String name, boolean fallback) {
    Boolean is = isOrNull(name);
    return is == null ? fallback : is;
  }

  @Nullable Boolean isOrNull(String name) {
    if (!has(name)) {
      return null;
    }
    Node member = given(name);
    if (member.shape() != Shape.BOOLEAN) {
      wrong(name, "true or false");
    }
    return member.text().toLowerCase(Locale.ROOT).equals("true");
  }

  long number(String name, long fallback) {
    return atLeast(name, Long.MIN_VALUE, fallback);
  }

  long atLeast(String name, long least, long fallback) {
    return number(
        name, least, Long.MAX_VALUE, fallback, least == Long.MIN_VALUE ? "" : "at least " + least);
  }

  int between(String name, int least, int most, int fallback) {
    return (int) number(name, least, most, fallback, "between " + least + " and " + most);
  }

  private long number(String name, long least, long most, long fallback, String range) {
    if (!has(name)) {
      return fallback;
    }
    Node member = given(name);
    if (member.shape() != Shape.INTEGER) {
      wrong(name, "a whole number");
      return fallback;
    }
    BigInteger number = new BigInteger(member.text());
    if (number.bitLength() > 63) {
      wrong(name, "a whole number of 64 bits");
      return fallback;
    }
    if (number.longValueExact() < least || number.longValueExact() > most) {
      wrong(name, range);
      return fallback;
    }
    return number.longValueExact();
  }

  String oneOf(String name, String fallback, String... values) {
    String text = text(name, fallback);
    if (!Arrays.asList(values).contains(text)) {
      faults.add(path(name), "\"" + text + "\" is not one of " + String.join(", ", values));
      return fallback;
    }
    return text;
  }

  <E extends Enum<E>> @Nullable E constantOrNull(String name, Class<E> type) {
    if (!has(name)) {
      return null;
    }
    String text = text(name);
    List<String> known = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      String spelling = PlanWriter.lower(constant);
      if (spelling.equals(text)) {
        return constant;
      }
      known.add(spelling);
    }
    faults.add(path(name), "\"" + text + "\" is not one of " + String.join(", ", known));
    return null;
  }

  <E extends Enum<E>> E constant(String name, Class<E> type, E fallback) {
    E constant = constantOrNull(name, type);
    return constant == null ? fallback : constant;
  }

  /** The members of an object, of an empty one if it is not there. */
  Members object(String name) {
    return new Members(has(name) ? given(name) : NOTHING, path(name), faults);
  }

  /** As {@link #object}, but it must be there. */
  Members required(String name) {
    Node member = member(name);
    return new Members(member == null ? NOTHING : member, path(name), faults);
  }

  private List<Node> elements(String name) {
    if (!has(name)) {
      return List.of();
    }
    Node member = given(name);
    if (member.shape() != Shape.LIST) {
      wrong(name, "a list");
    }
    return member.elements();
  }

  /** The objects of a list, none if it is not there. */
  List<Members> objects(String name) {
    List<Members> objects = new ArrayList<>();
    for (Node element : elements(name)) {
      objects.add(new Members(element, path(name) + "[" + objects.size() + "]", faults));
    }
    return objects;
  }

  /** The texts of a list, none if it is not there. */
  List<String> texts(String name) {
    return texts(path(name), elements(name));
  }

  @Nullable List<String> textsOrNull(String name) {
    return has(name) ? texts(name) : null;
  }

  private List<String> texts(String at, List<Node> elements) {
    List<String> texts = new ArrayList<>();
    for (Node element : elements) {
      if (!element.isScalar()) {
        faults.add(at + "[" + texts.size() + "]", "it is not text");
      }
      texts.add(element.text());
    }
    return texts;
  }

  List<List<String>> lists(String name) {
    List<List<String>> lists = new ArrayList<>();
    for (Node element : elements(name)) {
      String at = path(name) + "[" + lists.size() + "]";
      if (element.shape() != Shape.LIST) {
        faults.add(at, "it is not a list");
      }
      lists.add(texts(at, element.elements()));
    }
    return lists;
  }

  /** Every member of this object as a setting: a list of texts; one text alone is a list of one. */
  Map<String, List<String>> settings() {
    Map<String, List<String>> lists = new LinkedHashMap<>();
    for (String name : node.members().keySet()) {
      if (!NAME.matcher(name).matches()) {
        faults.add(path(name), "\"" + name + "\" is no name of a setting");
      }
      lists.put(name, isList(name) ? texts(name) : List.of(text(name)));
    }
    return lists;
  }

  /** Every member of this object as one text. */
  Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    node.members().keySet().forEach(name -> values.put(name, text(name)));
    return values;
  }

  void fault(String name, String text) {
    faults.add(path(name), text);
  }

  /** Finds members that were not asked for. */
  void close() {
    faults.know(path, asked);
    for (String name : node.members().keySet()) {
      if (!asked.contains(name)) {
        faults.add(path(name), "nothing is called \"" + name + "\" here");
      }
    }
  }
}
