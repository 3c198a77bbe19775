package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.StoreException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which collections {@code chroma.sqlite3} tells of. */
final class FolderCatalog {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final String LOCAL_INDEX = "urn:chroma:segment/vector/hnsw-local-persisted";
  private static final int LARGEST_DIMENSION = 1_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The columns without which nothing can be read, by table. */
  private static final Map<String, Set<String>> NEEDED =
      Map.of(
          "databases", Set.of("id", "name", "tenant_id"),
          "collections", Set.of("id", "name", "dimension", "database_id"),
          "segments", Set.of("id", "type", "scope", "collection"),
          "embeddings", Set.of("id", "segment_id", "embedding_id"),
          "embedding_metadata", Set.of("id", "key", "string_value", "int_value", "float_value"),
          "embeddings_queue",
              Set.of("seq_id", "operation", "topic", "id", "vector", "encoding", "metadata"),
          "max_seq_id", Set.of("segment_id", "seq_id"));

  /** All the columns that values may stand in, so that none of a newer Chroma is read over. */
  private static final Map<String, Set<String>> KNOWN =
      Map.of(
          "embedding_metadata",
              Set.of("id", "key", "string_value", "int_value", "float_value", "bool_value"),
          "embedding_metadata_array",
              Set.of("id", "key", "string_value", "int_value", "float_value", "bool_value"));

  private final ChromaPlace place;
  private final Connection connection;
  private final List<FoundCollection> collections = new ArrayList<>();
  private final List<LeftOut> leftOut = new ArrayList<>();

  private FolderCatalog(ChromaPlace place, Connection connection) {
    this.place = place;
    this.connection = connection;
  }

  static FolderCatalog read(ChromaPlace place, Connection connection) throws SQLException {
    FolderCatalog catalog = new FolderCatalog(place, connection);
    catalog.requireTables();
    catalog.readCollections();
    return catalog;
  }

  /** In the order of their tenants, databases and names. */
  List<FoundCollection> collections() {
    return collections;
  }

  List<LeftOut> leftOut() {
    return leftOut;
  }

  private Path file() {
    return place.file();
  }

