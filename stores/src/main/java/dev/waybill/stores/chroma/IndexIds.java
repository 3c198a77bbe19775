package dev.waybill.stores.chroma;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ids out of {@code index_metadata.pickle}: a dictionary of dictionaries, of which {@code
 * id_to_label} is wanted.
 *
 * <p>Of Python's pickle just what Chroma writes is understood; every other instruction is refused
 * by name and byte, and none is ever carried out. Pairs are handed on as they come, so that memory
 * does not grow with the file.
 */
final class IndexIds {
  /** Takes pairs. */
  interface Sink {
    void pair(byte[] id, long label) throws SQLException;
  }

  /**
   * What else the file tells.
   *
   * @param dimension 0 where it is not told
   * @param lastChange the last change of the queue that is in the index, −1 where it is not told
   */
  record Told(long dimension, long lastChange) {}

  private static final String WANTED = "id_to_label";

  /** As Chroma for Python calls what it writes. */
  private static final String KNOWN_CLASS =
      "chromadb.segment.impl.vector.local_persistent_hnsw PersistentData";

  private static final int DEEPEST = 64;
  private static final int LONGEST_TEXT = 64 << 20;

  /** What stands on the stack beside texts and numbers. */
  private enum Thing {
    MARK,
    DICTIONARY,
    NONE,
    TRUE,
    FALSE,
    TUPLE,
    CLASS,
    OBJECT,
    /** Something that stood in the file before. */
    REMEMBERED
  }

  private final Path file;
  private final InputStream in;
  private final Sink sink;
  private final List<Object> stack = new ArrayList<>();
  private long at;
  private long dimension;
  private long lastChange = -1;

  private IndexIds(Path file, InputStream in, Sink sink) {
    this.file = file;
    this.in = new BufferedInputStream(in, 1 << 16);
    this.sink = sink;
  }

  /**
   * Reads a file.
   *
   * @throws dev.waybill.model.StoreException CHROMA_FORMAT_UNKNOWN for anything that Chroma does
   *     not write, CHROMA_DAMAGED if it is cut
   */
  static Told read(Path file, InputStream in, Sink sink) throws IOException, SQLException {
    IndexIds reading = new IndexIds(file, in, sink);
    try {
      while (reading.step()) {
        continue;
      }
    } catch (EOFException cut) {
      throw ChromaErrors.damaged(file, "it ends at byte " + reading.at, cut);
    }
    return new Told(reading.dimension, reading.lastChange);
  }

  /** False at the end. */
  private boolean step() throws IOException, SQLException {
    long begun = at;
    int code = one();
    switch (code) {
      case 0x80 -> version(one(), begun);
      case 0x95 -> skip(8); // FRAME
      case 'q' -> skip(1); // BINPUT
      case 'r' -> skip(4); // LONG_BINPUT
      case 0x94 -> {} // MEMOIZE
      case 'h' -> remembered(1);
      case 'j' -> remembered(4);
      case '(' -> {
        requireDictionary(begun);
        put(Thing.MARK, begun);
      }
      case '}' -> value(Thing.DICTIONARY, begun);
      case 'N' -> value(Thing.NONE, begun);
      case 0x88 -> value(Thing.TRUE, begun);
      case 0x89 -> value(Thing.FALSE, begun);
      case 'K' -> value((long) one(), begun);
      case 'M' -> value(number(2), begun);
      case 'J' -> value((long) (int) number(4), begun);
      case 0x8a -> value(longNumber(begun), begun);
      case 'X' -> value(text(number(4), begun), begun);
      case 0x8c -> value(text(one(), begun), begun);
      case 'u' -> endOfPairs(begun);
      case 's' -> onePair(begun);
      case 'c' -> theClass(line(begun) + " " + line(begun), begun);
      case 0x93 -> { // STACK_GLOBAL
        String name = words(begun);
        theClass(words(begun) + " " + name, begun);
      }
      case ')' -> value(Thing.TUPLE, begun);
      case 0x81 -> { // NEWOBJ
        take(Thing.TUPLE, begun);
        take(Thing.CLASS, begun);
        put(Thing.OBJECT, begun);
      }
      case 'b' -> { // BUILD
        take(Thing.DICTIONARY, begun);
        require(!stack.isEmpty() && stack.get(stack.size() - 1) == Thing.OBJECT, begun);
      }
      case '.' -> {
        require(stack.size() == 1 && isWhole(stack.get(0)), begun);
        return false;
      }
      default ->
          throw ChromaErrors.unknown(
              file,
              String.format(
                  "byte %,d is the pickle instruction 0x%02x, which Chroma does not write",
                  begun, code));
    }
    return true;
  }

  private static boolean isWhole(Object result) {
    return result == Thing.DICTIONARY || result == Thing.OBJECT;
  }

  private void version(int version, long begun) {
    if (version < 2 || version > 5) {
      throw ChromaErrors.unknown(
          file, "byte " + begun + " says pickle version " + version + ", and 2 to 5 are known");
    }
  }

