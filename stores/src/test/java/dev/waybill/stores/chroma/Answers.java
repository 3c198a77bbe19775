package dev.waybill.stores.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a server answers and what a store reads, both as values that can be compared. */
final class Answers {
  private Answers() {}

  static Store open(String url, Path work) {
    return new ChromaAdapter().openSource(StoreUrl.parse(url), new Workspace(work, 3));
  }

  static Store open(Path folder, Path work) {
    return open("chroma:" + folder, work);
  }

  /** Records by their ids, each a map of fields; absent fields are not in it. */
  static Map<String, Map<String, Object>> read(Store store, String collection, long chunkSize) {
    Map<String, Map<String, Object>> records = new TreeMap<>();
    Collection asked = store.catalog().collection(collection).orElseThrow();
    try (Snapshot snapshot = store.snapshot()) {
      List<Chunk> chunks = snapshot.chunks(asked, chunkSize);
      for (Chunk chunk : chunks) {
        try (RecordReader reader = snapshot.read(asked, chunk)) {
          collect(reader, asked, records);
        }
      }
      assertThat(snapshot.count(asked)).isEqualTo(records.size());
      assertThat(snapshot.hasMoved()).isFalse();
    }
    return records;
  }

  static void collect(
      RecordReader reader, Collection asked, Map<String, Map<String, Object>> records) {
    RecordBatch batch = new RecordBatch(asked.writtenFields().size());
    while (reader.read(batch, 7, 1 << 20)) {
      for (int i = 0; i < batch.records(); i++) {
        Map<String, Object> record = new HashMap<>();
        for (int j = 0; j < batch.width(); j++) {
          if (batch.kind(i, j) != Kind.ABSENT) {
            record.put(asked.writtenFields().get(j).name(), value(batch, batch.at(i, j)));
          }
        }
        Map<String, Object> before = records.put((String) record.get("id"), record);
        assertThat(before).as("each record once").isNull();
      }
      batch.clear();
    }
  }

  private static Object value(RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case TEXT -> batch.textAt(at);
      case INT64 -> batch.int64At(at);
      case FLOAT64 -> batch.float64At(at);
      case BOOLEAN -> batch.booleanAt(at);
      case VECTOR -> bits(batch.float32VectorAt(at));
      case LIST -> {
        List<Object> list = new ArrayList<>();
        int element = batch.firstElement(at);
        for (int i = 0; i < batch.listSizeAt(at); i++) {
          list.add(value(batch, element));
          element = batch.next(element);
        }
        yield list;
      }
      default -> throw new AssertionError(batch.kindAt(at));
    };
  }

  private static List<Integer> bits(float[] vector) {
    List<Integer> bits = new ArrayList<>();
    for (float each : vector) {
      bits.add(Float.floatToIntBits(each));
    }
    return bits;
  }

  /** The same of an answer to get. */
  static Map<String, Map<String, Object>> of(JsonNode answer) {
    Map<String, Map<String, Object>> records = new TreeMap<>();
    for (int i = 0; i < answer.get("ids").size(); i++) {
      Map<String, Object> record = new HashMap<>();
      record.put("id", answer.get("ids").get(i).asText());
      JsonNode vector = answer.get("embeddings").get(i);
      float[] floats = new float[vector.size()];
      for (int j = 0; j < floats.length; j++) {
        floats[j] = Float.parseFloat(vector.get(j).asText());
      }
      record.put("embedding", bits(floats));
      put(record, "document", answer.get("documents").get(i));
      if (answer.get("uris").isArray()) {
        put(record, "uri", answer.get("uris").get(i));
      }
      JsonNode metadata = answer.get("metadatas").get(i);
      for (Iterator<String> keys = metadata.fieldNames(); keys.hasNext(); ) {
        String key = keys.next();
        boolean isTaken = Arrays.asList("id", "document", "uri", "embedding").contains(key);
        put(record, isTaken ? "metadata_" + key : key, metadata.get(key));
      }
      records.put((String) record.get("id"), record);
    }
    return records;
  }

  private static void put(Map<String, Object> record, String name, JsonNode value) {
    if (value != null && !value.isNull()) {
      record.put(name, value(value));
    }
  }

  private static Object value(JsonNode value) {
    if (value.isArray()) {
      List<Object> list = new ArrayList<>();
      value.forEach(each -> list.add(value(each)));
      return list;
    }
    return value.isTextual()
        ? value.asText()
        : value.isBoolean()
            ? value.asBoolean()
            : value.isIntegralNumber() ? (Object) value.asLong() : (Object) value.asDouble();
  }
}
