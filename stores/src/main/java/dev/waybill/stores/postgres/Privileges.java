package dev.waybill.stores.postgres;

import dev.waybill.model.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What stands in the way of writing, found without writing. */
final class Privileges {
  private static final String FACTS =
      """
      SELECT pg_catalog.pg_is_in_recovery()
               OR current_setting('default_transaction_read_only')::boolean,
             has_database_privilege(current_database(), 'CREATE'),
             has_database_privilege(current_database(), 'TEMPORARY'),
             (SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
              FROM pg_catalog.pg_namespace WHERE nspname = ?),
             (SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
              FROM pg_catalog.pg_namespace WHERE nspname = ?),
             EXISTS (SELECT FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = ? AND c.relkind IN ('r', 'p'))
      """;

  private Privileges() {}

  static List<Finding> findings(Connection connection, Location location) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(FACTS)) {
      statement.setString(1, location.schema());
      statement.setString(2, location.ledgerSchema());
      statement.setString(3, location.schema());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getBoolean(1)) {
          findings.add(
              new Finding(
                  "READ_ONLY_TARGET",
                  "PostgreSQL at " + location + " takes no writes: it is read-only.",
                  "write to the primary server, or unset default_transaction_read_only",
                  true));
        }
        boolean mayMakeSchemas = row.getBoolean(2);
        if (!row.getBoolean(3)) {
          findings.add(
              new Finding(
                  "NO_PRIVILEGE",
                  "User \"" + location.user() + "\" may not make temporary tables.",
                  onDatabase("TEMPORARY", location),
                  true));
        }
        schema(row, 4, location.schema(), mayMakeSchemas, !row.getBoolean(6), location, findings);
        schema(row, 5, location.ledgerSchema(), mayMakeSchemas, true, location, findings);
      }
    }
    return List.copyOf(findings);
  }

  private static void schema(
      ResultSet row,
      int column,
      String schema,
      boolean mayMakeSchemas,
      boolean isBlocking,
      Location location,
      List<Finding> findings)
      throws SQLException {
    boolean isAllowed = row.getBoolean(column);
    boolean isThere = !row.wasNull();
    if (isThere ? isAllowed : mayMakeSchemas) {
      return;
    }
    findings.add(
        isThere
            ? noTables(schema, location, isBlocking)
            : new Finding(
                "NO_PRIVILEGE",
                "User \"" + location.user() + "\" may not make the schema \"" + schema + "\".",
                onDatabase("CREATE", location),
                isBlocking));
  }

  /** That nothing can be made in a schema that is there. */
  static Finding noTables(String schema, Location location, boolean isBlocking) {
    return new Finding(
        "NO_PRIVILEGE",
        "User \"" + location.user() + "\" may not make tables in schema \"" + schema + "\".",
        grant("USAGE, CREATE", "SCHEMA " + Dialect.quote(schema), location),
        isBlocking);
  }

  /** The statement that lets the user do it. */
  static String grant(String privileges, String object, Location location) {
    return "GRANT " + privileges + " ON " + object + " TO " + Dialect.quote(location.user()) + ";";
  }

  private static String onDatabase(String privilege, Location location) {
    return grant(privilege, "DATABASE " + Dialect.quote(location.database()), location);
  }
}
