package dev.waybill.stores.json;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What collections are that JSON itself does not say: types, keys, whether there may be null. One
 * record a line for each field; docs/formats/json-schema-file.md.
 */
final class SchemaFile {
  private static final Collection FIELDS =
      Collection.of(
          "waybill_schema",
          List.of(
              field("collection", LogicalType.TEXT, "string"),
              field("field", LogicalType.TEXT, "string"),
              field("type", LogicalType.TEXT, "string"),
              field("native", LogicalType.TEXT, "string"),
              field("nullable", LogicalType.BOOLEAN, "boolean"),
              field("key", LogicalType.INT64, "integer"),
              field("unique", LogicalType.TEXT, "string"),
              field("shape", LogicalType.TEXT, "string"),
              field("keyField", LogicalType.TEXT, "string"),
              field("valueField", LogicalType.TEXT, "string"),
              field("keyFound", LogicalType.BOOLEAN, "boolean")),
          List.of("collection", "field"));

  private SchemaFile() {}

  private static Field field(String name, LogicalType type, String nativeType) {
    return Field.of(name, type, nativeType, false);
  }

  /** A line for each field of each collection. */
  static byte[] write(java.util.Collection<Collection> collections) {
    RecordText form = new RecordText(FIELDS, false, false);
    JsonText out = new JsonText();
    for (Collection collection : collections) {
      JsonLayout layout =
          JsonLayout.of(collection.detail()).orElse(JsonLayout.of(JsonLayout.Shape.ARRAY));
      RecordBatch lines = new RecordBatch(FIELDS.fields().size());
      for (Field field : collection.writtenFields()) {
        lines.putText(collection.name());
        lines.putText(field.name());
        lines.putText(field.type().toString());
        lines.putText(field.nativeType());
        lines.putBoolean(field.isNullable());
        lines.putInt64(collection.key().indexOf(field.name()) + 1L);
        lines.putText(unique(collection, field.name()));
        lines.putText(layout.shape().word());
        lines.putText(layout.keyField());
        lines.putText(layout.valueField());
        lines.putBoolean(collection.detail().isKeyFound());
      }
      for (int i = 0; i < lines.records(); i++) {
        form.encode(lines, i, null, out);
        out.put('\n');
      }
    }
    return out.copy();
  }

  /** The numbers of the unique sets that a field is part of, with its place in each. */
  private static String unique(Collection collection, String field) {
    List<String> sets = new ArrayList<>();
    for (int i = 0; i < collection.uniqueSets().size(); i++) {
      int place = collection.uniqueSets().get(i).indexOf(field);
      if (place >= 0) {
        sets.add(i + ":" + place);
      }
    }
    return String.join(",", sets);
  }

  /** The collections that lines describe, in their order. */
  static Map<String, Collection> read(byte[] text) {
    RecordText form = new RecordText(FIELDS, false, false);
    Map<String, RecordBatch> lines = new LinkedHashMap<>();
    for (String line : new String(text, StandardCharsets.UTF_8).split("\n", -1)) {
      if (!line.isEmpty()) {
        RecordBatch one = new RecordBatch(FIELDS.fields().size());
        form.decode(line.getBytes(StandardCharsets.UTF_8), one);
        lines
            .computeIfAbsent(one.textAt(one.at(0, 0)), name -> new RecordBatch(one.width()))
            .putRecord(one, 0);
      }
    }
    Map<String, Collection> collections = new LinkedHashMap<>();
    lines.forEach((name, fields) -> collections.put(name, collection(name, fields)));
    return collections;
  }

  private static Collection collection(String name, RecordBatch lines) {
    List<Field> fields = new ArrayList<>();
    Map<Long, String> key = new TreeMap<>();
    Map<String, Map<String, String>> unique = new TreeMap<>();
    JsonLayout layout = JsonLayout.of(JsonLayout.Shape.ARRAY);
    boolean isKeyFound = false;
    for (int i = 0; i < lines.records(); i++) {
      String field = lines.textAt(lines.at(i, 1));
      fields.add(
          Field.of(
              field,
              LogicalType.parse(lines.textAt(lines.at(i, 2))),
              lines.textAt(lines.at(i, 3)),
              lines.booleanAt(lines.at(i, 4))));
      long place = lines.int64At(lines.at(i, 5));
      if (place > 0) {
        key.put(place, field);
      }
      for (String set : lines.textAt(lines.at(i, 6)).split(",", -1)) {
        if (!set.isEmpty()) {
          String[] parts = set.split(":", -1);
          unique.computeIfAbsent(parts[0], number -> new TreeMap<>()).put(parts[1], field);
        }
      }
      layout =
          new JsonLayout(
              JsonLayout.Shape.of(lines.textAt(lines.at(i, 7))).orElse(JsonLayout.Shape.ARRAY),
              lines.textAt(lines.at(i, 8)),
              lines.textAt(lines.at(i, 9)),
              0,
              false,
              "");
      int found = lines.at(i, 10);
      isKeyFound |= !lines.isMissingAt(found) && lines.booleanAt(found);
    }
    List<List<String>> sets = new ArrayList<>();
    unique.values().forEach(set -> sets.add(List.copyOf(set.values())));
    return Collection.of(name, fields, List.copyOf(key.values()))
        .withConstraints(sets, List.of(), List.of())
        .withDetail(layout.detail(Map.of()).withKeyFound(isKeyFound));
  }
}
