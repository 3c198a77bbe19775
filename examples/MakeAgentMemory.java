import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * Makes examples/agent-memory.db: what a small group of agents might have remembered in half a
 * year. The same program with the same sqlite-jdbc makes the same bytes; nothing in it is real.
 *
 * <pre>java -cp cli/target/waybill/lib/'*' examples/MakeAgentMemory.java OUT.db</pre>
 */
public final class MakeAgentMemory {
  private static final Instant START = Instant.parse("2026-03-02T08:00:00Z");
  private static final int SESSIONS = 40;
  private static final int MESSAGES = 800;
  private static final int MEMORIES = 400;
  private static final int LINKS = 600;
  private static final int DIMENSION = 64;

  private static final String SCHEMA =
      """
      CREATE TABLE agents (
        id           TEXT PRIMARY KEY,
        display_name TEXT NOT NULL UNIQUE,
        purpose      TEXT NOT NULL,
        model        TEXT NOT NULL DEFAULT 'local-small',
        temperature  REAL NOT NULL DEFAULT 0.0,
        active       BOOLEAN NOT NULL DEFAULT 1,
        created_at   TEXT NOT NULL
      );
      CREATE TABLE sessions (
        id           TEXT PRIMARY KEY,
        agent_id     TEXT NOT NULL REFERENCES agents(id),
        title        TEXT,
        channel      TEXT NOT NULL DEFAULT 'chat',
        token_budget INTEGER NOT NULL DEFAULT 8192,
        started_at   TEXT NOT NULL,
        ended_at     TEXT,
        UNIQUE (agent_id, started_at)
      );
      CREATE TABLE messages (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
        role       TEXT NOT NULL CHECK (role IN ('system', 'user', 'agent', 'tool')),
        content    TEXT NOT NULL,
        tokens     INTEGER NOT NULL DEFAULT 0,
        latency_ms REAL,
        metadata   TEXT,
        sent_at    TEXT NOT NULL
      );
      CREATE TABLE memories (
        id                TEXT PRIMARY KEY,
        agent_id          TEXT NOT NULL REFERENCES agents(id),
        source_message_id INTEGER REFERENCES messages(id),
        kind              TEXT NOT NULL DEFAULT 'fact',
        content           TEXT NOT NULL,
        tags              TEXT NOT NULL DEFAULT '[]',
        embedding         BLOB,
        importance        REAL NOT NULL DEFAULT 0.5,
        note              TEXT,
        use_count         INTEGER NOT NULL DEFAULT 0,
        created_at        TEXT NOT NULL,
        last_used_at      TEXT,
        supersedes        TEXT REFERENCES memories(id)
      );
      CREATE TABLE memory_links (
        memory_from TEXT NOT NULL REFERENCES memories(id) ON DELETE CASCADE,
        memory_to   TEXT NOT NULL REFERENCES memories(id) ON DELETE CASCADE,
        kind        TEXT NOT NULL,
        weight      REAL NOT NULL DEFAULT 1.0,
        PRIMARY KEY (memory_from, memory_to, kind)
      ) WITHOUT ROWID;
      CREATE INDEX messages_by_session ON messages (session_id, sent_at);
      CREATE INDEX memories_by_agent ON memories (agent_id, kind);
      CREATE INDEX memories_unused ON memories (created_at) WHERE last_used_at IS NULL;
      CREATE VIRTUAL TABLE memory_search USING fts5(memory_id UNINDEXED, content);
      CREATE TRIGGER memories_inserted AFTER INSERT ON memories BEGIN
        INSERT INTO memory_search (memory_id, content) VALUES (new.id, new.content)\\;
      END;
      CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
        DELETE FROM memory_search WHERE memory_id = old.id\\;
      END;
      CREATE TRIGGER memories_changed AFTER UPDATE OF content ON memories BEGIN
        UPDATE memory_search SET content = new.content WHERE memory_id = old.id\\;
      END;
      """;

  private record Agent(String id, String name, String purpose, String model, double warmth) {}

  private static final List<Agent> AGENTS =
      List.of(
          new Agent(
              "planner", "Planner", "Breaks work into steps and keeps dates", "local-large", 0.2),
          new Agent(
              "researcher", "Researcher", "Reads sources and sums them up", "local-large", 0.0),
          new Agent(
              "support-desk", "Support desk", "Answers questions of customers", "local-small", 0.4),
          new Agent("code-reviewer", "Code reviewer", "Reads changes to code", "code-medium", 0.1),
          new Agent("archivist", "Archivist", "Tidies what the others remember", "local-tiny", 1));