  private void theClass(String name, long begun) {
    if (!name.equals(KNOWN_CLASS)) {
      throw ChromaErrors.unknown(
          file,
          "byte "
              + begun
              + " names the Python class "
              + ChromaErrors.shown(name)
              + ", and Chroma writes only "
              + KNOWN_CLASS);
    }
    put(Thing.CLASS, begun);
  }

  private String words(long begun) {
    require(!stack.isEmpty() && stack.get(stack.size() - 1) instanceof byte[], begun);
    return utf8((byte[]) stack.remove(stack.size() - 1));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void take(Thing thing, long begun) {
    require(!stack.isEmpty() && stack.get(stack.size() - 1) == thing, begun);
    stack.remove(stack.size() - 1);
  }

  private void require(boolean isSo, long begun) {
    if (!isSo) {
      throw ChromaErrors.unknown(file, "byte " + begun + " makes no sense in a pickle of Chroma's");
    }
  }

  private void requireDictionary(long begun) {
    require(!stack.isEmpty() && stack.get(stack.size() - 1) == Thing.DICTIONARY, begun);
  }

  private void put(Object thing, long begun) {
    if (stack.size() == DEEPEST) {
      throw ChromaErrors.unknown(
          file, "byte " + begun + " is nested deeper than anything that Chroma writes");
    }
    stack.add(thing);
  }

  // --- pairs

  /**
   * Of more than two pairs above a mark the first is complete: the value of the last may still be a
   * dictionary that gets its pairs, or the last two are the one pair of an inner dictionary.
   */
  private void value(Object value, long begun) throws IOException, SQLException {
    int mark = stack.lastIndexOf(Thing.MARK);
    if (mark >= 0 && stack.size() - mark - 1 >= 4) {
      pair(mark - 1, stack.get(mark + 1), stack.get(mark + 2), begun);
      stack.subList(mark + 1, mark + 3).clear();
    }
    put(value, begun);
  }

  private void endOfPairs(long begun) throws IOException, SQLException {
    int mark = stack.lastIndexOf(Thing.MARK);
    require(mark > 0 && (stack.size() - mark - 1) % 2 == 0, begun);
    for (int i = mark + 1; i < stack.size(); i += 2) {
      pair(mark - 1, stack.get(i), stack.get(i + 1), begun);
    }
    stack.subList(mark, stack.size()).clear();
  }

  private void onePair(long begun) throws IOException, SQLException {
    int size = stack.size();
    require(size >= 3 && stack.get(size - 3) == Thing.DICTIONARY, begun);
    pair(size - 3, stack.get(size - 2), stack.get(size - 1), begun);
    stack.subList(size - 2, size).clear();
  }

  private void pair(int dictionary, Object key, Object value, long begun)
      throws IOException, SQLException {
    String name = name(dictionary);
    if (name == null) {
      require(key instanceof byte[], begun);
      told(utf8((byte[]) key), value, begun);
    } else if (name.equals(WANTED)) {
      require(key instanceof byte[] && value instanceof Long, begun);
      sink.pair((byte[]) key, (Long) value);
    }
  }

  /** The key under which a dictionary stands in the outermost; null for that one. */
  private @Nullable String name(int dictionary) {
    return dictionary > 0 && stack.get(dictionary - 1) instanceof byte[] key ? utf8(key) : null;
  }

  private void told(String name, Object value, long begun) {
    if (name.equals("dimensionality") && value instanceof Long number) {
      dimension = number;
    } else if (name.equals("max_seq_id") && value instanceof Long number) {
      lastChange = number;
    } else if (name.equals(WANTED)) {
      require(value == Thing.DICTIONARY, begun);
    }
  }

  // --- bytes

  private int one() throws IOException {
    int read = in.read();
    if (read < 0) {
      throw new EOFException();
    }
    at++;
    return read;
  }

  private void skip(int bytes) throws IOException {
    for (int i = 0; i < bytes; i++) {
      one();
    }
  }

  private void remembered(int bytes) throws IOException, SQLException {
    long begun = at - 1;
    skip(bytes);
    value(Thing.REMEMBERED, begun);
  }

  private long number(int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number |= (long) one() << (8 * i);
    }
    return number;
  }

  private long longNumber(long begun) throws IOException {
    int length = one();
    require(length <= Long.BYTES, begun);
    if (length == 0) {
      return 0;
    }
    int unused = 8 * (Long.BYTES - length);
    return number(length) << unused >> unused;
  }

  private byte[] text(long length, long begun) throws IOException {
    if (length > LONGEST_TEXT) {
      throw ChromaErrors.unknown(
          file, String.format("byte %,d begins a text of %,d bytes", begun, length));
    }
    byte[] bytes = in.readNBytes((int) length);
    at += bytes.length;
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  private String line(long begun) throws IOException {
    byte[] line = new byte[200];
    for (int i = 0; i < line.length; i++) {
      int read = one();
      if (read == '\n') {
        return utf8(Arrays.copyOf(line, i));
      }
      line[i] = (byte) read;
    }
    throw ChromaErrors.unknown(file, "byte " + begun + " begins a name that is too long");
  }
}
