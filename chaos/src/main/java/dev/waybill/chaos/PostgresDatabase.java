package dev.waybill.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A database of the round's own on the server that may be killed. */
record PostgresDatabase(PrivateServer server, String name) implements Place {
  private static final String OURS = "nspname !~ '^pg_' AND nspname <> 'information_schema'";

  private static final Map<String, String> DEFINITIONS =
      Map.of(
          "schemas",
          "SELECT nspname FROM pg_namespace WHERE " + OURS,
          "columns",
          """
          SELECT nspname, relname, relkind, attnum, attname, format_type(atttypid, atttypmod),
            attnotnull, attidentity, attisdropped, pg_get_expr(adbin, adrelid)
          FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            JOIN pg_namespace n ON n.oid = relnamespace
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          WHERE attnum > 0 AND relkind IN ('r', 'p', 'v', 'm', 'S') AND\s"""
              + OURS,
          "indexes",
          """
          SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index
            JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace
          WHERE\s"""
              + OURS,
          "constraints",
          """
          SELECT conrelid::regclass, conname, convalidated, pg_get_constraintdef(k.oid)
          FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE\s"""
              + OURS,
          "triggers",
          "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
          "types",
          """
          SELECT nspname, typname, typtype FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace
          WHERE typtype IN ('c', 'd', 'e', 'r') AND\s"""
              + OURS);

  /** Makes it, empty. */
  static PostgresDatabase create(PrivateServer server, String name) throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + Dialect.quoted(name) + " WITH (FORCE)");
      statement.execute("CREATE DATABASE " + Dialect.quoted(name));
    }
    return new PostgresDatabase(server, name);
  }

  @Override
  public Dialect dialect() {
    return Dialect.POSTGRES;
  }

  @Override
  public String url() {
    return "postgresql://postgres@127.0.0.1:" + server.port() + "/" + name;
  }

  @Override
  public boolean exists() {
    return true;
  }

  @Override
  public Connection connect() throws SQLException {
    return server.connect(name);
  }

  @Override
  public Portrait portrait() throws SQLException {
    Portrait portrait = new Portrait();
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (Map.Entry<String, String> each : DEFINITIONS.entrySet()) {
        portrait.add(each.getKey(), statement, each.getValue());
      }
      for (Map.Entry<String, Boolean> each : relations(statement).entrySet()) {
        boolean isSequence = each.getValue();
        portrait.add(
            (isSequence ? "state of " : "records of ") + each.getKey(),
            statement,
            isSequence
                ? "SELECT last_value, is_called FROM " + each.getKey()
                : "SELECT r::text FROM " + each.getKey() + " r");
      }
    }
    return portrait;
  }

  /** The tables and sequences there are, by quoted name; true for sequences. */
  private static Map<String, Boolean> relations(Statement statement) throws SQLException {
    Map<String, Boolean> names = new LinkedHashMap<>();
    try (ResultSet row =
        statement.executeQuery(
            """
            SELECT format('%I.%I', nspname, relname), relkind = 'S'
            FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
            WHERE relkind IN ('r', 'S') AND\s"""
                + OURS)) {
      while (row.next()) {
        names.put(row.getString(1), row.getBoolean(2));
      }
    }
    return names;
  }

  @Override
  public List<String> traces() throws SQLException {
    return portrait().traces();
  }

  /**
   * A sequence that was not part of a checkpoint jumps ahead by up to 32 when the server recovers.
   */
  @Override
  public void settle() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT");
    }
  }

  @Override
  public void remove() throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + Dialect.quoted(name) + " WITH (FORCE)");
    }
  }
}
