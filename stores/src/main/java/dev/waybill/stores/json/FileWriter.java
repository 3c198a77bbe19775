package dev.waybill.stores.json;

import dev.waybill.stores.json.Work.Shelf;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the records of a file in its shape. What was in the file before and is not changed keeps
 * its bytes.
 */
final class FileWriter {
  private final Work work;
  private final OutputStream out;
  private final int indent;
  private final boolean hasMark;

  FileWriter(Work work, OutputStream out, int indent, boolean hasMark) {
    this.work = work;
    this.out = out;
    this.indent = indent;
    this.hasMark = hasMark;
  }

  void write(JsonLayout.Shape shape, List<Shelf> kept, Frame frame)
      throws IOException, SQLException {
    if (hasMark) {
      out.write(new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
    }
    switch (shape) {
      case LINES -> lines(kept.get(0));
      case ARRAY, RECORDS -> {
        array(kept.get(0), 0);
        put("\n");
      }
      case KEYED -> keyed(kept.get(0));
      case WRAPPER -> wrapper(kept, frame);
    }
  }

  private void put(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private interface Each {
    void record(byte[] json, boolean isAsItWas) throws IOException;
  }

  private void each(Shelf kept, Each each) throws IOException, SQLException {
    try (ShelfReader all = work.reader(kept)) {
      while (all.next()) {
        each.record(all.json(), all.mark() == 0);
      }
    }
  }

  private void lines(Shelf kept) throws IOException, SQLException {
    try (ShelfReader all = work.reader(kept)) {
      all.copyLines(out);
    }
  }

  private void array(Shelf kept, int level) throws IOException, SQLException {
    put("[");
    boolean[] isFirst = {true};
    each(
        kept,
        (json, isAsItWas) -> {
          put(isFirst[0] ? "" : ",");
          isFirst[0] = false;
          line(level + 1);
          record(json, isAsItWas, level + 1);
        });
    if (!isFirst[0]) {
      line(level);
    }
    put("]");
  }

  private void keyed(Shelf kept) throws IOException, SQLException {
    String field = JsonLayout.of(kept.collection().detail()).map(JsonLayout::keyField).orElse("");
    JsonScan scan = new JsonScan();
    put("{");
    boolean[] isFirst = {true};
    each(
        kept,
        (json, isAsItWas) -> {
          put(isFirst[0] ? "" : ",");
          isFirst[0] = false;
          line(1);
          member(json, isAsItWas, field, scan);
        });
    if (!isFirst[0]) {
      line(0);
    }
    put("}\n");
  }

  /** A record whose one field is the member's name. */
  private void member(byte[] json, boolean isAsItWas, String field, JsonScan scan)
      throws IOException {
    try {
      scan.scan(json, 0, json.length);
    } catch (Malformed malformed) {
      throw new IOException("a record is no JSON: " + malformed.reason(), malformed);
    }
    for (int i = 0; i < scan.count(); i++) {
      String name =
          new String(
              json, scan.nameFrom(i), scan.nameTo(i) - scan.nameFrom(i), StandardCharsets.UTF_8);
      if (WorkRecords.unquoted(name).equals(field)) {
        out.write(json, scan.from(i), scan.to(i) - scan.from(i));
        put(indent > 0 ? ": " : ":");
        record(without(json, scan, i), isAsItWas, 1);
        return;
      }
    }
    throw new IOException("a record has no field that is to be its name");
  }

  private static byte[] without(byte[] json, JsonScan scan, int member) {
    JsonText text = new JsonText();
    int from = scan.nameFrom(member) - 1;
    int to = scan.to(member);
    if (member + 1 < scan.count()) {
      to = indexOf(json, ',', to) + 1;
    } else if (member > 0) {
      from = scan.to(member - 1);
    }
    return text.put(json, 0, from).put(json, to, json.length - to).copy();
  }

  private static int indexOf(byte[] json, char wanted, int from) {
    int at = from;
    while (json[at] != wanted) {
      at++;
    }
    return at;
  }

  private void wrapper(List<Shelf> kept, Frame frame) throws IOException, SQLException {
    Map<String, Shelf> left = new LinkedHashMap<>();
    kept.forEach(each -> left.put(each.collection().name(), each));
    boolean isFirst = true;
    for (Frame.Member member : frame.members()) {
      Shelf collection = member.collection().isEmpty() ? null : left.remove(member.collection());
      if (collection == null && !member.collection().isEmpty()) {
        continue;
      }
      put(isFirst ? "{" : ",");
      isFirst = false;
      if (indent > 0) {
        line(1);
      }
      put(member.name());
      put(indent > 0 ? ": " : ":");
      if (collection == null) {
        put(member.value());
      } else {
        array(collection, 1);
      }
    }
    if (isFirst) {
      put("{");
    }
    for (Map.Entry<String, Shelf> each : left.entrySet()) {
      put(isFirst ? "" : ",");
      isFirst = false;
      line(1);
      JsonText name = new JsonText();
      JsonStrings.quote(each.getKey(), name);
      out.write(name.bytes(), 0, name.size());
      put(indent > 0 ? ": " : ":");
      array(each.getValue(), 1);
    }
    if (indent > 0 || frame.members().isEmpty()) {
      line(0);
    }
    put("}\n");
  }

  private void line(int level) throws IOException {
    out.write('\n');
    put(" ".repeat(level * indent));
  }

  private void record(byte[] json, boolean isAsItWas, int level) throws IOException {
    if (isAsItWas || indent == 0) {
      out.write(json);
    } else {
      indented(json, level);
    }
  }

  /** Writes well-formed JSON with a line for each member and element. */
  private void indented(byte[] json, int level) throws IOException {
    int depth = level;
    boolean isString = false;
    for (int i = 0; i < json.length; i++) {
      byte c = json[i];
      if (isString) {
        out.write(c);
        if (c == '\\') {
          out.write(json[++i]);
        } else if (c == '"') {
          isString = false;
        }
        continue;
      }
      switch (c) {
        case '"' -> {
          out.write(c);
          isString = true;
        }
        case '{', '[' -> {
          out.write(c);
          int next = i + 1;
          while (JsonScan.isSpace(json[next])) {
            next++;
          }
          if (json[next] == '}' || json[next] == ']') {
            out.write(json[next]);
            i = next;
          } else {
            line(++depth);
          }
        }
        case '}', ']' -> {
          line(--depth);
          out.write(c);
        }
        case ',' -> {
          out.write(c);
          line(depth);
        }
        case ':' -> put(": ");
        case ' ', '\n', '\r', '\t' -> {}
        default -> out.write(c);
      }
    }
  }
}
