package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.waybill.testkit.ChromaProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/** A kind of store with a collection {@code things} of vectors, through its own library or API. */
abstract class VectorHome implements AutoCloseable {
  private final String name;

  VectorHome(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** False where Waybill only reads. */
  boolean canWrite() {
    return true;
  }

  /** What has to be said of a field for it to be taken for vectors, as of {@code --type}. */
  Optional<String> said(String vectors) {
    return Optional.empty();
  }

  /** The URL of an empty store. */
  abstract String fresh() throws Exception;

  abstract void fill(String url, SortedMap<String, float[]> vectors) throws Exception;

  abstract Map<String, float[]> read(String url) throws Exception;

  @Override
  public void close() throws Exception {}

  static List<VectorHome> all(TestServer postgres, Path folder) throws Exception {
    List<VectorHome> homes = new ArrayList<>();
    homes.add(new Blobs(folder));
    homes.add(new Pgvector(postgres));
    homes.add(new Json(folder));
    homes.add(new Chroma(System.getenv(ChromaProcess.URL), "Chroma server"));
    homes.add(new ChromaFolder(folder));
    homes.add(new Vec0(folder));
    return homes;
  }

  private static float[] floats(byte[] bytes, ByteOrder order) {
    float[] vector = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(order).asFloatBuffer().get(vector);
    return vector;
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }

  private static String text(float[] vector) {
    List<String> elements = new ArrayList<>();
    for (float each : vector) {
      elements.add(Float.toString(each));
    }
    return "[" + String.join(",", elements) + "]";
  }

  private static Map<String, float[]> query(Connection connection, String query, ByteOrder order)
      throws SQLException {
    Map<String, float[]> found = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        found.put(rows.getString(1), floats(rows.getBytes(2), order));
      }
    }
    return found;
  }

  /** BLOBs of SQLite, little-endian. */
  private static final class Blobs extends VectorHome {
    private final Path folder;

    Blobs(Path folder) {
      super("SQLite blobs");
      this.folder = folder;
    }

    @Override
    Optional<String> said(String vectors) {
      return Optional.of(vectors);
    }

    @Override
    String fresh() {
      return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws SQLException {
      try (Connection connection = DriverManager.getConnection("jdbc:" + url);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, embedding BLOB)");
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO things VALUES (?, ?)")) {
          for (Map.Entry<String, float[]> each : vectors.entrySet()) {
            insert.setString(1, each.getKey());
            insert.setBytes(2, bytes(each.getValue()));
            insert.execute();
          }
        }
      }
    }

    @Override
    Map<String, float[]> read(String url) throws SQLException {
      try (Connection connection = DriverManager.getConnection("jdbc:" + url)) {
        return query(connection, "SELECT id, embedding FROM things", ByteOrder.LITTLE_ENDIAN);
      }
    }
  }

  private static final class Pgvector extends VectorHome {
    private final TestServer server;

    Pgvector(TestServer server) {
      super("pgvector");
      this.server = server;
    }

    private static Connection connect(String url) throws SQLException {
      Properties properties = new Properties();
      properties.setProperty("user", url.replaceFirst(".*//([^@/:]+)@.*", "$1"));
      return DriverManager.getConnection(
          "jdbc:" + url.replaceFirst("//([^@/:]+)@", "//"), properties);
    }

    @Override
    String fresh() {
      return server.database();
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws SQLException {
      try (Connection connection = connect(url);
          Statement statement = connection.createStatement()) {
        int dimension = vectors.get(vectors.firstKey()).length;
        statement.execute(
            "CREATE TABLE things (id text PRIMARY KEY, embedding vector(" + dimension + "))");
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO things VALUES (?, ?::vector)")) {
          for (Map.Entry<String, float[]> each : vectors.entrySet()) {
            insert.setString(1, each.getKey());
            insert.setString(2, text(each.getValue()));
            insert.execute();
          }
        }
      }
    }

    @Override
    Map<String, float[]> read(String url) throws SQLException {
      try (Connection connection = connect(url)) {
        // Behind the dimension and two bytes more, as vector_send() has it.
        return query(
            connection,
            "SELECT id, substr(vector_send(embedding), 5) FROM things",
            ByteOrder.BIG_ENDIAN);
      }
    }
  }

  /** An array of objects. */
  private static final class Json extends VectorHome {
    private final Path folder;

    Json(Path folder) {
      super("JSON");
      this.folder = folder;
    }

    @Override
    Optional<String> said(String vectors) {
      return Optional.of("json:" + vectors);
    }

    @Override
    String fresh() throws IOException {
      return "json:" + Files.createDirectory(folder.resolve(UUID.randomUUID().toString()));
    }

    private static Path file(String url) {
      return Path.of(url.substring("json:".length())).resolve("things.json");
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws IOException {
      List<String> records = new ArrayList<>();
      vectors.forEach(
          (id, vector) ->
              records.add("{\"id\": \"" + id + "\", \"embedding\": " + text(vector) + "}"));
      Files.writeString(file(url), "[" + String.join(",\n", records) + "]");
    }

    @Override
    Map<String, float[]> read(String url) throws IOException {
      Map<String, float[]> found = new TreeMap<>();
      for (JsonNode each : new ObjectMapper().readTree(file(url).toFile())) {
        found.put(each.path("id").asText(), floats(each.path("embedding")));
      }
      return found;
    }
  }

  private static float[] floats(JsonNode elements) {
    float[] vector = new float[elements.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) elements.get(i).doubleValue();
    }
    return vector;
  }

  /** Databases of a Chroma server, by its API. */
  private static class Chroma extends VectorHome {
    private static final String TENANT = "/api/v2/tenants/default_tenant/databases";

    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient client = HttpClient.newHttpClient();
    private final String server;

    Chroma(@Nullable String server, String name) {
      super(name);
      assertThat(server).as(ChromaProcess.URL).isNotEmpty();
      this.server = String.valueOf(server);
    }

    private JsonNode ask(String path, @Nullable Object body) throws Exception {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(server.replace("chroma+", "") + TENANT + path))
              .timeout(Duration.ofSeconds(30))
              .header("content-type", "application/json");
      if (body != null) {
        request.POST(HttpRequest.BodyPublishers.ofByteArray(json.writeValueAsBytes(body)));
      }
      HttpResponse<byte[]> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).as(path).isLessThan(300);
      return json.readTree(answer.body());
    }

    private static String database(String url) {
      return url.replaceFirst(".*/", "/");
    }

    @Override
    String fresh() throws Exception {
      String database = "waybill-" + UUID.randomUUID();
      ask("", Map.of("name", database));
      return server + "/default_tenant/" + database;
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws Exception {
      String collections = database(url) + "/collections";
      String id = ask(collections, Map.of("name", "things")).path("id").asText();
      ask(
          collections + "/" + id + "/add",
          Map.of("ids", vectors.keySet(), "embeddings", vectors.values()));
    }

    @Override
    Map<String, float[]> read(String url) throws Exception {
      String collections = database(url) + "/collections";
      String id = ask(collections + "/things", null).path("id").asText();
      JsonNode all = ask(collections + "/" + id + "/get", Map.of("include", List.of("embeddings")));
      Map<String, float[]> found = new TreeMap<>();
      for (int i = 0; i < all.path("ids").size(); i++) {
        found.put(all.path("ids").get(i).asText(), floats(all.path("embeddings").get(i)));
      }
      return found;
    }
  }

  /** What a server has left in its folder. */
  private static final class ChromaFolder extends VectorHome {
    private final Path folder;

    ChromaFolder(Path folder) {
      super("Chroma folder");
      this.folder = folder;
    }

    @Override
    boolean canWrite() {
      return false;
    }

    @Override
    String fresh() {
      return "chroma:" + folder.resolve(UUID.randomUUID().toString());
    }

    private static ChromaProcess start(String url) throws Exception {
      return ChromaProcess.start(Path.of(url.substring("chroma:".length())));
    }

    private static Chroma at(ChromaProcess server) {
      return new Chroma("chroma+" + server.base(), "the folder's own server");
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws Exception {
      try (ChromaProcess server = start(url)) {
        at(server).fill("/default_database", vectors);
        server.stop();
      }
    }

    @Override
    Map<String, float[]> read(String url) throws Exception {
      try (ChromaProcess server = start(url)) {
        Map<String, float[]> found = at(server).read("/default_database");
        server.stop();
        return found;
      }
    }
  }

  /** A vec0 table, through the extension; Waybill itself needs none. */
  private static final class Vec0 extends VectorHome {
    private static final String LIBRARY = "WAYBILL_TEST_VEC0_URL";

    private final Path folder;

    Vec0(Path folder) {
      super("sqlite-vec");
      this.folder = folder;
    }

    @Override
    boolean canWrite() {
      return false;
    }

    @Override
    String fresh() {
      return "sqlite:" + folder.resolve(UUID.randomUUID() + ".db");
    }

    private static Connection connect(String url) throws SQLException {
      SQLiteConfig config = new SQLiteConfig();
      config.enableLoadExtension(true);
      Connection connection = config.createConnection("jdbc:" + url);
      try (PreparedStatement load = connection.prepareStatement("SELECT load_extension(?)")) {
        load.setString(1, System.getenv(LIBRARY));
        load.execute();
      }
      return connection;
    }

    @Override
    void fill(String url, SortedMap<String, float[]> vectors) throws SQLException {
      try (Connection connection = connect(url);
          Statement statement = connection.createStatement()) {
        int dimension = vectors.get(vectors.firstKey()).length;
        statement.execute(
            "CREATE VIRTUAL TABLE things USING vec0(id text primary key, embedding float["
                + dimension
                + "])");
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO things VALUES (?, ?)")) {
          for (Map.Entry<String, float[]> each : vectors.entrySet()) {
            insert.setString(1, each.getKey());
            insert.setBytes(2, bytes(each.getValue()));
            insert.execute();
          }
        }
      }
    }

    @Override
    Map<String, float[]> read(String url) throws SQLException {
      try (Connection connection = connect(url)) {
        return query(connection, "SELECT id, embedding FROM things", ByteOrder.LITTLE_ENDIAN);
      }
    }
  }
}
