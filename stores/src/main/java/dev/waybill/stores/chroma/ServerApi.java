package dev.waybill.stores.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.StoreException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a server is asked and told about one of its databases. Its answers are taken apart by
 * others. Thread-safe.
 */
final class ServerApi {
  private static final int MOST_IDS = 5_000;
  private static final int MOST_COLLECTIONS = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerPlace place;
  private final ServerClient client;
  private final int mostAtOnce;
  private final String version;
  private volatile int most;

  private ServerApi(ServerPlace place, ServerClient client) {
    this.place = place;
    this.client = client;
    JsonNode limits = client.get(place.serverUri("/pre-flight-checks"));
    mostAtOnce = Math.max(1, limits.path("max_batch_size").asInt(MOST_IDS));
    most = Math.min(MOST_IDS, mostAtOnce);
    // Of a database that is not there the server says that it has no collections.
    client.get(place.uri(""));
    version = client.get(place.serverUri("/version")).asText("");
  }

  /**
   * Knocks at a server's door.
   *
   * @throws StoreException if it cannot be reached, lets nobody in or does not have the database
   */
  static ServerApi of(ServerPlace place) {
    return new ServerApi(place, new ServerClient(place));
  }

  ServerPlace place() {
    return place;
  }

  String version() {
    return version;
  }

  /** How many records it takes at once. */
  int mostAtOnce() {
    return mostAtOnce;
  }

  // --- collections

  /** What it tells of all of them, by name. */
  List<JsonNode> collections() {
    List<JsonNode> found = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    while (true) {
      JsonNode page =
          client.get(
              place.uri("/collections?limit=" + MOST_COLLECTIONS + "&offset=" + found.size()));
      for (JsonNode each : page) {
        if (!ids.add(each.path("id").asText())) {
          throw keepsMoving("its list of collections");
        }
        found.add(each);
      }
      if (page.size() == 0) {
        break;
      }
    }
    if (client.get(place.uri("/collections_count")).asInt(-1) != found.size()) {
      throw keepsMoving("its list of collections");
    }
    found.sort((a, b) -> a.path("name").asText().compareTo(b.path("name").asText()));
    return found;
  }

  /** What it tells of one, as it is now. */
  Optional<JsonNode> collection(String name) {
    try {
      return Optional.of(client.get(named(name)));
    } catch (StoreException refused) {
      if (refused.code().equals(ServerClient.MISSING)) {
        return Optional.empty();
      }
      throw refused;
    }
  }

