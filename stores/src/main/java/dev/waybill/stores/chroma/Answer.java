package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One record as a server answers it.
 *
 * @param all the answer that it is in
 * @param at where
 */
record Answer(FoundCollection found, JsonNode all, int at) {
  /** How many are asked for at once. */
  static final int MOST = 100;

  /** Asks for records by their ids; those that are there, by their ids. */
  static Map<String, Answer> of(ServerApi api, FoundCollection found, List<String> ids) {
    Map<String, Answer> answers = new LinkedHashMap<>();
    int most = Math.min(api.mostAtOnce(), MOST);
    for (int from = 0; from < ids.size(); from += most) {
      ask(api, found, ids.subList(from, Math.min(ids.size(), from + most)), answers);
    }
    return answers;
  }

  private static void ask(
      ServerApi api, FoundCollection found, List<String> ids, Map<String, Answer> answers) {
    Optional<JsonNode> answer = api.records(found, ids, ids.size() == 1);
    if (answer.isPresent()) {
      JsonNode all = answer.get();
      for (int i = 0; i < all.path("ids").size(); i++) {
        answers.put(all.path("ids").path(i).asText(), new Answer(found, all, i));
      }
    } else if (ids.size() == 1) {
      throw ChromaErrors.tooLarge(found.name(), ids.get(0));
    } else {
      ask(api, found, ids.subList(0, ids.size() / 2), answers);
      ask(api, found, ids.subList(ids.size() / 2, ids.size()), answers);
    }
  }

  String id() {
    return all.path("ids").path(at).asText();
  }

  JsonNode metadata() {
    return all.path("metadatas").path(at);
  }

  JsonNode document() {
    return all.path("documents").path(at);
  }

  JsonNode uri() {
    return all.path("uris").path(at);
  }

  float[] vector() {
    JsonNode vector = all.path("embeddings").path(at);
    float[] floats = new float[vector.size()];
    for (int i = 0; i < floats.length; i++) {
      JsonNode each = vector.path(i);
      if (!each.isNumber()) {
        throw notFinite(found, id());
      }
      // Each float was written as the shortest decimal that gives it back as a float or a double.
      floats[i] = Float.parseFloat(each.asText());
    }
    return floats;
  }

  static DataException notFinite(FoundCollection found, String id) {
    return new DataException(
        "VECTOR_NOT_FINITE",
        "The server answers null for elements of the vector of \""
            + ChromaErrors.shown(id)
            + "\" in \""
            + ChromaErrors.shown(found.name())
            + "\": they are infinite or no numbers, and the API cannot say which.",
        "read the server's folder instead, where they stand: chroma:DIR",
        -1,
        null);
  }

  /** The fields of which the record says that it lacks them otherwise than others do. */
  List<String> otherwise() {
    return texts(Description.OTHERWISE);
  }

  /** What the record notes of its doubles. */
  List<String> exact() {
    return texts(ExactNotes.KEY);
  }

  private List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    metadata().path(key).forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /** Appends the record. */
  void put(Shape shape, Collection asked, RecordBatch into) {
    List<String> otherwise = otherwise();
    ExactNotes notes = new ExactNotes(exact());
    for (Field field : asked.writtenFields()) {
      Shape.Origin origin = shape.origin(field.name());
      switch (origin.part()) {
        case ID -> shape.key().put(id().getBytes(StandardCharsets.UTF_8), origin.position(), into);
        case EMBEDDING -> into.putVector(vector());
        case DOCUMENT -> put(document(), shape, field.name(), otherwise, into);
        case URI -> put(uri(), shape, field.name(), otherwise, into);
        case METADATA -> {
          JsonNode value = metadata().path(origin.key());
          if (value.isMissingNode() || value.isNull()) {
            put(value, shape, field.name(), otherwise, into);
          } else {
            put(value, notes, origin.key(), into);
          }
        }
      }
    }
  }

  private static void put(
      JsonNode value, Shape shape, String field, List<String> otherwise, RecordBatch into) {
    if (value.isMissingNode() || value.isNull()) {
      shape.putMissing(field, otherwise.contains(field), into);
    } else {
      MetadataValue.put(value, into);
    }
  }

  private static void put(JsonNode value, ExactNotes notes, String key, RecordBatch into) {
    RecordBatch values = new RecordBatch(1);
    if (value.isArray()) {
      value.forEach(each -> MetadataValue.put(each, values));
      into.putList(notes.restored(key, values));
    } else {
      MetadataValue.put(value, values);
      RecordBatch restored = notes.restored(key, values);
      into.putValue(restored, restored.at(0, 0));
    }
  }
}
