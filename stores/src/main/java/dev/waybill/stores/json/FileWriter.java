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

  /** A record that is a file. */
  void alone(byte[] json) throws IOException {
    mark();
    record(json, false, 0);
    put("\n");
  }

  private void mark() throws IOException {
    if (hasMark) {
      out.write(new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
    }
  }

  void write(JsonLayout.Shape shape, List<Shelf> kept, Frame frame)
      throws IOException, SQLException {
    mark();
    switch (shape) {
      case LINES -> lines(kept.get(0));
      case ARRAY, RECORDS -> {
        array(kept.get(0), 0);
        put("\n");
      }
      case RECORD -> only(kept.get(0));
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
    NameMember name = new NameMember(RecordNames.field(kept));
    put("{");
    boolean[] isFirst = {true};
    each(
        kept,
        (json, isAsItWas) -> {
          put(isFirst[0] ? "" : ",");
          isFirst[0] = false;
          line(1);
          out.write(name.quoted(json));
          put(indent > 0 ? ": " : ":");
          record(name.without(json), isAsItWas, 1);
        });
    if (!isFirst[0]) {
      line(0);
    }
    put("}\n");
  }

  /** The only record, which is called by the file. */
  private void only(Shelf kept) throws IOException, SQLException {
    NameMember name = new NameMember(RecordNames.field(kept));
    each(kept, (json, isAsItWas) -> record(name.without(json), isAsItWas, 0));
    put("\n");
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
