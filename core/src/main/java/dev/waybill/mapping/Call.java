package dev.waybill.mapping;

import java.util.ArrayList;
import java.util.List;

/**
 * The spelling of a named way: {@code name}, {@code name(word)}, {@code name('text', 2)}. Within
 * text, a quote is written twice.
 */
record Call(String text, String name, List<String> arguments) {
  Call {
    arguments = List.copyOf(arguments);
  }

  /**
   * Reads a spelling.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static Call parse(String text) {
    return new Parser(text).call();
  }

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Call call() {
      String name = word();
      if (name.isEmpty()) {
        throw wrong("it does not begin with a name");
      }
      List<String> arguments = new ArrayList<>();
      if (at < text.length()) {
        expect('(');
        do {
          arguments.add(argument());
          blanks();
        } while (at < text.length() && text.charAt(at) == ',' && ++at > 0);
        expect(')');
      }
      if (at < text.length()) {
        throw wrong("\"" + text.substring(at) + "\" follows it");
      }
      return new Call(text, name, arguments);
    }

    private String argument() {
      blanks();
      if (at < text.length() && text.charAt(at) == '\'') {
        return quoted();
      }
      String word = word();
      if (word.isEmpty()) {
        throw wrong("an argument is missing");
      }
      return word;
    }

    private String quoted() {
      StringBuilder value = new StringBuilder();
      for (at++; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c != '\'') {
          value.append(c);
        } else if (at + 1 < text.length() && text.charAt(at + 1) == '\'') {
          value.append(c);
          at++;
        } else {
          at++;
          return value.toString();
        }
      }
      throw wrong("a quote is not closed");
    }

    private String word() {
      int from = at;
      while (at < text.length() && isPartOfWord(text.charAt(at))) {
        at++;
      }
      return text.substring(from, at);
    }

    private static boolean isPartOfWord(char c) {
      return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }

    private void blanks() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }

    private void expect(char wanted) {
      blanks();
      if (at >= text.length() || text.charAt(at) != wanted) {
        throw wrong("a " + wanted + " is missing");
      }
      at++;
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException("\"" + text + "\" is no way to read values: " + what);
    }
  }

  /** The arguments are other than the name wants. */
  IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("\"" + text + "\" is no way to read values: use " + wanted);
  }
}
