package dev.waybill.stores.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the positions of fields by the names of members, which usually come in one order. Not
 * thread-safe.
 */
final class Names {
  /** A quote, which stands in no name. */
  private static final byte[] NEVER = {'"'};

  private final Map<String, Integer> positions = new HashMap<>();
  private byte[][] plain = new byte[16][];
  private int size;
  private int next;

  Names() {}

  Names(List<String> names) {
    names.forEach(this::add);
  }

  int add(String name) {
    if (size == plain.length) {
      plain = Arrays.copyOf(plain, 2 * size);
    }
    plain[size] = isWrittenPlain(name) ? name.getBytes(StandardCharsets.UTF_8) : NEVER;
    positions.put(name, size);
    return size++;
  }

  /**
   * False if what stands between a name's quotes is not the name itself: a backslash begins an
   * escape there, and half a surrogate pair has no bytes.
   */
  private static boolean isWrittenPlain(String name) {
    return name.indexOf('\\') < 0
        && name.codePoints().noneMatch(each -> each >= 0xD800 && each <= 0xDFFF);
  }

  /** The position of a name, −1 if there is none. */
  int find(String name) {
    return positions.getOrDefault(name, -1);
  }

  /** The position of what stands between two quotes, −1 if there is none. */
  int find(byte[] json, int from, int to) {
    if (next >= size) {
      next = 0;
    }
    if (size > 0 && Arrays.equals(plain[next], 0, plain[next].length, json, from, to)) {
      return next++;
    }
    Integer found = positions.get(Item.name(json, from, to));
    next = found == null ? next : found + 1;
    return found == null ? -1 : found;
  }
}
