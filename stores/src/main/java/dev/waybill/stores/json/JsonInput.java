package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

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

  private static final int LARGE = 4 << 20;

  private final FileChannel channel;
  private final long end;
  private final boolean isLenient;
  private byte[] bytes = new byte[FIRST];
  private int at;
  private int limit;
  private boolean hasFilled;

  /** Where {@link #bytes} begin in the file. */
  private long base;

  /** Where the value at hand begins in the window, −1 if there is none. */
  private int start = -1;

  JsonInput(Path file, long from, long end, boolean isLenient) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.base = from;
    this.end = end;
    this.isLenient = isLenient;
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
      int c = peek();
      switch (c) {
        case -1 -> throw cut("a record");
        case '"' -> string();
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        case '/' -> {
          if (isLenient) {
            comment();
          } else {
            at++;
          }
        }
        default -> plain();
      }
    } while (depth > 0);
  }

  /** What lies between the marks that matter. */
  private void plain() {
    int i = at + 1;
    while (i < limit
        && bytes[i] != '"'
        && bytes[i] != '/'
        && bytes[i] != '{'
        && bytes[i] != '['
        && bytes[i] != '}'
        && bytes[i] != ']') {
      i++;
    }
    at = i;
  }

  private void string() throws IOException, Malformed {
    at++;
    while (true) {
      int i = at;
      while (i < limit && bytes[i] != '"' && bytes[i] != '\\') {
        i++;
      }
      at = i;
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
    if (keep > 0) {
      System.arraycopy(bytes, keep, bytes, 0, limit - keep);
      base += keep;
      at -= keep;
      limit -= keep;
      start = start >= 0 ? 0 : -1;
    }
    if (limit == bytes.length || hasFilled && bytes.length < WINDOW) {
      int grown = bytes.length < WINDOW ? WINDOW : 2 * bytes.length;
      bytes = Arrays.copyOf(bytes, Math.min(grown, LARGEST + WINDOW));
    } else if (bytes.length > LARGE && limit < WINDOW / 2) {
      bytes = Arrays.copyOf(bytes, WINDOW);
    }
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
