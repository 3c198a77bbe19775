package dev.waybill.inspect;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.EmbeddingModel;
import dev.waybill.model.Field;
import dev.waybill.model.FoundModel;
import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.StoreException;
import dev.waybill.model.ValueProfile;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which models vectors are of, where applications keep it: in a field beside them, over
 * all records; in a collection that lists models; in what a store says of a collection as such.
 */
public final class Models {
  private static final Pattern VECTOR =
      Pattern.compile("(?i).*(embedding|vector|centroid)s?|(.*_)?(emb|vec)");
  private static final Pattern MODEL = Pattern.compile("(?i)(.*_)?model(_name|_id)?");
  private static final Pattern NAME = Pattern.compile("(?i)(.*_)?model(_name|_id)?|name");
  private static final Pattern DIMENSION = Pattern.compile("(?i)(.*_)?dim(ension)?s?");
  private static final Pattern HASH =
      Pattern.compile("(?i)(.*_)?(hash|signature|digest|sha256|checksum)");
  private static final Pattern LIST_OF_MODELS =
      Pattern.compile("(?i).*(embedding|model|vector).*|.*registry.*|.*schema_versions");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int MOST_MODELS = 20;
  private static final int MOST_LISTED = 1000;
  private static final long CHUNK_RECORDS = 100_000;
  private static final int BATCH_RECORDS = 1000;
  private static final int BATCH_BYTES = 1 << 20;

  private final Snapshot snapshot;
  private final Map<String, List<ValueProfile>> profiles;
  private final List<Listed> listed = new ArrayList<>();

  /** A model that a collection lists. */
  private record Listed(String where, EmbeddingModel model) {}

  private Models(Snapshot snapshot, Map<String, List<ValueProfile>> profiles) {
    this.snapshot = snapshot;
    this.profiles = profiles;
  }

  /**
   * The models of the vectors in the wanted collections, by collection and field; nothing of those
   * of which nobody says.
   *
   * @param profiles as far as they are known
   */
  public static Map<String, Map<String, FoundModel>> of(
      Store store,
      Catalog catalog,
      Map<String, List<ValueProfile>> profiles,
      Predicate<String> isWanted) {
    Map<String, Map<String, FoundModel>> found = new LinkedHashMap<>();
    List<Collection> wanted =
        catalog.collections().stream()
            .filter(each -> isWanted.test(each.name()))
            .filter(each -> each.fields().stream().anyMatch(Models::isVector))
            .toList();
    if (wanted.isEmpty()) {
      return found;
    }
    try (Snapshot snapshot = store.snapshot()) {
      Models models = new Models(snapshot, profiles);
      catalog.collections().forEach(each -> models.list(store, each));
      for (Collection collection : wanted) {
        Map<String, FoundModel> ofFields = models.ofFields(collection);
        if (!ofFields.isEmpty()) {
          found.put(collection.name(), ofFields);
        }
      }
    }
    return found;
  }

  private static boolean isVector(Field field) {
    LogicalType element = field.type().element();
    return switch (field.type().kind()) {
      case VECTOR -> element == null || element.kind() != Kind.BOOLEAN;
      case BYTES, DYNAMIC, LIST, JSON -> VECTOR.matcher(field.name()).matches();
      default -> false;
    };
  }

  private Map<String, FoundModel> ofFields(Collection collection) {
    Map<String, FoundModel> found = new LinkedHashMap<>();
    for (Field field : collection.writtenFields()) {
      if (isVector(field)) {
        ofField(collection, field).ifPresent(model -> found.put(field.name(), model));
      }
    }
    return found;
  }

  private Optional<FoundModel> ofField(Collection collection, Field field) {
    int dimension = dimension(collection, field);
    Field beside = beside(collection, field);
    FoundModel found = beside == null ? null : ofRecords(collection, beside, dimension);
    if (found == null || found.seen().isEmpty()) {
      found = ofProperties(collection, dimension);
    }
    if (found == null) {
      List<Listed> fitting =
          listed.stream()
              .filter(each -> dimension > 0 && each.model.dimension() == dimension)
              .toList();
      return fitting.stream().map(Listed::model).distinct().count() == 1
          ? Optional.of(listed(fitting.get(0), "", dimension))
          : Optional.empty();
    }
    if (!found.isMixed()) {
      EmbeddingModel only = found.seen().keySet().iterator().next();
      String evidence = found.evidence();
      for (Listed each : listed) {
        if (each.model.name().equals(only.name()) && only.hash().isEmpty()) {
          return Optional.of(listed(each, evidence, dimension));
        }
      }
    }
    return Optional.of(found);
  }

  private static FoundModel listed(Listed listed, String evidence, int dimension) {
    EmbeddingModel model = listed.model;
    boolean isOther = dimension > 0 && model.dimension() > 0 && model.dimension() != dimension;
    return new FoundModel(
        Map.of(
            new EmbeddingModel(
                model.name(), dimension > 0 ? dimension : model.dimension(), model.hash()),
            -1L),
        false,
        (evidence.isEmpty() ? "" : evidence + " and ")
            + listed.where
            + (isOther ? ", which says " + model.dimension() + " dimensions" : ""));
  }

  private int dimension(Collection collection, Field field) {
    if (field.type().kind() == Kind.VECTOR && field.type().size() > 0) {
      return field.type().size();
    }
    List<ValueProfile> seen = profiles.getOrDefault(collection.name(), List.of());
    int position = collection.writtenFields().indexOf(field);
    List<LogicalType> types =
        position < seen.size() ? seen.get(position).vectors().types(true) : List.of();
    return types.size() == 1 ? types.get(0).size() : 0;
  }

