package dev.waybill.stores.json;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts a file into the bytes of its records, without looking into them more than brackets and
 * strings need. For files that have been read and checked before. Not thread-safe.
 */
final class Splitter {
  /** Takes what is found. */
  interface Consumer {
    /**
     * A record, as it stands in the file.
     *
     * @param collection of a wrapper the member's name as it is written, escapes and all, else
     *     empty
     * @param name of a keyed file the member's name as it is written, else empty
     */
    void record(String collection, String name, byte[] bytes) throws IOException;
  }

  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int end;
  private byte[] taken = new byte[1 << 12];
  private int size;
  private final boolean isLenient;

  Splitter(InputStream in, boolean isLenient) {
    this.in = in;
    this.isLenient = isLenient;
  }

  void split(JsonLayout.Shape shape, Consumer consumer) throws IOException {
    skipMark();
    switch (shape) {
      case LINES -> {
        while (peek() >= 0) {
          consumer.record("", "", value());
        }
      }
      case ARRAY -> elements("", consumer);
      case KEYED -> members(name -> consumer.record("", name, value()));
      case WRAPPER ->
          members(
              name -> {
                if (peek() == '[') {
                  elements(name, consumer);
                } else {
                  value();
                }
              });
      case RECORDS, RECORD -> consumer.record("", "", value());
    }
  }

  private interface Member {
    void at(String name) throws IOException;
  }

  private void skipMark() throws IOException {
    if (see() == 0xEF) {
      at += 3;
    }
  }

  private void elements(String collection, Consumer consumer) throws IOException {
    expect('[');
    while (peek() != ']') {
      consumer.record(collection, "", value());
      if (peek() == ',') {
        at++;
      }
    }
    at++;
  }

  private void members(Member member) throws IOException {
    expect('{');
    while (peek() != '}') {
      byte[] quoted = value();
      expect(':');
      peek();
      member.at(new String(quoted, 1, quoted.length - 2, StandardCharsets.UTF_8));
      if (peek() == ',') {
        at++;
      }
    }
    at++;
  }

  private void expect(char wanted) throws IOException {
    if (peek() != wanted) {
      throw new IOException("there is no " + wanted + " where one was");
    }
    at++;
  }

  /** The bytes of the next value. */
  private byte[] value() throws IOException {
    size = 0;
    int first = peek();
    if (first == '"') {
      string();
    } else if (first == '{' || first == '[') {
      int depth = 0;
      do {
        int c = see();
        if (c < 0) {
          throw new IOException("the file ends within a record");
        }
        if (c == '"') {
          string();
          continue;
        }
        if (isLenient && c == '/') {
          comment();
          continue;
        }
        take();
        if (c == '{' || c == '[') {
          depth++;
        } else if (c == '}' || c == ']') {
          depth--;
        }
      } while (depth > 0);
    } else {
      int c = see();
      while (c >= 0 && !isSpace(c) && c != ',' && c != ']' && c != '}') {
        take();
        c = see();
      }
    }
    return Arrays.copyOf(taken, size);
  }

  private void string() throws IOException {
    take();
    while (true) {
      int c = see();
      if (c < 0) {
        throw new IOException("the file ends within a string");
      }
      take();
      if (c == '"') {
        return;
      }
      if (c == '\\') {
        see();
        take();
      }
    }
  }

  private void comment() throws IOException {
    at++;
    boolean isLine = see() == '/';
    at++;
    int before = 0;
    while (true) {
      int c = see();
      if (c < 0) {
        return;
      }
      at++;
      if (isLine ? c == '\n' : before == '*' && c == '/') {
        return;
      }
      before = c;
    }
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private int peek() throws IOException {
    int c = see();
    while (isSpace(c) || isLenient && c == '/') {
      if (c == '/') {
        comment();
      } else {
        at++;
      }
      c = see();
    }
    return c;
  }

  private int see() throws IOException {
    if (at >= end) {
      at -= end;
      end = in.read(buffer);
      if (end <= 0) {
        end = 0;
        at = 0;
        return -1;
      }
    }
    return buffer[at] & 0xFF;
  }

  private void take() {
    if (size == taken.length) {
      taken = Arrays.copyOf(taken, 2 * size);
    }
    taken[size++] = buffer[at++];
  }
}
