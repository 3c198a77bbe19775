package dev.waybill.documents;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Steps over the values of a text that is known to be JSON, without making objects of them. Not
 * thread-safe.
 */
final class JsonScan {
  private byte[] text = new byte[0];
  private int at;
  private boolean isOpen;

  /** Where the value that was stepped to begins. */
  int from;

  /** Where it ends. */
  int to;

  /** Where the name of the member that was stepped to begins, its quotes among it. */
  int nameFrom;

  /** Where the name ends. */
  int nameTo;

  /** The first character of the value that begins at or after a position. */
  static byte first(byte[] text, int from) {
    int at = from;
    while (isSpace(text[at])) {
      at++;
    }
    return text[at];
  }

  /** Begins with the elements of an array or the members of an object. */
  void open(byte[] json, int begin) {
    text = json;
    at = begin;
    skipSpace();
    at++;
    skipSpace();
    isOpen = text[at] != ']' && text[at] != '}';
  }

  /** Steps to the next element; false at the end. */
  boolean element() {
    if (!isOpen) {
      return false;
    }
    value();
    return true;
  }

  /** Steps to the next member; false at the end. */
  boolean member() {
    if (!isOpen) {
      return false;
    }
    nameFrom = at;
    string();
    nameTo = at;
    skipSpace();
    at++;
    skipSpace();
    value();
    return true;
  }

  private void value() {
    from = at;
    skipValue();
    to = at;
    skipSpace();
    isOpen = text[at] == ',';
    at++;
    if (isOpen) {
      skipSpace();
    }
  }

  private void skipValue() {
    int depth = 0;
    do {
      switch (text[at]) {
        case '"' -> string();
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        case ',', ':', ' ', '\n', '\r', '\t' -> at++;
        default -> word();
      }
    } while (depth > 0);
  }

  /** A number, true, false or null. */
  private void word() {
    while (at < text.length && isOfWord(text[at])) {
      at++;
    }
  }

  private static boolean isOfWord(byte c) {
    return c >= '0' && c <= '9'
        || c >= 'a' && c <= 'z'
        || c == '-'
        || c == '+'
        || c == '.'
        || c == 'E';
  }

  private void string() {
    at++;
    while (text[at] != '"') {
      at += text[at] == '\\' ? 2 : 1;
    }
    at++;
  }

  private void skipSpace() {
    while (at < text.length && isSpace(text[at])) {
      at++;
    }
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** What a string between quotes says, as UTF-8; null where half a surrogate pair is in it. */
  static byte @Nullable [] decode(byte[] text, int from, int to) {
    boolean isPlain = true;
    for (int i = from + 1; i < to - 1 && isPlain; i++) {
      isPlain = text[i] != '\\';
    }
    if (isPlain) {
      return java.util.Arrays.copyOfRange(text, from + 1, to - 1);
    }
    String raw = new String(text, from + 1, to - from - 2, StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escape = raw.charAt(++i);
      switch (escape) {
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          out.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
          i += 4;
        }
        default -> out.append(escape);
      }
    }
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < out.length()
          && Character.isLowSurrogate(out.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return null;
      }
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }
}
