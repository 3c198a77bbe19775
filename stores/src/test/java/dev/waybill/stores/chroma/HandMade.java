package dev.waybill.stores.chroma;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/** A folder of one collection, made by hand, so that everything in it can be made wrong. */
final class HandMade {
  static final String COLLECTION = "11111111-1111-4111-8111-111111111111";
  static final String VECTORS = "22222222-2222-4222-8222-222222222222";
  static final String METADATA = "33333333-3333-4333-8333-333333333333";
  private static final int LINKS = 132;

  private final Path folder;

  private HandMade(Path folder) {
    this.folder = folder;
  }

  /** Makes an empty collection {@code things}. */
  static HandMade of(Path folder, String space, int dimension) throws Exception {
    Files.createDirectories(folder);
    HandMade made = new HandMade(folder);
    made.run(
        "CREATE TABLE tenants(id TEXT PRIMARY KEY)",
        "CREATE TABLE databases(id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant_id TEXT NOT NULL)",
        "CREATE TABLE collections(id TEXT PRIMARY KEY, name TEXT NOT NULL, dimension INTEGER,"
            + " database_id TEXT NOT NULL, config_json_str TEXT)",
        "CREATE TABLE collection_metadata(collection_id TEXT, key TEXT, str_value TEXT,"
            + " int_value INTEGER, float_value REAL, bool_value INTEGER)",
        "CREATE TABLE segments(id TEXT PRIMARY KEY, type TEXT, scope TEXT, collection TEXT)",
        "CREATE TABLE embeddings(id INTEGER PRIMARY KEY, segment_id TEXT, embedding_id TEXT,"
            + " seq_id BLOB, UNIQUE(segment_id, embedding_id))",
        "CREATE TABLE embedding_metadata(id INTEGER, key TEXT, string_value TEXT,"
            + " int_value INTEGER, float_value REAL, bool_value INTEGER, PRIMARY KEY(id, key))",
        "CREATE TABLE embedding_metadata_array(id INTEGER, key TEXT, string_value TEXT,"
            + " int_value INTEGER, float_value REAL, bool_value INTEGER)",
        "CREATE TABLE max_seq_id(segment_id TEXT PRIMARY KEY, seq_id INTEGER)",
        "CREATE TABLE embeddings_queue(seq_id INTEGER PRIMARY KEY, operation INTEGER, topic TEXT,"
            + " id TEXT, vector BLOB, encoding TEXT, metadata TEXT)",
        "INSERT INTO databases VALUES('d', 'default_database', 'default_tenant')",
        "INSERT INTO collections VALUES('"
            + COLLECTION
            + "', 'things', "
            + dimension
            + ", 'd', '{\"vector_index\":{\"hnsw\":{\"space\":\""
            + space
            + "\"}}}')",
        "INSERT INTO segments VALUES('"
            + VECTORS
            + "', 'urn:chroma:segment/vector/hnsw-local-persisted', 'VECTOR', '"
            + COLLECTION
            + "')",
        "INSERT INTO segments VALUES('"
            + METADATA
            + "', 'urn:chroma:segment/metadata/sqlite', 'METADATA', '"
            + COLLECTION
            + "')");
    return made;
  }

  HandMade run(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
    return this;
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("chroma.sqlite3"));
  }

  /** Accepts a change: into the queue only. */
  HandMade queued(int number, int operation, String id, float... vector) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO embeddings_queue VALUES(?, ?, ?, ?, ?, 'FLOAT32', ?)")) {
      insert.setInt(1, number);
      insert.setInt(2, operation);
      insert.setString(3, "persistent://default/default/" + COLLECTION);
      insert.setString(4, id);
      insert.setBytes(5, vector.length == 0 ? null : bytes(vector));
      insert.setString(6, "{\"n\":" + number + "}");
      insert.executeUpdate();
    }
    return this;
  }

  /** Makes a record's row, as applied up to a change. */
  HandMade applied(String id, int number) throws SQLException {
    return run(
        "INSERT INTO embeddings(segment_id, embedding_id, seq_id) VALUES('"
            + METADATA
            + "', '"
            + id
            + "', "
            + number
            + ")",
        "INSERT OR REPLACE INTO max_seq_id VALUES('" + METADATA + "', " + number + ")");
  }

  Path index() {
    return folder.resolve(VECTORS);
  }

  /** Writes an index that has these vectors, labels from 1, and says it is up to a change. */
  HandMade indexed(int upTo, Map<String, float[]> vectors) throws Exception {
    int dimension = vectors.values().iterator().next().length;
    int size = LINKS + 4 * dimension + 8;
    Map<String, Integer> labels = new LinkedHashMap<>();
    ByteBuffer elements = little(size * vectors.size());
    ByteBuffer lengths = little(4 * vectors.size());
    vectors.forEach(
        (id, vector) -> {
          labels.put(id, labels.size() + 1);
          elements.position(elements.position() + LINKS);
          elements.put(bytes(vector)).putLong(labels.size());
          lengths.putFloat(2);
        });
    Files.createDirectories(index());
    Files.write(index().resolve("data_level0.bin"), elements.array());
    Files.write(index().resolve("length.bin"), lengths.array());
    Files.write(index().resolve("header.bin"), header(1, vectors.size(), size));
    Files.write(index().resolve("index_metadata.pickle"), pickle(labels));
    return run("INSERT OR REPLACE INTO max_seq_id VALUES('" + VECTORS + "', " + upTo + ")");
  }

  static byte[] header(int version, long count, long size) {
    return little(100)
        .putInt(version)
        .putLong(0)
        .putLong(10_000)
        .putLong(count)
        .putLong(size)
        .putLong(size - 8)
        .putLong(LINKS)
        .array();
  }

  /** As serde writes it. */
  static byte[] pickle(Map<String, Integer> labels) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x80, 3, '}', '('});
    text(out, "dimensionality");
    out.write('N');
    text(out, "id_to_label");
    out.write(new byte[] {'}', '('});
    for (Map.Entry<String, Integer> each : labels.entrySet()) {
      text(out, each.getKey());
      out.write('J');
      out.write(little(4).putInt(each.getValue()).array());
    }
    out.write('u');
    text(out, "id_to_seq_id");
    out.write(new byte[] {'}', 'u', '.'});
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    out.write(little(4).putInt(utf8.length).array());
    out.write(utf8);
  }

  static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes = little(4 * vector.length);
    for (float each : vector) {
      bytes.putFloat(each);
    }
    return bytes.array();
  }
}