  private static final List<String> SUBJECTS =
      List.of(
          "the billing service",
          "the nightly export",
          "the search index",
          "the mobile app",
          "the customer newsletter",
          "the staging cluster",
          "the pricing page",
          "the onboarding checklist",
          "the incident report",
          "the vector store",
          "the quarterly plan",
          "the access log",
          "the translation memory",
          "the warehouse scanner",
          "the résumé parser",
          "the café loyalty card");
  private static final List<String> FINDINGS =
      List.of(
          "times out when more than %d clients connect at once",
          "costs about %d euros a month, mostly for storage",
          "must be finished before the freeze in week %d",
          "returned %d results where the test expected none",
          "has not been opened by anybody for %d days",
          "needs a second reviewer above %d changed lines",
          "is %d ms faster since the cache was moved",
          "still holds %d records with an empty address",
          "was rolled back %d times this quarter",
          "prefers short answers of at most %d words");
  private static final List<String> REASONS =
      List.of(
          "because the old limit was never raised",
          "although the dashboard says otherwise",
          "which the team agreed to live with",
          "and nobody had written that down",
          "so the schedule moves by a day",
          "as the vendor's notes confirm",
          "but only behind the proxy",
          "since the last release");
  private static final List<String> QUESTIONS =
      List.of(
          "What do we know about %s?",
          "Can you check whether %s is affected?",
          "Please sum up the last discussion of %s.",
          "Who should look after %s next week?",
          "Remind me why we changed %s.",
          "Is there anything open on %s?");
  private static final List<String> ODDITIES =
      List.of(
          "The user writes thanks as 🙏🏽 and expects no answer to it.",
          "Großer Umbau im März: “später” means after Easter.",
          "The label on the shelf reads 東京倉庫 (Tokyo warehouse).",
          "Naïve and nai\u0308ve are two spellings of one word; search must find both.",
          "Paths on the old server look like C:\\data\\new, with a literal backslash.",
          "He said \"don't\", and the importer broke at the quote; it's fixed.",
          "The motto is\nthree lines\nlong.",
          "Ωmega is the last phase; α and β are done ✔");
  private static final List<String> TAGS =
      List.of("billing", "ops", "search", "people", "deadline", "cost", "ui", "data", "café", "q3");
  private static final List<String> KINDS = List.of("fact", "preference", "decision", "event");
  private static final List<String> LINK_KINDS =
      List.of("supports", "contradicts", "elaborates", "follows");

  private final Random random = new Random(20260302);
  private final Connection database;
  private final List<String> sessions = new ArrayList<>();
  private final List<Instant> sessionStarts = new ArrayList<>();
  private final List<String> memories = new ArrayList<>();

  private MakeAgentMemory(Connection database) {
    this.database = database;
  }

