package dev.waybill.stores.sqlite;

import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a database keeps text: the driver hands out its bytes as they are stored, and takes them so.
 * Lone surrogates of UTF-16 become three bytes each, which is no valid UTF-8, so that they are seen
 * and come back the same.
 */
enum TextForm {
  UTF_8,
  UTF_16_LITTLE,
  UTF_16_BIG;

  static TextForm of(Connected connection) throws SQLException {
    return switch (connection.texts("PRAGMA encoding").get(0)) {
      case "UTF-16le" -> UTF_16_LITTLE;
      case "UTF-16be" -> UTF_16_BIG;
      default -> UTF_8;
    };
  }

  byte[] toUtf8(byte[] stored) {
    if (this == UTF_8) {
      return stored;
    }
    byte[] out = new byte[stored.length / 2 * 3];
    int size = 0;
    for (int i = 0; i + 1 < stored.length; i += 2) {
      int c = unit(stored, i);
      if (c >= 0xD800 && c < 0xDC00 && i + 3 < stored.length) {
        int low = unit(stored, i + 2);
        if (low >= 0xDC00 && low < 0xE000) {
          c = 0x10000 + (c - 0xD800 << 10) + (low - 0xDC00);
          i += 2;
        }
      }
      if (c < 0x80) {
        out[size++] = (byte) c;
        continue;
      }
      if (c < 0x800) {
        out[size++] = (byte) (0xC0 | c >> 6);
      } else {
        if (c < 0x10000) {
          out[size++] = (byte) (0xE0 | c >> 12);
        } else {
          out[size++] = (byte) (0xF0 | c >> 18);
          out[size++] = (byte) (0x80 | c >> 12 & 0x3F);
        }
        out[size++] = (byte) (0x80 | c >> 6 & 0x3F);
      }
      out[size++] = (byte) (0x80 | c & 0x3F);
    }
    return Arrays.copyOf(out, size);
  }

  private int unit(byte[] bytes, int at) {
    int first = bytes[at] & 0xFF;
    int second = bytes[at + 1] & 0xFF;
    return this == UTF_16_LITTLE ? second << 8 | first : first << 8 | second;
  }

  /** The bytes to store, or null if they would not come back the same. */
  byte @Nullable [] fromUtf8(byte[] utf8) {
    if (this == UTF_8) {
      return utf8;
    }
    byte[] out = new byte[utf8.length * 2];
    int size = 0;
    int i = 0;
    while (i < utf8.length) {
      int first = utf8[i] & 0xFF;
      int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      if (i + length > utf8.length) {
        return null;
      }
      int point = length == 1 ? first : first & (0x7F >> length);
      for (int k = 1; k < length; k++) {
        point = point << 6 | utf8[i + k] & 0x3F;
      }
      i += length;
      if (point >= 0x110000) {
        return null;
      }
      if (point >= 0x10000) {
        size = put(out, size, 0xD800 + (point - 0x10000 >> 10));
        point = 0xDC00 + (point - 0x10000 & 0x3FF);
      }
      size = put(out, size, point);
    }
    byte[] stored = Arrays.copyOf(out, size);
    return Arrays.equals(toUtf8(stored), utf8) ? stored : null;
  }

  private int put(byte[] out, int at, int unit) {
    boolean isLittle = this == UTF_16_LITTLE;
    out[at] = (byte) (isLittle ? unit : unit >> 8);
    out[at + 1] = (byte) (isLittle ? unit >> 8 : unit);
    return at + 2;
  }
}
