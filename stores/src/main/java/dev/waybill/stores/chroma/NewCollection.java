package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a collection that a run makes is to be for Chroma. Immutable.
 *
 * @param configuration what is said when it is made: {@code configuration} or {@code schema}
 * @param metadata of the collection, with its description where it has one
 */
record NewCollection(boolean hasVectors, ObjectNode configuration, ObjectNode metadata) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPACE = "space";
  private static final Map<String, String> HNSW =
      Map.of("m", "max_neighbors", "ef_construction", "ef_construction");

  /**
   * Plans a collection.
   *
   * @throws StoreException UNSUPPORTED if there can be no such collection
   */
  static NewCollection of(ServerPlace place, Collection collection) {
    String fault = fault(collection);
    if (!fault.isEmpty()) {
      throw new StoreException(
          "UNSUPPORTED",
          "The collection \""
              + collection.name()
              + "\" cannot be made at "
              + place
              + ": "
              + fault
              + ".",
          "choose another target, or change the collection in the plan",
          false,
          null);
    }
    Map<String, String> told = collection.detail().properties();
    ObjectNode metadata = JSON.createObjectNode();
    if (json(told.get("metadata")) instanceof ObjectNode given) {
      given
          .properties()
          .forEach(each -> metadata.set(each.getKey(), MetadataValue.exact(each.getValue())));
    }
    Description description = description(collection);
    // A collection of Chroma's own is known by its records, there as here.
    if (!told.containsKey(SPACE) || !isPlain(collection)) {
      description.put(metadata);
    }
    return new NewCollection(description.hasVectors(), configuration(collection, told), metadata);
  }

  /** True if a collection that is known by its records alone would have these fields. */
  private static boolean isPlain(Collection collection) {
    for (Field field : collection.writtenFields()) {
      String usual =
          switch (origin(collection, field).part()) {
            case ID -> ChromaTypes.ID;
            case EMBEDDING -> ChromaTypes.EMBEDDING;
            case DOCUMENT -> ChromaTypes.DOCUMENT;
            case URI -> ChromaTypes.URI;
            case METADATA -> "";
          };
      boolean isUsual = field.name().equals(usual) && field.nativeType().equals(usual);
      if (!usual.isEmpty() && !isUsual) {
        return false;
      }
    }
    return collection.key().equals(List.of(ChromaTypes.ID))
        && collection.field(ChromaTypes.EMBEDDING).isPresent();
  }

  private static String fault(Collection collection) {
    String name = ChromaTypes.TABLE.collectionNameFault(collection.name());
    if (name != null) {
      return name;
    }
    if (!collection.hasKey()) {
      return "its records have no key, which is their id in Chroma";
    }
    if (!collection.foreignKeys().isEmpty()) {
      return "there are no foreign keys in Chroma";
    }
    if (collection.isRelationship()) {
      return "there are no relationships in Chroma";
    }
    if (!collection.uniqueSets().isEmpty()) {
      return ChromaTypes.TABLE.uniqueFault();
    }
    Set<String> keys = new HashSet<>();
    int vectors = 0;
    for (Field field : collection.writtenFields()) {
      boolean isInKey = collection.key().contains(field.name());
      if (field.generation() == Field.Generation.HANDLE) {
        return "there are no handles, as \"" + field.name() + "\" is";
      }
      if (!ChromaTypes.TABLE.isKnown(field.nativeType())) {
        return "there is no type \"" + field.nativeType() + "\", as \"" + field.name() + "\" is";
      }
      if (isInKey && !RecordKey.isPossible(field.type())) {
        return "a key is a text, a whole number or a truth value, and \""
            + field.name()
            + "\" is "
            + field.type();
      }
      vectors += field.type().kind() == Kind.VECTOR ? 1 : 0;
      Shape.Origin origin = origin(collection, field);
      String unfit =
          origin.part() == Shape.Part.METADATA ? ChromaTypes.TABLE.nameFault(origin.key()) : null;
      if (unfit != null) {
        return unfit;
      }
      if (!isInKey && field.type().kind() != Kind.VECTOR && !keys.add(origin.tableKey())) {
        return "two fields go into \"" + origin.key() + "\"";
      }
    }
    return vectors > 1 ? "a record has one vector in Chroma, and here " + vectors : "";
  }

  /** Where a field of a new collection goes. */
  static Shape.Origin origin(Collection collection, Field field) {
    int inKey = collection.key().indexOf(field.name());
    if (inKey >= 0) {
      return new Shape.Origin(Shape.Part.ID, "", inKey);
    }
    if (field.type().kind() == Kind.VECTOR) {
      return new Shape.Origin(Shape.Part.EMBEDDING, "");
    }
    String key =
        collection.detail().properties().getOrDefault(Shape.KEY_OF + field.name(), field.name());
    boolean isText = field.type().kind() == Kind.TEXT && key.equals(field.name());
    if (isText && field.name().equals(ChromaTypes.DOCUMENT)) {
      return new Shape.Origin(Shape.Part.DOCUMENT, "");
    }
    return isText && field.name().equals(ChromaTypes.URI)
        ? new Shape.Origin(Shape.Part.URI, "")
        : new Shape.Origin(Shape.Part.METADATA, key);
  }

  private static Description description(Collection collection) {
    List<Description.Said> fields = new ArrayList<>();
    boolean hasVectors = false;
    for (Field field : collection.writtenFields()) {
      Shape.Origin origin = origin(collection, field);
      boolean isVector = origin.part() == Shape.Part.EMBEDDING;
      hasVectors |= isVector;
      fields.add(
          new Description.Said(
              field.name(),
              origin.part(),
              origin.key(),
              field.nativeType(),
              isVector ? field.type().size() : 0,
              field.isNullable(),
              Description.Missing.UNDECIDED));
    }
    return new Description(hasVectors, fields, index(collection));
  }

  /** As it was in a Chroma before, else as the index over its vectors says. */
  private static ObjectNode configuration(Collection collection, Map<String, String> told) {
    ObjectNode body = JSON.createObjectNode();
    JsonNode schema = json(told.get("schema"));
    if (schema.isObject() && !schema.isEmpty()) {
      body.set("schema", schema);
      return body;
    }
    JsonNode said = json(told.get("configuration"));
    // As a folder has it, and as a server says it.
    JsonNode index = said.has("vector_index") ? said.path("vector_index") : said;
    if (index.path("hnsw").isObject() || index.path("spann").isObject()) {
      ObjectNode configuration = index.deepCopy();
      if (said.has("embedding_function")) {
        configuration.set("embedding_function", said.get("embedding_function"));
      }
      body.set("configuration", configuration);
      return body;
    }
    ObjectNode hnsw = body.putObject("configuration").putObject("hnsw");
    Map<String, String> options = index(collection).map(Index::options).orElse(Map.of());
    hnsw.put(SPACE, options.getOrDefault(Index.METRIC, told.getOrDefault(SPACE, "l2")));
    HNSW.forEach(
        (ours, theirs) -> {
          String value = options.getOrDefault(ours, "");
          if (value.matches("[0-9]{1,9}")) {
            hnsw.put(theirs, Integer.parseInt(value));
          }
        });
    return body;
  }

  private static Optional<Index> index(Collection collection) {
    return collection.indexes().stream()
        .filter(each -> ChromaTypes.TABLE.indexFault(each, fields(collection, each)) == null)
        .findFirst();
  }

  private static List<Field> fields(Collection collection, Index index) {
    return index.columns().stream()
        .flatMap(column -> collection.field(column.field()).stream())
        .toList();
  }

  private static JsonNode json(@org.jspecify.annotations.Nullable String text) {
    try {
      return text == null ? Settings.none() : JSON.readTree(text);
    } catch (JsonProcessingException none) {
      return Settings.none();
    }
  }
}
