package dev.waybill.stores.postgres;

import dev.waybill.model.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

/**
 * A foreign key seen from the table it points at: what must be looked for before rows of that table
 * are deleted.
 *
 * @param isOfItself whether the table refers to itself
 * @param reachesUnseen whether deleting a row changes or deletes rows of the table that policies
 *     may hide from this role
 */
record ReferringKey(
    String schema,
    String name,
    boolean isPartitioned,
    boolean isOfItself,
    boolean reachesUnseen,
    List<String> fields,
    List<String> targetFields) {

  private static final String ONTO =
      """
      SELECT n.nspname, c.relname, c.relkind = 'p', k.conrelid = k.confrelid,
             k.confdeltype IN ('c', 'n', 'd') AND pg_catalog.row_security_active(c.oid),
             ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n
                   ORDER BY u.i),
             ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n
                   ORDER BY u.i)
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE k.contype = 'f' AND k.confrelid = ? AND k.conparentid = 0
      ORDER BY 1, 2, k.conname
      """;

  static List<ReferringKey> onto(Connection connection, TableShape shape) throws SQLException {
    List<ReferringKey> keys = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(ONTO)) {
      select.setLong(1, shape.oid());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.add(
              new ReferringKey(
                  row.getString(1),
                  row.getString(2),
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getBoolean(5),
                  Arrays.asList((String[]) row.getArray(6).getArray()),
                  Arrays.asList((String[]) row.getArray(7).getArray())));
        }
      }
    }
    return keys;
  }

  /**
   * Under the user's settings only some tenants' rows are seen; a cascade reaches all of them.
   *
   * @throws StoreException CASCADE_UNSEEN
   */
  void requireAllSeen(String collection, SessionSettings settings) {
    if (reachesUnseen && !settings.isEmpty()) {
      throw new StoreException(
          "CASCADE_UNSEEN",
          "Deleting from \""
              + collection
              + "\" would reach rows of "
              + Dialect.quote(schema, name)
              + " by its foreign key, and row policies hide some of them from this role.",
          "roll back as a role that sees all rows (the tables' owner without FORCE, or BYPASSRLS)",
          false,
          null);
    }
  }

  /** The referring table; a foreign key does not hold for tables that inherit from it. */
  String table() {
    return (isPartitioned ? "" : "ONLY ") + Dialect.quote(schema, name);
  }

  /** The condition that one row refers to another. */
  String matches(String referring, String referredTo) {
    StringJoiner conditions = new StringJoiner(" AND ");
    for (int i = 0; i < fields.size(); i++) {
      conditions.add(
          referring
              + "."
              + Dialect.quote(fields.get(i))
              + " = "
              + referredTo
              + "."
              + Dialect.quote(targetFields.get(i)));
    }
    return conditions.toString();
  }
}
