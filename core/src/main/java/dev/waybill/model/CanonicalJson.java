package dev.waybill.model;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON by content: two texts have equal canonical bytes exactly if they hold the same value.
 *
 * <p>Numbers are equal by exact decimal value ({@code 1.0} = {@code 1e0}, but {@code -0} is not
 * {@code 0}), strings by code points whatever their escapes, objects whatever the order of their
 * members; a name that occurs twice stays twice, in order. Text that is no JSON (RFC 8259) in
 * UTF-8, or nested deeper than {@value #DEEPEST}, is equal to the same bytes only, and so is, among
 * numbers, one whose exponent has more than {@value #LONGEST_EXPONENT} digits.
 *
 * <p>Reads and writes bytes, without an object per value: every JSON value of a run goes through
 * here at least once. Not thread-safe.
 */
final class CanonicalJson {
  private static final int DEEPEST = 500;
  private static final int LONGEST_EXPONENT = 1000;

  /** Exponents of so many digits are added up without overflow. */
  private static final int SHORT_EXPONENT = 9;

  private byte[] bytes = new byte[256];
  private int size;
  private JsonFlaw flaw = JsonFlaw.NONE;

  // The text at hand.
  private byte[] text = bytes;
  private int at;
  private int end;
  private int depth;

  /** Where the members of the open objects begin in {@link #bytes}, the innermost object last. */
  private int[] members = new int[32];

  private int memberCount;
  private byte[] unsorted = new byte[0];

  /** Writes the canonical bytes of a JSON text; {@link #bytes} up to {@link #size} holds them. */
  void encode(byte[] json, int from, int length) {
    size = 0;
    flaw = JsonFlaw.NONE;
    text = json;
    at = from;
    end = from + length;
    depth = 0;
    memberCount = 0;
    if (!Utf8.isValid(json, from, length) || !document()) {
      size = 0;
      flaw = JsonFlaw.NOT_JSON;
      put((byte) '!');
      copy(from, length);
    }
  }

  byte[] bytes() {
    return bytes;
  }

  /** What of the text encoded last not every store of JSON keeps; the first of several. */
  JsonFlaw flaw() {
    return flaw;
  }

  private void note(JsonFlaw found) {
    flaw = flaw == JsonFlaw.NONE ? found : flaw;
  }

  int size() {
    return size;
  }

  // --- reading; each gives false where the text is no JSON

  private boolean document() {
    skipSpace();
    if (!value()) {
      return false;
    }
    skipSpace();
    return at == end;
  }

  private void skipSpace() {
    while (at < end && isSpace(text[at])) {
      at++;
    }
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private boolean value() {
    if (at == end) {
      return false;
    }
    byte first = text[at];
    return switch (first) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> {
        put((byte) 's');
        yield string();
      }
      case 't' -> word("true");
      case 'f' -> word("false");
      case 'n' -> word("null");
      default -> number();
    };
  }

  private boolean word(String word) {
    if (end - at < word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (text[at + i] != word.charAt(i)) {
        return false;
      }
    }
    put(word.equals("null") ? (byte) 'z' : (byte) word.charAt(0));
    at += word.length();
    return true;
  }

  private boolean array() {
    if (++depth > DEEPEST) {
      return false;
    }
    put((byte) '[');
    at++;
    skipSpace();
    boolean isOpen = at == end || text[at] != ']';
    while (isOpen) {
      skipSpace();
      if (!value()) {
        return false;
      }
      skipSpace();
      if (at == end || text[at] != ',' && text[at] != ']') {
        return false;
      }
      isOpen = text[at] == ',';
      at += isOpen ? 1 : 0;
    }
    at++;
    put((byte) ']');
    depth--;
    return true;
  }

  private boolean object() {
    if (++depth > DEEPEST) {
      return false;
    }
    put((byte) '{');
    int start = size;
    int first = memberCount;
    boolean isSorted = true;
    at++;
    skipSpace();
    boolean isOpen = at == end || text[at] != '}';
    while (isOpen) {
      skipSpace();
      beginMember();
      if (at == end || text[at] != '"' || !string()) {
        return false;
      }
      if (memberCount - first > 1) {
        int order = compareNames(members[memberCount - 2], members[memberCount - 1]);
        isSorted &= order <= 0;
        if (order == 0) {
          note(JsonFlaw.NAME_TWICE);
        }
      }
      skipSpace();
      if (at == end || text[at] != ':') {
        return false;
      }
      at++;
      skipSpace();
      if (!value()) {
        return false;
      }
      skipSpace();
      if (at == end || text[at] != ',' && text[at] != '}') {
        return false;
      }
      isOpen = text[at] == ',';
      at += isOpen ? 1 : 0;
    }
    at++;
    if (!isSorted) {
      sort(start, first);
    }
    memberCount = first;
    put((byte) '}');
    depth--;
    return true;
  }

  private void beginMember() {
    if (memberCount == members.length) {
      members = Arrays.copyOf(members, 2 * memberCount);
    }
    members[memberCount++] = size;
  }

  /** Brings the members from {@code first} on into the order of their names; equal ones stay. */
  private void sort(int start, int first) {
    int count = memberCount - first;
    int length = size - start;
    if (unsorted.length < length) {
      unsorted = new byte[Math.max(length, 2 * unsorted.length)];
    }
    System.arraycopy(bytes, start, unsorted, 0, length);
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      int from = members[first + i];
      int to = i + 1 < count ? members[first + i + 1] : size;
      order[i] = (long) from << 32 | to;
    }
    sort(order);
    for (int i = 1; i < count; i++) {
      if (compareNames((int) (order[i - 1] >> 32), (int) (order[i] >> 32)) == 0) {
        note(JsonFlaw.NAME_TWICE);
      }
    }
    int to = start;
    for (long member : order) {
      int from = (int) (member >> 32);
      int bytesOfIt = (int) member - from;
      System.arraycopy(unsorted, from - start, bytes, to, bytesOfIt);
      to += bytesOfIt;
    }
  }

  /** A merge sort, which keeps the order of what is equal; few members are inserted. */
  private void sort(long[] order) {
    int run = 8;
    for (int from = 0; from < order.length; from += run) {
      for (int i = from + 1; i < Math.min(from + run, order.length); i++) {
        long one = order[i];
        int to = i;
        while (to > from && compareNames((int) (order[to - 1] >> 32), (int) (one >> 32)) > 0) {
          order[to] = order[--to];
        }
        order[to] = one;
      }
    }
    long[] from = order;
    for (int width = run; width < order.length; width *= 2) {
      long[] merged = new long[order.length];
      for (int left = 0; left < order.length; left += 2 * width) {
        int middle = Math.min(left + width, order.length);
        merge(from, left, middle, Math.min(middle + width, order.length), merged);
      }
      from = merged;
    }
    System.arraycopy(from, 0, order, 0, order.length);
  }

  private void merge(long[] from, int left, int middle, int right, long[] into) {
    int a = left;
    int b = middle;
    for (int to = left; to < right; to++) {
      boolean isLeft =
          b == right
              || a < middle && compareNames((int) (from[a] >> 32), (int) (from[b] >> 32)) <= 0;
      into[to] = isLeft ? from[a++] : from[b++];
    }
  }

  private int compareNames(int a, int b) {
    return Arrays.compareUnsigned(bytes, a + 4, a + 4 + intAt(a), bytes, b + 4, b + 4 + intAt(b));
  }

  /**
   * A string with its length, escapes resolved: UTF-8, lone surrogates as three bytes of their own
   * so that they stay apart.
   */
  private boolean string() {
    int lengthAt = size;
    putInt(0);
    at++;
    while (true) {
      int from = at;
      while (at < end && text[at] != '"' && text[at] != '\\' && (text[at] & 0xE0) != 0) {
        at++;
      }
      copy(from, at - from);
      if (at == end || text[at] != '"' && text[at] != '\\') {
        // Cut off, or a control character.
        return false;
      }
      if (text[at++] == '"') {
        setInt(lengthAt, size - lengthAt - 4);
        return true;
      }
      if (!escape()) {
        return false;
      }
    }
  }

  private boolean escape() {
    if (at == end) {
      return false;
    }
    byte c = text[at++];
    switch (c) {
      case '"', '\\', '/' -> put(c);
      case 'b' -> put((byte) '\b');
      case 'f' -> put((byte) '\f');
      case 'n' -> put((byte) '\n');
      case 'r' -> put((byte) '\r');
      case 't' -> put((byte) '\t');
      case 'u' -> {
        int unit = unit(at);
        if (unit < 0) {
          return false;
        }
        at += 4;
        codePoint(unit);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The four hexadecimal digits at a position, −1 if there are none. */
  private int unit(int from) {
    if (end - from < 4) {
      return -1;
    }
    int unit = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = text[i] < 0 ? -1 : Character.digit(text[i], 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  private void codePoint(int unit) {
    if (unit < 0x80) {
      if (unit == 0) {
        note(JsonFlaw.NUL);
      }
      put((byte) unit);
    } else if (unit < 0x800) {
      put((byte) (0xC0 | unit >> 6));
      put((byte) (0x80 | unit & 0x3F));
    } else if (Character.isHighSurrogate((char) unit) && isLowSurrogateNext()) {
      int point = Character.toCodePoint((char) unit, (char) unit(at + 2));
      at += 6;
      put((byte) (0xF0 | point >> 18));
      put((byte) (0x80 | point >> 12 & 0x3F));
      put((byte) (0x80 | point >> 6 & 0x3F));
      put((byte) (0x80 | point & 0x3F));
    } else {
      if (Character.isSurrogate((char) unit)) {
        note(JsonFlaw.LONE_SURROGATE);
      }
      put((byte) (0xE0 | unit >> 12));
      put((byte) (0x80 | unit >> 6 & 0x3F));
      put((byte) (0x80 | unit & 0x3F));
    }
  }

  private boolean isLowSurrogateNext() {
    if (end - at < 6 || text[at] != '\\' || text[at + 1] != 'u') {
      return false;
    }
    int next = unit(at + 2);
    return next >= 0 && Character.isLowSurrogate((char) next);
  }

  private boolean number() {
    int from = at;
    boolean isNegative = text[at] == '-';
    at += isNegative ? 1 : 0;
    int digits = at;
    skipDigits();
    int whole = at - digits;
    if (whole == 0 || whole > 1 && text[digits] == '0') {
      return false;
    }
    int fraction = 0;
    if (at < end && text[at] == '.') {
      int point = at++;
      skipDigits();
      fraction = at - point - 1;
      if (fraction == 0) {
        return false;
      }
    }
    int mantissaEnd = at;
    if (at < end && (text[at] == 'e' || text[at] == 'E')) {
      at++;
      at += at < end && (text[at] == '+' || text[at] == '-') ? 1 : 0;
      int exponent = at;
      skipDigits();
      if (at == exponent) {
        return false;
      }
    }
    put((byte) 'n');
    int lengthAt = size;
    putInt(0);
    if (at - mantissaEnd > SHORT_EXPONENT) {
      String normal =
          normalNumber(new String(text, from, at - from, StandardCharsets.US_ASCII), true);
      put(normal);
    } else {
      normal(isNegative, digits, mantissaEnd, fraction, exponent(mantissaEnd));
    }
    if (size - lengthAt == 6 && bytes[size - 2] == '-' && bytes[size - 1] == '0') {
      note(JsonFlaw.MINUS_ZERO);
    }
    setInt(lengthAt, size - lengthAt - 4);
    return true;
  }

  private void skipDigits() {
    while (at < end && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
  }

  /** The exponent between the end of the mantissa and the position at hand, 0 if there is none. */
  private long exponent(int mantissaEnd) {
    long exponent = 0;
    boolean isNegative = false;
    for (int i = mantissaEnd + 1; i < at; i++) {
      if (text[i] == '-' || text[i] == '+') {
        isNegative = text[i] == '-';
      } else {
        exponent = 10 * exponent + text[i] - '0';
      }
    }
    return isNegative ? -exponent : exponent;
  }

  /** As {@link #normalNumber}, from the digits and perhaps a point between two positions. */
  private void normal(boolean isNegative, int from, int to, int fraction, long exponent) {
    int first = from;
    while (first < to && (text[first] == '0' || text[first] == '.')) {
      first++;
    }
    int last = to;
    long shift = exponent - fraction;
    while (last > first && (text[last - 1] == '0' || text[last - 1] == '.')) {
      shift += text[last - 1] == '0' ? 1 : 0;
      last--;
    }
    if (isNegative) {
      put((byte) '-');
    }
    if (first == last) {
      put((byte) '0');
      return;
    }
    for (int i = first; i < last; i++) {
      if (text[i] != '.') {
        put(text[i]);
      }
    }
    if (shift != 0) {
      put((byte) 'E');
      put(Long.toString(shift));
    }
  }

  /**
   * A decimal number by value: {@code [-]digits[Eexponent]} without leading or trailing zeros in
   * the digits. Text that is no number is returned as it is.
   *
   * @param keepsMinusZero whether −0 is another number than 0
   */
  static String normalNumber(String text, boolean keepsMinusZero) {
    int i = 0;
    boolean negative = false;
    if (i < text.length() && (text.charAt(i) == '-' || text.charAt(i) == '+')) {
      negative = text.charAt(i) == '-';
      i++;
    }
    StringBuilder digits = new StringBuilder(text.length());
    long shift = 0;
    boolean point = false;
    for (; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digits.append(c);
        shift -= point ? 1 : 0;
      } else if (c == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    BigInteger exponent = BigInteger.ZERO;
    if (i < text.length()) {
      char c = text.charAt(i);
      if (c != 'e' && c != 'E' || digits.isEmpty()) {
        return text;
      }
      if (text.length() - i > LONGEST_EXPONENT) {
        // Reading it would take time that grows with the square of its length.
        return text;
      }
      try {
        exponent = new BigInteger(text.substring(i + 1));
      } catch (NumberFormatException notANumber) {
        return text;
      }
    }
    int first = 0;
    while (first < digits.length() && digits.charAt(first) == '0') {
      first++;
    }
    int last = digits.length();
    while (last > first && digits.charAt(last - 1) == '0') {
      last--;
      shift++;
    }
    if (first == last) {
      return digits.isEmpty() ? text : negative && keepsMinusZero ? "-0" : "0";
    }
    exponent = exponent.add(BigInteger.valueOf(shift));
    String normal = (negative ? "-" : "") + digits.substring(first, last);
    return exponent.signum() == 0 ? normal : normal + "E" + exponent;
  }

  // --- writing

  private int intAt(int from) {
    return (bytes[from] & 0xFF) << 24
        | (bytes[from + 1] & 0xFF) << 16
        | (bytes[from + 2] & 0xFF) << 8
        | bytes[from + 3] & 0xFF;
  }

  private void setInt(int to, int value) {
    bytes[to] = (byte) (value >> 24);
    bytes[to + 1] = (byte) (value >> 16);
    bytes[to + 2] = (byte) (value >> 8);
    bytes[to + 3] = (byte) value;
  }

  private void putInt(int value) {
    reserve(4);
    setInt(size, value);
    size += 4;
  }

  private void put(byte value) {
    reserve(1);
    bytes[size++] = value;
  }

  private void put(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      put((byte) ascii.charAt(i));
    }
  }

  private void copy(int from, int length) {
    reserve(length);
    System.arraycopy(text, from, bytes, size, length);
    size += length;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
    }
  }
}
