package dev.waybill.bench;

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

/**
 * What agents remember, in SQLite: one table with a uuid as text for its key, text of 200
 * characters, JSON text, timestamps, and numbers. The same seed makes the same records.
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
    Path file = folder.resolve("agent-memory-v" + VERSION + "-" + SEED + "-" + rows + ".db");
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

  private static void fill(Connection connection, int rows) throws SQLException {
    SplittableRandom random = new SplittableRandom(SEED);
    StringBuilder text = new StringBuilder();
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (int row = 0; row < rows; row++) {
        Instant created =
            Instant.ofEpochSecond(FIRST_SECOND + row * 7L, random.nextInt(1000) * 1_000_000L);
        insert.setString(1, uuid(random).toString());
        insert.setString(2, "agent-" + random.nextInt(100));
        insert.setString(3, KINDS[random.nextInt(KINDS.length)]);
        insert.setString(4, content(random, text));
        insert.setString(5, metadata(random));
        insert.setDouble(6, random.nextDouble());
        insert.setInt(7, random.nextInt(1000));
        insert.setInt(8, random.nextInt(10) == 0 ? 1 : 0);
        insert.setString(9, created.toString());
        insert.setString(
            10,
            random.nextInt(3) == 0
                ? null
                : created.plusSeconds(random.nextInt(1, 1_000_000)).toString());
        insert.addBatch();
        if ((row + 1) % ROWS_OF_INSERT == 0) {
          insert.executeBatch();
        }
      }
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