  private URI named(String name) {
    return place.uri(
        "/collections/" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
  }

  JsonNode create(ObjectNode body) {
    return client.tell("POST", place.uri("/collections"), body);
  }

  /** Gives a collection another name, other metadata, or both in one. */
  void change(String id, ObjectNode body) {
    client.tell("PUT", place.uri("/collections/" + id), body);
  }

  /**
   * Removes a collection, as long as its name is that of the one that is meant. Its records go
   * first: of a collection that is removed with them the server keeps the lists of their metadata,
   * and gives them to new records of others.
   */
  void delete(String name, String id) {
    Optional<JsonNode> told = collection(name).filter(each -> each.path("id").asText().equals(id));
    if (told.isEmpty()) {
      return;
    }
    FoundCollection found = found(told.get());
    for (ArrayNode page = ids(found, 0); page.size() > 0; page = ids(found, 0)) {
      List<String> gone = new ArrayList<>();
      page.forEach(each -> gone.add(each.asText()));
      remove(found, gone);
    }
    client.tell("DELETE", named(name), null);
  }

  FoundCollection found(JsonNode told) {
    String name = told.path("name").asText();
    JsonNode configuration = told.path("configuration_json");
    JsonNode schema = told.path("schema");
    JsonNode metadata = told.path("metadata");
    Settings settings = Settings.of(schema, configuration, metadata);
    FoundCollection.Space space =
        settings
            .known()
            .orElseThrow(
                () ->
                    new StoreException(
                        "CHROMA_FORMAT_UNKNOWN",
                        "The collection \""
                            + ChromaErrors.shown(name)
                            + "\" at "
                            + place
                            + " compares vectors in the unknown space "
                            + ChromaErrors.shown(settings.space())
                            + ".",
                        "",
                        false,
                        null));
    String id = told.path("id").asText();
    if (!id.matches("[0-9a-fA-F-]{36}")) {
      throw new StoreException(
          "NO_CHROMA_SERVER",
          "What answers at " + place + " is no Chroma: a collection's id is no UUID.",
          "see what it is: curl " + place.serverUri("/version"),
          false,
          null);
    }
    Map<String, String> properties = new TreeMap<>();
    properties.put("id", place.tenant() + "/" + place.database() + "/" + id);
    properties.put("space", space.word());
    put(properties, "configuration", configuration);
    put(properties, "schema", schema);
    put(properties, "metadata", Description.others(metadata));
    return new FoundCollection(
        id,
        name,
        place.tenant(),
        place.database(),
        told.path("dimension").asInt(0),
        id,
        "",
        space,
        settings.options(),
        properties,
        Description.in(metadata));
  }

  private static void put(Map<String, String> properties, String name, JsonNode value) {
    if (value.isObject() && !value.isEmpty()) {
      properties.put(name, sorted(value).toString());
    }
  }

  /** The server gives the members of an object in another order each time. */
  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      Map<String, JsonNode> members = new TreeMap<>();
      value.properties().forEach(each -> members.put(each.getKey(), sorted(each.getValue())));
      return JSON.createObjectNode().setAll(members);
    }
    if (value.isArray()) {
      ArrayNode elements = JSON.createArrayNode();
      value.forEach(each -> elements.add(sorted(each)));
      return elements;
    }
    return value;
  }

  // --- records

  /** Some ids, in the server's order; none behind the last. */
  ArrayNode ids(FoundCollection found, long offset) {
    int limit = most;
    ObjectNode body = JSON.createObjectNode();
    body.putArray("include");
    body.put("limit", limit);
    body.put("offset", offset);
    Optional<JsonNode> answer = client.post(records(found, "get"), body, limit == 1);
    if (answer.isEmpty() && limit > 1) {
      most = limit / 2;
      return ids(found, offset);
    }
    if (answer.isPresent() && answer.get().path("ids") instanceof ArrayNode ids) {
      return ids;
    }
    throw strange(found, "it lists no ids");
  }

  /** Everything of records by their ids; empty if that is more than is taken at once. */
  Optional<JsonNode> records(FoundCollection found, Iterable<String> wanted, boolean isOne) {
    ObjectNode body = JSON.createObjectNode();
    ArrayNode ids = body.putArray("ids");
    wanted.forEach(ids::add);
    body.putArray("include").add("documents").add("embeddings").add("metadatas").add("uris");
    return client.post(records(found, "get"), body, isOne);
  }

  /** What the server finds near to vectors. */
  JsonNode query(FoundCollection found, JsonNode body) {
    return client
        .post(records(found, "query"), body, true)
        .orElseThrow(() -> strange(found, "it answers a query with too much"));
  }

  long count(FoundCollection found) {
    return client.get(place.uri("/collections/" + found.id() + "/count")).asLong(-1);
  }

  /** Makes records, or changes those that are there: {@code upsert}, {@code update}. */
  void write(FoundCollection found, String how, ObjectNode body) {
    client.tell("POST", records(found, how), body);
  }

  void remove(FoundCollection found, Iterable<String> gone) {
    ObjectNode body = JSON.createObjectNode();
    ArrayNode ids = body.putArray("ids");
    gone.forEach(ids::add);
    if (!ids.isEmpty()) {
      client.tell("POST", records(found, "delete"), body);
    }
  }

  private URI records(FoundCollection found, String what) {
    return place.uri("/collections/" + found.id() + "/" + what);
  }

  // --- words

  StoreException keepsMoving(String what) {
    return new StoreException(
        "SOURCE_KEEPS_MOVING",
        "The Chroma server at " + place + " changes " + what + " while it is read.",
        "try again when its application writes less, or stop the application",
        true,
        null);
  }

  StoreException strange(FoundCollection found, String why) {
    return new StoreException(
        "NO_CHROMA_SERVER",
        "What the server at "
            + place
            + " answers for \""
            + ChromaErrors.shown(found.name())
            + "\" makes no sense: "
            + why
            + ".",
        "see the server's version: curl " + place.serverUri("/version"),
        false,
        null);
  }
}
