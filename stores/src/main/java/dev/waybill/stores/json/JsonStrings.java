package dev.waybill.stores.json;

import dev.waybill.model.Utf8;
import java.nio.charset.StandardCharsets;

/**
 * Strings of JSON and texts of the model. Half a surrogate pair, which JSON can escape and UTF-8
 * does not have, is three bytes in the model (WTF-8), which are no UTF-8 and are seen as such.
 */
final class JsonStrings {
  private static final String HEX = "0123456789abcdef";

  private JsonStrings() {}

  /** Writes what stands between two quotes, escapes resolved. */
  static void unescape(byte[] json, int from, int to, JsonText out) {
    int at = from;
    while (at < to) {
      int plain = at;
      at = JsonBytes.escape(json, at, to);
      out.put(json, plain, at - plain);
      if (at < to) {
        at = escape(json, at + 1, to, out);
      }
    }
  }

  private static int escape(byte[] json, int at, int to, JsonText out) {
    byte c = json[at];
    switch (c) {
      case 'b' -> out.put('\b');
      case 'f' -> out.put('\f');
      case 'n' -> out.put('\n');
      case 'r' -> out.put('\r');
      case 't' -> out.put('\t');
      case 'u' -> {
        int unit = unit(json, at + 1);
        boolean isPair =
            Character.isHighSurrogate((char) unit)
                && at + 11 <= to
                && json[at + 5] == '\\'
                && json[at + 6] == 'u'
                && Character.isLowSurrogate((char) unit(json, at + 7));
        if (isPair) {
          codePoint(Character.toCodePoint((char) unit, (char) unit(json, at + 7)), out);
          return at + 11;
        }
        codePoint(unit, out);
        return at + 5;
      }
      default -> out.put(c);
    }
    return at + 1;
  }

  private static int unit(byte[] json, int at) {
    int unit = 0;
    for (int i = at; i < at + 4; i++) {
      unit = unit << 4 | Character.digit(json[i], 16);
    }
    return unit;
  }

  private static void codePoint(int point, JsonText out) {
    if (point < 0x80) {
      out.put((byte) point);
    } else if (point < 0x800) {
      out.put((byte) (0xC0 | point >> 6)).put(last(point));
    } else if (point < 0x10000) {
      out.put((byte) (0xE0 | point >> 12)).put(last(point >> 6)).put(last(point));
    } else {
      out.put((byte) (0xF0 | point >> 18));
      out.put(last(point >> 12)).put(last(point >> 6)).put(last(point));
    }
  }

  private static byte last(int point) {
    return (byte) (0x80 | point & 0x3F);
  }

  /** A name of a member or the like, which cannot be anything but UTF-8 and surrogates. */
  static void quote(String text, JsonText out) {
    out.put('"');
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isPair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (isPair) {
        i++;
      } else if (Character.isSurrogate(c)) {
        plain(text.substring(from, i), out);
        unicode(c, out);
        from = i + 1;
      }
    }
    plain(text.substring(from), out);
    out.put('"');
  }

  private static void plain(String text, JsonText out) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    escaped(utf8, 0, utf8.length, out);
  }

  private static void escaped(byte[] utf8, int from, int to, JsonText out) {
    int at = from;
    while (at < to) {
      int plain = at;
      at = JsonBytes.plainEnd(utf8, at, to);
      out.put(utf8, plain, at - plain);
      if (at < to) {
        ascii(utf8[at++], out);
      }
    }
  }

  private static void ascii(byte c, JsonText out) {
    switch (c) {
      case '"' -> out.put("\\\"");
      case '\\' -> out.put("\\\\");
      case '\b' -> out.put("\\b");
      case '\f' -> out.put("\\f");
      case '\n' -> out.put("\\n");
      case '\r' -> out.put("\\r");
      case '\t' -> out.put("\\t");
      default -> {
        if (c >= 0 && c < ' ') {
          unicode((char) c, out);
        } else {
          out.put(c);
        }
      }
    }
  }

  private static void unicode(char unit, JsonText out) {
    out.put("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.put(HEX.charAt(unit >> shift & 0xF));
    }
  }

  /**
   * Writes a text as a string.
   *
   * @throws Unwritable if it is neither UTF-8 nor has only half surrogate pairs beside
   */
  static void quote(byte[] text, int from, int length, JsonText out) throws Unwritable {
    out.put('"');
    if (Utf8.isValid(text, from, length)) {
      escaped(text, from, from + length, out);
    } else {
      escapedHalves(text, from, from + length, out);
    }
    out.put('"');
  }

  private static void escapedHalves(byte[] text, int from, int to, JsonText out) throws Unwritable {
    int at = from;
    while (at < to) {
      if (text[at] >= 0) {
        ascii(text[at++], out);
        continue;
      }
      int surrogate = surrogate(text, at, to);
      if (surrogate >= 0) {
        boolean isPair =
            Character.isHighSurrogate((char) surrogate)
                && Character.isLowSurrogate((char) Math.max(0, surrogate(text, at + 3, to)));
        if (isPair) {
          throw invalid();
        }
        unicode((char) surrogate, out);
        at += 3;
        continue;
      }
      int bytes = length(text[at]);
      if (bytes == 0 || to - at < bytes || !Utf8.isValid(text, at, bytes)) {
        throw invalid();
      }
      out.put(text, at, bytes);
      at += bytes;
    }
  }

  private static Unwritable invalid() {
    return new Unwritable("INVALID_UTF8", "is text that is not UTF-8");
  }

  /** Half a surrogate pair in three bytes, −1 if there is none. */
  private static int surrogate(byte[] text, int at, int to) {
    boolean isSurrogate =
        to - at >= 3
            && (text[at] & 0xFF) == 0xED
            && (text[at + 1] & 0xE0) == 0xA0
            && (text[at + 2] & 0xC0) == 0x80;
    return isSurrogate ? 0xD000 | (text[at + 1] & 0x3F) << 6 | text[at + 2] & 0x3F : -1;
  }

  private static int length(byte first) {
    int c = first & 0xFF;
    return c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
  }
}
