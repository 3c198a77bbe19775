package dev.waybill.documents;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** The names of fields and properties that views make, and which names every store can have. */
final class Names {
  /** The field that holds what the fields of a record do not tell. */
  static final String REST = "waybill_rest";

  /** The field of an element that is no object. */
  static final String VALUE = "value";

  /** The position of an element. */
  static final String ORDINAL = "ordinal";

  /** The native type of a field that no store has: each places it as it can. */
  static final String NOT_NATIVE = "?";

  private static final int LONGEST = 63;

  private Names() {}

  /** True if every store can have a field of that name. */
  static boolean isUsual(String name) {
    return !name.isEmpty()
        && name.getBytes(StandardCharsets.UTF_8).length <= LONGEST
        && name.chars().noneMatch(c -> c < ' ' || c == 0x7F);
  }

  /** Names that some stores do not tell apart have one such text. */
  static String folded(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** A name that is not taken yet, and takes it. */
  static String free(String wished, Set<String> folded) {
    String name = isUsual(wished) ? wished : "parent";
    while (!folded.add(folded(name))) {
      name += "_";
    }
    return name;
  }
}
