package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.StoreException;
import dev.waybill.model.WaybillException;
import dev.waybill.spi.Store;
import dev.waybill.spi.Workspace;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A database of a running server, fetched into the workspace when it is opened.
 *
 * <p>The API has neither a state to read from nor a way to go on behind an id. So ids are listed
 * first, and taken only if a listing and the server's own count agree; records are then asked for
 * by their ids. Whether ids came or went since is found by listing them again.
 */
final class ChromaServer implements Content.Origin {
  private static final int MOST_IDS = 5_000;
  private static final int MOST_RECORDS = 100;
  private static final int MOST_COLLECTIONS = 100;
  private static final int ATTEMPTS = 5;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerPlace place;
  private final ServerClient client;
  private final WorkDatabase work;
  private final Map<String, Stored> stored = new LinkedHashMap<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private volatile int most = MOST_IDS;
  private volatile boolean isMissed;

  private ChromaServer(ServerPlace place, Workspace workspace) {
    this.place = place;
    this.client = new ServerClient(place);
    this.work = new WorkDatabase(workspace.directory());
  }

  /**
   * Fetches everything.
   *
   * @throws StoreException if the server cannot be reached, lets nobody in, or never holds still
   */
  static Store open(ServerPlace place, Workspace workspace) {
    ChromaServer server = new ChromaServer(place, workspace);
    boolean isOpen = false;
    try {
      Store store = server.opened();
      isOpen = true;
      return store;
    } finally {
      if (!isOpen) {
        server.close();
      }
    }
  }

  private Store opened() {
    JsonNode limits = client.get(place.serverUri("/pre-flight-checks"));
    most = Math.max(1, Math.min(MOST_IDS, limits.path("max_batch_size").asInt(MOST_IDS)));
    // Of a database that is not there the server says that it has no collections.
    client.get(place.uri(""));
    String version = client.get(place.serverUri("/version")).asText("");
    for (JsonNode each : collections()) {
      Stored fetched = fetched(each);
      stored.put(fetched.shape().collection().name(), fetched);
    }
    List<Collection> collections = new ArrayList<>();
    stored.values().forEach(each -> collections.add(each.shape().collection()));
    Content content =
        new Content(this, new Catalog("Chroma " + version, collections, leftOut), stored);
    return new ChromaStore(place.uri("").toString(), content, () -> List.of());
  }

  private List<JsonNode> collections() {
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

  private StoreException keepsMoving(String what) {
    return new StoreException(
        "SOURCE_KEEPS_MOVING",
        "The Chroma server at " + place + " changes " + what + " while it is read.",
        "try again when its application writes less, or stop the application",
        true,
        null);
  }

  // --- one collection

  private Stored fetched(JsonNode told) {
    FoundCollection found = found(told);
    String vectors = "vectors_" + stored.size();
    Map<String, Shape.KeyNotes> keys = new HashMap<>();
    long[] count = {0};
    work.write(
        connection -> {
          try (WorkTables tables = new WorkTables(connection, found.metadataSegment())) {
            try (var statement = connection.createStatement()) {
              statement.execute(
                  "CREATE TABLE " + vectors + "(number INTEGER PRIMARY KEY, vector BLOB)");
            }
            list(found, connection, tables);
            fetch(found, connection, tables, vectors);
          }
          keys.putAll(
              WorkTables.TABLES.keys(connection).getOrDefault(found.metadataSegment(), Map.of()));
          count[0] = RecordTables.counts(connection).getOrDefault(found.metadataSegment(), 0L);
        });
    return new Stored(
        found,
        Shape.of(found, found.name(), count[0], keys),
        WorkTables.in(work),
        () -> new FetchedVectors(work, vectors));
  }

  private FoundCollection found(JsonNode told) {
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
    put(properties, "metadata", metadata);
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
        properties);
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

  private ArrayNode page(FoundCollection found, long offset) {
    ObjectNode body = JSON.createObjectNode();
    body.putArray("include");
    body.put("limit", most);
    body.put("offset", offset);
    Optional<JsonNode> answer = client.post(records(found), body, most == 1);
    if (answer.isEmpty() && most > 1) {
      most = most / 2;
      return page(found, offset);
    }
    if (answer.isPresent() && answer.get().path("ids") instanceof ArrayNode ids) {
      return ids;
    }
    throw strange(found, "it lists no ids");
  }

  private URI records(FoundCollection found) {
    return place.uri("/collections/" + found.id() + "/get");
  }

  @Override
  public Optional<ServerSearch.Asking> asking(FoundCollection found) {
    URI query = place.uri("/collections/" + found.id() + "/query");
    return Optional.of(
        body ->
            client
                .post(query, body, true)
                .orElseThrow(() -> strange(found, "it answers a query with too much")));
  }

  private long count(FoundCollection found) {
    return client.get(place.uri("/collections/" + found.id() + "/count")).asLong(-1);
  }

  private StoreException strange(FoundCollection found, String why) {
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

  /** Notes all ids, in the server's order. */
  private void list(FoundCollection found, Connection connection, WorkTables tables)
      throws SQLException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (listed(found, tables)) {
        return;
      }
      try (PreparedStatement clear =
          connection.prepareStatement("DELETE FROM embeddings WHERE segment_id = ?")) {
        clear.setString(1, found.metadataSegment());
        clear.executeUpdate();
      }
    }
    throw keepsMoving("the ids of \"" + ChromaErrors.shown(found.name()) + "\"");
  }

