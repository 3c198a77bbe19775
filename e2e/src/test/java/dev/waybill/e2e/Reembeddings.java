package dev.waybill.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waybill.ReembedSpec;
import dev.waybill.RunResult;
import dev.waybill.plan.Plan;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A table with texts and vectors, and what the tests of new vectors do with it. */
final class Reembeddings {
  static final int OLD_DIMENSION = 8;

  private final String jdbc;
  private final boolean isPostgres;

  Reembeddings(String url) {
    this.isPostgres = url.startsWith("postgresql");
    this.jdbc =
        isPostgres
            ? "jdbc:" + url.replaceFirst("//([^@/:]+)@", "//") + "?user=postgres"
            : "jdbc:" + url;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbc);
  }

  void run(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  List<String> ask(String query) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  /** The text of a record: one in five is another's too, one in fifty is none. */
  static String text(int record) {
    if (record % 50 == 7) {
      return record % 100 == 7 ? null : "  ";
    }
    return "Note number " + (record % 5 == 3 ? record / 100 : record) + " says \"hello\"";
  }

  /** Makes {@code notes(id, body, embedding, stamp)}. */
  void make(int records) throws SQLException {
    run(
        isPostgres
            ? "CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector("
                + OLD_DIMENSION
                + "), body text, stamp int NOT NULL DEFAULT 0)"
            : "CREATE TABLE notes (id INTEGER PRIMARY KEY, embedding BLOB, body TEXT,"
                + " stamp INT NOT NULL DEFAULT 0)");
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO notes (id, embedding, body) VALUES (?, ?"
                  + (isPostgres ? "::vector" : "")
                  + ", ?)")) {
        for (int i = 0; i < records; i++) {
          insert.setInt(1, i);
          float[] old = TestEndpoint.vector("old " + i, OLD_DIMENSION);
          if (isPostgres) {
            insert.setString(2, spelled(old));
          } else {
            insert.setBytes(2, bytes(old));
          }
          insert.setString(3, text(i));
          insert.addBatch();
        }
        insert.executeBatch();
      }
      connection.commit();
    }
  }

  static String spelled(float[] vector) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < vector.length; i++) {
      text.append(i == 0 ? "" : ",").append(vector[i]);
    }
    return text.append(']').toString();
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }

  /** All of the table but the vectors' length, in one text. */
  String content() throws SQLException {
    return String.join(
        "\n",
        ask(
            isPostgres
                ? "SELECT n::text FROM notes n ORDER BY id"
                : "SELECT id || ' ' || coalesce(hex(embedding), '-') || ' ' || coalesce(body, '-')"
                    + " || ' ' || stamp FROM notes ORDER BY id"));
  }

  /** What the table and its indexes are. */
  String structure() throws SQLException {
    return String.join(
        "\n",
        ask(
            isPostgres
                ? "SELECT attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull"
                    + " || ' ' || attnum FROM pg_attribute WHERE attrelid = 'notes'::regclass"
                    + " AND attnum > 0 AND NOT attisdropped"
                    + " UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = 'notes'"
                    + " UNION ALL SELECT relname FROM pg_class WHERE relname LIKE 'waybill%'"
                    + " ORDER BY 1"
                : "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name"));
  }

  /** That each record has the vector of its text, or null where it has none. */
  void requireNew(TestEndpoint endpoint, int records) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT id, body, embedding" + (isPostgres ? "::text" : "") + " FROM notes")) {
      int count = 0;
      while (rows.next()) {
        count++;
        String body = rows.getString(2);
        boolean isBlank = body == null || body.isBlank();
        if (isPostgres) {
          assertThat(floats(rows.getString(3)))
              .as("id " + rows.getInt(1))
              .isEqualTo(isBlank ? null : endpoint.vector(body));
        } else {
          assertThat(rows.getBytes(3))
              .as("id " + rows.getInt(1))
              .isEqualTo(isBlank ? null : bytes(endpoint.vector(body)));
        }
      }
      assertThat(count).isEqualTo(records);
    }
  }

  private static float[] floats(String text) {
    if (text == null) {
      return null;
    }
    String[] parts = text.substring(1, text.length() - 1).split(",");
    float[] vector = new float[parts.length];
    for (int i = 0; i < parts.length; i++) {
      vector[i] = Float.parseFloat(parts[i]);
    }
    return vector;
  }

  static ReembedSpec spec(String url, String model, int batch) {
    return new ReembedSpec(url, "notes", "body", "embedding", model, batch, false, false, null);
  }

  static RunResult apply(World world, ReembedSpec spec) {
    Plan plan = world.waybill().plan(spec);
    return world.apply(plan, () -> false);
  }

  /** Begins the command line in a process of its own. */
  static Process begin(Path home, Path log, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx448m", "-cp", System.getProperty("java.class.path"), "dev.waybill.cli.Main"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--home", home.toString()));
    File out = log.toFile();
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(out))
        .start();
  }

  /** The same, of new vectors, 50 at once. */
  static Process beginReembed(Path home, Path log, String url, String model) throws IOException {
    return begin(
        home,
        log,
        "reembed",
        url,
        "--collection",
        "notes",
        "--text",
        "body",
        "--vector",
        "embedding",
        "--batch-size",
        "50",
        "--model",
        model);
  }

  static int end(Process process) throws InterruptedException {
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
