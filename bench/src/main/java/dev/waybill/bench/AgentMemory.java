package dev.waybill.bench;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What agents remember, in SQLite or as JSON lines: one table with a uuid as text for its key, text
 * of 200 characters, JSON text, timestamps, and numbers. The same seed makes the same records.
 */
final class AgentMemory {
  static final String TABLE = "memories";

  static final String TYPED_TABLE =
      """
      CREATE TABLE memories (
        id         uuid PRIMARY KEY,
        agent      text NOT NULL,
        kind       text NOT NULL,
        content    text NOT NULL,
        metadata   jsonb NOT NULL,
        importance double precision NOT NULL,
        use_count  integer NOT NULL,
        is_pinned  boolean NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz
      )
      """;

  /** The types of {@link #TYPED_TABLE}, for a table that a run makes. */
  static final String PROFILE =
      """
      waybill-profile: 1
      collections:
        - source: memories
          fields:
            - {source: id, to: uuid}
            - {source: metadata, to: json}
            - {source: use_count, to: int32}
            - {source: is_pinned, to: boolean}
            - {source: created_at, to: instant}
            - {source: updated_at, to: instant}
      """;

  static final String SCHEMA =
      """
      CREATE TABLE memories (
        id         TEXT NOT NULL PRIMARY KEY,
        agent      TEXT NOT NULL,
        kind       TEXT NOT NULL,
        content    TEXT NOT NULL,
        metadata   TEXT NOT NULL,
        importance REAL NOT NULL,
        use_count  INTEGER NOT NULL,
        is_pinned  BOOLEAN NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT
      )
      """;

  /** A new number when anything below changes what is made. */
  private static final int VERSION = 1;

  private static final long SEED = 20_261_120L;
  private static final int CONTENT_LENGTH = 200;
  private static final long FIRST_SECOND = 1_772_438_400L;
  private static final int ROWS_OF_INSERT = 10_000;
  private static final String[] KINDS = {"fact", "preference", "event", "summary", "instruction"};
  private static final String[] WORDS = {
    "user",
    "prefers",
    "meeting",
    "on",
    "Thursday",
    "the",
    "report",
    "must",
    "be",
    "short",
    "asked",
    "about",
    "invoice",
    "and",
    "said",
    "that",
    "München",
    "is",
    "a",
    "better",
    "place",
    "for",
    "lunch",
    "remember",
    "to",
    "check",
    "her",
    "calendar",
    "before",
    "booking",
    "naïve",
    "answer",
    "was",
    "corrected",
    "twice",
    "project",
    "deadline",
    "moved",
    "by",
    "two",
    "weeks",
    "café",
    "temperature",
    "in",
    "Celsius",
    "東京",
    "likes",
    "tables",
    "not",
    "prose"
  };

  private AgentMemory() {}

  /** The database with so many rows, made in {@code folder} unless it is there. */
  static Path database(Path folder, int rows) throws IOException, SQLException {
    Path file = folder.resolve(fileName(rows, ".db"));
    if (Files.exists(file)) {
      return file;
    }
    Path unfinished = folder.resolve(file.getFileName() + ".part");
    Files.deleteIfExists(unfinished);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + unfinished);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = OFF");
      statement.execute("PRAGMA synchronous = OFF");
      statement.execute(SCHEMA);
      connection.setAutoCommit(false);
      fill(connection, rows);
      connection.commit();
    }
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The same records as JSON lines, made in a folder of their own unless they are there. */
  static Path jsonLines(Path folder, int rows) throws IOException {
    Path file =
        Files.createDirectories(folder.resolve(fileName(rows, "-lines"))).resolve(TABLE + ".jsonl");
    if (Files.exists(file)) {
      return file;
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try (JsonGenerator json =
        new JsonFactory()
            .createGenerator(unfinished.toFile(), JsonEncoding.UTF8)
            .setPrettyPrinter(new MinimalPrettyPrinter("\n"))) {
      records(rows, memory -> write(memory, json));
      json.writeRaw('\n');
    }
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void write(Memory memory, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", memory.id());
    json.writeStringField("agent", memory.agent());
    json.writeStringField("kind", memory.kind());
    json.writeStringField("content", memory.content());
    json.writeFieldName("metadata");
    json.writeRawValue(memory.metadata());
    json.writeNumberField("importance", memory.importance());
    json.writeNumberField("use_count", memory.useCount());
    json.writeBooleanField("is_pinned", memory.isPinned());
    json.writeStringField("created_at", memory.createdAt());
    json.writeStringField("updated_at", memory.updatedAt());
    json.writeEndObject();
  }

  private static String fileName(int rows, String ending) {
    return "agent-memory-v" + VERSION + "-" + SEED + "-" + rows + ending;
  }

  /** One record. */
  private record Memory(
      String id,
      String agent,
      String kind,
      String content,
      String metadata,
      double importance,
      int useCount,
      boolean isPinned,
      String createdAt,
      @Nullable String updatedAt) {}

  /** Takes records one after the other. */
  private interface Taker<E extends Exception> {
    void take(Memory memory) throws E;
  }

  private static <E extends Exception> void records(int rows, Taker<E> taker) throws E {
    SplittableRandom random = new SplittableRandom(SEED);
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows; row++) {
      Instant created =
          Instant.ofEpochSecond(FIRST_SECOND + row * 7L, random.nextInt(1000) * 1_000_000L);
      taker.take(
          new Memory(
              uuid(random).toString(),
              "agent-" + random.nextInt(100),
              KINDS[random.nextInt(KINDS.length)],
              content(random, text),
              metadata(random),
              random.nextDouble(),
              random.nextInt(1000),
              random.nextInt(10) == 0,
              created.toString(),
              random.nextInt(3) == 0
                  ? null
                  : created.plusSeconds(random.nextInt(1, 1_000_000)).toString()));
    }
  }

  private static void fill(Connection connection, int rows) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      int[] added = {0};
      records(
          rows,
          memory -> {
            insert.setString(1, memory.id());
            insert.setString(2, memory.agent());
            insert.setString(3, memory.kind());
            insert.setString(4, memory.content());
            insert.setString(5, memory.metadata());
            insert.setDouble(6, memory.importance());
            insert.setInt(7, memory.useCount());
            insert.setInt(8, memory.isPinned() ? 1 : 0);
            insert.setString(9, memory.createdAt());
            insert.setString(10, memory.updatedAt());
            insert.addBatch();
            if (++added[0] % ROWS_OF_INSERT == 0) {
              insert.executeBatch();
            }
          });
      insert.executeBatch();
    }
  }

  private static UUID uuid(SplittableRandom random) {
    long high = random.nextLong() & ~0xF000L | 0x4000L;
    long low = random.nextLong() & ~(3L << 62) | 2L << 62;
    return new UUID(high, low);
  }

  private static String content(SplittableRandom random, StringBuilder text) {
    text.setLength(0);
    while (text.length() < CONTENT_LENGTH) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    text.setLength(CONTENT_LENGTH);
    return text.toString();
  }

  private static String metadata(SplittableRandom random) {
    return String.format(
        Locale.ROOT,
        "{\"source\": \"chat\", \"turn\": %d, \"tags\": [\"%s\", \"%s\"]}",
        random.nextInt(500),
        WORDS[random.nextInt(WORDS.length)],
        KINDS[random.nextInt(KINDS.length)]);
  }
}
