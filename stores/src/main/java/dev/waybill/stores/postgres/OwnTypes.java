package dev.waybill.stores.postgres;

import dev.waybill.model.NativeDetail.NativeObject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The types that users of a database made, with the statements that would make them again. */
final class OwnTypes {
  /**
   * Not those of extensions, of tables, nor ranges with a canonical function, which no single
   * statement makes.
   */
  private static final String TYPES =
      """
      SELECT t.oid, t.typarray, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
             pg_catalog.format_type(t.oid, NULL),
             CASE t.typtype
               WHEN 'e' THEN 'CREATE TYPE ' || pg_catalog.format_type(t.oid, NULL) || ' AS ENUM ('
                 || coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel),
                                ', ' ORDER BY e.enumsortorder)
                              FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), '') || ')'
               WHEN 'd' THEN 'CREATE DOMAIN ' || pg_catalog.format_type(t.oid, NULL) || ' AS '
                 || pg_catalog.format_type(t.typbasetype, t.typtypmod)
                 || CASE WHEN t.typcollation NOT IN (0, b.typcollation)
                      THEN ' COLLATE ' || t.typcollation::pg_catalog.regcollation ELSE '' END
                 || coalesce(' DEFAULT ' || pg_catalog.pg_get_expr(t.typdefaultbin, 0), '')
                 || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
                 || coalesce((SELECT pg_catalog.string_agg(' CONSTRAINT '
                                  || pg_catalog.quote_ident(k.conname) || ' '
                                  || pg_catalog.regexp_replace(
                                       pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
                                '' ORDER BY k.conname)
                              FROM pg_catalog.pg_constraint k
                              WHERE k.contypid = t.oid AND k.contype = 'c'), '')
               WHEN 'c' THEN 'CREATE TYPE ' || pg_catalog.format_type(t.oid, NULL) || ' AS ('
                 || coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' '
                                  || pg_catalog.format_type(a.atttypid, a.atttypmod)
                                  || CASE WHEN a.attcollation NOT IN (0, y.typcollation)
                                       THEN ' COLLATE ' || a.attcollation::pg_catalog.regcollation
                                       ELSE '' END,
                                ', ' ORDER BY a.attnum)
                              FROM pg_catalog.pg_attribute a
                              JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
                              WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                AND NOT a.attisdropped), '') || ')'
               ELSE 'CREATE TYPE ' || pg_catalog.format_type(g.rngtypid, NULL)
                 || ' AS RANGE (subtype = ' || pg_catalog.format_type(g.rngsubtype, NULL)
                 || CASE WHEN o.opcdefault THEN ''
                      ELSE ', subtype_opclass = ' || pg_catalog.quote_ident(os.nspname) || '.'
                        || pg_catalog.quote_ident(o.opcname) END
                 || CASE WHEN g.rngcollation IN (0, s.typcollation) THEN ''
                      ELSE ', collation = ' || g.rngcollation::pg_catalog.regcollation END
                 || CASE WHEN g.rngsubdiff = 0 THEN ''
                      ELSE ', subtype_diff = ' || g.rngsubdiff::pg_catalog.regproc END
                 || ', multirange_type_name = ' || pg_catalog.format_type(g.rngmultitypid, NULL)
                 || ')'
             END,
             CASE t.typtype
               WHEN 'd' THEN ARRAY[t.typbasetype]::bigint[]
               WHEN 'c' THEN ARRAY(SELECT a.atttypid::bigint FROM pg_catalog.pg_attribute a
                                   WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                     AND NOT a.attisdropped)
               WHEN 'r' THEN ARRAY[g.rngsubtype]::bigint[]
               WHEN 'm' THEN ARRAY[g.rngtypid]::bigint[]
               ELSE '{}'::bigint[]
             END
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
      LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
      LEFT JOIN pg_catalog.pg_range g ON g.rngtypid = t.oid OR g.rngmultitypid = t.oid
      LEFT JOIN pg_catalog.pg_type s ON s.oid = g.rngsubtype
      LEFT JOIN pg_catalog.pg_opclass o ON o.oid = g.rngsubopc
      LEFT JOIN pg_catalog.pg_namespace os ON os.oid = o.opcnamespace
      WHERE t.typtype IN ('e', 'd', 'c', 'r', 'm')
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        AND (t.typtype <> 'c' OR r.relkind = 'c')
        AND (g.rngtypid IS NULL OR g.rngcanonical = 0)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                          AND d.objid = t.oid AND d.deptype = 'e')
      """;

  private final Map<Long, OwnType> types = new HashMap<>();

  private record OwnType(NativeObject object, Long[] needs) {}

  static OwnTypes load(Connection connection) throws SQLException {
    OwnTypes own = new OwnTypes();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TYPES)) {
      while (row.next()) {
        OwnType type =
            new OwnType(
                new NativeObject(row.getString(3), row.getString(4), row.getString(5)),
                (Long[]) row.getArray(6).getArray());
        own.types.put(row.getLong(1), type);
        long array = row.getLong(2);
        if (array != 0) {
          own.types.put(array, type);
        }
      }
    }
    return own;
  }

  /** What makes a type, if a user of the database did. */
  Optional<NativeObject> object(long oid) {
    return Optional.ofNullable(types.get(oid)).map(OwnType::object);
  }

  /** Adds what must be made before a column can have the type, first things first. */
  void collect(long oid, Map<String, NativeObject> into) {
    OwnType type = types.get(oid);
    if (type == null || into.containsKey(type.object().name())) {
      return;
    }
    for (long needed : type.needs()) {
      collect(needed, into);
    }
    into.put(type.object().name(), type.object());
  }
}
