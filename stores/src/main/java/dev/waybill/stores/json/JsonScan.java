package dev.waybill.stores.json;

import java.util.Arrays;

/**
 * Walks the members of an object or the elements of an array that is wholly in memory, and checks
 * every byte of it on the way. RFC 8259, and NaN, Infinity and -Infinity as Python writes them.
 *
 * <p>An own one because values are carried as the bytes that stand in the file (nested ones,
 * numbers of any length, half surrogate pairs) and faults are named by their byte; a parser that
 * makes an object of each would give neither (docs/adr/0012). Not thread-safe.
 */
final class JsonScan {
  /** As deep as the canonical form goes. */
  static final int DEEPEST = 500;

  /** The record around a value, and what says the value's type. */
  private static final int AROUND = 2;

  /** What a value is, by its first byte and, of numbers, by its form. */
  enum Token {
    NULL,
    TRUE,
    FALSE,
    /** Without fraction and exponent. */
    INTEGER,
    NUMBER,
    /** NaN, Infinity, -Infinity. */
    NOT_FINITE,
    STRING,
    OBJECT,
    ARRAY
  }

  private byte[] text = new byte[0];
  private int at;
  private int end;
  private boolean isNumberWhole;

  // The members or elements found.
  private int count;
  private int[] nameFrom = new int[16];
  private int[] nameTo = new int[16];
  private int[] from = new int[16];
  private int[] to = new int[16];
  private Token[] tokens = new Token[16];

  /** How many members or elements the value has that was scanned last. */
  int count() {
    return count;
  }

  /** Where a member's name begins, behind its quote. */
  int nameFrom(int member) {
    return nameFrom[member];
  }

  /** Where a member's name ends, before its quote. */
  int nameTo(int member) {
    return nameTo[member];
  }

  /** Where the value of a member or an element begins. */
  int from(int member) {
    return from[member];
  }

  /** Where it ends. */
  int to(int member) {
    return to[member];
  }

  Token token(int member) {
    return tokens[member];
  }

  /** Scans one value between two positions: the object's members, the array's elements. */
  Token scan(byte[] json, int begin, int stop) throws Malformed {
    open(json, begin, stop);
    space();
    if (at == end) {
      throw new Malformed(at, "there is no value");
    }
    Token token = Token.OBJECT;
    if (text[at] == '{') {
      object(1);
    } else if (text[at] == '[') {
      token = Token.ARRAY;
      array(1);
    } else {
      token = value(0);
    }
    space();
    if (at < end) {
      throw new Malformed(at, "something follows the value");
    }
    return token;
  }

  /**
   * Scans the object or array that begins at a position, which may end before what is given does.
   *
   * @return where it ends, −1 if it is not whole or is no JSON
   */
  int scanNested(byte[] json, int begin, int stop) {
    open(json, begin, stop);
    try {
      if (text[at] == '{') {
        object(1);
      } else if (text[at] == '[') {
        array(1);
      } else {
        return -1;
      }
      return at;
    } catch (Malformed orNotWhole) {
      return -1;
    }
  }

  /** What the value is that begins at a position; the text has been scanned before. */
  static Token token(byte[] json, int begin, int stop) {
    return switch (json[begin]) {
      case '{' -> Token.OBJECT;
      case '[' -> Token.ARRAY;
      case '"' -> Token.STRING;
      case 't' -> Token.TRUE;
      case 'f' -> Token.FALSE;
      case 'n' -> Token.NULL;
      case 'N', 'I' -> Token.NOT_FINITE;
      default -> number(json, begin, stop);
    };
  }

  private static Token number(byte[] json, int begin, int stop) {
    if (json[begin] == '-' && stop > begin + 1 && json[begin + 1] == 'I') {
      return Token.NOT_FINITE;
    }
    for (int i = begin; i < stop; i++) {
      if (json[i] == '.' || json[i] == 'e' || json[i] == 'E') {
        return Token.NUMBER;
      }
    }
    return Token.INTEGER;
  }

  private void open(byte[] json, int begin, int stop) {
    text = json;
    at = begin;
    end = stop;
    count = 0;
  }

  private void object(int depth) throws Malformed {
    at++;
    space();
    if (at < end && text[at] == '}') {
      at++;
      return;
    }
    while (true) {
      space();
      if (at == end || text[at] != '"') {
        throw here("a member's name is missing");
      }
      int name = at + 1;
      string();
      int nameEnd = at - 1;
      space();
      if (at == end || text[at] != ':') {
        throw here("the colon behind a member's name is missing");
      }
      at++;
      space();
      int begin = at;
      Token token = value(depth);
      if (depth == 1) {
        add(name, nameEnd, begin, token);
      }
      if (isLast('}')) {
        return;
      }
    }
  }

