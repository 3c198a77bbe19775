package dev.waybill.stores.sqlite;

import java.util.List;
import java.util.stream.Collectors;

/** The dialect: how names stand in a statement. */
final class Sql {
  private Sql() {}

  /** An identifier, whatever characters it holds. */
  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Identifiers, separated by commas. */
  static String quoted(List<String> names) {
    return names.stream().map(Sql::quoted).collect(Collectors.joining(", "));
  }

  /** SQLite folds ASCII letters only. */
  static String folded(String name) {
    StringBuilder folded = new StringBuilder(name);
    for (int i = 0; i < folded.length(); i++) {
      char c = folded.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        folded.setCharAt(i, (char) (c + 32));
      }
    }
    return folded.toString();
  }

  static boolean isSameName(String a, String b) {
    return folded(a).equals(folded(b));
  }
}
