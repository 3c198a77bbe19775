package dev.waybill.stores.postgres;

import dev.waybill.model.DataException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A table whose rows are guarded by policies for this user: under which scope of the user's
 * settings each staged record may go there.
 */
final class RowPolicies {
  /** What policies ask of new rows, for those that apply to this user. */
  private static final String CHECKS =
      """
      SELECT p.polpermissive,
             coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
                      pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true')
      FROM pg_catalog.pg_policy p
      WHERE p.polrelid = ? AND p.polcmd IN ('*', 'a')
        AND EXISTS (SELECT FROM unnest(p.polroles) r
                    WHERE r = 0 OR pg_catalog.pg_has_role(current_user, r, 'USAGE'))
      ORDER BY p.polname COLLATE "C"
      """;

  private static final String COLUMNS =
      """
      SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
             pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum
      """;

  private static final String ORDINAL = "\"waybill ordinal\"";

  private final Connection connection;
  private final WriteTarget into;
  private final List<Map<String, String>> scopes;

  RowPolicies(Connection connection, WriteTarget into, SessionSettings settings) {
    this.connection = connection;
    this.into = into;
    this.scopes = settings.scopes();
  }

  /**
   * For each staged record the first scope under which it may be written.
   *
   * @param ordinals the records that are to go
   * @param name what a record is called in a message
   * @return positions among the scopes; −1 for records that were not asked for
   * @throws DataException naming a record that may go under none
   */
  int[] scopesOf(String stage, Integer[] ordinals, int records, Naming name) throws SQLException {
    int[] scopeOf = new int[records];
    Arrays.fill(scopeOf, -1);
    List<Integer> left = new ArrayList<>(List.of(ordinals));
    String allowed = allowed(stage);
    for (int scope = 0; scope < scopes.size() && !left.isEmpty(); scope++) {
      SessionSettings.enter(connection, scopes.get(scope));
      try (PreparedStatement select = connection.prepareStatement(allowed)) {
        Array wanted = connection.createArrayOf("int4", left.toArray());
        select.setArray(1, wanted);
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            scopeOf[row.getInt(1)] = scope;
          }
        }
      }
      left.removeIf(ordinal -> scopeOf[ordinal] >= 0);
    }
    if (!left.isEmpty()) {
      int record = left.get(0);
      throw new DataException(
          "ROW_POLICY_REFUSED",
          "The row policies of the target's \""
              + into.collection.name()
              + "\" let "
              + name.of(record)
              + " in under none of the values that were set.",
          "name its value too: --set NAME=VALUE; or leave such records out in the plan",
          record,
          null);
    }
    return scopeOf;
  }

  /** How a record is called. */
  interface Naming {
    String of(int record);
  }

  /**
   * The staged records that the policies would let in, as if they were rows of the table: with its
   * name and columns, so that the policies' own expressions can be asked.
   */
  private String allowed(String stage) throws SQLException {
    StringJoiner written = new StringJoiner(", ");
    StringJoiner computed = new StringJoiner(", ");
    computed.setEmptyValue("");
    written.add("s.ordinal AS " + ORDINAL);
    try (PreparedStatement select = connection.prepareStatement(COLUMNS)) {
      select.setLong(1, into.shape.oid());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String quoted = Dialect.quote(row.getString(1));
          String given = into.staged(row.getString(1));
          String expression = row.getString(4);
          if (!given.isEmpty()) {
            written.add(given + " AS " + quoted);
          } else if (row.getBoolean(3)) {
            computed.add("(" + expression + ") AS " + quoted);
          } else {
            boolean isTaken = expression == null || expression.contains("nextval(");
            written.add(
                (isTaken ? "NULL::" + row.getString(2) : "(" + expression + ")") + " AS " + quoted);
          }
        }
      }
    }
    String table = Dialect.quote(into.shape.name());
    String rows = "(SELECT " + written + " FROM " + stage + " s) AS " + table;
    if (computed.length() > 0) {
      rows = "(SELECT *, " + computed + " FROM " + rows + ") AS " + table;
    }
    return "SELECT "
        + ORDINAL
        + " FROM "
        + rows
        + " WHERE "
        + ORDINAL
        + " = ANY (?) AND ("
        + check()
        + ")";
  }

  private String check() throws SQLException {
    StringJoiner permissive = new StringJoiner(" OR ", "(", ")");
    permissive.setEmptyValue("false");
    StringJoiner all = new StringJoiner(" AND ");
    try (PreparedStatement select = connection.prepareStatement(CHECKS)) {
      select.setLong(1, into.shape.oid());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          (row.getBoolean(1) ? permissive : all).add("(" + row.getString(2) + ")");
        }
      }
    }
    return all.add(permissive.toString()).toString();
  }
}
