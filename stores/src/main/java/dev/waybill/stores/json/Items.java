package dev.waybill.stores.json;

import dev.waybill.stores.json.JsonLayout.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The records between two positions of a collection, one after the other. Not thread-safe. */
final class Items implements AutoCloseable {
  private final JsonCollection collection;
  private final Item item;
  private final long to;
  private final @Nullable JsonInput in;
  private long next;
  private long position;

  Items(JsonCollection collection, long from, long to) throws IOException {
    this.collection = collection;
    this.item = new Item(collection.isLenient());
    this.to = to;
    this.next = from;
    this.in =
        collection.isFolder()
            ? null
            : new JsonInput(collection.files().get(0), from, to, collection.isLenient());
  }

  Item item() {
    return item;
  }

  /** Where the record at hand is. */
  long position() {
    return position;
  }

  /** Where what cannot be read is, for messages. */
  Path file() {
    List<Path> files = collection.files();
    return collection.isFolder()
        ? files.get((int) Math.min(position, files.size() - 1))
        : files.get(0);
  }

  /** Goes to the next record; false if there is none. */
  boolean next() throws IOException, Malformed {
    JsonInput input = in;
    if (input == null) {
      return nextFile();
    }
    input.done();
    input.space();
    while (input.peek() == ',') {
      input.skip();
      input.space();
    }
    if (input.peek() < 0) {
      return false;
    }
    position = input.offset();
    input.begin();
    String name = "";
    if (collection.layout().shape() == Shape.KEYED) {
      input.cut();
      item.take(input.bytes(), input.from(), input.to(), position);
      name = Item.name(item.text(), item.from() + 1, item.to() - 1);
      input.space();
      input.skip();
      input.space();
    }
    // The file has been checked: one look is nearly always enough.
    if (!input.isTakenBy(item)) {
      int value = input.behindStart();
      input.cut();
      item.take(input.bytes(), input.from() + value, input.to(), input.startOffset() + value);
    }
    item.named(name);
    return true;
  }

  private boolean nextFile() throws IOException, Malformed {
    if (next >= to) {
      return false;
    }
    position = next++;
    Path file = collection.files().get((int) position);
    read(file, item);
    return true;
  }

  /** Reads a file that is one record. */
  static void read(Path file, Item item) throws IOException, Malformed {
    Body body = body(file);
    item.take(body.text, body.from, body.to, body.from);
    item.named(stem(file));
  }

  /** A file that is one record, and where the record is in it. */
  record Body(byte[] text, int from, int to) {}

  static Body body(Path file) throws IOException, Malformed {
    byte[] text = Packing.of(file).read(file, JsonInput.LARGEST);
    if (text.length > JsonInput.LARGEST) {
      throw JsonInput.tooLarge(0);
    }
    int from = 0;
    if (text.length >= 3
        && (text[0] & 0xFF) == 0xEF
        && (text[1] & 0xFF) == 0xBB
        && (text[2] & 0xFF) == 0xBF) {
      from = 3;
    }
    int to = text.length;
    while (from < to && JsonScan.isSpace(text[from])) {
      from++;
    }
    while (to > from && JsonScan.isSpace(text[to - 1])) {
      to--;
    }
    return new Body(text, from, to);
  }

  /** A file's name without what says that it is JSON and how it is compressed. */
  static String stem(Path file) {
    Path last = file.getFileName();
    String name = Packing.of(file).plain(last == null ? "" : last.toString());
    for (String end : List.of(".json", ".jsonl", ".ndjson")) {
      if (name.endsWith(end)) {
        return name.substring(0, name.length() - end.length());
      }
    }
    return name;
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
    }
  }
}
