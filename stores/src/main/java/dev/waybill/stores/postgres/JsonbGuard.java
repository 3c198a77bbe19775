package dev.waybill.stores.postgres;

import dev.waybill.stores.postgres.BinaryEncoder.Unencodable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what {@code jsonb} would change in silence: a name that occurs twice in an object, −0, a
 * number with more digits behind the point than numeric keeps. Whether the text is JSON at all is
 * left to the server, which refuses what is not. Not thread-safe.
 */
final class JsonbGuard {
  private static final int LARGEST_SCALE = 16_383;

  private byte[] text = new byte[0];
  private int at;
  private int end;

  /**
   * Looks at one JSON text.
   *
   * @throws Unencodable if jsonb would hold another value
   */
  void check(byte[] bytes, int from, int length) {
    text = bytes;
    at = from;
    end = from + length;
    @Nullable Names names = null;
    boolean isName = false;
    while (at < end) {
      byte c = text[at];
      switch (c) {
        case '{' -> {
          names = new Names(names, true);
          isName = true;
          at++;
        }
        case '[' -> {
          names = new Names(names, false);
          isName = false;
          at++;
        }
        case '}', ']' -> {
          names = names == null ? null : names.outer;
          isName = false;
          at++;
        }
        case ',' -> {
          isName = names != null && names.isObject;
          at++;
        }
        case '"' -> {
          int start = at + 1;
          boolean hasEscapes = string();
          if (isName && names != null) {
            names.add(start, Math.max(start, at - 1), hasEscapes);
            isName = false;
          }
        }
        case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
        default -> at++;
      }
    }
  }

  /** Goes behind a string; true if it has escapes. */
  private boolean string() {
    boolean hasEscapes = false;
    at++;
    while (at < end && text[at] != '"') {
      if (text[at] == '\\') {
        if (at + 5 < end
            && text[at + 1] == 'u'
            && text[at + 2] == '0'
            && text[at + 3] == '0'
            && text[at + 4] == '0'
            && text[at + 5] == '0') {
          throw new Unencodable(
              "NUL_IN_TEXT", "has the character NUL in its JSON, which jsonb cannot hold");
        }
        hasEscapes = true;
        at++;
      }
      at++;
    }
    at++;
    return hasEscapes;
  }

  private void number() {
    boolean isNegative = text[at] == '-';
    boolean isZero = true;
    boolean hasPoint = false;
    long fraction = 0;
    for (at += isNegative ? 1 : 0; at < end; at++) {
      byte c = text[at];
      if (c == '.') {
        hasPoint = true;
      } else if (c >= '0' && c <= '9') {
        isZero &= c == '0';
        fraction += hasPoint ? 1 : 0;
      } else {
        break;
      }
    }
    if (at < end && (text[at] == 'e' || text[at] == 'E')) {
      fraction -= exponent();
    }
    if (isZero && isNegative) {
      throw new Unencodable("JSON_MINUS_ZERO", "has the number -0 in its JSON, for jsonb a 0");
    }
    if (fraction > LARGEST_SCALE) {
      throw new Unencodable("JSON_NUMBER_TOO_FINE", "has a number that jsonb would round");
    }
  }

  private long exponent() {
    at++;
    boolean isNegative = at < end && text[at] == '-';
    at += at < end && (text[at] == '-' || text[at] == '+') ? 1 : 0;
    long exponent = 0;
    for (; at < end && text[at] >= '0' && text[at] <= '9'; at++) {
      exponent = Math.min(1_000_000_000L, exponent * 10 + text[at] - '0');
    }
    return isNegative ? -exponent : exponent;
  }

  /** The names of an object so far, compared by what they spell. */
  private final class Names {
    private static final int FEW = 16;

    final @Nullable Names outer;
    final boolean isObject;
    private int[] spans = new int[8];
    private int count;
    private boolean hasEscapes;
    private @Nullable Set<String> many;

    Names(@Nullable Names outer, boolean isObject) {
      this.outer = outer;
      this.isObject = isObject;
    }

    void add(int from, int to, boolean isEscaped) {
      hasEscapes |= isEscaped;
      if (many == null && (hasEscapes || count == FEW)) {
        many = new HashSet<>();
        for (int i = 0; i < count; i++) {
          many.add(spell(spans[2 * i], spans[2 * i + 1]));
        }
      }
      boolean isNew = many == null ? isNew(from, to) : many.add(spell(from, to));
      if (!isNew) {
        throw new Unencodable(
            "JSON_DUPLICATE_NAME", "has a name twice in one JSON object; jsonb keeps only one");
      }
      if (many == null) {
        if (2 * count + 2 > spans.length) {
          spans = Arrays.copyOf(spans, spans.length * 2);
        }
        spans[2 * count] = from;
        spans[2 * count + 1] = to;
        count++;
      }
    }

    private boolean isNew(int from, int to) {
      for (int i = 0; i < count; i++) {
        if (Arrays.equals(text, spans[2 * i], spans[2 * i + 1], text, from, to)) {
          return false;
        }
      }
      return true;
    }

    private String spell(int from, int to) {
      String raw = new String(text, from, to - from, StandardCharsets.UTF_8);
      StringBuilder spelled = new StringBuilder(raw.length());
      for (int i = 0; i < raw.length(); i++) {
        char c = raw.charAt(i);
        if (c != '\\' || i + 1 == raw.length()) {
          spelled.append(c);
          continue;
        }
        char escape = raw.charAt(++i);
        if (escape == 'u' && isHex(raw, i + 1)) {
          spelled.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
          i += 4;
        } else {
          int known = "bfnrt".indexOf(escape);
          spelled.append(known < 0 ? escape : "\b\f\n\r\t".charAt(known));
        }
      }
      return spelled.toString();
    }

    private static boolean isHex(String raw, int from) {
      for (int i = from; i < from + 4; i++) {
        if (i >= raw.length() || Character.digit(raw.charAt(i), 16) < 0) {
          return false;
        }
      }
      return true;
    }
  }
}
