package dev.waybill.mapping;

import java.util.regex.Pattern;

/** A filter's text, token by token. */
final class FilterTokens {
  /** What a token is. */
  enum Kind {
    /** A name or keyword without quotes. */
    WORD,
    /** A name in double quotes or backticks. */
    NAME,
    TEXT,
    NUMBER,
    SIGN,
    END
  }

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d{1,5})?");

  private final String filter;
  private int at;
  private int start;
  private Kind kind = Kind.END;
  private String text = "";

  FilterTokens(String filter) {
    this.filter = filter;
    read();
  }

  Kind kind() {
    return kind;
  }

  /** The token: of a name or text what stands between the quotes. */
  String text() {
    return text;
  }

  /** Goes on to the next token; gives the one it leaves. */
  String next() {
    String left = text;
    read();
    return left;
  }

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equalsIgnoreCase(word);
  }

  boolean skipWord(String word) {
    boolean isIt = isWord(word);
    if (isIt) {
      read();
    }
    return isIt;
  }

  void expectWord(String word) {
    if (!skipWord(word)) {
      throw wrong(word + " must stand here");
    }
  }

  boolean skipSign(String sign) {
    boolean isIt = kind == Kind.SIGN && text.equals(sign);
    if (isIt) {
      read();
    }
    return isIt;
  }

  void expectSign(String sign) {
    if (!skipSign(sign)) {
      throw wrong("a " + sign + " must stand here");
    }
  }

  IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("filter, column " + (start + 1) + ": " + what);
  }

  private void read() {
    while (at < filter.length() && Character.isWhitespace(filter.charAt(at))) {
      at++;
    }
    start = at;
    if (at == filter.length()) {
      kind = Kind.END;
      text = "";
      return;
    }
    char c = filter.charAt(at);
    if (c == '\'') {
      quoted(Kind.TEXT, c);
    } else if (c == '"' || c == '`') {
      quoted(Kind.NAME, c);
    } else if (isDigit(c) || (c == '-' || c == '+' || c == '.') && isNumberBehind()) {
      number();
    } else if (Character.isLetter(c) || c == '_') {
      while (at < filter.length() && isPartOfWord(filter.charAt(at))) {
        at++;
      }
      token(Kind.WORD);
    } else {
      sign(c);
    }
  }

  private void token(Kind found) {
    kind = found;
    text = filter.substring(start, at);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isPartOfWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_';
  }

  private boolean isNumberBehind() {
    int i = at + 1;
    if (i < filter.length() && filter.charAt(at) != '.' && filter.charAt(i) == '.') {
      i++;
    }
    return i < filter.length() && isDigit(filter.charAt(i));
  }

  private void number() {
    at++;
    while (at < filter.length() && isPartOfNumber(filter.charAt(at))) {
      at++;
    }
    token(Kind.NUMBER);
    if (!NUMBER.matcher(text).matches()) {
      throw wrong("\"" + text + "\" is no number");
    }
  }

  private boolean isPartOfNumber(char c) {
    boolean isSignOfExponent =
        (c == '-' || c == '+') && Character.toLowerCase(filter.charAt(at - 1)) == 'e';
    return c == '.' || isPartOfWord(c) || isSignOfExponent;
  }

  private void quoted(Kind found, char quote) {
    StringBuilder value = new StringBuilder();
    for (at++; at < filter.length(); at++) {
      char c = filter.charAt(at);
      if (c != quote) {
        value.append(c);
      } else if (at + 1 < filter.length() && filter.charAt(at + 1) == quote) {
        value.append(c);
        at++;
      } else {
        at++;
        kind = found;
        text = value.toString();
        return;
      }
    }
    throw wrong("the " + quote + " is not closed");
  }

  private void sign(char c) {
    boolean isDouble =
        at + 1 < filter.length()
            && (c == '<' && (filter.charAt(at + 1) == '=' || filter.charAt(at + 1) == '>')
                || (c == '>' || c == '!') && filter.charAt(at + 1) == '=');
    if (!isDouble && "=<>(),".indexOf(c) < 0) {
      throw wrong("\"" + c + "\" has no meaning");
    }
    at += isDouble ? 2 : 1;
    token(Kind.SIGN);
  }
}