  public static void main(String[] args) throws SQLException, IOException {
    Path out = Path.of(args[0]);
    Files.deleteIfExists(out);
    try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + out)) {
      new MakeAgentMemory(database).make();
    }
  }

  private void make() throws SQLException {
    execute("PRAGMA journal_mode = DELETE");
    execute("PRAGMA foreign_keys = ON");
    execute("PRAGMA user_version = 7");
    for (String sql : SCHEMA.split("(?<!\\\\);\n")) {
      execute(sql.replace("\\;", ";"));
    }
    database.setAutoCommit(false);
    addAgents();
    addSessions();
    addMessages();
    addMemories();
    addLinks();
    database.commit();
    database.setAutoCommit(true);
    execute("INSERT INTO memory_search (memory_search) VALUES ('optimize')");
    execute("VACUUM");
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = database.createStatement()) {
      statement.execute(sql);
    }
  }

  private void addAgents() throws SQLException {
    try (PreparedStatement insert =
        database.prepareStatement("INSERT INTO agents VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      for (Agent agent : AGENTS) {
        insert(
            insert,
            agent.id(),
            agent.name(),
            agent.purpose(),
            agent.model(),
            agent.warmth(),
            agent.id().equals("archivist") ? 0 : 1,
            START.toString());
      }
    }
  }

  private void addSessions() throws SQLException {
    try (PreparedStatement insert =
        database.prepareStatement("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      Instant start = START;
      for (int i = 0; i < SESSIONS; i++) {
        start = start.plus(Duration.ofMinutes(600 + random.nextInt(10_000)));
        String id = "s-%04d".formatted(i + 1);
        String subject = pick(SUBJECTS);
        insert(
            insert,
            id,
            pick(AGENTS).id(),
            i % 11 == 5 ? null : i % 13 == 7 ? "" : "About " + subject,
            i % 4 == 3 ? "email" : "chat",
            switch (i) {
              case 3 -> Long.MAX_VALUE;
              case 17 -> 9_007_199_254_740_993L;
              case 29 -> 0L;
              default -> 4096L << random.nextInt(4);
            },
            start.toString(),
            i % 9 == 8 ? null : start.plus(Duration.ofMinutes(90)).toString());
        sessions.add(id);
        sessionStarts.add(start);
      }
    }
  }

  private void addMessages() throws SQLException {
    try (PreparedStatement insert =
        database.prepareStatement(
            "INSERT INTO messages (session_id, role, content, tokens, latency_ms, metadata, sent_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      int perSession = MESSAGES / SESSIONS;
      for (int i = 0; i < MESSAGES; i++) {
        int session = i / perSession;
        int turn = i % perSession;
        String role =
            turn == 0 ? "system" : turn % 7 == 6 ? "tool" : turn % 2 == 1 ? "user" : "agent";
        String content =
            switch (role) {
              case "system" ->
                  "Answer briefly, name your sources, and say so when you do not know.";
              case "user" -> pick(QUESTIONS).formatted(pick(SUBJECTS));
              case "tool" ->
                  "{\"hits\": %d, \"query\": \"%s\"}".formatted(random.nextInt(50), pick(SUBJECTS));
              default -> i % 37 == 4 ? pick(ODDITIES) : statement();
            };
        boolean isMeasured = role.equals("agent") || role.equals("tool");
        insert(
            insert,
            sessions.get(session),
            role,
            content,
            content.length() / 4,
            isMeasured ? Math.round(random.nextDouble() * 400_000) / 100.0 : null,
            i % 5 == 2 ? "{\"client\":\"web\",\"attempt\":%d}".formatted(1 + i % 3) : null,
            sessionStarts.get(session).plus(turn * 95L + 3, ChronoUnit.SECONDS).toString());
      }
    }
  }

  private void addMemories() throws SQLException {
    try (PreparedStatement insert =
        database.prepareStatement(
            "INSERT INTO memories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      Instant created = START;
      for (int i = 0; i < MEMORIES; i++) {
        created = created.plus(Duration.ofMillis(1_000 + random.nextInt(50_000_000)));
        UUID id =
            new UUID(random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() >>> 2 | 1L << 63);
        insert(
            insert,
            id.toString(),
            pick(AGENTS).id(),
            i % 3 == 0 ? null : 1 + random.nextInt(MESSAGES),
            pick(KINDS),
            i % 29 == 11 ? ODDITIES.get(i / 29 % ODDITIES.size()) : statement(),
            tags(),
            i % 40 == 39 ? null : embedding(),
            switch (i % 50) {
              case 7 -> 0.0;
              case 19 -> -0.5;
              case 31 -> 1.0;
              default -> Math.round(random.nextDouble() * 1_000) / 1_000.0;
            },
            i % 6 == 1 ? "" : i % 6 == 4 ? "Seen again; wording kept." : null,
            i == 123 ? 4_611_686_018_427_387_904L : (long) random.nextInt(90),
            created.toString(),
            i % 4 == 0 ? null : created.plus(Duration.ofHours(1 + random.nextInt(900))).toString(),
            i > 20 && i % 10 == 0 ? memories.get(i - 1 - random.nextInt(20)) : null);
        memories.add(id.toString());
      }
    }
  }

  private void addLinks() throws SQLException {
    try (PreparedStatement insert =
        database.prepareStatement("INSERT INTO memory_links VALUES (?, ?, ?, ?)")) {
      Set<String> taken = new HashSet<>();
      while (taken.size() < LINKS) {
        String from = pick(memories);
        String to = taken.size() == 100 ? from : pick(memories);
        String kind = pick(LINK_KINDS);
        if (taken.add(from + to + kind)) {
          double weight = taken.size() % 60 == 0 ? -0.5 : random.nextInt(101) / 100.0;
          insert(insert, from, to, kind, weight);
        }
      }
    }
  }

  private String statement() {
    String subject = pick(SUBJECTS);
    String finding = pick(FINDINGS).formatted(2 + random.nextInt(96));
    String sentence = subject + " " + finding;
    sentence = Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
    return random.nextInt(3) == 0 ? sentence + "." : sentence + ", " + pick(REASONS) + ".";
  }

  private String tags() {
    List<String> chosen = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String tag = "\"" + pick(TAGS) + "\"";
      if (!chosen.contains(tag)) {
        chosen.add(tag);
      }
    }
    return "[" + String.join(",", chosen) + "]";
  }

  /** A unit vector of little-endian float32, as embedding libraries write them. */
  private byte[] embedding() {
    double[] vector = new double[DIMENSION];
    double squares = 0;
    for (int i = 0; i < DIMENSION; i++) {
      vector[i] = random.nextInt(2001) / 1000.0 - 1;
      squares += vector[i] * vector[i];
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : vector) {
      bytes.putFloat((float) (value / Math.sqrt(squares)));
    }
    return bytes.array();
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static void insert(PreparedStatement insert, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      insert.setObject(i + 1, values[i]);
    }
    insert.executeUpdate();
  }
}
