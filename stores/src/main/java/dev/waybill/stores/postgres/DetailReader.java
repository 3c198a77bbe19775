package dev.waybill.stores.postgres;

import dev.waybill.model.NativeDetail;
import dev.waybill.model.NativeDetail.NativeObject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads what only another PostgreSQL understands about tables; {@link TableDetail} says under which
 * names. As {@link CatalogReader} in a fixed number of queries.
 */
final class DetailReader {
  private static final String TABLES =
      """
      SELECT c.oid, pg_catalog.obj_description(c.oid, 'pg_class'),
             CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
             pg_catalog.array_to_string(c.reloptions, ', '),
             CASE WHEN c.relpersistence = 'u' THEN 'unlogged' END,
             CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'enabled, forced'
                  WHEN c.relrowsecurity THEN 'enabled' END
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      """;

  private static final String COLUMNS =
      """
      SELECT a.attrelid, a.attname, a.atttypid,
             pg_catalog.col_description(a.attrelid, a.attnum),
             CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                  THEN a.attcollation::pg_catalog.regcollation::text END,
             CASE WHEN a.attgenerated = 'v' THEN 'virtual' END,
             (SELECT e.extname FROM pg_catalog.pg_depend d
              JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
              WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'e'
                AND d.objid IN (t.oid, t.typelem, t.typbasetype) LIMIT 1)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum
      """;

  private static final String OPTIONS =
      """
      'START WITH ' || q.seqstart || ' INCREMENT BY ' || q.seqincrement
        || ' MINVALUE ' || q.seqmin || ' MAXVALUE ' || q.seqmax || ' CACHE ' || q.seqcache
        || CASE WHEN q.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END""";

  /** Sequences of identity columns, and those that defaults take from. */
  private static final String SEQUENCES =
      """
      SELECT a.attrelid, a.attname, a.attidentity <> '', s.oid::pg_catalog.regclass::text,
             'AS ' || pg_catalog.format_type(q.seqtypid, NULL) || ' ' ||
      """
          + OPTIONS
          + ","
          + OPTIONS
          + """
      , q.seqstart = 1 AND q.seqincrement = 1 AND q.seqmin = 1 AND q.seqcache = 1
               AND NOT q.seqcycle AND q.seqmax = CASE pg_catalog.format_type(q.seqtypid, NULL)
                 WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647
                 ELSE 9223372036854775807 END,
             pg_catalog.pg_get_expr(d.adbin, d.adrelid),
             EXISTS (SELECT FROM pg_catalog.pg_depend o
                     WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND o.objid = s.oid AND o.deptype = 'a' AND o.refobjid = a.attrelid
                       AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND o.refobjsubid = a.attnum)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      JOIN pg_catalog.pg_depend p
        ON (a.attidentity <> '' AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i')
        OR (p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
            AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
      JOIN pg_catalog.pg_class s
        ON s.relkind = 'S' AND s.oid = CASE WHEN a.attidentity <> '' THEN p.objid ELSE p.refobjid END
      JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum
      """;

  private static final String CONSTRAINTS =
      """
      SELECT k.conrelid, k.contype, k.conname, c.relname, pg_catalog.pg_get_constraintdef(k.oid),
             ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n
                   ORDER BY u.i),
             pg_catalog.concat_ws(' ', CASE WHEN k.confmatchtype = 'f' THEN 'MATCH FULL' END,
               CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' END,
               CASE WHEN NOT k.convalidated THEN 'NOT VALID' END)
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND NOT c.relispartition AND k.conparentid = 0
        AND k.contype IN ('p', 'u', 'f', 'c', 'x')
      """;

  /** Unique indexes that are no constraint, where fields say it all. */
  private static final String UNIQUE_INDEXES =
      """
      SELECT i.indrelid, x.relname,
             ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) AS s(p)
                   JOIN pg_catalog.pg_attribute a
                     ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.p]
                   ORDER BY s.p)
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND NOT c.relispartition AND i.indisunique AND i.indisvalid
        AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
      """;

  private static final String PARTITIONS =
      """
      SELECT c.oid, pg_catalog.quote_ident(p.relname), pg_catalog.quote_ident(o.relname),
             pg_catalog.pg_get_expr(p.relpartbound, p.oid),
             CASE WHEN p.relkind = 'p' THEN ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(p.oid)
                  ELSE '' END
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t
      JOIN pg_catalog.pg_class p ON p.oid = t.relid
      JOIN pg_catalog.pg_class o ON o.oid = t.parentrelid
      WHERE n.nspname = ? AND c.relkind = 'p' AND NOT c.relispartition
        AND p.relkind IN ('r', 'p')
      ORDER BY c.oid, t.level, p.relname COLLATE "C"
      """;

  private static final String POLICIES =
      """
      SELECT p.polrelid, p.polname,
             CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END || ' FOR '
               || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
               || coalesce(' TO ' || (SELECT pg_catalog.string_agg(
                      CASE WHEN r = 0 THEN 'PUBLIC' ELSE r::pg_catalog.regrole::text END, ', ')
                      FROM unnest(p.polroles) r), '')
               || coalesce(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
               || coalesce(' WITH CHECK ('
                    || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
      FROM pg_catalog.pg_policy p
      JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ?
      """;

