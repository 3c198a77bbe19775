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

/** Asks a server's {@code query} for ids; their records are those that were fetched. */
final class ServerSearch implements NearestSearch {
  /** What a server answers for a vector and a number of results. */
  interface Asking {
    JsonNode ask(JsonNode body);
  }

  private final Snapshot snapshot;
  private final Collection asked;
  private final Asking asking;

  /**
   * @param asked has the id as its key
   */
  ServerSearch(Snapshot snapshot, Collection asked, Asking asking) {
    this.snapshot = snapshot;
    this.asked = asked;
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
    RecordBatch keys = new RecordBatch(1);
    for (JsonNode id : asking.ask(body).path("ids").path(0)) {
      keys.putText(id.asText());
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
