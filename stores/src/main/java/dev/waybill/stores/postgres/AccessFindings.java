package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Finding;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What keeps a run from reading a table, and in a target from filling it or making it; found
 * without writing.
 */
final class AccessFindings {
  private static final int MOST_COLUMNS = 1_600;

  /** What is called so in the schema, tables that a run can fill aside. */
  private static final String TAKEN =
      """
      SELECT CASE WHEN c.relispartition THEN 'a partition of another table'
                  ELSE CASE c.relkind
                    WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
                    WHEN 'f' THEN 'a foreign table' WHEN 'S' THEN 'a sequence'
                    WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index'
                    WHEN 'c' THEN 'a composite type' ELSE 'a table of an extension' END END
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relname = ?
        AND (c.relkind NOT IN ('r', 'p') OR c.relispartition
             OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.deptype = 'e'))
      UNION ALL
      SELECT 'a type'
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      WHERE n.nspname = ? AND t.typname = ? AND t.typtype <> 'c' AND t.typcategory <> 'A'
      """;

  private static final String PRIVILEGES =
      """
      SELECT ARRAY(SELECT p.name FROM unnest(?::text[])
                     WITH ORDINALITY AS p(name, position)
                   WHERE NOT pg_catalog.has_table_privilege(c.oid, p.name)
                     AND (p.name = 'DELETE'
                          OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                     WHERE a.attrelid = c.oid AND a.attname = ANY (?)
                                       AND NOT pg_catalog.has_column_privilege(
                                         c.oid, a.attnum, p.name)))
                   ORDER BY p.position)
      FROM pg_catalog.pg_class c
      WHERE c.oid = pg_catalog.to_regclass(?) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
      """;

  private static final String MISSING_TYPE =
      """
      SELECT (SELECT e.name::text FROM pg_catalog.pg_available_extensions e WHERE e.name = ?)
      WHERE pg_catalog.to_regtype(?) IS NULL
      """;

  private static final List<String> READING = List.of("SELECT");
  private static final List<String> WRITING = List.of("SELECT", "INSERT", "UPDATE", "DELETE");

  private final Connection connection;
  private final Location location;
  private final boolean isTarget;
  private final List<Finding> findings = new ArrayList<>();

  AccessFindings(Connection connection, Location location, boolean isTarget) {
    this.connection = connection;
    this.location = location;
    this.isTarget = isTarget;
  }

  List<Finding> of(Collection collection) throws SQLException {
    String table = Dialect.quote(location.schema(), collection.name());
    boolean isThere = isThere(collection, table);
    if (isThere && isTarget) {
      for (String sequence : new Sequences(connection, location, null).fixed(collection)) {
        lacks("SELECT, UPDATE", sequence, "SEQUENCE " + sequence);
      }
    } else if (isTarget) {
      taken(collection);
      mayMake();
      if (collection.fields().size() > MOST_COLUMNS) {
        block(
            "TOO_MANY_FIELDS",
            String.format(
                "Collection \"%s\" has %,d fields, and a table of PostgreSQL at most %,d.",
                collection.name(), collection.fields().size(), MOST_COLUMNS),
            "leave fields out in the plan, or put several into one of type json");
      }
      types(collection);
    }
    return List.copyOf(findings);
  }

  private void block(String code, String text, String hint) {
    findings.add(new Finding(code, text, hint, true));
  }

  private boolean isThere(Collection collection, String table) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(PRIVILEGES)) {
      Array fields = connection.createArrayOf("text", collection.writtenNames().toArray());
      select.setArray(
          1, connection.createArrayOf("text", (isTarget ? WRITING : READING).toArray()));
      select.setArray(2, fields);
      select.setString(3, table);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return false;
        }
        List<String> missing = Arrays.asList((String[]) row.getArray(1).getArray());
        if (!missing.isEmpty()) {
          lacks(String.join(", ", missing), "\"" + collection.name() + "\"", "TABLE " + table);
        }
      }
    }
    return true;
  }

  private void lacks(String privileges, String what, String object) {
    block(
        "NO_PRIVILEGE",
        "User \"" + location.user() + "\" lacks " + privileges + " on " + what + ".",
        Privileges.grant(privileges, object, location));
  }

  private void taken(Collection collection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(TAKEN)) {
      for (int i = 0; i < 4; i += 2) {
        select.setString(i + 1, location.schema());
        select.setString(i + 2, collection.name());
      }
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          block(
              "NAME_TAKEN",
              "Collection \""
                  + collection.name()
                  + "\" cannot be made: "
                  + row.getString(1)
                  + " of schema \""
                  + location.schema()
                  + "\" has this name.",
              "give it another name in the plan, or leave it out (--exclude)");
        }
      }
    }
  }

  private void mayMake() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            """
            SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
            FROM pg_catalog.pg_namespace WHERE nspname = ?
            """)) {
      select.setString(1, location.schema());
      try (ResultSet row = select.executeQuery()) {
        if (row.next() && !row.getBoolean(1)) {
          findings.add(Privileges.noTables(location.schema(), location, true));
        }
      }
    }
  }

  private void types(Collection collection) throws SQLException {
    Set<String> made =
        collection.detail().objects().stream()
            .map(object -> object.name())
            .collect(Collectors.toSet());
    Set<String> asked = new TreeSet<>();
    for (Field field : collection.fields()) {
      String type = PostgresTypes.plainName(Dialect.type(field.nativeType()));
      if (!made.contains(type) && asked.add(type)) {
        type(collection, field, type);
      }
    }
  }

  private void type(Collection collection, Field field, String type) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(MISSING_TYPE)) {
      select.setString(1, PostgresTypes.extensionOf(type));
      select.setString(2, type);
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          String extension = row.getString(1);
          block(
              extension == null ? "TYPE_MISSING" : "EXTENSION_MISSING",
              "The database has no type \""
                  + type
                  + "\", which \""
                  + collection.name()
                  + "."
                  + field.name()
                  + "\" is to have"
                  + (extension == null ? "." : "; the extension " + extension + " has it."),
              extension == null
                  ? "make the type first, or choose another in the plan"
                  : "CREATE EXTENSION " + Dialect.quote(extension) + ";");
        }
      }
    }
  }
}
