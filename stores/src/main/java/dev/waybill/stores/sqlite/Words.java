package dev.waybill.stores.sqlite;

import java.util.ArrayList;
import java.util.List;

/**
 * A statement cut into words where SQLite itself cuts it (sqlite.org/src, tokenize.c): strings,
 * quoted names and comments are never looked into.
 */
final class Words {
  /** A word, string, quoted name or sign, and how many parentheses are open before it. */
  record Word(String text, int from, int to, int depth) {
    boolean is(String keyword) {
      return text.equalsIgnoreCase(keyword);
    }

    /** True if it can be a name: a point stands in quotes only. */
    boolean isName() {
      return "'\"`[".indexOf(text.charAt(0)) >= 0
          || isWordPart(text.charAt(0)) && !text.contains(".");
    }

    /** The name or text that it stands for. */
    String unquoted() {
      if (text.length() >= 2 && "'\"`[".indexOf(text.charAt(0)) >= 0) {
        String quote = text.substring(text.length() - 1);
        String inner = text.substring(1, text.length() - 1);
        return quote.equals("]") ? inner : inner.replace(quote + quote, quote);
      }
      return text;
    }
  }

  private final String sql;
  private final List<Word> words = new ArrayList<>();
  private boolean isWhole;

  private Words(String sql) {
    this.sql = sql;
    this.isWhole = sql.indexOf(0) < 0;
  }

  static Words of(String sql) {
    Words words = new Words(sql);
    words.cut();
    return words;
  }

  private void cut() {
    int depth = 0;
    int at = 0;
    while (at < sql.length()) {
      int end = endOfWord(at);
      char c = sql.charAt(at);
      boolean isComment = sql.startsWith("--", at) || sql.startsWith("/*", at);
      if (!isComment && !isSpace(c)) {
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
      return endOfQuoted(at, c);
    }
    if (c == '[') {
      return behind("]", at);
    }
    if (sql.startsWith("--", at)) {
      int end = sql.indexOf('\n', at);
      return end < 0 ? sql.length() : end + 1;
    }
    if (sql.startsWith("/*", at)) {
      return behind("*/", at + 2);
    }
    int end = at;
    while (end < sql.length() && isWordPart(sql.charAt(end))) {
      end++;
    }
    return Math.max(end, at + 1);
  }

  private int endOfQuoted(int at, char quote) {
    int end = at + 1;
    while (end < sql.length()) {
      if (sql.charAt(end) != quote) {
        end++;
      } else if (end + 1 < sql.length() && sql.charAt(end + 1) == quote) {
        end += 2;
      } else {
        return end + 1;
      }
    }
    isWhole = false;
    return end;
  }

  private int behind(String end, int at) {
    int found = sql.indexOf(end, at);
    isWhole &= found >= 0;
    return found < 0 ? sql.length() : found + end.length();
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
  }

  private static boolean isWordPart(char c) {
    return c >= 0x80
        || c >= '0' && c <= '9'
        || c >= 'A' && c <= 'Z'
        || c >= 'a' && c <= 'z'
        || c == '_'
        || c == '$'
        || c == '.';
  }

  int count() {
    return words.size();
  }

  Word at(int position) {
    return words.get(position);
  }

  List<Word> all() {
    return words;
  }

  /** True if the word at a position is there and is this keyword or sign. */
  boolean is(int position, String keyword) {
    return position >= 0 && position < words.size() && words.get(position).is(keyword);
  }

  /** False if a string, quoted name or comment does not end, or a NUL would end the statement. */
  boolean isWhole() {
    return isWhole;
  }

  /** The position of the parenthesis that closes the one at a position; the last word if none. */
  int closing(int open) {
    for (int i = open + 1; i < words.size(); i++) {
      if (words.get(i).is(")") && words.get(i).depth() == words.get(open).depth()) {
        return i;
      }
    }
    return words.size() - 1;
  }

  /** What stands between the parenthesis at a position and the one that closes it. */
  String within(int open) {
    return sql.substring(words.get(open).to(), words.get(closing(open)).from()).strip();
  }
}
