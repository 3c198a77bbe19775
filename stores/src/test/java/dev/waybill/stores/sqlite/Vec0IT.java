package dev.waybill.stores.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.waybill.model.Collection;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Chunk;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConfig;

/** What is read without sqlite-vec is what sqlite-vec itself answers. */
class Vec0IT {
  private static final String VARIABLE = "WAYBILL_TEST_VEC0_URL";

  @TempDir Path temp;

  @BeforeEach
  void requireExtension() {
    String library = System.getenv(VARIABLE);
    if (library == null || library.isEmpty()) {
      assertThat(System.getenv("REQUIRE_SERVERS"))
          .as(VARIABLE + " is not set and REQUIRE_SERVERS is")
          .isNotEqualTo("1");
      assumeTrue(false, VARIABLE + " is not set");
    }
  }

  private static Connection open(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.enableLoadExtension(true);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (PreparedStatement load = connection.prepareStatement("SELECT load_extension(?)")) {
      load.setString(1, System.getenv(VARIABLE));
      load.execute();
    }
    return connection;
  }

  /** A table with some columns of every kind, in any order. */
  private static List<String> columns(Random random) {
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      columns.add(
          switch (random.nextInt(3)) {
            case 0 -> "v" + i + " float[" + (1 + random.nextInt(40)) + "] distance_metric=cosine";
            case 1 -> "v" + i + " int8[" + (1 + random.nextInt(40)) + "]";
            default -> "v" + i + " bit[" + 8 * (1 + random.nextInt(9)) + "]";
          });
    }
    String[] more = {
      "p0 text partition key",
      "p1 integer partition key",
      "m0 text",
      "m1 boolean",
      "m2 integer",
      "m3 float",
      "m4 text",
      "+a0 text",
      "+a1 blob",
      "+a2 integer",
      "+a3 float"
    };
    for (String each : more) {
      if (random.nextInt(3) > 0) {
        columns.add(random.nextInt(columns.size() + 1), each);
      }
    }
    if (random.nextBoolean()) {
      columns.add(0, random.nextBoolean() ? "id text primary key" : "id integer primary key");
    }
    return columns;
  }

  private static void set(
      PreparedStatement insert, int at, String column, int record, Random random)
      throws SQLException {
    String name = column.replaceAll("[+ ].*|^\\+", "");
    String type = column.replaceFirst("\\+", "").split(" ", -1)[1];
    boolean isNull =
        (column.startsWith("+") || column.contains("partition")) && random.nextInt(8) == 0;
    if (isNull) {
      insert.setNull(at, java.sql.Types.NULL);
    } else if (name.equals("id")) {
      if (type.equals("text")) {
        insert.setString(at, "é" + record);
      } else {
        insert.setLong(at, record * 1_000_003L - 5_000_000_000L);
      }
    } else if (column.contains("partition")) {
      insert.setObject(at, type.equals("text") ? "tenant " + record % 3 : (Object) (record % 2));
    } else if (type.contains("[")) {
      int dimension = Integer.parseInt(type.replaceAll(".*\\[|].*", ""));
      byte[] bytes =
          new byte
              [type.startsWith("float")
                  ? 4 * dimension
                  : type.startsWith("bit") ? dimension / 8 : dimension];
      random.nextBytes(bytes);
      insert.setBytes(at, bytes);
    } else {
      switch (type) {
        case "text" -> insert.setString(at, text(random));
        case "boolean" -> insert.setBoolean(at, random.nextBoolean());
        case "integer" -> insert.setLong(at, random.nextLong() >> random.nextInt(64));
        case "float" -> insert.setDouble(at, random.nextGaussian() * 1e300);
        default -> {
          byte[] bytes = new byte[random.nextInt(50)];
          random.nextBytes(bytes);
          insert.setBytes(at, bytes);
        }
      }
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(random.nextInt(10) == 0 ? 3_000 : 20);
    while (text.length() < length) {
      text.appendCodePoint(
          random.nextInt(5) == 0 ? 0x1F600 + random.nextInt(50) : 'a' + random.nextInt(26));
    }
    return text.toString();
  }

  @RepeatedTest(15)
  void randomTablesAreReadAsSqliteVecShowsThem() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<String> columns = columns(random);
    Path file = Files.createTempFile(temp, "random", ".db");
    List<String> shown;
    try (Connection connection = open(file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA encoding = " + (random.nextInt(4) == 0 ? "'UTF-16le'" : "'UTF-8'"));
      statement.execute(
          "CREATE VIRTUAL TABLE t USING vec0("
              + String.join(", ", columns)
              + ", chunk_size="
              + 8 * (1 + random.nextInt(4))
              + ")");
      StringBuilder names = new StringBuilder();
      StringBuilder values = new StringBuilder();
      for (String column : columns) {
        names.append(names.isEmpty() ? "" : ", ").append(column.replace("+", "").split(" ")[0]);
        String type = column.replace("+", "").split(" ")[1];
        values
            .append(values.isEmpty() ? "" : ", ")
            .append(
                type.startsWith("int8")
                    ? "vec_int8(?)"
                    : type.startsWith("bit") ? "vec_bit(?)" : "?");
      }
      int records = random.nextInt(150);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO t(" + names + ") VALUES (" + values + ")")) {
        for (int record = 0; record < records; record++) {
          for (int i = 0; i < columns.size(); i++) {
            set(insert, i + 1, columns.get(i), record, random);
          }
          insert.execute();
        }
      }
      String key = columns.get(0).startsWith("id") ? "id" : "rowid";
      String some =
          " WHERE "
              + key
              + " IN (SELECT "
              + (columns.get(0).startsWith("id text") ? "id" : "rowid")
              + " FROM t_rowids ";
      statement.execute("DELETE FROM t" + some + "WHERE abs(random()) % 4 = 0)");
      // sqlite-vec itself updates neither tables with partitions nor those with other vectors.
      if (columns.contains("m0 text") && !columns.toString().matches(".*(partition|int8|bit).*")) {
        statement.execute("UPDATE t SET m0 = 'changed to a longer text'" + some + "LIMIT 5)");
        statement.execute("UPDATE t SET m0 = 'short'" + some + "LIMIT 2)");
      }
      shown = shown(statement);
    }

    try (Store store = Sample.source(file, temp.resolve("work"));
        Snapshot snapshot = store.snapshot()) {
      Collection t = store.catalog().collection("t").orElseThrow();

      assertThat(read(snapshot, t)).as("seed %s, %s", seed, columns).isEqualTo(shown);
      assertThat(snapshot.count(t)).isEqualTo(shown.size());
    }
  }

  /** As sqlite-vec answers, vectors in its own bytes. */
  private static List<String> shown(Statement statement) throws SQLException {
    List<String> shown = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      int width = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= width; i++) {
          Object value = rows.getObject(i);
          row.append('|')
              .append(
                  value instanceof byte[] bytes
                      ? HexFormat.of().formatHex(bytes)
                      : value instanceof Number number && !(value instanceof Double)
                          ? String.valueOf(number.longValue())
                          : String.valueOf(value));
        }
        shown.add(row.toString());
      }
    }
    return shown.stream().sorted().toList();
  }

  private static List<String> read(Snapshot snapshot, Collection t) {
    List<String> read = new ArrayList<>();
    for (Chunk chunk : snapshot.chunks(t, 20)) {
      RecordBatch batch = new RecordBatch(t.writtenFields().size());
      try (RecordReader reader = snapshot.read(t, chunk)) {
        while (reader.read(batch, 7, 1 << 20)) {
          for (int record = 0; record < batch.records(); record++) {
            StringBuilder row = new StringBuilder();
            for (int field = 0; field < batch.width(); field++) {
              row.append('|').append(value(batch, batch.at(record, field)));
            }
            read.add(row.toString());
          }
          batch.clear();
        }
      }
    }
    return read.stream().sorted().toList();
  }

  private static String value(RecordBatch batch, int at) {
    return switch (batch.kindAt(at)) {
      case NULL -> "null";
      case INT64 -> Long.toString(batch.int64At(at));
      case FLOAT64 -> Double.toString(batch.float64At(at));
      case TEXT -> batch.textAt(at);
      case BYTES -> HexFormat.of().formatHex(batch.payloadBytesAt(at));
      default -> HexFormat.of().formatHex(bytes(batch, at));
    };
  }

  private static byte[] bytes(RecordBatch batch, int at) {
    int dimension = batch.vectorDimensionAt(at);
    ByteBuffer payload =
        ByteBuffer.wrap(batch.bytes(), batch.payloadAt(at) + 1, batch.payloadLengthAt(at) - 1);
    Kind element = batch.vectorElementAt(at);
    int width =
        element == Kind.FLOAT32 ? 4 * dimension : element == Kind.INT64 ? dimension : dimension / 8;
    ByteBuffer bytes = ByteBuffer.allocate(width).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dimension; i++) {
      switch (element) {
        case FLOAT32 -> bytes.putInt(payload.getInt());
        case INT64 -> bytes.put((byte) payload.getLong());
        default -> bytes.put(i / 8, (byte) (bytes.get(i / 8) | payload.get() << i % 8));
      }
    }
    return bytes.array();
  }

  @Test
  void theStoredSampleIsWhatSqliteVecMakes() throws Exception {
    Path file = temp.resolve("x.db");
    List<String> statements = new ArrayList<>();
    try (var text = Vec0Test.class.getResourceAsStream("vec0.sql")) {
      String all = new String(text.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      all.lines().filter(line -> !line.startsWith("--")).forEach(statements::add);
    }
    Sample.make(file, statements.toArray(String[]::new));
    try (Connection connection = open(file);
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*), max(title) FROM v")) {
      count.next();
      assertThat(count.getInt(1)).isEqualTo(20);
      assertThat(count.getString(2)).isEqualTo("x".repeat(19));
    }
  }
}