  /** The text beside a vector that names its model: its own before one that is for all. */
  private static @Nullable Field beside(Collection collection, Field vector) {
    Field found = null;
    for (Field field : collection.writtenFields()) {
      Kind kind = field.type().kind();
      if ((kind == Kind.TEXT || kind == Kind.DYNAMIC) && MODEL.matcher(field.name()).matches()) {
        String name = field.name().toLowerCase(Locale.ROOT);
        if (name.startsWith(vector.name().toLowerCase(Locale.ROOT) + "_")) {
          return field;
        }
        if (found == null || name.contains("embed")) {
          found = field;
        }
      }
    }
    return found;
  }

  private FoundModel ofRecords(Collection collection, Field beside, int dimension) {
    Map<EmbeddingModel, Long> seen = new LinkedHashMap<>();
    boolean[] more = new boolean[1];
    long[] counted = new long[1];
    read(
        snapshot,
        collection.withFields(List.of(beside)),
        batch -> {
          for (int record = 0; record < batch.records(); record++) {
            int at = batch.at(record, 0);
            if (batch.kindAt(at) == Kind.TEXT && batch.payloadLengthAt(at) > 0) {
              EmbeddingModel model = new EmbeddingModel(batch.textAt(at), dimension, "");
              counted[0]++;
              if (seen.containsKey(model) || seen.size() < MOST_MODELS) {
                seen.merge(model, 1L, Long::sum);
              } else {
                more[0] = true;
              }
            }
          }
        },
        Long.MAX_VALUE);
    return new FoundModel(
        seen,
        more[0],
        String.format(Locale.ROOT, "%s beside it, in %,d records", beside.name(), counted[0]));
  }

  /** What a store says of a collection as such: Chroma's embedding function and metadata. */
  private static @Nullable FoundModel ofProperties(Collection collection, int dimension) {
    Map<String, String> properties = collection.detail().properties();
    JsonNode function = json(properties.get("configuration")).path("embedding_function");
    JsonNode config = function.path("config");
    for (String name : List.of("model_name", "model", "model_id")) {
      if (config.path(name).isTextual()) {
        return one(config.path(name).asText(), dimension, "the collection's embedding function");
      }
    }
    JsonNode metadata = json(properties.get("metadata"));
    for (Map.Entry<String, JsonNode> each : metadata.properties()) {
      if (MODEL.matcher(each.getKey()).matches() && each.getValue().isTextual()) {
        return one(
            each.getValue().asText(), dimension, each.getKey() + " of the collection's metadata");
      }
    }
    return null;
  }

  private static FoundModel one(String name, int dimension, String evidence) {
    return new FoundModel(Map.of(new EmbeddingModel(name, dimension, ""), -1L), false, evidence);
  }

  private static JsonNode json(@Nullable String text) {
    try {
      return text == null ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JacksonException noJson) {
      return JSON.createObjectNode();
    }
  }

  // --- collections that list models

  /** Takes note of the models that a collection lists, if it is one that does. */
  private void list(Store store, Collection collection) {
    if (collection.fields().stream().anyMatch(Models::isVector)
        || collection.estimatedRecords() > MOST_LISTED) {
      return;
    }
    Field name = first(collection, NAME, Kind.TEXT);
    Field dimension = first(collection, DIMENSION, Kind.INT64);
    Field hash = first(collection, HASH, Kind.TEXT);
    if (name == null
        || dimension == null
        || hash == null && !LIST_OF_MODELS.matcher(collection.name()).matches()) {
      return;
    }
    List<Field> fields = new ArrayList<>(List.of(name, dimension));
    if (hash != null) {
      fields.add(hash);
    }
    // In a snapshot of its own: nobody has asked for this one, and it may not be ours to read.
    try (Snapshot own = store.snapshot()) {
      list(own, collection.withFields(fields), hash != null);
    } catch (StoreException | DataException unreadable) {
      return;
    }
  }

  private void list(Snapshot own, Collection collection, boolean hasHash) {
    read(
        own,
        collection,
        batch -> {
          for (int record = 0; record < batch.records(); record++) {
            String model = text(batch, record, 0);
            int at = batch.at(record, 1);
            if (!model.isEmpty() && batch.kindAt(at) == Kind.INT64) {
              listed.add(
                  new Listed(
                      collection.name(),
                      new EmbeddingModel(
                          model,
                          (int) Math.max(0, Math.min(Integer.MAX_VALUE, batch.int64At(at))),
                          hasHash ? text(batch, record, 2) : "")));
            }
          }
        },
        MOST_LISTED);
  }

  private static String text(RecordBatch batch, int record, int field) {
    int at = batch.at(record, field);
    return batch.kindAt(at) == Kind.TEXT ? batch.textAt(at) : "";
  }

  private static @Nullable Field first(Collection collection, Pattern name, Kind kind) {
    return collection.writtenFields().stream()
        .filter(each -> name.matcher(each.name()).matches())
        .filter(each -> each.type().kind() == kind || each.type().kind() == Kind.DYNAMIC)
        .findFirst()
        .orElse(null);
  }

  private static void read(
      Snapshot snapshot, Collection collection, Consumer<RecordBatch> use, long most) {
    RecordBatch batch = new RecordBatch(collection.writtenFields().size());
    long read = 0;
    for (Chunk chunk : snapshot.chunks(collection, CHUNK_RECORDS)) {
      try (RecordReader reader = snapshot.read(collection, chunk)) {
        while (read < most && reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
          read += batch.records();
          use.accept(batch);
          batch.clear();
        }
      }
    }
  }
}
