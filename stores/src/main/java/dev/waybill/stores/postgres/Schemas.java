package dev.waybill.stores.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/** Makes and drops schemas inside the transaction that a connection is in. */
final class Schemas {
  static final String STILL_NEEDED = "2BP01";

  private Schemas() {}

  static boolean exists(Connection connection, String schema) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement("SELECT FROM pg_catalog.pg_namespace WHERE nspname = ?")) {
      find.setString(1, schema);
      try (ResultSet row = find.executeQuery()) {
        return row.next();
      }
    }
  }

  static boolean hasRelation(Connection connection, String schema, String name)
      throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement("SELECT pg_catalog.to_regclass(?) IS NOT NULL")) {
      find.setString(1, Dialect.quote(schema, name));
      try (ResultSet row = find.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** The letter of {@code pg_class.relkind}; empty if there is no such relation. */
  static String kindOf(Connection connection, String schema, String name) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(?)")) {
      find.setString(1, Dialect.quote(schema, name));
      try (ResultSet row = find.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  /** Drops a schema unless somebody has put something into it. */
  static void dropIfEmpty(Connection connection, Statement statement, String schema)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      statement.execute("DROP SCHEMA IF EXISTS " + Dialect.quote(schema));
      connection.releaseSavepoint(before);
    } catch (SQLException kept) {
      connection.rollback(before);
      if (!STILL_NEEDED.equals(kept.getSQLState())) {
        throw kept;
      }
    }
  }
}
