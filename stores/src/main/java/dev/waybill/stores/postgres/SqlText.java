package dev.waybill.stores.postgres;

import dev.waybill.model.NativeDetail.NativeObject;
import dev.waybill.model.SpecException;
import java.util.Locale;

/**
 * Looks at SQL that comes from a plan or a sidecar and is run as it stands: it must be part of one
 * statement, with every quote and parenthesis closed.
 */
final class SqlText {
  private final String text;
  private int at;

  private SqlText(String text) {
    this.text = text;
  }

  /**
   * The statement that makes an object.
   *
   * @throws SpecException if it is anything but one CREATE of a thing of that kind and name
   */
  static String creation(NativeObject object) {
    String kind = object.kind().toUpperCase(Locale.ROOT);
    boolean isKnown = kind.equals("TYPE") || kind.equals("DOMAIN") || kind.equals("SEQUENCE");
    String start = "CREATE " + kind + " " + object.name() + " ";
    // A multirange is made by the statement that makes its range.
    boolean isOfRange = object.definition().matches("(?s)CREATE TYPE [^';$]+ AS RANGE \\(.*");
    if (!isKnown || !object.definition().startsWith(start) && !(kind.equals("TYPE") && isOfRange)) {
      throw refused(object.kind() + " " + object.name(), object.definition());
    }
    return single(object.kind() + " " + object.name(), object.definition());
  }

  /**
   * A part of a statement.
   *
   * @param what what it is, for the message
   * @throws SpecException if it ends the statement it is put into, or leaves something open
   */
  static String single(String what, String text) {
    if (!new SqlText(text).isWhole()) {
      throw refused(what, text);
    }
    return text;
  }

  private static SpecException refused(String what, String text) {
    return new SpecException(
        "BAD_DEFINITION",
        "The definition of " + what + " in the plan is not one statement that makes it: " + text,
        "take it out of the plan, or plan again: waybill plan --from … --to …");
  }

  private boolean isWhole() {
    int open = 0;
    while (at < text.length() && open >= 0) {
      char c = text.charAt(at);
      boolean isClosed =
          switch (c) {
            case '\'' -> string();
            case '"' -> quoted('"', false);
            case '$' -> dollar();
            case '-', '/' -> isNoComment(c);
            case ';', '\0' -> false;
            default -> true;
          };
      if (!isClosed) {
        return false;
      }
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      at++;
    }
    return open == 0;
  }

  private boolean string() {
    boolean hasEscapes =
        at > 0
            && (text.charAt(at - 1) == 'E' || text.charAt(at - 1) == 'e')
            && (at == 1 || !Character.isJavaIdentifierPart(text.charAt(at - 2)));
    return quoted('\'', hasEscapes);
  }

  /** Goes to the closing quote, over doubled ones. */
  private boolean quoted(char quote, boolean hasEscapes) {
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '\\' && hasEscapes) {
        at++;
      } else if (c == quote) {
        if (at + 1 == text.length() || text.charAt(at + 1) != quote) {
          return true;
        }
        at++;
      }
    }
    return false;
  }

  private boolean dollar() {
    if (at > 0 && Character.isJavaIdentifierPart(text.charAt(at - 1))) {
      return true;
    }
    int end = at + 1;
    while (end < text.length()
        && text.charAt(end) != '$'
        && Character.isJavaIdentifierPart(text.charAt(end))) {
      end++;
    }
    if (end == text.length() || text.charAt(end) != '$') {
      return true;
    }
    String tag = text.substring(at, end + 1);
    int close = text.indexOf(tag, end + 1);
    at = close < 0 ? at : close + tag.length() - 1;
    return close >= 0;
  }

  /** The server's own spelling has no comments; one could hide what follows. */
  private boolean isNoComment(char c) {
    return at + 1 == text.length() || text.charAt(at + 1) != (c == '-' ? '-' : '*');
  }
}
