package dev.waybill.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of a YAML or TOML file, with the place where it stands.
 *
 * @param text as written, for the shapes that are no list and no object
 * @param elements of a list
 * @param members of an object, in the file's order
 */
record Node(Shape shape, String text, List<Node> elements, Map<String, Node> members, Place place) {
  /** What can stand in a file. */
  enum Shape {
    NULL,
    BOOLEAN,
    INTEGER,
    /** Also what is written as a fraction, a date or a time. */
    TEXT,
    LIST,
    OBJECT
  }

  static Node scalar(Shape shape, String text, Place place) {
    return new Node(shape, text, List.of(), Map.of(), place);
  }

  static Node list(List<Node> elements, Place place) {
    return new Node(Shape.LIST, "", elements, Map.of(), place);
  }

  static Node object(Map<String, Node> members, Place place) {
    return new Node(Shape.OBJECT, "", List.of(), members, place);
  }

  /** True for what is neither list nor object nor null. */
  boolean isScalar() {
    return shape == Shape.TEXT || shape == Shape.INTEGER || shape == Shape.BOOLEAN;
  }

  /** The place of everything in it, by paths like {@code collections[2].fields[3].as}. */
  Map<String, Place> places() {
    Map<String, Place> places = new LinkedHashMap<>();
    note("", places);
    return places;
  }

  private void note(String path, Map<String, Place> places) {
    places.put(path, place);
    members.forEach((name, node) -> node.note(path.isEmpty() ? name : path + "." + name, places));
    for (int i = 0; i < elements.size(); i++) {
      elements.get(i).note(path + "[" + i + "]", places);
    }
  }
}
