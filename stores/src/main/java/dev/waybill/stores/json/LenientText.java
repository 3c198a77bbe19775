package dev.waybill.stores.json;

/** JSON with comments and trailing commas, without them. */
final class LenientText {
  private LenientText() {}

  /** Writes a value that {@link JsonInput#cut} has found the end of. */
  static void strict(byte[] json, int from, int to, JsonText out) {
    int comma = -1;
    for (int i = from; i < to; i++) {
      byte c = json[i];
      if (c == '/') {
        i = behindComment(json, i, to) - 1;
        continue;
      }
      if (comma >= 0 && (c == '}' || c == ']')) {
        out.cut(comma);
      }
      if (c == ',') {
        comma = out.size();
      } else if (!JsonScan.isSpace(c)) {
        comma = -1;
      }
      if (c == '"') {
        int end = behindString(json, i, to);
        out.put(json, i, end - i);
        i = end - 1;
      } else {
        out.put(c);
      }
    }
  }

  private static int behindString(byte[] json, int from, int to) {
    int i = from + 1;
    while (i < to && json[i] != '"') {
      i += json[i] == '\\' ? 2 : 1;
    }
    return Math.min(i + 1, to);
  }

  private static int behindComment(byte[] json, int from, int to) {
    boolean isLine = from + 1 < to && json[from + 1] == '/';
    int i = from + 2;
    while (i < to) {
      if (isLine && json[i] == '\n'
          || !isLine && json[i] == '/' && json[i - 1] == '*' && i > from + 2) {
        return i + 1;
      }
      i++;
    }
    return to;
  }
}
