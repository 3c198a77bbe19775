package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Reads records as a collection asks for them. */
final class JsonReader implements RecordReader {
  private final JsonCollection collection;
  private final Items items;
  private final JsonValues values = new JsonValues();
  private final Names names;
  private final JsonForm[] forms;
  private final boolean[] areDoubles;
  private final int nameColumn;
  private final int valueColumn;
  private final int[] members;
  private boolean isOver;

  /**
   * @param asked has the fields that are wanted, and the types that their values are decoded as
   */
  JsonReader(JsonCollection collection, Collection asked, long from, long to) {
    this.collection = collection;
    List<Field> fields = asked.writtenFields();
    this.names = new Names(asked.writtenNames());
    this.forms = fields.stream().map(JsonForm::of).toArray(JsonForm[]::new);
    this.areDoubles = areDoubles(fields);
    this.nameColumn = column(fields, collection.layout().keyField());
    this.valueColumn = column(fields, collection.layout().valueField());
    this.members = new int[forms.length];
    try {
      this.items = new Items(collection, from, to);
    } catch (IOException failure) {
      throw JsonErrors.failed(collection.place(), "read", failure);
    }
  }

  /** Of which fields opening has found that a double gives back each number there is. */
  private boolean[] areDoubles(List<Field> fields) {
    boolean[] are = new boolean[forms.length];
    for (int i = 0; i < are.length; i++) {
      are[i] =
          forms[i].isDoubles()
              && collection
                  .schema()
                  .field(fields.get(i).name())
                  .filter(found -> JsonForm.of(found).isDoubles())
                  .isPresent();
    }
    return are;
  }

  private static int column(List<Field> fields, String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (!name.isEmpty() && fields.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
    boolean appended = false;
    try {
      while (!isOver && (!appended || into.records() < maxRecords && into.size() < maxBytes)) {
        isOver = !items.next();
        if (!isOver) {
          append(into);
          appended = true;
        }
      }
      return appended;
    } catch (IOException failure) {
      into.dropPartialRecord();
      throw JsonErrors.failed(items.file(), "read", failure);
    } catch (Malformed malformed) {
      into.dropPartialRecord();
      throw JsonErrors.malformed(items.file(), malformed);
    }
  }

  /** Where the record that was read last is. */
  long position() {
    return items.position();
  }

  private void append(RecordBatch into) throws Malformed {
    Item item = items.item();
    Arrays.fill(members, -1);
    JsonScan scan = item.members();
    byte[] text = item.text();
    boolean isObject = item.token() == JsonScan.Token.OBJECT && valueColumn < 0;
    for (int i = 0; isObject && i < scan.count(); i++) {
      int column = names.find(text, scan.nameFrom(i), scan.nameTo(i));
      if (column < 0) {
        continue;
      }
      if (members[column] >= 0) {
        throw new Malformed(
            "NAME_TWICE", items.position(), "the record that begins here has a member twice");
      }
      members[column] = i;
    }
    for (int column = 0; column < forms.length; column++) {
      int member = members[column];
      if (column == nameColumn) {
        putName(item, into);
      } else if (column == valueColumn) {
        values.decode(forms[column], text, item.from(), item.to(), into);
      } else if (member >= 0 && areDoubles[column] && isFinite(scan.token(member))) {
        into.putFloat64(JsonNumbers.toDouble(text, scan.from(member), scan.to(member)));
      } else if (member >= 0) {
        values.decode(
            forms[column], scan.token(member), text, scan.from(member), scan.to(member), into);
      } else if (collection.absentIsNull()) {
        into.putNull();
      } else {
        into.putAbsent();
      }
    }
  }

  private static boolean isFinite(JsonScan.Token token) {
    return token == JsonScan.Token.INTEGER || token == JsonScan.Token.NUMBER;
  }

  /** The name is a string of JSON like any other. */
  private void putName(Item item, RecordBatch into) {
    JsonText quoted = new JsonText();
    JsonStrings.quote(item.name(), quoted);
    values.decode(forms[nameColumn], quoted.bytes(), 0, quoted.size(), into);
  }

  @Override
  public void close() {
    try {
      items.close();
    } catch (IOException failure) {
      throw JsonErrors.failed(collection.place(), "finish reading", failure);
    }
  }

  /** What the key of the record at hand would hash to: its fields as they are by themselves. */
  static long hash(RecordBatch batch, int record, JsonForm[] forms, JsonValues values, JsonText out)
      throws Unwritable {
    RecordBatch natural = new RecordBatch(forms.length);
    for (int i = 0; i < forms.length; i++) {
      int at = batch.at(record, i);
      out.clear();
      if (batch.kindAt(at) == Kind.ABSENT) {
        natural.putAbsent();
        continue;
      }
      values.encode(forms[i], batch, at, out);
      values.natural(
          JsonScan.token(out.bytes(), 0, out.size()), out.bytes(), 0, out.size(), natural);
    }
    return KeyIndex.hash(natural, 0);
  }
}
