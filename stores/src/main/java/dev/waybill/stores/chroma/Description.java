package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Index;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Waybill notes in a collection's metadata of the fields that it was made with: Chroma itself
 * has no schema, and knows of a field only what is in records. Immutable.
 *
 * @param hasVectors false where no field is a vector: each record then has a stand-in of one zero
 * @param fields in the order of the collection
 * @param index over the vectors as it was wanted; Chroma always has one
 */
record Description(boolean hasVectors, List<Said> fields, Optional<Index> index) {
  /** All keys of metadata that begin so are Waybill's own. */
  static final String OWN = "waybill:";

  /**
   * In a record's metadata: the fields that it lacks otherwise than the collection's others do, so
   * that null and absent stay two things.
   */
  static final String OTHERWISE = OWN + "otherwise";

  private static final String FIELDS = OWN + "fields";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a value that is not there is. */
  enum Missing {
    NULL,
    ABSENT,
    /** No record lacked it yet. */
    UNDECIDED
  }

  /**
   * One field.
   *
   * @param key of the metadata, empty where it is none
   */
  record Said(
      String name,
      Shape.Part part,
      String key,
      String nativeType,
      int dimension,
      boolean isNullable,
      Missing missing) {
    Said withMissing(Missing decided) {
      return new Said(name, part, key, nativeType, dimension, isNullable, decided);
    }
  }

  Description {
    fields = List.copyOf(fields);
  }

  Optional<Said> field(String name) {
    return fields.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** The description in a collection's metadata; empty if there is none, or none that is known. */
  static Optional<Description> in(JsonNode metadata) {
    JsonNode text = metadata.path(FIELDS);
    if (!text.isTextual()) {
      return Optional.empty();
    }
    try {
      JsonNode json = JSON.readTree(text.asText());
      List<Said> fields = new ArrayList<>();
      for (JsonNode each : json.path("fields")) {
        fields.add(
            new Said(
                each.path("name").asText(),
                Shape.Part.valueOf(each.path("part").asText()),
                each.path("key").asText(""),
                each.path("type").asText(),
                each.path("dimension").asInt(0),
                each.path("nullable").asBoolean(true),
                Missing.valueOf(each.path("missing").asText(Missing.UNDECIDED.name()))));
      }
      return json.path("version").asInt() == 1 && !fields.isEmpty()
          ? Optional.of(
              new Description(
                  json.path("vectors").asBoolean(true), fields, index(json.path("index"), fields)))
          : Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }

  void put(ObjectNode metadata) {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", 1);
    if (!hasVectors) {
      json.put("vectors", false);
    }
    ArrayNode all = json.putArray("fields");
    for (Said each : fields) {
      ObjectNode field = all.addObject();
      field.put("name", each.name()).put("part", each.part().name()).put("type", each.nativeType());
      if (!each.key().isEmpty()) {
        field.put("key", each.key());
      }
      if (each.dimension() > 0) {
        field.put("dimension", each.dimension());
      }
      if (!each.isNullable()) {
        field.put("nullable", false);
      }
      if (each.missing() != Missing.UNDECIDED) {
        field.put("missing", each.missing().name());
      }
    }
    index.ifPresent(
        wanted -> {
          ObjectNode said = json.putObject("index");
          said.put("name", wanted.name()).put("method", wanted.method());
          ObjectNode options = said.putObject("options");
          wanted.options().forEach(options::put);
        });
    metadata.put(FIELDS, json.toString());
  }

  private static Optional<Index> index(JsonNode said, List<Said> fields) {
    Optional<Said> vector =
        fields.stream().filter(each -> each.part() == Shape.Part.EMBEDDING).findFirst();
    if (!said.isObject() || vector.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> options = new LinkedHashMap<>();
    said.path("options")
        .properties()
        .forEach(each -> options.put(each.getKey(), each.getValue().asText()));
    return Optional.of(
        new Index(
            said.path("name").asText(),
            List.of(new Index.Column(vector.get().name(), false)),
            false,
            said.path("method").asText(),
            "",
            options));
  }

  /** A collection's metadata without what is Waybill's own. */
  static JsonNode others(JsonNode metadata) {
    if (!(metadata instanceof ObjectNode object)) {
      return MissingNode.getInstance();
    }
    ObjectNode others = object.deepCopy();
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (name.startsWith(OWN)) {
                others.remove(name);
              }
            });
    return others;
  }
}
