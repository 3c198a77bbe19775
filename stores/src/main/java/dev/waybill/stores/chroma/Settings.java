package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.waybill.model.Index;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How the vectors of a collection are compared and indexed. Newer Chromas say it in the schema,
 * those before in the configuration, the oldest in the collection's metadata.
 *
 * @param space the word for it, as it stands
 * @param options of an index, in the words that all stores share
 */
record Settings(String space, Map<String, String> options) {
  private static final String USUAL = "l2";

  /**
   * Reads settings.
   *
   * @param configuration as a folder has it or as a server answers it
   */
  static Settings of(JsonNode schema, JsonNode configuration, JsonNode metadata) {
    JsonNode inSchema = schema.at("/keys/#embedding/float_list/vector_index/config");
    JsonNode inConfiguration =
        configuration.has("vector_index")
            ? configuration.at("/vector_index/hnsw")
            : configuration.path("hnsw");
    String space =
        first(inSchema.path("space"), inConfiguration.path("space"), metadata.path("hnsw:space"))
            .orElse(USUAL)
            .toLowerCase(Locale.ROOT);
    Map<String, String> options = new LinkedHashMap<>();
    options.put(Index.METRIC, space);
    JsonNode inIndex = inSchema.path("hnsw");
    first(
            inIndex.path("max_neighbors"),
            inConfiguration.path("max_neighbors"),
            metadata.path("hnsw:M"))
        .ifPresent(value -> options.put("m", value));
    first(
            inIndex.path("ef_construction"),
            inConfiguration.path("ef_construction"),
            metadata.path("hnsw:construction_ef"))
        .ifPresent(value -> options.put("ef_construction", value));
    return new Settings(space, options);
  }

  private static Optional<String> first(JsonNode... said) {
    return Arrays.stream(said)
        .filter(each -> each.isValueNode() && !each.isNull())
        .map(JsonNode::asText)
        .findFirst();
  }

  /** The space, if it is one that is known. */
  Optional<FoundCollection.Space> known() {
    return List.of(FoundCollection.Space.values()).stream()
        .filter(each -> each.word().equals(space))
        .findFirst();
  }

  /** What stands for settings that are not there. */
  static JsonNode none() {
    return MissingNode.getInstance();
  }
}