  /** False if ids came or went meanwhile. */
  private boolean listed(FoundCollection found, WorkTables tables) throws SQLException {
    long seen = 0;
    for (ArrayNode page = page(found, 0); page.size() > 0; page = page(found, seen)) {
      for (JsonNode id : page) {
        byte[] bytes = id.asText().getBytes(StandardCharsets.UTF_8);
        if (tables.find(bytes) >= 0) {
          return false;
        }
        tables.add(bytes);
        seen++;
      }
    }
    return count(found) == seen;
  }

  /** Asks for the records of all ids that were noted. */
  private void fetch(
      FoundCollection found, Connection connection, WorkTables tables, String vectors)
      throws SQLException {
    String next =
        "SELECT id, CAST(embedding_id AS BLOB) FROM embeddings"
            + " WHERE +segment_id = ? AND id > ? ORDER BY id LIMIT ?";
    try (PreparedStatement some = connection.prepareStatement(next);
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO " + vectors + " VALUES(?, ?)")) {
      long last = Long.MIN_VALUE;
      while (true) {
        Map<String, Long> rows = new LinkedHashMap<>();
        some.setString(1, found.metadataSegment());
        some.setLong(2, last);
        some.setInt(3, Math.min(most, MOST_RECORDS));
        try (ResultSet ids = some.executeQuery()) {
          while (ids.next()) {
            last = ids.getLong(1);
            rows.put(RecordTables.text(ids.getBytes(2)), last);
          }
        }
        if (rows.isEmpty()) {
          return;
        }
        fetch(found, rows, tables, insert);
      }
    }
  }

  private void fetch(
      FoundCollection found, Map<String, Long> rows, WorkTables tables, PreparedStatement vectors)
      throws SQLException {
    ObjectNode body = JSON.createObjectNode();
    ArrayNode ids = body.putArray("ids");
    rows.keySet().forEach(ids::add);
    body.putArray("include").add("documents").add("embeddings").add("metadatas").add("uris");
    Optional<JsonNode> answer = client.post(records(found), body, rows.size() == 1);
    if (answer.isEmpty()) {
      halves(found, rows, tables, vectors);
      return;
    }
    Map<String, Long> left = new LinkedHashMap<>(rows);
    JsonNode all = answer.get();
    for (int i = 0; i < all.path("ids").size(); i++) {
      String id = all.path("ids").path(i).asText();
      Long row = left.remove(id);
      if (row == null) {
        throw strange(found, "it answers with an id that was not asked for");
      }
      put(found, row, id, all, i, tables, vectors);
    }
    for (long gone : left.values()) {
      tables.remove(gone);
      isMissed = true;
    }
  }