  private final Connection connection;
  private final String schema;
  private final Map<Long, Draft> drafts = new HashMap<>();

  /** The details of one table being put together. */
  private static final class Draft {
    final Map<String, NativeObject> objects = new LinkedHashMap<>();
    final Map<String, String> properties = new TreeMap<>();
    int partitions;

    void put(String name, @Nullable String value) {
      if (value != null && !value.isEmpty()) {
        properties.put(name, value);
      }
    }
  }

  private interface Row {
    void read(Draft draft, ResultSet row) throws SQLException;
  }

  DetailReader(Connection connection, String schema) {
    this.connection = connection;
    this.schema = schema;
  }

  /** What there is to say about each table, by its oid. */
  Map<Long, NativeDetail> read() throws SQLException {
    OwnTypes types = OwnTypes.load(connection);
    each(TABLES, DetailReader::table);
    each(COLUMNS, (draft, row) -> column(draft, row, types));
    each(SEQUENCES, DetailReader::sequence);
    each(CONSTRAINTS, DetailReader::constraint);
    each(
        UNIQUE_INDEXES,
        (draft, row) ->
            draft.properties.putIfAbsent(
                TableDetail.unique(strings(row, 3)), TableDetail.INDEX + row.getString(2)));
    each(
        PARTITIONS,
        (draft, row) ->
            draft.put(
                String.format(Locale.ROOT, TableDetail.PARTITION_NUMBER, ++draft.partitions),
                row.getString(2)
                    + " OF "
                    + row.getString(3)
                    + " "
                    + row.getString(4)
                    + row.getString(5)));
    each(
        POLICIES,
        (draft, row) -> draft.put(TableDetail.POLICY + row.getString(2), row.getString(3)));
    Map<Long, NativeDetail> details = new HashMap<>();
    drafts.forEach(
        (oid, draft) ->
            details.put(
                oid, new NativeDetail("", List.copyOf(draft.objects.values()), draft.properties)));
    return details;
  }

  private void each(String query, Row reader) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          reader.read(drafts.computeIfAbsent(row.getLong(1), oid -> new Draft()), row);
        }
      }
    }
  }

  private static void table(Draft draft, ResultSet row) throws SQLException {
    draft.put(TableDetail.COMMENT, row.getString(2));
    draft.put(TableDetail.PARTITION, row.getString(3));
    draft.put(TableDetail.OPTIONS, row.getString(4));
    draft.put(TableDetail.PERSISTENCE, row.getString(5));
    draft.put(TableDetail.ROW_SECURITY, row.getString(6));
  }

  private static void column(Draft draft, ResultSet row, OwnTypes types) throws SQLException {
    String name = row.getString(2);
    types.collect(row.getLong(3), draft.objects);
    draft.put(TableDetail.of(TableDetail.COMMENT, name), row.getString(4));
    draft.put(TableDetail.of(TableDetail.COLLATION, name), row.getString(5));
    draft.put(TableDetail.of(TableDetail.GENERATED, name), row.getString(6));
    draft.put(TableDetail.of(TableDetail.EXTENSION, name), row.getString(7));
  }

  private static void sequence(Draft draft, ResultSet row) throws SQLException {
    String field = row.getString(2);
    if (row.getBoolean(3)) {
      if (!row.getBoolean(7)) {
        draft.put(TableDetail.of(TableDetail.IDENTITY, field), row.getString(6));
      }
      return;
    }
    String name = row.getString(4);
    draft.objects.put(
        name,
        new NativeObject(
            TableDetail.SEQUENCE, name, "CREATE SEQUENCE " + name + " " + row.getString(5)));
    draft.put(TableDetail.of(TableDetail.DEFAULT, field), row.getString(8));
    if (row.getBoolean(9)) {
      draft.put(TableDetail.of(TableDetail.OWNS, field), name);
    }
  }

  private static void constraint(Draft draft, ResultSet row) throws SQLException {
    String name = row.getString(3);
    String table = row.getString(4);
    String definition = row.getString(5);
    List<String> fields = strings(row, 6);
    switch (row.getString(2)) {
      case "p" -> {
        if (!name.equals(table + "_pkey") || TableDetail.isMoreThanFields(definition)) {
          draft.put(TableDetail.key(fields), TableDetail.named(name, definition));
        }
      }
      case "u" -> {
        if (!name.equals(table + "_" + String.join("_", fields) + "_key")
            || TableDetail.isMoreThanFields(definition)) {
          draft.put(TableDetail.unique(fields), TableDetail.named(name, definition));
        }
      }
      case "f" -> draft.put(TableDetail.of(TableDetail.FOREIGN_KEY, name), row.getString(7));
      default -> draft.put(TableDetail.of(TableDetail.CHECK, definition), name);
    }
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }
}
