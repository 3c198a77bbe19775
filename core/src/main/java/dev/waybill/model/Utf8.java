package dev.waybill.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at UTF-8 bytes without decoding them. */
public final class Utf8 {
  // Little-endian, so that the first byte is the lowest.
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080808080808080L;
  private static final long ONES = 0x0101010101010101L;

  private Utf8() {}

  /** True if there are only bytes 1 to 127; looks at eight at once. */
  public static boolean isPlainAscii(byte[] bytes, int from, int length) {
    int end = from + length;
    int at = from;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long eight = (long) LONG.get(bytes, at);
      if ((((eight - ONES) | eight) & NOT_ASCII) != 0) {
        return false;
      }
    }
    for (; at < end; at++) {
      if (bytes[at] <= 0) {
        return false;
      }
    }
    return true;
  }

  public static boolean containsNul(byte[] bytes, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (bytes[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * True if the bytes are well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlongs.
   */
  public static boolean isValid(byte[] bytes, int from, int length) {
    return isWellFormed(bytes, from, length, false);
  }

  /**
   * True if the bytes are UTF-8 but for halves of surrogate pairs in three bytes each (WTF-8). A
   * half and its other half side by side are none: they would come back as one character.
   */
  public static boolean isWtf8(byte[] bytes, int from, int length) {
    return isWellFormed(bytes, from, length, true);
  }

  private static boolean isWellFormed(byte[] bytes, int from, int length, boolean takesHalves) {
    int end = from + length;
    int i = from;
    while (i < end) {
      if (end - i >= Long.BYTES) {
        long high = (long) LONG.get(bytes, i) & NOT_ASCII;
        i += Long.numberOfTrailingZeros(high) >>> 3;
        if (high == 0) {
          continue;
        }
      }
      int first = bytes[i++];
      if (first >= 0) {
        continue;
      }
      int more;
      int low = 0x80;
      int high = 0xBF;
      first &= 0xFF;
      if (first >= 0xC2 && first <= 0xDF) {
        more = 1;
      } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED && !takesHalves ? 0x9F : high;
      } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
      } else {
        return false;
      }
      if (end - i < more || (bytes[i] & 0xFF) < low || (bytes[i] & 0xFF) > high) {
        return false;
      }
      for (int k = 1; k < more; k++) {
        if ((bytes[i + k] & 0xC0) != 0x80) {
          return false;
        }
      }
      if (first == 0xED && isPair(bytes, i - 1, end)) {
        return false;
      }
      i += more;
    }
    return true;
  }

  /** True if the first half of a pair stands here, and behind it the second. */
  private static boolean isPair(byte[] bytes, int at, int end) {
    return end - at >= 6
        && (bytes[at + 1] & 0xF0) == 0xA0
        && (bytes[at + 3] & 0xFF) == 0xED
        && (bytes[at + 4] & 0xF0) == 0xB0;
  }
}
