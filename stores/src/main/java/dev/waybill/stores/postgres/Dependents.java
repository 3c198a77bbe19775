package dev.waybill.stores.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What the server would refuse to drop a table for, but for what the run itself made. */
final class Dependents {
  /** Foreign keys of other tables; then views, rules, functions and the like. */
  private static final String ON =
      """
      SELECT n.nspname, c.relname, 'table ' || k.conrelid::pg_catalog.regclass
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE k.contype = 'f' AND k.confrelid = pg_catalog.to_regclass(?) AND k.conparentid = 0
        AND k.conrelid <> k.confrelid
      UNION
      SELECT '', '',
             CASE WHEN r.oid IS NULL
                  THEN pg_catalog.pg_describe_object(d.classid, d.objid, 0)
                  ELSE pg_catalog.pg_describe_object(
                         'pg_catalog.pg_class'::pg_catalog.regclass, r.ev_class, 0) END
      FROM pg_catalog.pg_depend d
      LEFT JOIN pg_catalog.pg_rewrite r
        ON r.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = pg_catalog.to_regclass(?) AND d.deptype = 'n'
        AND d.classid <> 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND r.ev_class IS DISTINCT FROM d.refobjid
      ORDER BY 3
      """;

  private final Connection connection;
  private final String schema;
  private final Predicate<String> isMadeByRun;

  Dependents(Connection connection, String schema, Predicate<String> isMadeByRun) {
    this.connection = connection;
    this.schema = schema;
    this.isMadeByRun = isMadeByRun;
  }

  /** Of one table, in words for people. */
  List<String> on(String table) throws SQLException {
    List<String> found = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(ON)) {
      select.setString(1, Dialect.quote(schema, table));
      select.setString(2, Dialect.quote(schema, table));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          boolean isOwn = row.getString(1).equals(schema) && isMadeByRun.test(row.getString(2));
          if (!isOwn) {
            found.add(row.getString(3));
          }
        }
      }
    }
    return found;
  }
}
