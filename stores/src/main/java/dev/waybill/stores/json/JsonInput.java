package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A part of a file, read from front to back through a window that holds at least the value at hand.
 * Finds where values end without looking into them. Not thread-safe.
 */
final class JsonInput implements AutoCloseable {
  /** Bytes of the largest record. */
  static final int LARGEST = 64 << 20;

  private static final int WINDOW = 256 << 10;

  /** Enough for the one record of a look-up. */
  private static final int FIRST = 8 << 10;

  /** The bytes that say where a value ends, and of which not each is within a string. */
  private static final boolean[] MARKS = new boolean[256];

  static {
    for (char mark : "\"/{[}]".toCharArray()) {
      MARKS[mark] = true;
    }
  }

  private static final int LARGE = 4 << 20;

  private final FileChannel channel;
  private final long end;
  private final boolean isLenient;
  private final int window;
  private byte[] bytes;
  private int at;
  private int limit;
  private boolean hasFilled;
  private boolean isLent;

  /** Where {@link #bytes} begin in the file. */
  private long base;

  /** Where the value at hand begins in the window, −1 if there is none. */
  private int start = -1;

  JsonInput(Path file, long from, long end, boolean isLenient) throws IOException {
    this(file, from, end, isLenient, FIRST, WINDOW);
  }

  /**
   * @param first bytes that are read at first
   * @param window bytes that are read from then on
   */
  JsonInput(Path file, long from, long end, boolean isLenient, int first, int window)
      throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.base = from;
    this.end = end;
    this.isLenient = isLenient;
    this.window = window;
    this.bytes = new byte[(int) Math.max(1, Math.min(first, end - from))];
  }

  /** The bytes of the window at hand, which stay as they are as long as somebody has them. */
  byte[] lend() {
    isLent = true;
    return bytes;
  }

  /** Where the next byte is in the file. */
  long offset() {
    return base + at;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Where the value cut last begins in {@link #bytes()}. */
  int from() {
    return start;
  }

  /** Where it ends. */
  int to() {
    return at;
  }

  /** Where it begins in the file. */
  long startOffset() {
    return base + start;
  }

  /** The next byte without reading it, −1 at the end. */
  int peek() throws IOException, Malformed {
    return at < limit || fill() ? bytes[at] & 0xFF : -1;
  }

  void skip() {
    at++;
  }

  /**
   * Has an item take the value whose first byte is the next, if it is nested and whole in the
   * window; else nothing is read.
   */
  boolean isTakenBy(Item item) {
    int behind = at < limit ? item.takeNested(bytes, at, limit) : -1;
    if (behind < 0 || behind - start > LARGEST) {
      return false;
    }
    at = behind;
    return true;
  }

  /** Begins with a value; what was read before is forgotten. */
  void begin() {
    start = at;
  }

  /** Where a value begins behind {@link #from()}, if the next byte is its first. */
  int behindStart() {
    return at - start;
  }

  /** Goes back to where it began. */
  void back() {
    at = start;
  }

  /** Is done with the value at hand, so that its bytes may go. */
  void done() {
    start = -1;
  }

  /** Skips space, and comments where they are asked for. */
  void space() throws IOException, Malformed {
    while (at < limit || fill()) {
      byte c = bytes[at];
      if (JsonScan.isSpace(c)) {
        at++;
      } else if (c == '/' && isLenient) {
        comment();
      } else {
        return;
      }
    }
  }

  private void comment() throws IOException, Malformed {
    long begin = offset();
    at++;
    int kind = peek();
    if (kind == '/') {
      while (peek() >= 0 && peek() != '\n') {
        at++;
      }
      return;
    }
    if (kind != '*') {
      throw new Malformed(begin, "there is no value of JSON");
    }
    at++;
    int before = 0;
    while (before != '*' || peek() != '/') {
      before = peek();
      if (before < 0) {
        throw new Malformed(begin, "a comment does not end");
      }
      at++;
    }
    at++;
  }

  /** Skips one value, whose first byte is the next; it begins where {@link #begin} was called. */
  void cut() throws IOException, Malformed {
    int first = peek();
    if (first == '"') {
      string();
    } else if (first == '{' || first == '[') {
      nested();
    } else {
      scalar();
    }
    require(startOffset(), at - start);
  }

  private static void require(long offset, int length) throws Malformed {
    if (length > LARGEST) {
      throw tooLarge(offset);
    }
  }

  static Malformed tooLarge(long offset) {
    return new Malformed(
        "RECORD_TOO_LARGE",
        offset,
        "a record is larger than " + LARGEST + " bytes, which is the most");
  }

  private void nested() throws IOException, Malformed {
    int depth = 0;
    do {
      int mark = at;
      while (mark < limit && !MARKS[bytes[mark] & 0xFF]) {
        mark++;
      }
      at = mark;
      if (mark == limit) {
        if (!fill()) {
          throw cut("a record");
        }
        continue;
      }
      switch (bytes[mark]) {
        case '"' -> string();
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        default -> {
          if (isLenient) {
            comment();
          } else {
            at++;
          }
        }
      }
    } while (depth > 0);
  }

  private void string() throws IOException, Malformed {
    at++;
    while (true) {
      at = JsonBytes.quoteOrEscape(bytes, at, limit);
      if (at == limit) {
        if (!fill()) {
          throw cut("a string");
        }
      } else if (bytes[at] == '"') {
        at++;
        return;
      } else {
        at++;
        if (peek() < 0) {
          throw cut("a string");
        }
        at++;
      }
    }
  }

  private void scalar() throws IOException, Malformed {
    int c = peek();
    while (c >= 0 && !JsonScan.isSpace((byte) c) && c != ',' && c != ']' && c != '}' && c != ':') {
      if (c == '"' || c == '{' || c == '[' || c == '/') {
        break;
      }
      at++;
      c = peek();
    }
    if (at == start) {
      throw new Malformed(offset(), "there is no value of JSON");
    }
  }

  /** What is said where the file ends too early. */
  Malformed cut(String within) {
    return new Malformed(
        "FILE_IS_CUT",
        offset(),
        "the file ends in the middle of "
            + within
            + (start >= 0 ? ", which belongs to what begins at byte " + startOffset() : ""));
  }

  private boolean fill() throws IOException, Malformed {
    long next = base + limit;
    if (next >= end) {
      return false;
    }
    int keep = start >= 0 ? start : at;
    require(base + keep, limit - keep);
    int kept = limit - keep;
    int length = bytes.length;
    if (kept == length || hasFilled && length < window) {
      length = Math.min(length < window ? window : 2 * length, LARGEST + window);
    } else if (length > LARGE && kept < window / 2) {
      length = window;
    }
    byte[] into = bytes;
    if (isLent || length != bytes.length) {
      into = new byte[(int) Math.min(length, kept + end - next)];
      isLent = false;
    }
    System.arraycopy(bytes, keep, into, 0, kept);
    bytes = into;
    base += keep;
    at -= keep;
    limit = kept;
    start = start >= 0 ? 0 : -1;
    int wanted = (int) Math.min(bytes.length - limit, end - next);
    int read = channel.read(ByteBuffer.wrap(bytes, limit, wanted), next);
    if (read <= 0) {
      return false;
    }
    limit += read;
    hasFilled = true;
    return true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
