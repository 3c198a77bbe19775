package dev.waybill.stores.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of JSON that grow as they are written. Not thread-safe. */
final class JsonText {
  private static final int LARGE = 16 << 20;

  private byte[] bytes = new byte[256];
  private int size;

  /** The buffer itself, valid up to {@link #size()}; replaced when it grows. */
  byte[] bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  /** Forgets everything but keeps the buffer, unless something large has made it large. */
  void clear() {
    if (bytes.length > LARGE) {
      bytes = new byte[256];
    }
    size = 0;
  }

  /** Forgets what was written behind a position. */
  void cut(int to) {
    size = to;
  }

  JsonText put(byte value) {
    reserve(1);
    bytes[size++] = value;
    return this;
  }

  JsonText put(char ascii) {
    return put((byte) ascii);
  }

  @SuppressWarnings("deprecation") // it takes the low bytes, which is all that ASCII has
  JsonText put(String ascii) {
    int length = ascii.length();
    reserve(length);
    ascii.getBytes(0, length, bytes, size);
    size += length;
    return this;
  }

  JsonText put(byte[] source, int from, int length) {
    reserve(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
    return this;
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      long wanted = Math.max((long) size + more, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 64, wanted));
    }
  }

  @Override
  public String toString() {
    return new String(bytes, 0, size, StandardCharsets.UTF_8);
  }
}
