package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is wrong with a table, found without writing. */
final class CollectionFindings {
  private static final String FACTS =
      """
      SELECT c.oid, c.relkind = 'p', pg_catalog.row_security_active(c.oid),
             ARRAY(SELECT x.relname::text FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                   WHERE i.indrelid = c.oid AND NOT (i.indisvalid AND i.indisready)
                   ORDER BY 1),
             ARRAY(SELECT k.conname::text FROM pg_catalog.pg_constraint k
                   WHERE k.conrelid = c.oid AND NOT k.convalidated ORDER BY 1),
             ARRAY(SELECT t.tgname::text FROM pg_catalog.pg_trigger t
                   WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled = 'D'
                   ORDER BY 1),
             ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                   JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                     AND 'oid'::pg_catalog.regtype::oid IN (a.atttypid, t.typbasetype)
                     AND EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
                   ORDER BY a.attnum),
             ARRAY(SELECT coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '')
                     || coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '')
                   FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)
      FROM pg_catalog.pg_class c
      WHERE c.oid = pg_catalog.to_regclass(?) AND c.relkind IN ('r', 'p')
      """;

  private static final Pattern SETTING = Pattern.compile("current_setting\\('((?:[^']|'')+)'");

  private final Connection connection;
  private final Location location;
  private final List<Finding> findings = new ArrayList<>();

  CollectionFindings(Connection connection, Location location) {
    this.connection = connection;
    this.location = location;
  }

  List<Finding> of(Collection collection) throws SQLException {
    String name = collection.name();
    String table = Dialect.quote(location.schema(), name);
    try (PreparedStatement select = connection.prepareStatement(FACTS)) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return List.of();
        }
        if (row.getBoolean(3)) {
          guarded(name, strings(row, 8));
        }
        for (String index : strings(row, 4)) {
          add(
              "INDEX_NOT_VALID",
              "Index \"" + index + "\" of \"" + name + "\" is not valid and is not used.",
              "make it again: REINDEX INDEX " + Dialect.quote(location.schema(), index) + ";");
        }
        for (String constraint : strings(row, 5)) {
          add(
              "CONSTRAINT_NOT_VALIDATED",
              "Constraint \""
                  + constraint
                  + "\" of \""
                  + name
                  + "\" was never held against the records that were there before it.",
              "ALTER TABLE " + table + " VALIDATE CONSTRAINT " + Dialect.quote(constraint) + ";");
        }
        for (String trigger : strings(row, 6)) {
          add(
              "TRIGGER_DISABLED",
              "Trigger \"" + trigger + "\" of \"" + name + "\" is disabled and will not fire.",
              "");
        }
        String only = (row.getBoolean(2) ? "" : "ONLY ") + table;
        for (String field : strings(row, 7)) {
          largeObjects(name, only, field);
        }
      }
    }
    for (String behind : new Sequences(connection, location, null).behind(collection)) {
      add(
          "SEQUENCE_BEHIND",
          "The sequence of \"" + name + "." + behind + "\" will give numbers that are taken.",
          "set it behind the largest value with setval()");
    }
    return List.copyOf(findings);
  }

  private void add(String code, String text, String hint) {
    findings.add(new Finding(code, text, hint, false));
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }

  private void guarded(String name, List<String> policies) {
    if (!location.settings().isEmpty()) {
      add(
          "ROWS_UNDER_POLICY",
          "Of \""
              + name
              + "\" only records are seen and written that its row policies allow under "
              + String.join(", ", location.settings().names())
              + ".",
          "name every value that its records have: --set NAME=VALUE, several times");
      return;
    }
    String setting = "NAME";
    for (String policy : policies) {
      Matcher matcher = SETTING.matcher(policy);
      if (matcher.find()) {
        setting = matcher.group(1).replace("''", "'");
      }
    }
    findings.add(
        new Finding(
            "ROW_SECURITY",
            "Row-level security hides records of \""
                + name
                + "\" from user \""
                + location.user()
                + "\", or refuses them.",
            "name the values under which its records may be seen and written: --set "
                + setting
                + "=VALUE, once for each",
            true));
  }

  /** Numbers that all name large objects are hardly anything else. */
  private void largeObjects(String name, String table, String field) throws SQLException {
    String value = "t." + Dialect.quote(field);
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT"
                    + " FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = "
                    + value
                    + ")) FROM "
                    + table
                    + " t WHERE "
                    + value
                    + " IS NOT NULL")) {
      row.next();
      long values = row.getLong(1);
      if (values > 0 && row.getLong(2) == values) {
        add(
            "LARGE_OBJECTS",
            "Field \""
                + field
                + "\" of \""
                + name
                + "\" names "
                + String.format("%,d", values)
                + " large object"
                + (values == 1 ? "" : "s")
                + ": the numbers are carried, the objects are not.",
            "keep their content in a bytea column: SELECT lo_get(" + Dialect.quote(field) + ") …");
      }
    }
  }
}
