package dev.waybill.stores.json;

import dev.waybill.model.Utf8;
import dev.waybill.stores.json.JsonScan.Token;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** A record as it stands in a file, looked into. Not thread-safe. */
final class Item {
  private final boolean isLenient;
  private final JsonText strict = new JsonText();
  private final JsonScan members = new JsonScan();
  private byte[] text = new byte[0];
  private int from;
  private int to;
  private Token token = Token.NULL;
  private String name = "";

  Item(boolean isLenient) {
    this.isLenient = isLenient;
  }

  /**
   * Takes a value between two positions.
   *
   * @param offset where it begins in the file
   */
  void take(byte[] bytes, int begin, int end, long offset) throws Malformed {
    int invalid = Utf8.isValid(bytes, begin, end - begin) ? -1 : firstInvalid(bytes, begin, end);
    if (invalid >= 0) {
      throw new Malformed("INVALID_UTF8", offset + invalid, "a byte is no UTF-8");
    }
    text = bytes;
    from = begin;
    to = end;
    if (isLenient) {
      strict.clear();
      LenientText.strict(bytes, begin, end, strict);
      text = strict.bytes();
      from = 0;
      to = strict.size();
    }
    try {
      token = members.scan(text, from, to);
    } catch (Malformed malformed) {
      throw isLenient
          ? new Malformed(malformed.code(), offset, malformed.reason())
          : malformed.behind(offset - from);
    }
  }

  /**
   * Takes the object or array that begins at a position, finding its end on the way.
   *
   * @return where it ends, −1 if nothing is taken because it is not whole or has a fault: the way
   *     by {@link #take} tells which
   */
  int takeNested(byte[] bytes, int begin, int end) {
    int found = isLenient ? -1 : members.scanNested(bytes, begin, end);
    if (found < 0 || !Utf8.isValid(bytes, begin, found - begin)) {
      return -1;
    }
    text = bytes;
    from = begin;
    to = found;
    token = bytes[begin] == '{' ? Token.OBJECT : Token.ARRAY;
    return found;
  }

  private static int firstInvalid(byte[] bytes, int from, int to) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from).slice();
    CharBuffer out = CharBuffer.allocate(4096);
    while (decoder.decode(in, out, true).isOverflow()) {
      out.clear();
    }
    return in.position();
  }

  /** The name of the member or file that the record is, empty if it is none. */
  String name() {
    return name;
  }

  void named(String newName) {
    name = newName;
  }

  byte[] text() {
    return text;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  Token token() {
    return token;
  }

  JsonScan members() {
    return members;
  }

  /** What stands between the quotes of a member's name, escapes resolved. */
  static String name(byte[] json, int from, int to) {
    StringBuilder name = new StringBuilder();
    int plain = from;
    for (int i = from; i < to; i++) {
      if (json[i] != '\\') {
        continue;
      }
      name.append(new String(json, plain, i - plain, StandardCharsets.UTF_8));
      if (json[i + 1] == 'u') {
        name.append(
            (char) Integer.parseInt(new String(json, i + 2, 4, StandardCharsets.ISO_8859_1), 16));
        i += 5;
      } else {
        JsonText one = new JsonText();
        JsonStrings.unescape(json, i, i + 2, one);
        name.append((char) one.bytes()[0]);
        i++;
      }
      plain = i + 1;
    }
    return name.append(new String(json, plain, to - plain, StandardCharsets.UTF_8)).toString();
  }
}
