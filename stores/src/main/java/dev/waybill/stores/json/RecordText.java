package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records of one collection as the text of an element, in both directions. Not thread-safe. */
final class RecordText {
  private final Collection collection;
  private final List<Field> fields;
  private final List<JsonForm> forms = new ArrayList<>();
  private final Map<String, Integer> positions = new HashMap<>();
  private final List<byte[]> names = new ArrayList<>();
  private final boolean isValue;
  private final boolean isAbsentNull;
  private boolean isAsItWas;
  private final JsonValues values = new JsonValues();
  private final JsonScan scan = new JsonScan();
  private final JsonText name = new JsonText();

  /**
   * @param isValue whether the one field is the whole element
   * @param isAbsentNull whether a member that is missing is read as null
   */
  RecordText(Collection collection, boolean isValue, boolean isAbsentNull) {
    this.collection = collection;
    this.fields = collection.writtenFields();
    this.isValue = isValue;
    this.isAbsentNull = isAbsentNull;
    for (int i = 0; i < fields.size(); i++) {
      forms.add(JsonForm.of(fields.get(i)));
      positions.put(fields.get(i).name(), i);
      name.clear();
      JsonStrings.quote(fields.get(i).name(), name);
      names.add(name.put(':').copy());
    }
  }

  /** Takes what the file may have held before also where it would not be written anew. */
  RecordText puttingBack() {
    isAsItWas = true;
    return this;
  }

  /** True if the collection's elements are the values of its only field. */
  static boolean isValue(Collection collection) {
    String field = JsonLayout.of(collection.detail()).map(JsonLayout::valueField).orElse("");
    return !field.isEmpty() && collection.writtenNames().equals(List.of(field));
  }

  /**
   * Appends the text of a record.
   *
   * @param old the text of the record that it replaces: its members that are no fields stay
   * @throws DataException naming the field that has no place in JSON; what was appended is no text
   */
  void encode(RecordBatch records, int record, byte @Nullable [] old, JsonText text) {
    int from = text.size();
    if (isValue) {
      put(records, record, 0, text);
      requireLimit(record, text.size() - from);
      return;
    }
    text.put('{');
    boolean isFirst = true;
    for (int i = 0; i < fields.size(); i++) {
      if (records.kind(record, i) != Kind.ABSENT) {
        text.put(isFirst ? "" : ",").put(names.get(i), 0, names.get(i).length);
        isFirst = false;
        put(records, record, i, text);
      } else if (collection.key().contains(fields.get(i).name())) {
        throw refused(record, "KEY_MISSING", fields.get(i).name(), "is part of the key");
      }
    }
    if (old != null) {
      putOthers(old, isFirst, text);
    }
    text.put('}');
    requireLimit(record, text.size() - from);
  }

  private void requireLimit(int record, int bytes) {
    if (bytes > JsonInput.LARGEST) {
      throw new DataException(
          "RECORD_TOO_LARGE",
          "A record of \"" + collection.name() + "\" takes more than 64 MiB as JSON.",
          "leave the largest field out, or keep it elsewhere",
          record,
          null);
    }
  }

  private void put(RecordBatch records, int record, int field, JsonText text) {
    try {
      int at = records.at(record, field);
      if (records.kindAt(at) == Kind.NULL && collection.key().contains(fields.get(field).name())) {
        throw new Unwritable("KEY_MISSING", "is part of the key");
      }
      if (records.kindAt(at) == Kind.NULL && !fields.get(field).isNullable()) {
        throw new Unwritable("NULL_NOT_ALLOWED", "must have a value");
      }
      if (!isAsItWas) {
        check(forms.get(field), records, at);
      }
      values.encode(forms.get(field), records, at, text);
    } catch (Unwritable unwritable) {
      throw refused(
          record,
          unwritable.code(),
          fields.get(field).name(),
          String.valueOf(unwritable.getMessage()));
    }
  }

  private static void check(JsonForm form, RecordBatch records, int at) throws Unwritable {
    if (records.kindAt(at) == Kind.VECTOR
        && form.type().size() > 0
        && records.vectorDimensionAt(at) != form.type().size()) {
      throw new Unwritable(
          "OTHER_DIMENSION",
          "is a vector of "
              + records.vectorDimensionAt(at)
              + " elements, not "
              + form.type().size());
    }
  }

  private DataException refused(int record, String code, String field, String why) {
    return new DataException(
        code,
        "A record cannot go into \""
            + collection.name()
            + "\": its field \""
            + field
            + "\" "
            + why
            + ".",
        "choose another mapping for the field, or leave the record aside with --max-quarantined",
        record,
        null);
  }

  private void putOthers(byte[] old, boolean isEmpty, JsonText text) {
    scanned(old);
    boolean isFirst = isEmpty;
    for (int i = 0; i < scan.count(); i++) {
      if (!positions.containsKey(memberName(old, i))) {
        text.put(isFirst ? "\"" : ",\"")
            .put(old, scan.nameFrom(i), scan.nameTo(i) - scan.nameFrom(i))
            .put("\":")
            .put(old, scan.from(i), scan.to(i) - scan.from(i));
        isFirst = false;
      }
    }
  }

  private String memberName(byte[] json, int member) {
    name.clear();
    JsonStrings.unescape(json, scan.nameFrom(member), scan.nameTo(member), name);
    return name.toString();
  }

  /** Appends a record that stands in a file or was made by {@link #encode}. */
  void decode(byte[] json, RecordBatch into) {
    if (isValue) {
      values.decode(forms.get(0), json, 0, json.length, into);
      return;
    }
    scanned(json);
    int[] members = new int[fields.size()];
    for (int i = 0; i < scan.count(); i++) {
      Integer position = positions.get(memberName(json, i));
      if (position != null) {
        members[position] = i + 1;
      }
    }
    for (int i = 0; i < members.length; i++) {
      int member = members[i] - 1;
      if (member >= 0) {
        values.decode(forms.get(i), json, scan.from(member), scan.to(member), into);
      } else if (isAbsentNull) {
        into.putNull();
      } else {
        into.putAbsent();
      }
    }
  }

  private void scanned(byte[] json) {
    try {
      scan.scan(json, 0, json.length);
    } catch (Malformed malformed) {
      throw new StoreException(
          malformed.code(),
          "A record of \"" + collection.name() + "\" is no JSON: " + malformed.reason() + ".",
          "see what the file holds",
          false,
          malformed);
    }
  }
}
