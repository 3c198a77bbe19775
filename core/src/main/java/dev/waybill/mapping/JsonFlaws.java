package dev.waybill.mapping;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Mends in a JSON text what stores that keep JSON by content refuse; all else stays as it is. */
final class JsonFlaws {
  private static final byte[] SYMBOL_FOR_NUL = "\\u2400".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REPLACEMENT = "\\ufffd".getBytes(StandardCharsets.US_ASCII);

  private JsonFlaws() {}

  /** The text with every flaw of a kind mended: an escaped NUL, half a surrogate pair, −0. */
  static byte[] mended(ValueLoss loss, byte[] text, int from, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 16);
    int end = from + length;
    boolean isInString = false;
    int i = from;
    while (i < end) {
      byte c = text[i];
      if (c == '"') {
        isInString = !isInString;
        out.write(c);
        i++;
      } else if (isInString && c == '\\') {
        i += escape(loss, text, i, end, out);
      } else if (!isInString && c == '-' && loss == ValueLoss.JSON_MINUS_ZERO) {
        int stop = endOfNumber(text, i, end);
        if (!isZero(text, i + 1, stop)) {
          out.write(c);
        }
        i++;
      } else {
        out.write(c);
        i++;
      }
    }
    return out.toByteArray();
  }

  /** Writes an escape, mended; gives how many bytes of the text it took. */
  private static int escape(
      ValueLoss loss, byte[] text, int at, int end, ByteArrayOutputStream out) {
    int unit = unit(text, at, end);
    if (unit < 0) {
      int length = Math.min(2, end - at);
      out.write(text, at, length);
      return length;
    }
    boolean isHigh = unit >= 0xD800 && unit < 0xDC00;
    boolean isLow = unit >= 0xDC00 && unit < 0xE000;
    int next = isHigh ? unit(text, at + 6, end) : -1;
    if (isHigh && next >= 0xDC00 && next < 0xE000) {
      out.write(text, at, 12);
      return 12;
    }
    if (loss == ValueLoss.NUL_IN_TEXT && unit == 0) {
      out.writeBytes(SYMBOL_FOR_NUL);
    } else if (loss == ValueLoss.LONE_SURROGATE && (isHigh || isLow)) {
      out.writeBytes(REPLACEMENT);
    } else {
      out.write(text, at, 6);
    }
    return 6;
  }

  /** The code unit of the escape at a position, −1 if it is another one. */
  private static int unit(byte[] text, int at, int end) {
    if (end - at < 6 || text[at] != '\\' || text[at + 1] != 'u') {
      return -1;
    }
    int unit = 0;
    for (int i = at + 2; i < at + 6; i++) {
      int digit = Character.digit(text[i], 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  private static int endOfNumber(byte[] text, int at, int end) {
    int i = at + 1;
    while (i < end
        && (text[i] >= '0' && text[i] <= '9'
            || text[i] == '.'
            || text[i] == 'e'
            || text[i] == 'E'
            || text[i] == '+'
            || text[i] == '-')) {
      i++;
    }
    return i;
  }

  private static boolean isZero(byte[] text, int from, int end) {
    for (int i = from; i < end && text[i] != 'e' && text[i] != 'E'; i++) {
      if (text[i] >= '1' && text[i] <= '9') {
        return false;
      }
    }
    return true;
  }
}
