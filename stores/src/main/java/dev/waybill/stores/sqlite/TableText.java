package dev.waybill.stores.sqlite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The text of a CREATE statement, as far as SQLite's pragmas do not tell what it says. It is cut
 * into words, never parsed: what is not recognised is left out.
 */
final class TableText {
  /** A word, string, quoted name or sign, and how many parentheses are open before it. */
  private record Word(String text, int from, int to, int depth) {
    boolean is(String keyword) {
      return text.equalsIgnoreCase(keyword);
    }
  }

  private final String sql;
  private final List<Word> words = new ArrayList<>();

  TableText(String sql) {
    this.sql = sql;
    int depth = 0;
    int at = 0;
    while (at < sql.length()) {
      int end = endOfWord(at);
      char c = sql.charAt(at);
      boolean isComment = sql.startsWith("--", at) || sql.startsWith("/*", at);
      if (!isComment && !Character.isWhitespace(c)) {
        depth -= c == ')' ? 1 : 0;
        words.add(new Word(sql.substring(at, end), at, end, depth));
        depth += c == '(' ? 1 : 0;
      }
      at = end;
    }
  }

  private int endOfWord(int at) {
    char c = sql.charAt(at);
    if (c == '\'' || c == '"' || c == '`') {
      int end = at + 1;
      while (end < sql.length()) {
        if (sql.charAt(end) != c) {
          end++;
        } else if (end + 1 < sql.length() && sql.charAt(end + 1) == c) {
          end += 2;
        } else {
          return end + 1;
        }
      }
      return end;
    }
    if (c == '[') {
      return behind("]", at);
    }
    if (sql.startsWith("--", at)) {
      return behind("\n", at);
    }
    if (sql.startsWith("/*", at)) {
      return behind("*/", at);
    }
    int end = at;
    while (end < sql.length() && isWordPart(sql.charAt(end))) {
      end++;
    }
    return Math.max(end, at + 1);
  }

  private int behind(String end, int at) {
    int found = sql.indexOf(end, at);
    return found < 0 ? sql.length() : found + end.length();
  }

  private static boolean isWordPart(char c) {
    return c >= 0x80 || Character.isLetterOrDigit(c) || c == '_' || c == '$' || c == '.';
  }

  /** The expressions of all CHECK constraints, without their parentheses. */
  List<String> checks() {
    List<String> checks = new ArrayList<>();
    for (int i = 0; i + 1 < words.size(); i++) {
      if (words.get(i).is("CHECK") && words.get(i + 1).is("(")) {
        int close = closing(i + 1);
        checks.add(sql.substring(words.get(i + 1).to(), words.get(close).from()).strip());
        i = close;
      }
    }
    return checks;
  }

  private int closing(int open) {
    for (int i = open + 1; i < words.size(); i++) {
      if (words.get(i).is(")") && words.get(i).depth() == words.get(open).depth()) {
        return i;
      }
    }
    return words.size() - 1;
  }

  /** For each REFERENCES clause, in the order they stand there, whether it is deferrable. */
  List<Boolean> deferrables() {
    List<Boolean> found = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).is("REFERENCES")) {
        boolean isDeferrable = false;
        int depth = words.get(i).depth();
        for (int k = i + 1; k < words.size() && isInClause(words.get(k), depth); k++) {
          if (words.get(k).is("DEFERRABLE")) {
            isDeferrable = !words.get(k - 1).is("NOT");
          }
        }
        found.add(isDeferrable);
      }
    }
    return found;
  }

  private static boolean isInClause(Word word, int depth) {
    return word.depth() > depth || word.depth() == depth && !word.is(",") && !word.is("REFERENCES");
  }

  boolean isAutoincrement() {
    return words.stream().anyMatch(word -> word.depth() > 0 && word.is("AUTOINCREMENT"));
  }

  /** The module of a virtual table in lower case, empty if there is none. */
  String module() {
    for (int i = 0; i + 1 < words.size(); i++) {
      if (words.get(i).depth() == 0 && words.get(i).is("USING")) {
        return unquoted(words.get(i + 1).text()).toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  /** The value of a {@code name=value} argument of a virtual table, or null. */
  @org.jspecify.annotations.Nullable
  String argument(String name) {
    for (int i = 1; i + 2 < words.size(); i++) {
      Word before = words.get(i - 1);
      if (words.get(i).depth() == 1
          && (before.is("(") || before.is(","))
          && words.get(i).is(name)
          && words.get(i + 1).is("=")) {
        Word value = words.get(i + 2);
        return value.is(",") || value.is(")") ? "" : unquoted(value.text());
      }
    }
    return null;
  }

  private static String unquoted(String word) {
    if (word.length() >= 2 && "'\"`[".indexOf(word.charAt(0)) >= 0) {
      String quote = word.substring(word.length() - 1);
      return word.substring(1, word.length() - 1).replace(quote + quote, quote);
    }
    return word;
  }
}
