package dev.waybill.stores.json;

import dev.waybill.stores.json.JsonLayout.Shape;
import java.util.Set;

/** The names of the fields that are not members of records. */
final class Layouts {
  /** The field that is the whole element. */
  static final String VALUE = "value";

  private Layouts() {}

  /** A name as text of the model. */
  static byte[] utf8(String name) {
    JsonText quoted = new JsonText();
    JsonStrings.quote(name, quoted);
    JsonText text = new JsonText();
    JsonStrings.unescape(quoted.bytes(), 1, quoted.size() - 1, text);
    return text.copy();
  }

  /**
   * The field that is the name of a member or file.
   *
   * @param taken the fields that records have of their own
   */
  static String nameField(Shape shape, String chosen, Set<String> taken) {
    String usual = chosen.isEmpty() ? shape == Shape.KEYED ? "key" : "file" : chosen;
    String free = usual;
    for (int i = 1; taken.contains(free); i++) {
      free = usual + "_name" + (i == 1 ? "" : i);
    }
    return free;
  }
}