  private void requireTables() throws SQLException {
    for (Map.Entry<String, Set<String>> table : new TreeMap<>(NEEDED).entrySet()) {
      Set<String> missing = new java.util.TreeSet<>(table.getValue());
      missing.removeAll(RecordTables.columns(connection, table.getKey()));
      if (!missing.isEmpty()) {
        throw ChromaErrors.unknown(
            file(),
            "its table "
                + table.getKey()
                + " lacks "
                + String.join(", ", missing)
                + ", so it is not of a Chroma since 0.4.15");
      }
    }
    for (Map.Entry<String, Set<String>> table : KNOWN.entrySet()) {
      Set<String> more = new java.util.TreeSet<>(RecordTables.columns(connection, table.getKey()));
      more.removeAll(table.getValue());
      if (!more.isEmpty()) {
        throw ChromaErrors.unknown(
            file(),
            "its table "
                + table.getKey()
                + " has columns that are not known ("
                + String.join(", ", more)
                + ")");
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("PRAGMA encoding");
        ResultSet rows = statement.executeQuery()) {
      if (rows.next() && !"UTF-8".equals(rows.getString(1))) {
        throw ChromaErrors.unknown(file(), "its text is " + rows.getString(1) + " and not UTF-8");
      }
    }
  }

  private void readCollections() throws SQLException {
    Set<String> columns = RecordTables.columns(connection, "collections");
    String sql =
        "SELECT c.id, c.name, c.dimension, d.tenant_id, d.name, "
            + (columns.contains("config_json_str") ? "c.config_json_str" : "NULL")
            + ", "
            + (columns.contains("schema_str") ? "c.schema_str" : "NULL")
            + " FROM collections c LEFT JOIN databases d ON d.id = c.database_id"
            + " ORDER BY d.tenant_id, d.name, c.name";
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        String tenant = rows.getString(4);
        String database = rows.getString(5);
        String name = rows.getString(2);
        if (tenant == null || database == null) {
          leftOut.add(new LeftOut(name, "its database is not there", true));
        } else if ((place.tenant().isEmpty() || place.tenant().equals(tenant))
            && (place.database().isEmpty() || place.database().equals(database))) {
          read(rows, tenant, database, name);
        }
      }
    }
  }

  private void read(ResultSet row, String tenant, String database, String name)
      throws SQLException {
    String id = uuid(row.getString(1), "collections");
    long dimension = row.getLong(3);
    if (dimension < 0 || dimension > LARGEST_DIMENSION) {
      throw ChromaErrors.damaged(
          file(),
          "its collection \"" + ChromaErrors.shown(name) + "\" has " + dimension + " dimensions",
          null);
    }
    String metadataSegment = null;
    String vectorSegment = null;
    String vectorType = "";
    try (PreparedStatement segments =
        connection.prepareStatement("SELECT id, type, scope FROM segments WHERE collection = ?")) {
      segments.setString(1, id);
      try (ResultSet each = segments.executeQuery()) {
        while (each.next()) {
          String segment = uuid(each.getString(1), "segments");
          if (each.getString(3).equals("METADATA")) {
            metadataSegment = once(metadataSegment, segment, name);
          } else if (each.getString(3).equals("VECTOR")) {
            vectorSegment = once(vectorSegment, segment, name);
            vectorType = each.getString(2);
          }
        }
      }
    }
    if (metadataSegment == null || vectorSegment == null || !vectorType.equals(LOCAL_INDEX)) {
      leftOut.add(
          new LeftOut(
              name,
              metadataSegment == null || vectorSegment == null
                  ? "it has no segments"
                  : "its vectors are in a segment of a type that is not known: " + vectorType,
              true));
      return;
    }
    String configuration = row.getString(6);
    String schema = row.getString(7);
    ObjectNode metadata = metadata(id);
    Map<String, String> properties = new TreeMap<>();
    Settings settings = Settings.of(json(name, schema), json(name, configuration), metadata);
    FoundCollection.Space space = settings.known().orElseThrow(() -> unknown(name, settings));
    properties.put("id", tenant + "/" + database + "/" + id);
    properties.put("space", space.word());
    if (configuration != null) {
      properties.put("configuration", configuration);
    }
    if (schema != null) {
      properties.put("schema", schema);
    }
    JsonNode others = Description.others(metadata);
    if (!others.isEmpty()) {
      properties.put("metadata", others.toString());
    }
    collections.add(
        new FoundCollection(
            id,
            name,
            tenant,
            database,
            (int) dimension,
            metadataSegment,
            vectorSegment,
            space,
            settings.options(),
            properties,
            Description.in(metadata)));
  }

  private String once(@Nullable String before, String segment, String name) {
    if (before != null) {
      throw ChromaErrors.damaged(
          file(),
          "its collection \"" + ChromaErrors.shown(name) + "\" has two segments of one kind",
          null);
    }
    return segment;
  }

  /** Names of folders are made of these. */
  private String uuid(@Nullable String text, String table) {
    if (text == null || !UUID.matcher(text).matches()) {
      throw ChromaErrors.damaged(file(), "an id in its table " + table + " is no UUID", null);
    }
    return text;
  }

  private ObjectNode metadata(String id) throws SQLException {
    ObjectNode metadata = JSON.createObjectNode();
    boolean hasBooleans =
        RecordTables.columns(connection, "collection_metadata").contains("bool_value");
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT key, str_value, int_value, float_value, "
                + (hasBooleans ? "bool_value" : "NULL")
                + " FROM collection_metadata WHERE collection_id = ? ORDER BY key")) {
      statement.setString(1, id);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String key = rows.getString(1);
          if (rows.getObject(2) != null) {
            metadata.put(key, rows.getString(2));
          } else if (rows.getObject(3) != null) {
            metadata.put(key, rows.getLong(3));
          } else if (rows.getObject(4) != null) {
            metadata.put(key, rows.getDouble(4));
          } else if (rows.getObject(5) != null) {
            metadata.put(key, rows.getInt(5) != 0);
          } else {
            metadata.putNull(key);
          }
        }
      }
    }
    return metadata;
  }

  private StoreException unknown(String name, Settings settings) {
    return ChromaErrors.unknown(
        file(),
        "its collection \""
            + ChromaErrors.shown(name)
            + "\" compares vectors in the unknown space "
            + ChromaErrors.shown(settings.space()));
  }

  private JsonNode json(String name, @Nullable String text) {
    try {
      return text == null ? Settings.none() : JSON.readTree(text);
    } catch (JsonProcessingException wrong) {
      throw ChromaErrors.damaged(
          file(),
          "the settings of its collection \"" + ChromaErrors.shown(name) + "\" are no JSON",
          wrong);
    }
  }
}
