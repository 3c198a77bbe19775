package dev.waybill.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** How numbers, names and lists are spelled for people. */
final class Text {
  private Text() {}

  /** With thousands separators. */
  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** "1 record", "1,204 records"; an unknown number, −1, is "records". */
  static String count(long number, String noun) {
    if (number < 0) {
      return noun + "s";
    }
    return number(number) + " " + noun + (number == 1 ? "" : "s");
  }

  static String records(long number) {
    return count(number, "record");
  }

  static String collections(long number) {
    return count(number, "collection");
  }

  /** "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    return number(seconds / 3600) + " h " + seconds % 3600 / 60 + " min";
  }

  /** "812 bytes", "1.2 MB". */
  static String bytes(long bytes) {
    if (bytes < 1000) {
      return count(bytes, "byte");
    }
    double value = bytes;
    String unit = "";
    for (String next : List.of("kB", "MB", "GB", "TB")) {
      if (value < 999.5) {
        break;
      }
      value /= 1000;
      unit = next;
    }
    return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
  }

  /**
   * On one line and harmless to a terminal: names and messages come from stores, and may hold
   * escape sequences.
   */
  static String plain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isControl(text.charAt(i))) {
        return escaped(text);
      }
    }
    return text;
  }

  private static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\t') {
        out.append(' ');
      } else if (isControl(c)) {
        out.append(c == '\r' ? "" : String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static boolean isControl(char c) {
    // Beside the control characters those that turn the direction of what follows.
    return c < ' '
        || c >= 0x7F && c < 0xA0
        || c >= 0x200E && c <= 0x200F
        || c >= 0x202A && c <= 0x202E
        || c >= 0x2066 && c <= 0x2069;
  }

  /** Columns that a terminal needs for a text. */
  static int width(String text) {
    int width = 0;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      width += width(point);
      i += Character.charCount(point);
    }
    return width;
  }

  /** The text, cut with "…" so that it takes at most so many columns. */
  static String cut(String text, int columns) {
    if (width(text) <= columns) {
      return text;
    }
    int width = 0;
    int end = 0;
    while (end < text.length()) {
      int point = text.codePointAt(end);
      if (width + width(point) > columns - 1) {
        break;
      }
      width += width(point);
      end += Character.charCount(point);
    }
    return text.substring(0, end) + "…";
  }

  private static int width(int point) {
    int type = Character.getType(point);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    boolean isWide =
        point >= 0x1100 && point <= 0x115F
            || point >= 0x2E80 && point <= 0xA4CF
            || point >= 0xAC00 && point <= 0xD7A3
            || point >= 0xF900 && point <= 0xFAFF
            || point >= 0xFE30 && point <= 0xFE6F
            || point >= 0xFF00 && point <= 0xFF60
            || point >= 0x1F300 && point <= 0x1FAFF
            || point >= 0x20000 && point <= 0x3FFFD;
    return isWide ? 2 : 1;
  }
}
