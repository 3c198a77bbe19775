package dev.waybill.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Arrays;

/**
 * JSON by content as {@link CanonicalJson} makes it, read with another parser: what that must agree
 * with.
 */
final class JacksonJson {
  private static final int DEEPEST = 500;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          // UTF-16 and byte order marks are no JSON here.
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          // Names come from users: neither kept for ever nor refused because they collide.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private byte[] bytes = new byte[256];
  private int size;
  private JsonFlaw flaw = JsonFlaw.NONE;

  /** Writes the canonical bytes of a JSON text; {@link #bytes} up to {@link #size} holds them. */
  void encode(byte[] text, int from, int length) {
    size = 0;
    flaw = JsonFlaw.NONE;
    if (!Utf8.isValid(text, from, length)) {
      asItIs(text, from, length);
      return;
    }
    try (JsonParser parser = FACTORY.createParser(text, from, length)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new IOException("empty");
      }
      value(parser, first);
      if (parser.nextToken() != null) {
        throw new IOException("more than one value");
      }
    } catch (IOException notJson) {
      asItIs(text, from, length);
    }
  }

  private void asItIs(byte[] text, int from, int length) {
    size = 0;
    flaw = JsonFlaw.NOT_JSON;
    put((byte) '!');
    put(text, from, length);
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

  private void value(JsonParser parser, JsonToken token) throws IOException {
    switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        put((byte) '[');
        for (JsonToken next = next(parser); next != JsonToken.END_ARRAY; next = next(parser)) {
          value(parser, next);
        }
        put((byte) ']');
      }
      case VALUE_STRING -> {
        put((byte) 's');
        string(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        put((byte) 'n');
        String normal = CanonicalJson.normalNumber(parser.getText(), true);
        if (normal.equals("-0")) {
          note(JsonFlaw.MINUS_ZERO);
        }
        putInt(normal.length());
        for (int i = 0; i < normal.length(); i++) {
          put((byte) normal.charAt(i));
        }
      }
      case VALUE_TRUE -> put((byte) 't');
      case VALUE_FALSE -> put((byte) 'f');
      case VALUE_NULL -> put((byte) 'z');
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
          throw new IOException("unexpected " + token);
    }
  }

  private static JsonToken next(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw new IOException("cut off");
    }
    return token;
  }

  private void object(JsonParser parser) throws IOException {
    put((byte) '{');
    int start = size;
    int[] starts = new int[8];
    int members = 0;
    boolean sorted = true;
    for (JsonToken token = next(parser); token != JsonToken.END_OBJECT; token = next(parser)) {
      if (members == starts.length) {
        starts = Arrays.copyOf(starts, members * 2);
      }
      starts[members] = size;
      string(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
      if (members > 0) {
        int order = compareNames(starts[members - 1], size, starts[members]);
        sorted &= order <= 0;
        if (order == 0) {
          note(JsonFlaw.NAME_TWICE);
        }
      }
      members++;
      value(parser, next(parser));
    }
    if (!sorted) {
      sort(start, starts, members);
    }
    put((byte) '}');
  }

  private void sort(int start, int[] starts, int members) {
    Integer[] order = new Integer[members];
    for (int i = 0; i < members; i++) {
      order[i] = i;
    }
    int end = size;
    Arrays.sort(order, (a, b) -> compareNames(starts[a], end, starts[b]));
    byte[] unsorted = Arrays.copyOfRange(bytes, start, end);
    int to = start;
    for (int i = 1; i < members; i++) {
      if (compareNames(starts[order[i - 1]], end, starts[order[i]]) == 0) {
        note(JsonFlaw.NAME_TWICE);
      }
    }
    for (int member : order) {
      int from = starts[member];
      int length = (member + 1 < members ? starts[member + 1] : end) - from;
      System.arraycopy(unsorted, from - start, bytes, to, length);
      to += length;
    }
  }

  private int compareNames(int a, int end, int b) {
    int lengthA = intAt(a);
    int lengthB = intAt(b);
    if (b + 4 + lengthB > end) {
      throw new IllegalStateException("member out of bounds");
    }
    return Arrays.compareUnsigned(bytes, a + 4, a + 4 + lengthA, bytes, b + 4, b + 4 + lengthB);
  }

  /** UTF-8 with lone surrogates as three bytes of their own, so that they stay apart. */
  private void string(char[] chars, int from, int length) {
    int at = size;
    putInt(0);
    int end = from + length;
    for (int i = from; i < end; i++) {
      char c = chars[i];
      if (c < 0x80) {
        if (c == 0) {
          note(JsonFlaw.NUL);
        }
        put((byte) c);
      } else if (c < 0x800) {
        put((byte) (0xC0 | c >> 6));
        put((byte) (0x80 | c & 0x3F));
      } else if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(chars[i + 1])) {
        int point = Character.toCodePoint(c, chars[++i]);
        put((byte) (0xF0 | point >> 18));
        put((byte) (0x80 | point >> 12 & 0x3F));
        put((byte) (0x80 | point >> 6 & 0x3F));
        put((byte) (0x80 | point & 0x3F));
      } else {
        if (Character.isSurrogate(c)) {
          note(JsonFlaw.LONE_SURROGATE);
        }
        put((byte) (0xE0 | c >> 12));
        put((byte) (0x80 | c >> 6 & 0x3F));
        put((byte) (0x80 | c & 0x3F));
      }
    }
    int bytesWritten = size - at - 4;
    bytes[at] = (byte) (bytesWritten >> 24);
    bytes[at + 1] = (byte) (bytesWritten >> 16);
    bytes[at + 2] = (byte) (bytesWritten >> 8);
    bytes[at + 3] = (byte) bytesWritten;
  }

  private int intAt(int at) {
    return (bytes[at] & 0xFF) << 24
        | (bytes[at + 1] & 0xFF) << 16
        | (bytes[at + 2] & 0xFF) << 8
        | bytes[at + 3] & 0xFF;
  }

  private void putInt(int value) {
    put((byte) (value >> 24));
    put((byte) (value >> 16));
    put((byte) (value >> 8));
    put((byte) value);
  }

  private void put(byte value) {
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, size * 2);
    }
    bytes[size++] = value;
  }

  private void put(byte[] source, int from, int length) {
    if (bytes.length - size < length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + length, size * 2));
    }
    System.arraycopy(source, from, bytes, size, length);
    size += length;
  }
}
