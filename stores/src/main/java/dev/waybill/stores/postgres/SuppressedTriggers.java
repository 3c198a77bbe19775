package dev.waybill.stores.postgres;

import dev.waybill.model.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A table's own triggers, switched off inside one transaction: nobody else ever sees them off,
 * because nobody else may write to the table until the transaction ends. Foreign keys and other
 * constraints hold as ever.
 */
final class SuppressedTriggers {
  private static final String ENABLED =
      """
      SELECT n.nspname, c.relname, t.tgname, t.tgenabled
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE t.tgrelid IN (SELECT ?::oid UNION
                          SELECT p.relid FROM pg_catalog.pg_partition_tree(?::oid) p)
        AND NOT t.tgisinternal AND t.tgenabled <> 'D'
      ORDER BY c.relispartition, c.oid, t.tgname COLLATE "C"
      """;

  private final Connection connection;
  private final List<Trigger> triggers;

  /** A trigger and when it fires: O, A or R as {@code pg_trigger.tgenabled} has it. */
  private record Trigger(String table, String name, String state) {
    String alter(String how) {
      return "ALTER TABLE " + table + " " + how + " TRIGGER " + name;
    }
  }

  private SuppressedTriggers(Connection connection, List<Trigger> triggers) {
    this.connection = connection;
    this.triggers = triggers;
  }

  /**
   * Switches them off.
   *
   * @throws StoreException if the user may not
   */
  static SuppressedTriggers begin(Connection connection, TableShape shape, Location location)
      throws SQLException {
    if (enabled(connection, shape).isEmpty()) {
      return new SuppressedTriggers(connection, List.of());
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE " + shape.only() + " IN SHARE ROW EXCLUSIVE MODE");
      List<Trigger> triggers = enabled(connection, shape);
      for (Trigger trigger : triggers) {
        statement.execute(trigger.alter("DISABLE"));
      }
      return new SuppressedTriggers(connection, triggers);
    } catch (SQLException refused) {
      if (!ServerErrors.state(refused).equals("42501")) {
        throw refused;
      }
      throw new StoreException(
          "NO_PRIVILEGE",
          "User \""
              + location.user()
              + "\" may not suppress the triggers of \""
              + shape.name()
              + "\": only the table's owner may.",
          "let them fire, or run as the table's owner",
          false,
          refused);
    }
  }

  private static List<Trigger> enabled(Connection connection, TableShape shape)
      throws SQLException {
    List<Trigger> triggers = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(ENABLED)) {
      select.setLong(1, shape.oid());
      select.setLong(2, shape.oid());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          triggers.add(
              new Trigger(
                  Dialect.quote(row.getString(1), row.getString(2)),
                  Dialect.quote(row.getString(3)),
                  row.getString(4)));
        }
      }
    }
    return triggers;
  }

  /** Switches each on again as it was; to be called before the transaction commits. */
  void end() throws SQLException {
    if (triggers.isEmpty()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      // A table with checks still to be made at the commit cannot be altered; they are due anyway.
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
      for (Trigger trigger : triggers) {
        statement.execute(
            trigger.alter(
                switch (trigger.state) {
                  case "A" -> "ENABLE ALWAYS";
                  case "R" -> "ENABLE REPLICA";
                  default -> "ENABLE";
                }));
      }
    }
  }
}
