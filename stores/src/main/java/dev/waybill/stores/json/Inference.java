package dev.waybill.stores.json;

import dev.waybill.model.RecordBatch;
import dev.waybill.stores.json.JsonScan.Token;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fields of a collection by looking at all of its records: at one after the other, or at
 * runs of them by {@linkplain #part() parts}, which are {@linkplain #add(Inference) put together}
 * in the records' order and then know what one would. Not thread-safe.
 */
final class Inference implements AutoCloseable {
  /** More different members are no fields of records. */
  private static final int MOST_FIELDS = 5_000;

  private final KeyNames keyNames;
  private final String chosenKey;
  private final Path folder;
  private final String id;
  private final Names names = new Names();
  private final List<FieldNotes> fields = new ArrayList<>();
  private final Map<FieldNotes, KeyIndex> indexes = new LinkedHashMap<>();
  private final JsonValues values = new JsonValues();
  private final RecordBatch natural = new RecordBatch(1);
  private final FieldNotes.Desk desk = new FieldNotes.Desk();
  private final @Nullable FieldNotes name;
  private long records;
  private @Nullable Malformed unfit;

  /**
   * @param isNamed whether records have names: of members or files
   * @param chosenKey the field that shall identify records, empty where it is to be found
   * @param folder where an index of keys may be kept
   * @param id tells this collection's files from others' there
   */
  Inference(String collection, boolean isNamed, String chosenKey, Path folder, String id) {
    this.keyNames = new KeyNames(collection);
    this.chosenKey = chosenKey;
    this.folder = folder;
    this.id = id;
    this.name = isNamed ? new FieldNotes("", 0) : null;
    if (name != null) {
      indexes.put(name, new KeyIndex(folder, "index-" + id + "-name"));
    }
  }

  /** One for some of the records, which another thread may look at. */
  Inference part() {
    return new Inference(this);
  }

  private Inference(Inference whole) {
    this.keyNames = whole.keyNames;
    this.chosenKey = whole.chosenKey;
    this.folder = whole.folder;
    this.id = whole.id;
    this.name = whole.name;
    if (name != null) {
      indexes.put(name, new KeyIndex(folder, "index-" + id + "-part"));
    }
  }

  long records() {
    return records;
  }

  /** Why the records cannot be those of one collection, by the first that does not fit. */
  @Nullable Malformed unfit() {
    return unfit;
  }

  void markUnfit(@Nullable Malformed reason) {
    unfit = reason;
  }

  /** Takes into account what a part has found in the records that follow. */
  void add(Inference part) throws IOException, Malformed {
    for (FieldNotes seen : part.fields) {
      int known = names.find(seen.name());
      FieldNotes field = known >= 0 ? fields.get(known) : made(seen.name(), seen.first());
      if (known < 0 && part.indexes.containsKey(seen)) {
        makeIndex(field);
      }
      field.add(seen);
    }
    records += part.records;
    for (FieldNotes field : List.copyOf(indexes.keySet())) {
      int known = part.names.find(field.name());
      FieldNotes seen = field == name ? name : known < 0 ? null : part.fields.get(known);
      KeyIndex found = seen == null ? null : part.indexes.get(seen);
      KeyIndex index = indexes.get(field);
      if (index != null && found != null && (field == name || field.identifies(records))) {
        index.addAll(found);
      } else if (index != null) {
        index.close();
        indexes.remove(field);
      }
    }
  }

  List<FieldNotes> fields() {
    return fields;
  }

  /** Takes a record into account, an object. */
  void add(Item item, long position) throws IOException, Malformed {
    JsonScan members = item.members();
    byte[] text = item.text();
    for (int i = 0; i < members.count(); i++) {
      FieldNotes field = field(text, members.nameFrom(i), members.nameTo(i), position);
      if (!field.isNewIn(records)) {
        throw new Malformed(
            "NAME_TWICE",
            position,
            "the record that begins here has two members called \"" + shown(field.name()) + "\"");
      }
      add(field, members.token(i), text, members.from(i), members.to(i), position);
    }
    named(item, position);
    records++;
  }

  /** Takes an element into account that is the only field of its record. */
  void addValue(Item item, String field, long position) throws IOException, Malformed {
    FieldNotes only = fields.isEmpty() ? first(field, position) : fields.get(0);
    add(only, item.token(), item.text(), item.from(), item.to(), position);
    records++;
  }

  private void named(Item item, long position) throws IOException {
    KeyIndex index = name == null ? null : indexes.get(name);
    if (index != null) {
      natural.clear();
      natural.putText(Layouts.utf8(item.name()));
      index.add(KeyIndex.hash(natural, 0), position);
    }
  }

  private void add(FieldNotes field, Token token, byte[] text, int from, int to, long position)
      throws IOException {
    field.add(token, text, from, to, desk);
    KeyIndex index = indexes.isEmpty() ? null : indexes.get(field);
    if (index == null) {
      return;
    }
    if (field.identifies(records + 1)) {
      natural.clear();
      values.natural(token, text, from, to, natural);
      index.add(KeyIndex.hash(natural, 0), position);
    } else {
      index.close();
      indexes.remove(field);
    }
  }

  private FieldNotes field(byte[] text, int from, int to, long position) throws Malformed {
    int found = names.find(text, from, to);
    if (found >= 0) {
      return fields.get(found);
    }
    return first(Item.name(text, from, to), position);
  }

  /** A field that is seen for the first time. */
  private FieldNotes first(String fieldName, long position) throws Malformed {
    FieldNotes field = made(fieldName, position);
    if (records == 0 && isCandidate(fieldName)) {
      makeIndex(field);
    }
    return field;
  }

  private FieldNotes made(String fieldName, long position) throws Malformed {
    if (fields.size() == MOST_FIELDS) {
      throw new Malformed(
          "TOO_MANY_FIELDS",
          position,
          "the records have more than " + MOST_FIELDS + " different members");
    }
    FieldNotes field = new FieldNotes(fieldName, position);
    names.add(fieldName);
    fields.add(field);
    return field;
  }

  private boolean isCandidate(String fieldName) {
    return chosenKey.isEmpty() ? keyNames.rank(fieldName) >= 0 : fieldName.equals(chosenKey);
  }

  private void makeIndex(FieldNotes field) {
    if (records == 0 && name == null) {
      indexes.put(field, new KeyIndex(folder, "index-" + id + "-" + fields.size()));
    }
  }

  private static String shown(String name) {
    return name.length() > 100 ? name.substring(0, 100) + "…" : name;
  }

  /**
   * The best share of records that have one and the same member: what tells records from anything
   * else that is an object of objects.
   */
  double alike() {
    long most = fields.stream().mapToLong(FieldNotes::seen).max().orElse(0);
    return records == 0 ? 1 : (double) most / records;
  }

  /** The candidates that may identify records, the best first; the records' name alone, if any. */
  List<FieldNotes> candidates() {
    List<FieldNotes> all = new ArrayList<>();
    for (FieldNotes field : indexes.keySet()) {
      if (field == name || field.identifies(records)) {
        all.add(field);
      }
    }
    all.sort(Comparator.comparingInt(field -> field == name ? -1 : keyNames.rank(field.name())));
    return all;
  }

  /** The index of a candidate; closing it is up to whoever takes it. */
  KeyIndex index(FieldNotes candidate) throws IOException {
    KeyIndex index = indexes.remove(candidate);
    if (index == null) {
      throw new IllegalStateException("no index of " + candidate.name());
    }
    index.finish();
    return index;
  }

  @Override
  public void close() throws IOException {
    for (KeyIndex index : indexes.values()) {
      index.close();
    }
    indexes.clear();
  }
}
