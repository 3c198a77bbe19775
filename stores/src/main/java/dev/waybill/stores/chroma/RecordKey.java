package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a key is an id, which in Chroma is a text: a text is itself, a single number or truth value
 * its usual spelling, several fields a JSON array. Immutable.
 */
record RecordKey(List<Kind> kinds) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  RecordKey {
    kinds = List.copyOf(kinds);
  }

  /** True if values of a type can be in an id. */
  static boolean isPossible(LogicalType type) {
    return switch (type.kind()) {
      case TEXT, INT64, BOOLEAN -> true;
      default -> false;
    };
  }

  private boolean isPlain() {
    return kinds.size() == 1 && kinds.get(0) == Kind.TEXT;
  }

  /** The id of a record; null if one of the values cannot be in one. */
  @Nullable String id(RecordBatch batch, int record, int[] positions) {
    ArrayNode values = JSON.createArrayNode();
    for (int i = 0; i < positions.length; i++) {
      int at = batch.at(record, positions[i]);
      Kind kind = batch.kindAt(at);
      if (kind != kinds.get(i)) {
        return null;
      }
      switch (kind) {
        case TEXT -> {
          String text = MetadataValue.text(batch, at);
          if (text == null) {
            return null;
          }
          values.add(text);
        }
        case INT64 -> values.add(batch.int64At(at));
        case BOOLEAN -> values.add(batch.booleanAt(at));
        default -> {
          return null;
        }
      }
    }
    return kinds.size() == 1 ? values.get(0).asText() : values.toString();
  }

  /** Appends one of the values of an id; one that is no such id's is given as it stands. */
  void put(byte[] id, int position, RecordBatch into) {
    if (isPlain()) {
      into.putText(id);
      return;
    }
    JsonNode value = value(new String(id, StandardCharsets.UTF_8), position);
    if (value == null) {
      into.putText(id);
    } else if (value.isTextual()) {
      into.putText(value.asText());
    } else if (value.isBoolean()) {
      into.putBoolean(value.asBoolean());
    } else {
      into.putInt64(value.asLong());
    }
  }

  private @Nullable JsonNode value(String id, int position) {
    try {
      JsonNode json = JSON.readTree(id);
      JsonNode value = kinds.size() == 1 ? json : json.path(position);
      boolean isFitting =
          switch (kinds.get(position)) {
            case TEXT -> value.isTextual();
            case INT64 -> value.isIntegralNumber() && value.canConvertToLong();
            case BOOLEAN -> value.isBoolean();
            default -> false;
          };
      // Another spelling is another id.
      return isFitting && json.toString().equals(id) ? value : null;
    } catch (JsonProcessingException other) {
      return null;
    }
  }
}
