package dev.waybill.stores.chroma;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.waybill.model.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Fetches collections of a server into a work database.
 *
 * <p>The API has neither a state to read from nor a way to go on behind an id. So ids are listed
 * first, and taken only if a listing and the server's own count agree; records are then asked for
 * by their ids. Whether ids came or went since is found by listing them again.
 */
final class Fetching {
  private static final int MOST_RECORDS = 100;
  private static final int ATTEMPTS = 5;

  private final ServerApi api;
  private final WorkDatabase work;
  private int collections;
  private volatile boolean isMissed;

  Fetching(ServerApi api, WorkDatabase work) {
    this.api = api;
    this.work = work;
  }

  /**
   * Everything of one collection.
   *
   * @param name under which it is known
   */
  Stored fetched(FoundCollection found, String name) {
    String vectors = "vectors_" + collections++;
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
        Shape.of(found, name, count[0], keys),
        WorkTables.in(work),
        () -> new FetchedVectors(work, vectors));
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
    throw api.keepsMoving("the ids of \"" + ChromaErrors.shown(found.name()) + "\"");
  }

  /** False if ids came or went meanwhile. */
  private boolean listed(FoundCollection found, WorkTables tables) throws SQLException {
    long seen = 0;
    for (ArrayNode page = api.ids(found, 0); page.size() > 0; page = api.ids(found, seen)) {
      for (JsonNode id : page) {
        byte[] bytes = id.asText().getBytes(StandardCharsets.UTF_8);
        if (tables.find(bytes) >= 0) {
          return false;
        }
        tables.add(bytes);
        seen++;
      }
    }
    return api.count(found) == seen;
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
        some.setInt(3, Math.min(api.mostAtOnce(), MOST_RECORDS));
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
    Map<String, Long> left = new LinkedHashMap<>(rows);
    for (Answer each : Answer.of(api, found, List.copyOf(rows.keySet())).values()) {
      Long row = left.remove(each.id());
      if (row == null) {
        throw api.strange(found, "it answers with an id that was not asked for");
      }
      put(found, row, each, tables, vectors);
    }
    for (long gone : left.values()) {
      tables.remove(gone);
      isMissed = true;
    }
  }

  private void put(
      FoundCollection found, long row, Answer record, WorkTables tables, PreparedStatement vectors)
      throws SQLException {
    try {
      if (record.metadata().isObject()) {
        try (JsonParser json = record.metadata().traverse()) {
          json.nextToken();
          tables.change(row, json);
        }
      }
      text(record.document(), row, "chroma:document", tables);
      text(record.uri(), row, "chroma:uri", tables);
    } catch (IOException wrong) {
      throw api.strange(found, String.valueOf(wrong.getMessage()));
    }
    float[] vector = record.vector();
    if (vector.length != found.dimension()) {
      throw api.strange(
          found, "a vector has " + vector.length + " dimensions and not " + found.dimension());
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
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

  /** True if a record that was listed was not there any more when it was asked for. */
  boolean isMissed() {
    return isMissed;
  }

  /**
   * True if ids came or went, or another collection has the name; what was changed under its id is
   * not seen.
   */
  boolean hasMoved(FoundCollection found) throws SQLException {
    if (api.collection(found.name()).filter(found::isSame).isEmpty()) {
      return true;
    }
    try {
      return haveMoved(found);
    } catch (StoreException gone) {
      if (gone.code().equals(ServerClient.MISSING)) {
        return true;
      }
      throw gone;
    }
  }

  private boolean haveMoved(FoundCollection found) throws SQLException {
    try (Connection connection = work.reader();
        PreparedStatement all = connection.prepareStatement(RecordTables.records())) {
      all.setString(1, found.metadataSegment());
      all.setLong(2, Long.MIN_VALUE);
      all.setLong(3, Long.MAX_VALUE);
      try (ResultSet known = all.executeQuery()) {
        long seen = 0;
        for (ArrayNode page = api.ids(found, 0); page.size() > 0; page = api.ids(found, seen)) {
          for (JsonNode id : page) {
            if (!known.next() || !RecordTables.text(known.getBytes(2)).equals(id.asText())) {
              return true;
            }
            seen++;
          }
        }
        return known.next();
      }
    }
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