  private void array(int depth) throws Malformed {
    at++;
    space();
    if (at < end && text[at] == ']') {
      at++;
      return;
    }
    while (true) {
      space();
      int begin = at;
      Token token = value(depth);
      if (depth == 1) {
        add(0, 0, begin, token);
      }
      if (isLast(']')) {
        return;
      }
    }
  }

  private boolean isLast(char close) throws Malformed {
    space();
    if (at == end) {
      throw here("the text ends within " + (close == '}' ? "an object" : "an array"));
    }
    if (text[at] == close) {
      at++;
      return true;
    }
    if (text[at] != ',') {
      throw here("a comma or " + close + " is missing");
    }
    at++;
    return false;
  }

  private void add(int name, int nameEnd, int begin, Token token) {
    if (count == from.length) {
      int more = 2 * count;
      nameFrom = Arrays.copyOf(nameFrom, more);
      nameTo = Arrays.copyOf(nameTo, more);
      from = Arrays.copyOf(from, more);
      to = Arrays.copyOf(to, more);
      tokens = Arrays.copyOf(tokens, more);
    }
    nameFrom[count] = name;
    nameTo[count] = nameEnd;
    from[count] = begin;
    to[count] = at;
    tokens[count++] = token;
  }

  private Token value(int depth) throws Malformed {
    if (at == end) {
      throw here("a value is missing");
    }
    switch (text[at]) {
      case '{', '[' -> {
        if (depth >= DEEPEST + AROUND) {
          throw new Malformed(
              "NESTED_TOO_DEEPLY", at, "values are nested deeper than " + DEEPEST + " levels");
        }
        if (text[at] == '{') {
          object(depth + 1);
          return Token.OBJECT;
        }
        array(depth + 1);
        return Token.ARRAY;
      }
      case '"' -> {
        string();
        return Token.STRING;
      }
      case 't' -> {
        word("true");
        return Token.TRUE;
      }
      case 'f' -> {
        word("false");
        return Token.FALSE;
      }
      case 'n' -> {
        word("null");
        return Token.NULL;
      }
      case 'N' -> {
        word("NaN");
        return Token.NOT_FINITE;
      }
      case 'I' -> {
        word("Infinity");
        return Token.NOT_FINITE;
      }
      default -> {
        if (text[at] == '-' && at + 1 < end && text[at + 1] == 'I') {
          at++;
          word("Infinity");
          return Token.NOT_FINITE;
        }
        number();
        return isNumberWhole ? Token.INTEGER : Token.NUMBER;
      }
    }
  }

  private void word(String word) throws Malformed {
    int begin = at;
    for (int i = 0; i < word.length(); i++, at++) {
      if (at == end || text[at] != word.charAt(i)) {
        throw new Malformed(begin, "there is no value of JSON");
      }
    }
  }

  private void string() throws Malformed {
    int begin = at++;
    while (true) {
      at = JsonBytes.plainEnd(text, at, end);
      if (at == end) {
        throw new Malformed(begin, "a string does not end");
      }
      if (text[at] == '"') {
        at++;
        return;
      }
      if (text[at] != '\\') {
        throw here("a control character stands in a string");
      }
      escape();
    }
  }

  private void escape() throws Malformed {
    int begin = at++;
    if (at == end) {
      throw new Malformed(begin, "a string does not end");
    }
    switch (text[at++]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {}
      case 'u' -> {
        for (int i = 0; i < 4; i++, at++) {
          if (at == end || text[at] < 0 || Character.digit(text[at], 16) < 0) {
            throw new Malformed(begin, "\\u is not followed by four hexadecimal digits");
          }
        }
      }
      default -> throw new Malformed(begin, "a backslash is followed by what is no escape");
    }
  }

  private void number() throws Malformed {
    int begin = at;
    at += text[at] == '-' ? 1 : 0;
    int digits = at;
    digits();
    int whole = at - digits;
    if (whole == 0) {
      throw new Malformed(begin, "there is no value of JSON");
    }
    if (whole > 1 && text[digits] == '0') {
      throw new Malformed(begin, "a number begins with 0");
    }
    isNumberWhole = true;
    if (at < end && text[at] == '.') {
      isNumberWhole = false;
      at++;
      digits("a digit is missing behind the point");
    }
    if (at < end && (text[at] == 'e' || text[at] == 'E')) {
      isNumberWhole = false;
      at++;
      at += at < end && (text[at] == '+' || text[at] == '-') ? 1 : 0;
      digits("the digits of an exponent are missing");
    }
  }

  private void digits() {
    while (at < end && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
  }

  private void digits(String missing) throws Malformed {
    int begin = at;
    digits();
    if (at == begin) {
      throw here(missing);
    }
  }

  private void space() {
    while (at < end && text[at] <= ' ' && isSpace(text[at])) {
      at++;
    }
  }

  static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private Malformed here(String reason) {
    return new Malformed(at, reason);
  }
}
