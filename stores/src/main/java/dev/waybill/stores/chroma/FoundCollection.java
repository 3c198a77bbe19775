package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * A collection as Chroma describes it.
 *
 * @param id Chroma's own, a UUID
 * @param dimension of its vectors, 0 as long as it has none
 * @param metadataSegment whose records are in the database
 * @param vectorSegment whose vectors are in the folder of that name; empty where a server has them
 * @param space {@code l2}, {@code ip} or {@code cosine}
 * @param indexOptions how its vectors are indexed, in the words that all stores share
 * @param properties what else is told of it, by name
 * @param description of its fields, where Waybill made it
 */
record FoundCollection(
    String id,
    String name,
    String tenant,
    String database,
    int dimension,
    String metadataSegment,
    String vectorSegment,
    Space space,
    Map<String, String> indexOptions,
    Map<String, String> properties,
    Optional<Description> description) {

  FoundCollection withDescription(Description described) {
    return new FoundCollection(
        id,
        name,
        tenant,
        database,
        dimension,
        metadataSegment,
        vectorSegment,
        space,
        indexOptions,
        properties,
        Optional.of(described));
  }

  /** True if a server tells of this very collection. */
  boolean isSame(JsonNode told) {
    return told.path("id").asText().equals(id);
  }

  /** How vectors are compared. */
  enum Space {
    L2,
    IP,
    COSINE;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
