package dev.waybill.documents;

import dev.waybill.model.Field;
import dev.waybill.model.JsonFlaw;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes values of a field apart into the records of its elements. Not thread-safe. */
final class Elements {
  /** What becomes of a value. */
  enum Split {
    /** It stays where it is. */
    KEPT,
    /** An array; its elements are records, and an empty one stands for it. */
    ARRAY,
    /** An object; it is a record, and an empty one stands for it. */
    OBJECT
  }

  private final ElementForm form;
  private final List<Field> fields;
  private final int[] froms;
  private final int[] tos;
  private final JsonScan elements = new JsonScan();
  private final JsonScan scan = new JsonScan();
  private final RecordBatch trial = new RecordBatch(1);

  // The value at hand.
  private byte[] text = new byte[0];
  private int from;
  private boolean isObject;
  private boolean isOver = true;
  private long ordinal;

  Elements(ElementForm form) {
    this.form = form;
    this.fields = form.collection().fields();
    this.froms = new int[fields.size()];
    this.tos = new int[fields.size()];
  }

  /** True if a value is JSON; where that is kept as text also text that is. */
  static boolean isJson(boolean isOfText, RecordBatch batch, int at) {
    Kind kind = batch.kindAt(at);
    return (kind == Kind.JSON || isOfText && kind == Kind.TEXT)
        && JsonFlaw.of(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at))
            != JsonFlaw.NOT_JSON;
  }

  /** What becomes of the value at an offset. */
  Split split(RecordBatch batch, int at) {
    if (!isJson(form.isOfText(), batch, at)) {
      return Split.KEPT;
    }
    byte[] json = batch.bytes();
    int begin = batch.payloadAt(at);
    JsonFlaw flaw = JsonFlaw.of(json, begin, batch.payloadLengthAt(at));
    byte first = JsonScan.first(json, begin);
    if (first == '{') {
      return form.isOfValues() || hasNameTwice(flaw, json, begin) ? Split.KEPT : Split.OBJECT;
    }
    if (first != '[' || form.isSingle()) {
      return Split.KEPT;
    }
    if (form.isOfValues() || flaw != JsonFlaw.NONE) {
      JsonScan each = new JsonScan();
      each.open(json, begin);
      while (each.element()) {
        boolean fits =
            form.isOfValues()
                ? fits(json, each.from, each.to)
                : json[each.from] != '{' || !hasNameTwice(flaw, json, each.from);
        if (!fits) {
          return Split.KEPT;
        }
      }
    }
    return Split.ARRAY;
  }

  private boolean fits(byte[] json, int begin, int end) {
    trial.clear();
    return json[begin] == 'n'
        || json[begin] != '{'
            && JsonScalars.put(fields.get(form.head()).type(), json, begin, end, trial);
  }

  /** True if two members of an object have one name, so that they cannot be two fields. */
  private boolean hasNameTwice(JsonFlaw flaw, byte[] json, int begin) {
    if (flaw == JsonFlaw.NONE) {
      return false;
    }
    Set<String> names = new HashSet<>();
    scan.open(json, begin);
    while (scan.member()) {
      byte[] decoded = JsonScan.decode(json, scan.nameFrom, scan.nameTo);
      String name =
          decoded == null
              ? new String(
                  Arrays.copyOfRange(json, scan.nameFrom, scan.nameTo), StandardCharsets.ISO_8859_1)
              : "\"" + new String(decoded, StandardCharsets.UTF_8);
      if (decoded == null || !names.add(name)) {
        // Two spellings of half a surrogate pair are not looked into: such an object stays whole.
        return true;
      }
    }
    return false;
  }

  /** Begins with a value; there are no elements if it is kept. */
  void begin(RecordBatch batch, int at) {
    Split split = split(batch, at);
    isOver = split == Split.KEPT;
    isObject = split == Split.OBJECT;
    ordinal = 0;
    if (!isOver) {
      text = batch.bytes();
      from = batch.payloadAt(at);
      if (!isObject) {
        elements.open(text, from);
      }
    }
  }

  /**
   * Appends the next element.
   *
   * @param parents holds the parent's key, at these offsets
   * @return false if there is none
   */
  boolean next(RecordBatch parents, int[] key, RecordBatch out) {
    if (isOver) {
      return false;
    }
    int begin = from;
    int end = -1;
    if (isObject) {
      isOver = true;
      while (text[begin] != '{') {
        begin++;
      }
    } else if (elements.element()) {
      begin = elements.from;
      end = elements.to;
    } else {
      isOver = true;
      return false;
    }
    for (int at : key) {
      out.putValue(parents, at);
    }
    if (!form.isSingle()) {
      out.putInt64(ordinal++);
    }
    if (form.isOfValues()) {
      if (text[begin] == 'n'
          || !JsonScalars.put(fields.get(form.head()).type(), text, begin, end, out)) {
        out.putNull();
      }
    } else if (text[begin] == '{') {
      object(begin, out);
    } else {
      for (int field = form.head(); field < fields.size() - 1; field++) {
        out.putNull();
      }
      out.putVariable(Kind.JSON, text, begin, end - begin);
    }
    return true;
  }

  private void object(int begin, RecordBatch out) {
    Arrays.fill(froms, -1);
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    scan.open(text, begin);
    while (scan.member()) {
      byte[] name = JsonScan.decode(text, scan.nameFrom, scan.nameTo);
      Integer field =
          name == null ? null : form.members().get(new String(name, StandardCharsets.UTF_8));
      if (field == null || text[scan.from] == 'n') {
        rest(scan.nameFrom, scan.nameTo, scan.from, scan.to, rest);
      } else {
        trial.clear();
        if (JsonScalars.put(fields.get(field).type(), text, scan.from, scan.to, trial)) {
          froms[field] = scan.from;
          tos[field] = scan.to;
        } else {
          rest(scan.nameFrom, scan.nameTo, scan.from, scan.to, rest);
        }
      }
    }
    for (int field = form.head(); field < fields.size() - 1; field++) {
      if (froms[field] < 0) {
        out.putNull();
      } else {
        JsonScalars.put(fields.get(field).type(), text, froms[field], tos[field], out);
      }
    }
    if (rest.size() == 0) {
      out.putNull();
    } else {
      rest.write('}');
      out.putJson(rest.toByteArray());
    }
  }

  private void rest(int nameFrom, int nameTo, int begin, int end, ByteArrayOutputStream rest) {
    rest.write(rest.size() == 0 ? '{' : ',');
    rest.write(text, nameFrom, nameTo - nameFrom);
    rest.write(':');
    rest.write(text, begin, end - begin);
  }
}
