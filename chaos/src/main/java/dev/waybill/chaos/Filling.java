package dev.waybill.chaos;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Writes as an application would. */
final class Filling {
  private static final String[] WORDS = {
    "ünïcode",
    "it's",
    "\"quoted\"",
    "two\nlines",
    "tab\there",
    "",
    "漢字",
    "\\N",
    "plain",
    "NULL",
    "😀"
  };

  private static final int OFFENCE = 1000;

  private final Dialect dialect;
  private final Dialect from;
  private final Random random;

  /**
   * @param from the dialect of the round's source
   */
  Filling(Dialect dialect, Dialect from, Random random) {
    this.dialect = dialect;
    this.from = from;
    this.random = random;
  }

  /** Makes the tables, with an index. */
  void create(Connection connection, boolean cascades) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (Table table : Table.ALL) {
        statement.execute(table.create(dialect, from, cascades));
      }
      statement.execute("CREATE INDEX messages_person ON messages (person)");
    }
  }

  /** Lets a table refuse what {@link #offend} writes. */
  void guard(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE tags");
      String create = Table.TAGS.create(dialect, from, false);
      statement.execute(create.replaceFirst("\\)$", ", CHECK (version < " + OFFENCE + "))"));
    }
  }

  /** Makes the last tag one that is refused elsewhere. */
  void offend(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "UPDATE tags SET version = "
              + OFFENCE
              + " WHERE person = (SELECT max(person) FROM tags)");
    }
  }

  /** Makes a table that no migration knows of, with records. */
  void createOther(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE own (id " + dialect.numbered() + ", word text UNIQUE)");
      statement.execute("INSERT INTO own (word) VALUES ('one'), ('two'), (NULL)");
      statement.execute("CREATE VIEW own_words AS SELECT word FROM own");
    }
  }

  /**
   * Writes people of these numbers with what belongs to them: three messages to two people, a tag
   * for each.
   */
  void people(Connection connection, long first, long behind, long step) throws SQLException {
    try (PreparedStatement people = insert(connection, Table.PEOPLE);
        PreparedStatement messages = insert(connection, Table.MESSAGES);
        PreparedStatement tags = insert(connection, Table.TAGS)) {
      for (long id = first; id < behind; id += step) {
        add(
            people,
            id,
            words(2) + id,
            "c" + id,
            random.nextInt(10) == 0 ? null : random.nextDouble() * 1000 - 500,
            random.nextInt(4) == 0 ? null : words(8),
            random.nextInt(4) == 0
                ? null
                : "{\"a\": " + random.nextInt(1000) + ", \"b\": [true, null, \"ü\"]}",
            random.nextInt(4) == 0 ? null : photo(random.nextInt(100)),
            dialect == Dialect.POSTGRES && from != Dialect.SQLITE
                ? (Object) random.nextBoolean()
                : (Object) (random.nextBoolean() ? 1L : 0L),
            random.nextInt(100_000) + ".5" + random.nextInt(10),
            (long) random.nextInt(100));
        for (long message = id * 2; message < id * 2 + 1 + id % 2; message++) {
          add(messages, message, id, words(12), (long) random.nextInt(100));
        }
        add(tags, id, "t" + id % 7, random.nextDouble(), (long) random.nextInt(100));
      }
      people.executeBatch();
      messages.executeBatch();
      tags.executeBatch();
    }
  }

  /** Writes lines of the log, many of them equal. */
  void log(Connection connection, long count) throws SQLException {
    try (PreparedStatement log = insert(connection, Table.LOG)) {
      for (long i = 0; i < count; i++) {
        long at = random.nextInt((int) Math.max(1, count / 2));
        add(log, at, "line " + at, at / 8.0, at % 10);
      }
      log.executeBatch();
    }
  }

  /** Changes, adds and removes some records of every table. */
  void change(Connection connection) throws SQLException {
    List<Long> ids = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT id FROM people ORDER BY id")) {
      while (row.next()) {
        ids.add(row.getLong(1));
      }
    }
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE people SET note = ?, version = version + 1 WHERE id = ?");
        PreparedStatement messages =
            connection.prepareStatement("DELETE FROM messages WHERE person = ?");
        PreparedStatement tags = connection.prepareStatement("DELETE FROM tags WHERE person = ?");
        PreparedStatement people = connection.prepareStatement("DELETE FROM people WHERE id = ?");
        PreparedStatement log = connection.prepareStatement("DELETE FROM log WHERE at = ?")) {
      for (int i = 0; i < 1 + random.nextInt(20); i++) {
        add(update, words(5), ids.get(random.nextInt(ids.size())));
      }
      for (int i = 0; i < random.nextInt(20); i++) {
        long gone = ids.get(random.nextInt(ids.size()));
        add(messages, gone);
        add(tags, gone);
        add(people, gone);
        add(log, (long) random.nextInt(500));
      }
      update.executeBatch();
      messages.executeBatch();
      tags.executeBatch();
      people.executeBatch();
      log.executeBatch();
    }
    long next = ids.get(ids.size() - 1) + 1;
    people(connection, next, next + random.nextInt(30), 1);
    log(connection, random.nextInt(30));
  }

  private PreparedStatement insert(Connection connection, Table table) throws SQLException {
    return connection.prepareStatement(table.insert(dialect, from));
  }

  private static void add(PreparedStatement statement, @Nullable Object... values)
      throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    statement.addBatch();
  }

  private String words(int atMost) {
    StringBuilder out = new StringBuilder();
    for (int i = random.nextInt(atMost + 1); i >= 0; i--) {
      out.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    return out.toString();
  }

  /** Bytes; as text where the source has no other type for them. */
  private Object photo(int length) {
    byte[] bytes = bytes(length);
    return from == Dialect.JSON ? Base64.getEncoder().encodeToString(bytes) : bytes;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return random.nextBoolean() ? bytes : "plain".getBytes(StandardCharsets.UTF_8);
  }
}
