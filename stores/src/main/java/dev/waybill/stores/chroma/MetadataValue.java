package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Values of metadata, as records and as the server's JSON has them. */
final class MetadataValue {
  private MetadataValue() {}

  /** The text of a value; null if it is not UTF-8. */
  static @Nullable String text(RecordBatch batch, int at) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(batch.bytes(), batch.payloadAt(at), batch.payloadLengthAt(at)))
          .toString();
    } catch (CharacterCodingException invalid) {
      return null;
    }
  }

  /**
   * A value as the server takes it.
   *
   * @throws Unfit if Chroma does not hold it
   */
  static JsonNode of(RecordBatch batch, int at) throws Unfit {
    return switch (batch.kindAt(at)) {
      case TEXT -> {
        String text = text(batch, at);
        if (text == null) {
          throw new Unfit("is no UTF-8");
        }
        yield TextNode.valueOf(text);
      }
      case INT64 -> LongNode.valueOf(batch.int64At(at));
      case BOOLEAN -> BooleanNode.valueOf(batch.booleanAt(at));
      case FLOAT64 -> {
        double number = batch.float64At(at);
        if (!Double.isFinite(number)) {
          throw new Unfit("is infinite or no number");
        }
        yield DecimalNode.valueOf(Decimal.of(number));
      }
      case LIST -> list(batch, at);
      default -> throw new Unfit("is of the type " + batch.kindAt(at) + ", which Chroma lacks");
    };
  }

  private static ArrayNode list(RecordBatch batch, int at) throws Unfit {
    int size = batch.listSizeAt(at);
    if (size == 0) {
      throw new Unfit("is an empty list, which Chroma does not keep");
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode(size);
    int element = batch.firstElement(at);
    Kind kind = batch.kindAt(element);
    for (int i = 0; i < size; i++) {
      if (batch.kindAt(element) != kind || kind == Kind.LIST || batch.isMissingAt(element)) {
        throw new Unfit("is a list of values of several types, of null or of lists");
      }
      list.add(of(batch, element));
      element = batch.next(element);
    }
    return list;
  }

  /** A value as the server gave it, spelled so that it is taken for the same again. */
  static JsonNode exact(JsonNode value) {
    if (value.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode(value.size());
      value.forEach(each -> list.add(exact(each)));
      return list;
    }
    return value.isFloatingPointNumber()
        ? DecimalNode.valueOf(Decimal.of(Double.parseDouble(value.asText())))
        : value;
  }

  /** Appends a value as the server gives it. */
  static void put(JsonNode value, RecordBatch into) {
    if (value.isArray()) {
      RecordBatch elements = new RecordBatch(1);
      value.forEach(each -> put(each, elements));
      into.putList(elements);
    } else if (value.isTextual()) {
      into.putText(value.asText());
    } else if (value.isBoolean()) {
      into.putBoolean(value.asBoolean());
    } else if (value.isIntegralNumber() && value.canConvertToLong()) {
      into.putInt64(value.asLong());
    } else {
      into.putFloat64(Double.parseDouble(value.asText()));
    }
  }

  /** A value that Chroma does not hold. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String why) {
      super(why);
    }
  }
}