  private void halves(
      FoundCollection found, Map<String, Long> rows, WorkTables tables, PreparedStatement vectors)
      throws SQLException {
    if (rows.size() == 1) {
      throw ChromaErrors.tooLarge(found.name(), rows.keySet().iterator().next());
    }
    Map<String, Long> half = new LinkedHashMap<>();
    int left = rows.size() / 2;
    for (Map.Entry<String, Long> each : rows.entrySet()) {
      half.put(each.getKey(), each.getValue());
      if (--left == 0) {
        fetch(found, half, tables, vectors);
        half = new LinkedHashMap<>();
      }
    }
    fetch(found, half, tables, vectors);
  }

  private void put(
      FoundCollection found,
      long row,
      String id,
      JsonNode all,
      int at,
      WorkTables tables,
      PreparedStatement vectors)
      throws SQLException {
    JsonNode metadata = all.path("metadatas").path(at);
    try {
      if (metadata.isObject()) {
        try (JsonParser json = metadata.traverse()) {
          json.nextToken();
          tables.change(row, json);
        }
      }
      text(all.path("documents").path(at), row, "chroma:document", tables);
      text(all.path("uris").path(at), row, "chroma:uri", tables);
    } catch (IOException wrong) {
      throw strange(found, String.valueOf(wrong.getMessage()));
    }
    JsonNode vector = all.path("embeddings").path(at);
    if (vector.size() != found.dimension()) {
      throw strange(
          found, "a vector has " + vector.size() + " dimensions and not " + found.dimension());
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (JsonNode each : vector) {
      if (!each.isNumber()) {
        throw notFinite(found, id);
      }
      // Each float was written as the shortest decimal that gives it back as a float or a double.
      bytes.putFloat(Float.parseFloat(each.asText()));
    }
    vectors.setLong(1, row);
    vectors.setBytes(2, bytes.array());
    vectors.executeUpdate();
  }

  private static void text(JsonNode value, long row, String key, WorkTables tables)
      throws SQLException, IOException {
    if (value.isTextual()) {
      try (JsonParser json = value.traverse()) {
        JsonToken token = json.nextToken();
        tables.set(row, key.getBytes(StandardCharsets.UTF_8), token, json);
      }
    }
  }

  private static DataException notFinite(FoundCollection found, String id) {
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

  // --- afterwards

  @Override
  public String name() {
    return place.toString();
  }

  /** True if ids came or went; what was changed under its id is not seen. */
  @Override
  public boolean hasMoved() {
    return isMissed || stored.values().stream().anyMatch(each -> hasMoved(each.found()));
  }

  private boolean hasMoved(FoundCollection found) {
    try (Connection connection = work.reader();
        PreparedStatement all = connection.prepareStatement(RecordTables.records())) {
      all.setString(1, found.metadataSegment());
      all.setLong(2, Long.MIN_VALUE);
      all.setLong(3, Long.MAX_VALUE);
      try (ResultSet known = all.executeQuery()) {
        long seen = 0;
        for (ArrayNode page = page(found, 0); page.size() > 0; page = page(found, seen)) {
          for (JsonNode id : page) {
            if (!known.next() || !RecordTables.text(known.getBytes(2)).equals(id.asText())) {
              return true;
            }
            seen++;
          }
        }
        return known.next();
      }
    } catch (SQLException failure) {
      throw failed(found.name(), failure);
    }
  }

  @Override
  public WaybillException failed(String collection, SQLException failure) {
    return new StoreException(
        "STORE_FAILED",
        "Cannot read what was fetched of \"" + collection + "\": " + failure.getMessage() + ".",
        "",
        false,
        failure);
  }

  @Override
  public void close() {
    work.close();
  }

  /** Vectors as they were fetched. */
  private record FetchedVectors(WorkDatabase work, String table) implements Vectors {
    @Override
    public void close() {}

    @Override
    public Opened open() throws SQLException {
      Connection connection = work.reader();
      PreparedStatement find =
          connection.prepareStatement("SELECT vector FROM " + table + " WHERE number = ?");
      return new Opened() {
        @Override
        public void read(long number, float[] into) throws SQLException {
          find.setLong(1, number);
          try (ResultSet one = find.executeQuery()) {
            if (!one.next()) {
              throw new SQLException("the record in row " + number + " has no vector");
            }
            ByteBuffer.wrap(one.getBytes(1))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(into);
          }
        }

        @Override
        public void close() throws SQLException {
          connection.close();
        }
      };
    }
  }
}
