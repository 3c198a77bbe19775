package dev.waybill.stores.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks for the bytes at which a string of JSON stops being plain, eight at once. */
final class JsonBytes {
  // Little-endian, so that the first byte is the lowest.
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long SPACES = ONES * ' ';

  private JsonBytes() {}

  /** The first quote, backslash or control character, else the end. */
  static int plainEnd(byte[] bytes, int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long eight = (long) LONG.get(bytes, at);
      // What is borrowed from the next byte can only be wrong above the first that is found.
      long found = (zeros(eight ^ QUOTES) | zeros(eight ^ BACKSLASHES) | below(eight)) & HIGH;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (at < to && bytes[at] != '"' && bytes[at] != '\\' && (bytes[at] & 0xE0) != 0) {
      at++;
    }
    return at;
  }

  /** The first quote or backslash, else the end. */
  static int quoteOrEscape(byte[] bytes, int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long eight = (long) LONG.get(bytes, at);
      long found = (zeros(eight ^ QUOTES) | zeros(eight ^ BACKSLASHES)) & HIGH;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (at < to && bytes[at] != '"' && bytes[at] != '\\') {
      at++;
    }
    return at;
  }

  /** The first backslash, else the end. */
  static int escape(byte[] bytes, int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long found = zeros((long) LONG.get(bytes, at) ^ BACKSLASHES) & HIGH;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (at < to && bytes[at] != '\\') {
      at++;
    }
    return at;
  }

  /** A number that depends on all of some bytes; another in another version. */
  static long hash(byte[] bytes, int from, int to) {
    long hash = (long) to - from;
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      hash = mixed(hash ^ (long) LONG.get(bytes, at));
    }
    long rest = 0;
    for (; at < to; at++) {
      rest = rest << 8 | bytes[at] & 0xFF;
    }
    return mixed(mixed(hash ^ rest));
  }

  private static long mixed(long hash) {
    long product = hash * 0x9E3779B97F4A7C15L;
    return product ^ product >>> 32;
  }

  private static long zeros(long eight) {
    return eight - ONES & ~eight;
  }

  private static long below(long eight) {
    return eight - SPACES & ~eight;
  }
}
