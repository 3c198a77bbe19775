package dev.waybill.stores.json;

import dev.waybill.model.NativeDetail;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a collection stands in its file, beside its records: what a file that is written again must
 * look like. Travels as the collection's native detail. Immutable.
 *
 * @param shape how records stand in the file
 * @param keyField the field that is the name of a member ({@link Shape#KEYED}) or of a file ({@link
 *     Shape#isOfFiles}), else empty
 * @param valueField the field that is the whole element where elements are no objects, else empty
 * @param indent spaces by which nested lines are indented, 0 for one record a line
 * @param hasMark whether the file begins with a byte order mark
 * @param frame of a wrapper the object's text with an empty array in the place of each collection;
 *     else empty
 */
record JsonLayout(
    Shape shape, String keyField, String valueField, int indent, boolean hasMark, String frame) {

  /** How records stand in a file. */
  enum Shape {
    /** {@code [{…}, …]}. */
    ARRAY,
    /** One value after the other, usually one a line. */
    LINES,
    /** {@code {"key":{…}, …}}. */
    KEYED,
    /** {@code {"version":1,"sessions":[{…}, …]}}: members that are arrays of objects. */
    WRAPPER,
    /** In a folder a file for each record, which is an object. */
    RECORDS,
    /** One object, which is a record called by its file. */
    RECORD;

    /** True if a record is a file. */
    boolean isOfFiles() {
      return this == RECORDS || this == RECORD;
    }

    /** As in {@code ?shape=}, where a file that is a record is one of records too. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Shape> of(String word) {
      return List.of(values()).stream().filter(each -> each.word().equals(word)).findFirst();
    }
  }

  private static final String SHAPE = "shape";
  private static final String KEY = "key-field";
  private static final String VALUE = "value-field";
  private static final String INDENT = "indent";
  private static final String MARK = "byte-order-mark";

  /** The plain form of a shape. */
  static JsonLayout of(Shape shape) {
    return new JsonLayout(shape, "", "", 0, false, "");
  }

  /** The layout that a collection of a JSON store says it has; empty of any other. */
  static Optional<JsonLayout> of(NativeDetail detail) {
    Map<String, String> facts = detail.properties();
    return Shape.of(facts.getOrDefault(SHAPE, ""))
        .map(
            shape ->
                new JsonLayout(
                    shape,
                    facts.getOrDefault(KEY, ""),
                    facts.getOrDefault(VALUE, ""),
                    indent(facts.getOrDefault(INDENT, "0")),
                    facts.containsKey(MARK),
                    facts.getOrDefault(NativeDetail.FRAME, "")));
  }

  /** The same with another field for the names, where there is one. */
  JsonLayout named(String field) {
    return keyField.isEmpty()
        ? this
        : new JsonLayout(shape, field, valueField, indent, hasMark, frame);
  }

  private static int indent(String text) {
    return text.matches("\\d{1,2}") ? Integer.parseInt(text) : 0;
  }

  /** A collection's detail with this layout in it. */
  NativeDetail detail(Map<String, String> more) {
    Map<String, String> facts = new TreeMap<>(more);
    facts.put(SHAPE, shape.word());
    if (!keyField.isEmpty()) {
      facts.put(KEY, keyField);
    }
    if (!valueField.isEmpty()) {
      facts.put(VALUE, valueField);
    }
    if (indent > 0) {
      facts.put(INDENT, Integer.toString(indent));
    }
    if (hasMark) {
      facts.put(MARK, "yes");
    }
    if (!frame.isEmpty()) {
      facts.put(NativeDetail.FRAME, frame);
    }
    return new NativeDetail("", List.of(), facts);
  }
}
