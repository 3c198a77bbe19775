package dev.waybill.stores.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Predicate;

/** The foreign keys of tables that a run made, inside the transaction that the connection is in. */
final class OwnForeignKeys {
  private static final String ONTO =
      """
      SELECT n.nspname, c.relname, k.conname
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE k.contype = 'f' AND k.confrelid = pg_catalog.to_regclass(?) AND k.conparentid = 0
      """;

  private final Connection connection;
  private final String schema;
  private final Predicate<String> isMadeByRun;

  OwnForeignKeys(Connection connection, String schema, Predicate<String> isMadeByRun) {
    this.connection = connection;
    this.schema = schema;
    this.isMadeByRun = isMadeByRun;
  }

  /** Drops those that lead to a table; anybody else's stay and may stand in the way. */
  void dropOnto(String table) throws SQLException {
    StringBuilder drops = new StringBuilder();
    try (PreparedStatement select = connection.prepareStatement(ONTO)) {
      select.setString(1, Dialect.quote(schema, table));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          if (row.getString(1).equals(schema) && isMadeByRun.test(row.getString(2))) {
            drops
                .append("ALTER TABLE ")
                .append(Dialect.quote(schema, row.getString(2)))
                .append(" DROP CONSTRAINT ")
                .append(Dialect.quote(row.getString(3)))
                .append(';');
          }
        }
      }
    }
    if (!drops.isEmpty()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(drops.toString());
      }
    }
  }
}
