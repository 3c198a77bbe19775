package dev.waybill.stores.chroma;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.NativeDetail;
import dev.waybill.model.RecordBatch;
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
   * @param position among the fields that are the id
   */
  record Origin(Part part, String key, int position) {
    Origin(Part part, String key) {
      this(part, key, 0);
    }

    /** What stands where a record's field would stand; empty for the id and the vector. */
    String tableKey() {
      return switch (part) {
        case ID, EMBEDDING -> "";
        case DOCUMENT -> DOCUMENT_KEY;
        case URI -> URI_KEY;
        case METADATA -> key;
      };
    }
  }

  private final Collection collection;
  private final Map<String, Origin> origins;
  private final RecordKey key;
  private final Set<String> nulls;

  private Shape(
      Collection collection, Map<String, Origin> origins, RecordKey key, Set<String> nulls) {
    this.collection = collection;
    this.origins = Map.copyOf(origins);
    this.key = key;
    this.nulls = Set.copyOf(nulls);
  }

  /** How its ids are keys. */
  RecordKey key() {
    return key;
  }

  /**
   * Appends what a field is that a record lacks.
   *
   * @param isOtherwise whether the record says that it is not what it is in others
   */
  void putMissing(String field, boolean isOtherwise, RecordBatch into) {
    if (nulls.contains(field) != isOtherwise) {
      into.putNull();
    } else {
      into.putAbsent();
    }
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

  /** True if a record has to say what it is that lacks a field. */
  boolean isOtherwise(String field, boolean isNull) {
    return nulls.contains(field) != isNull;
  }

  boolean hasField(String field) {
    return origins.containsKey(field);
  }

  /** The shape of a new collection that will be known by its records alone. */
  static Shape planned(FoundCollection found, Collection collection) {
    Map<String, Origin> origins = new HashMap<>();
    List<Kind> kinds = new ArrayList<>();
    for (Field field : collection.writtenFields()) {
      Origin origin = NewCollection.origin(collection, field);
      origins.put(field.name(), origin);
      if (origin.part() == Part.ID) {
        kinds.add(field.type().kind());
      }
    }
    Map<String, String> properties = new TreeMap<>(found.properties());
    Collection planned = collection.withDetail(new NativeDetail("", List.of(), properties));
    return new Shape(planned, origins, new RecordKey(kinds), Set.of());
  }

  /** What the values of one key are, in all records. */
  static final class KeyNotes {
    private final Set<ValueKind> values = new HashSet<>();
    private final Set<ValueKind> elements = new HashSet<>();

    void add(ValueKind kind, boolean isElement) {
      (isElement ? elements : values).add(kind);
    }

    /** True if all are of one kind, and that is the declared one. */
    private boolean areAll(String nativeType) {
      Field seen = field("");
      return values.isEmpty() && elements.isEmpty() || seen.nativeType().equals(nativeType);
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
    if (found.description().isPresent()) {
      return described(found, found.description().get(), name, records, keys);
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
      indexes.add(index("embedding", found));
    }
    Set<String> usual = Set.of("id", "document", "uri", "embedding", "");
    addKeys(keys, usual, fields, origins, properties);
    Collection collection =
        Collection.of(name, fields, List.of("id"))
            .withConstraints(List.of(), List.of(), indexes)
            .withEstimates(records, -1)
            .withDetail(new NativeDetail("", List.of(), properties));
    return new Shape(collection, origins, new RecordKey(List.of(Kind.TEXT)), Set.of());
  }

  private static Index index(String field, FoundCollection found) {
    return new Index(
        field + "_hnsw",
        List.of(new Index.Column(field, false)),
        false,
        "hnsw",
        "",
        found.indexOptions());
  }

  /** Makes each key of metadata a field. */
  private static void addKeys(
      Map<String, KeyNotes> keys,
      Set<String> taken,
      List<Field> fields,
      Map<String, Origin> origins,
      Map<String, String> properties) {
    names(keys, taken)
        .forEach(
            (key, field) -> {
              KeyNotes notes = keys.getOrDefault(key, new KeyNotes());
              fields.add(notes.field(field));
              origins.put(field, new Origin(Part.METADATA, key));
              if (!field.equals(key)) {
                properties.put(KEY_OF + field, key);
              }
            });
  }

  /** The shape of a collection that a description tells, and what else is in its records. */
  private static Shape described(
      FoundCollection found,
      Description description,
      String name,
      long records,
      Map<String, KeyNotes> keys) {
    List<Field> fields = new ArrayList<>();
    List<String> key = new ArrayList<>();
    List<Kind> kinds = new ArrayList<>();
    Map<String, Origin> origins = new HashMap<>();
    Map<String, KeyNotes> left = new HashMap<>(keys);
    Set<String> nulls = new HashSet<>();
    Map<String, String> properties = new TreeMap<>(found.properties());
    List<Index> indexes = new ArrayList<>();
    for (Description.Said each : description.fields()) {
      origins.put(each.name(), new Origin(each.part(), each.key(), key.size()));
      boolean isInVector = each.part() == Part.EMBEDDING;
      LogicalType type =
          ChromaTypes.type(
              each.nativeType(),
              isInVector && found.dimension() > 0 ? found.dimension() : each.dimension());
      Field field = Field.of(each.name(), type, each.nativeType(), each.isNullable());
      switch (each.part()) {
        case ID -> {
          key.add(each.name());
          kinds.add(type.kind());
        }
        case EMBEDDING -> description.index().ifPresent(indexes::add);
        case DOCUMENT -> left.remove(DOCUMENT_KEY);
        case URI -> left.remove(URI_KEY);
        case METADATA -> {
          KeyNotes notes = left.remove(each.key());
          if (notes != null && !notes.areAll(each.nativeType())) {
            field = Field.of(each.name(), LogicalType.DYNAMIC, ChromaTypes.MIXED, true);
          }
          if (!each.name().equals(each.key())) {
            properties.put(KEY_OF + each.name(), each.key());
          }
        }
      }
      if (each.missing() == Description.Missing.NULL) {
        nulls.add(each.name());
      }
      fields.add(field);
    }
    Set<String> taken = new HashSet<>(origins.keySet());
    taken.add("");
    addText(left, DOCUMENT_KEY, Part.DOCUMENT, "document", taken, fields, origins);
    addText(left, URI_KEY, Part.URI, "uri", taken, fields, origins);
    addKeys(left, taken, fields, origins, properties);
    Collection collection =
        Collection.of(name, fields, key)
            .withConstraints(List.of(), List.of(), indexes)
            .withEstimates(records, -1)
            .withDetail(new NativeDetail("", List.of(), properties));
    return new Shape(collection, origins, new RecordKey(kinds), nulls);
  }

  /** Documents that came after the description are a field, too. */
  private static void addText(
      Map<String, KeyNotes> left,
      String key,
      Part part,
      String wanted,
      Set<String> taken,
      List<Field> fields,
      Map<String, Origin> origins) {
    if (left.remove(key) != null) {
      String name = free(wanted, taken);
      fields.add(Field.of(name, LogicalType.TEXT, wanted, true));
      origins.put(name, new Origin(part, key));
    }
  }

  private static String free(String wanted, Set<String> taken) {
    String name = wanted;
    for (int number = 2; !taken.add(name); number++) {
      name = wanted + "_" + number;
    }
    return name;
  }

  /** The name of the field of each key, in the keys' order. */
  private static Map<String, String> names(Map<String, KeyNotes> keys, Set<String> usual) {
    Set<String> taken = new HashSet<>(usual);
    List<String> clashing = new ArrayList<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : new TreeMap<>(keys).keySet()) {
      if (key.equals(DOCUMENT_KEY)
          || key.equals(URI_KEY)
          || key.equals(Description.OTHERWISE)
          || key.equals(ExactNotes.KEY)) {
        continue;
      }
      names.put(key, key);
      if (taken.contains(key)) {
        clashing.add(key);
      }
    }
    taken.addAll(names.keySet());
    for (String key : clashing) {
      names.put(key, free("metadata_" + key, taken));
    }
    return names;
  }
}
