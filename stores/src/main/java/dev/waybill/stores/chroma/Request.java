package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way to a server: sent when they are as many, or as large, as it takes at once.
 * Not thread-safe.
 */
final class Request {
  /** What is sent at once, and the most of one record: the server takes 40 MiB. */
  private static final int USUAL = 8 << 20;

  static final int LARGEST = 32 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerApi api;
  private final FoundCollection found;
  private final String how;
  private ObjectNode body = JSON.createObjectNode();
  private int records;
  private long bytes;
  private int last = -1;

  /**
   * @param how {@code upsert} or {@code update}
   */
  Request(ServerApi api, FoundCollection found, String how) {
    this.api = api;
    this.found = found;
    this.how = how;
  }

  /** About how large a record is in a request. */
  static long size(JsonNode... parts) {
    long size = 0;
    for (JsonNode part : parts) {
      if (part.isContainerNode()) {
        for (JsonNode each : part) {
          size += 8 + size(each);
        }
        for (var names = part.fieldNames(); names.hasNext(); ) {
          size += names.next().length() * 3L;
        }
      } else {
        size += part.isTextual() ? part.textValue().length() * 3L + 8 : 24;
      }
    }
    return size;
  }

  /**
   * Adds a record.
   *
   * @param vector null to leave it as it is
   * @param record its position in the batch, for what the server says of it
   */
  void add(
      String id,
      float @Nullable [] vector,
      JsonNode document,
      JsonNode uri,
      ObjectNode metadata,
      int record) {
    long size =
        id.length() * 3L
            + (vector == null ? 0 : vector.length * 6L)
            + size(document, uri, metadata);
    if (records > 0 && (bytes + size > USUAL || records >= api.mostAtOnce())) {
      end();
    }
    body.withArray("ids").add(id);
    if (vector != null) {
      body.withArray("embeddings").add(base64(vector));
    }
    put("documents", document);
    put("uris", uri);
    ArrayNode all = body.withArray("metadatas");
    if (metadata.isEmpty()) {
      all.addNull();
    } else {
      all.add(metadata);
    }
    records++;
    bytes += size;
    last = record;
  }

  private void put(String name, JsonNode text) {
    if (text.isTextual()) {
      body.withArray(name).add(text);
    } else {
      body.withArray(name).addNull();
    }
  }

  /** Floats as their bytes: no decimal comes between. */
  private static String base64(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /**
   * Sends what is left.
   *
   * @throws DataException if the server will not have the records
   */
  void end() {
    if (records == 0) {
      return;
    }
    ObjectNode sent = body;
    int only = records == 1 ? last : -1;
    body = JSON.createObjectNode();
    records = 0;
    bytes = 0;
    try {
      api.write(found, how, sent);
    } catch (StoreException refused) {
      if (refused.code().equals(ServerClient.REFUSED)) {
        throw new DataException(
            ServerClient.REFUSED,
            String.valueOf(refused.getMessage()),
            refused.hint(),
            only,
            refused);
      }
      throw refused;
    }
  }
}
