package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import java.nio.charset.StandardCharsets;

/** Asks a server's {@code query} for ids; their records are those that were fetched. */
final class ServerSearch implements NearestSearch {
  /** What a server answers for a vector and a number of results. */
  interface Asking {
    JsonNode ask(JsonNode body);
  }

  private final Snapshot snapshot;
  private final Collection asked;
  private final RecordKey key;
  private final Asking asking;

  /**
   * @param asked has the fields that are the id as its key
   */
  ServerSearch(Snapshot snapshot, Collection asked, RecordKey key, Asking asking) {
    this.snapshot = snapshot;
    this.asked = asked;
    this.key = key;
    this.asking = asking;
  }

  @Override
  public String setting() {
    return "";
  }

  @Override
  public void find(RecordBatch query, int offset, int count, RecordBatch into) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ArrayNode vector = body.putArray("query_embeddings").addArray();
    for (float element : query.float32VectorAt(offset)) {
      vector.add(element);
    }
    body.put("n_results", count);
    body.putArray("include");
    int width = asked.key().size();
    RecordBatch keys = new RecordBatch(width);
    for (JsonNode id : asking.ask(body).path("ids").path(0)) {
      for (int i = 0; i < width; i++) {
        key.put(id.asText().getBytes(StandardCharsets.UTF_8), i, keys);
      }
    }
    try (RecordReader reader = snapshot.lookup(asked, keys)) {
      while (into.records() < count && reader.read(into, count, Integer.MAX_VALUE)) {
        continue;
      }
    }
  }

  @Override
  public void close() {}
}
