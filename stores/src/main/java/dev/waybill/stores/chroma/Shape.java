package dev.waybill.stores.chroma;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.StoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a collection's records are fields: its id, its document, its URI, its vector, and each key of
 * its metadata by its own name. Immutable.
 */
final class Shape {
  /** The property that says which key of the metadata a field was that has another name. */
  static final String KEY_OF = "key.";

  private static final String DOCUMENT_KEY = "chroma:document";
  private static final String URI_KEY = "chroma:uri";
  private static final int MOST_KEYS = 5_000;

  /** What a field is. */
  enum Part {
    ID,
    DOCUMENT,
    URI,
    EMBEDDING,
    METADATA
  }

  /**
   * Where a field comes from.
   *
   * @param key of the metadata, as Chroma's tables have it; empty for the id and the vector
   */
  record Origin(Part part, String key) {}

  private final Collection collection;
  private final Map<String, Origin> origins;

  private Shape(Collection collection, Map<String, Origin> origins) {
    this.collection = collection;
    this.origins = Map.copyOf(origins);
  }

  Collection collection() {
    return collection;
  }

  /**
   * Where a field comes from.
   *
   * @throws StoreException if no record has such a field
   */
  Origin origin(String field) {
    Origin origin = origins.get(field);
    if (origin == null) {
      throw new StoreException(
          "NO_SUCH_FIELD",
          "No record of \"" + collection.name() + "\" has a field \"" + field + "\".",
          "plan again",
          false,
          null);
    }
    return origin;
  }

  /** What the values of one key are, in all records. */
  static final class KeyNotes {
    private final Set<ValueKind> values = new HashSet<>();
    private final Set<ValueKind> elements = new HashSet<>();

    void add(ValueKind kind, boolean isElement) {
      (isElement ? elements : values).add(kind);
    }

    private Field field(String name) {
      if (values.size() == 1 && elements.isEmpty()) {
        ValueKind kind = values.iterator().next();
        return Field.of(name, kind.type(), kind.nativeType(), true);
      }
      if (values.isEmpty() && elements.size() == 1) {
        ValueKind kind = elements.iterator().next();
        return Field.of(
            name, LogicalType.list(kind.type()), "list(" + kind.nativeType() + ")", true);
      }
      return Field.of(name, LogicalType.DYNAMIC, ChromaTypes.MIXED, true);
    }
  }

  /**
   * The shape of a collection.
   *
   * @param name under which it is in the catalog
   * @param keys what is in the metadata of its records, by key
   */
  static Shape of(FoundCollection found, String name, long records, Map<String, KeyNotes> keys) {
    if (keys.size() > MOST_KEYS) {
      throw new StoreException(
          "TOO_MANY_FIELDS",
          String.format(
              "The records of \"%s\" have %,d different keys of metadata, and %,d is the most.",
              name, keys.size(), MOST_KEYS),
          "",
          false,
          null);
    }
    List<Field> fields = new ArrayList<>();
    Map<String, Origin> origins = new HashMap<>();
    Map<String, String> properties = new TreeMap<>(found.properties());
    fields.add(Field.of("id", LogicalType.TEXT, ChromaTypes.ID, false));
    origins.put("id", new Origin(Part.ID, ""));
    if (keys.containsKey(DOCUMENT_KEY)) {
      fields.add(Field.of("document", LogicalType.TEXT, ChromaTypes.DOCUMENT, true));
      origins.put("document", new Origin(Part.DOCUMENT, DOCUMENT_KEY));
    }
    if (keys.containsKey(URI_KEY)) {
      fields.add(Field.of("uri", LogicalType.TEXT, ChromaTypes.URI, true));
      origins.put("uri", new Origin(Part.URI, URI_KEY));
    }
    List<Index> indexes = new ArrayList<>();
    if (found.dimension() > 0) {
      LogicalType vector = LogicalType.vector(LogicalType.FLOAT32, found.dimension());
      fields.add(Field.of("embedding", vector, ChromaTypes.EMBEDDING, false));
      origins.put("embedding", new Origin(Part.EMBEDDING, ""));
      indexes.add(
          new Index(
              "embedding_hnsw",
              List.of(new Index.Column("embedding", false)),
              false,
              "hnsw",
              "",
              found.indexOptions()));
    }
    names(keys)
        .forEach(
            (key, field) -> {
              KeyNotes notes = keys.getOrDefault(key, new KeyNotes());
              fields.add(notes.field(field));
              origins.put(field, new Origin(Part.METADATA, key));
              if (!field.equals(key)) {
                properties.put(KEY_OF + field, key);
              }
            });
    Collection collection =
        Collection.of(name, fields, List.of("id"))
            .withConstraints(List.of(), List.of(), indexes)
            .withEstimates(records, -1)
            .withDetail(new NativeDetail("", List.of(), properties));
    return new Shape(collection, origins);
  }

  /** The name of the field of each key, in the keys' order. */
  private static Map<String, String> names(Map<String, KeyNotes> keys) {
    Set<String> taken = new HashSet<>(List.of("id", "document", "uri", "embedding", ""));
    List<String> clashing = new ArrayList<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : new TreeMap<>(keys).keySet()) {
      if (key.equals(DOCUMENT_KEY) || key.equals(URI_KEY)) {
        continue;
      }
      names.put(key, key);
      if (taken.contains(key)) {
        clashing.add(key);
      }
    }
    taken.addAll(names.keySet());
    for (String key : clashing) {
      String wanted = "metadata_" + key;
      String name = wanted;
      for (int number = 2; !taken.add(name); number++) {
        name = wanted + "_" + number;
      }
      names.put(key, name);
    }
    return names;
  }
}
