package dev.waybill.stores.postgres;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.Field.Generation;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.NativeDetail;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what one schema holds, in a fixed number of queries however many tables there are. */
final class CatalogReader {
  private static final String RELATIONS =
      """
      SELECT c.oid, c.relname, c.relkind,
             CASE WHEN c.reltuples < 0 THEN -1 ELSE c.reltuples::bigint END,
             CASE c.relkind
               WHEN 'r' THEN pg_catalog.pg_total_relation_size(c.oid)
               WHEN 'p' THEN (SELECT coalesce(sum(pg_catalog.pg_total_relation_size(p.relid)), 0)
                              FROM pg_catalog.pg_partition_tree(c.oid) p WHERE p.isleaf)
               ELSE 0 END,
             (SELECT e.extname FROM pg_catalog.pg_depend d
              JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
              WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                AND d.deptype = 'e' LIMIT 1)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      ORDER BY c.relname COLLATE "C"
      """;

  /** Exact counts of small tables that were never analysed, all in one statement. */
  private static final String SMALL_COUNTS =
      """
      SELECT c.oid, pg_catalog.substring(pg_catalog.query_to_xml(pg_catalog.format(
               'SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname),
               false, false, '')::text, '<n>([0-9]+)</n>')::bigint
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relkind = 'r' AND NOT c.relispartition AND c.reltuples < 0
        AND pg_catalog.pg_relation_size(c.oid) <= 4194304
        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        AND NOT c.relrowsecurity
      """;

  private static final String COLUMNS =
      """
      SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod,
             pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
             a.attgenerated, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum
      """;

  private static final String CONSTRAINTS =
      """
      SELECT k.conrelid, k.contype, k.conname,
             ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n
                   ORDER BY u.i),
             CASE WHEN fn.nspname = n.nspname THEN f.relname
                  ELSE fn.nspname || '.' || f.relname END,
             ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n
                   ORDER BY u.i),
             k.confdeltype, k.confupdtype, k.condeferrable, pg_catalog.pg_get_constraintdef(k.oid)
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
      LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
      WHERE n.nspname = ? AND NOT c.relispartition AND k.conparentid = 0
        AND k.contype IN ('p', 'u', 'f', 'c', 'x')
      ORDER BY k.conrelid, k.conname COLLATE "C"
      """;

  private static final String INDEXES =
      """
      SELECT i.indrelid, x.relname, i.indisunique, m.amname,
             m.amname = 'btree' AND i.indpred IS NULL AND i.indexprs IS NULL
               AND i.indnatts = i.indnkeyatts
               AND NOT EXISTS (
                 SELECT FROM generate_series(0, i.indnkeyatts - 1) AS s(p)
                 JOIN pg_catalog.pg_attribute a
                   ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.p]
                 JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[s.p]
                 WHERE NOT o.opcdefault OR i.indcollation[s.p] <> a.attcollation
                    OR i.indoption[s.p] NOT IN (0, 3)),
             ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) AS s(p)
                   JOIN pg_catalog.pg_attribute a
                     ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.p]
                   ORDER BY s.p),
             ARRAY(SELECT (i.indoption[s.p] & 1)::text
                   FROM generate_series(0, i.indnkeyatts - 1) AS s(p)
                   WHERE i.indkey[s.p] <> 0 ORDER BY s.p),
             pg_catalog.pg_get_indexdef(i.indexrelid),
             CASE WHEN i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = 1
                       AND x.reltablespace = 0
                  THEN (SELECT o.opcname FROM pg_catalog.pg_opclass o WHERE o.oid = i.indclass[0])
                  END,
             coalesce(x.reloptions, '{}')
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN pg_catalog.pg_am m ON m.oid = x.relam
      JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND i.indisvalid AND NOT i.indisprimary
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
      ORDER BY i.indrelid, x.relname COLLATE "C"
      """;

  private static final String TRIGGERS =
      """
      SELECT t.tgrelid, t.tgname
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND NOT c.relispartition AND NOT t.tgisinternal AND t.tgenabled <> 'D'
      ORDER BY t.tgrelid, t.tgname COLLATE "C"
      """;

  private static final long BYTES_PER_RECORD = 100;

  private final Connection connection;
  private final String schema;
  private final Map<Long, Draft> drafts = new LinkedHashMap<>();
  private final List<Catalog.LeftOut> leftOut = new ArrayList<>();

  /** A collection being put together. */
  private static final class Draft {
    final String name;
    long records;
    final long bytes;
    final List<Field> fields = new ArrayList<>();
    List<String> key = List.of();
    final List<List<String>> uniqueSets = new ArrayList<>();
    final List<ForeignKey> foreignKeys = new ArrayList<>();
    final List<Index> indexes = new ArrayList<>();
    final List<String> checks = new ArrayList<>();
    final List<String> triggers = new ArrayList<>();
    NativeDetail detail = NativeDetail.NONE;

    Draft(String name, long records, long bytes) {
      this.name = name;
      this.records = records;
      this.bytes = bytes;
    }

    void addUnique(List<String> fields) {
      if (!uniqueSets.contains(fields)) {
        uniqueSets.add(fields);
      }
    }

    /** True of fields of pgvector's own types, not of domains over them. */
    boolean hasVectors(List<String> names) {
      return fields.stream()
          .filter(field -> names.contains(field.name()))
          .allMatch(VectorIndex::canBeOver);
    }

    Collection collection() {
      long estimate = records < 0 ? bytes / BYTES_PER_RECORD : records;
      return new Collection(
          name,
          fields,
          key,
          uniqueSets,
          foreignKeys,
          indexes,
          checks,
          triggers,
          null,
          estimate,
          bytes,
          detail);
    }
  }

  private interface Row {
    void read(Draft draft, ResultSet row) throws SQLException;
  }

  CatalogReader(Connection connection, String schema) {
    this.connection = connection;
    this.schema = schema;
  }

  Catalog read(String store) throws SQLException {
    TypeRegistry types = TypeRegistry.load(connection);
    relations();
    each(SMALL_COUNTS, (draft, row) -> draft.records = row.getLong(2));
    each(COLUMNS, (draft, row) -> draft.fields.add(field(types, row)));
    each(CONSTRAINTS, CatalogReader::constraint);
    each(INDEXES, CatalogReader::index);
    each(TRIGGERS, (draft, row) -> draft.triggers.add(row.getString(2)));
    new DetailReader(connection, schema)
        .read()
        .forEach(
            (oid, detail) -> {
              Draft draft = drafts.get(oid);
              if (draft != null) {
                draft.detail = detail;
              }
            });
    return new Catalog(store, drafts.values().stream().map(Draft::collection).toList(), leftOut);
  }

  private void relations() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RELATIONS)) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          String name = row.getString(2);
          String kind = row.getString(3);
          @Nullable String extension = row.getString(6);
          String reason =
              switch (kind) {
                case "v" -> "a view";
                case "m" -> "a materialized view: the store makes its records from others";
                case "f" -> "a foreign table: its records are in another store";
                default ->
                    extension == null ? "" : "a table that belongs to the extension " + extension;
              };
          if (reason.isEmpty()) {
            drafts.put(row.getLong(1), new Draft(name, row.getLong(4), row.getLong(5)));
          } else {
            leftOut.add(new Catalog.LeftOut(name, reason, false));
          }
        }
      }
    }
  }

  private void each(String query, Row reader) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Draft draft = drafts.get(row.getLong(1));
          if (draft != null) {
            reader.read(draft, row);
          }
        }
      }
    }
  }

  private static Field field(TypeRegistry types, ResultSet row) throws SQLException {
    ColumnType type = types.resolve(row.getLong(3), row.getInt(4));
    String identity = row.getString(7);
    String generated = row.getString(8);
    @Nullable String expression = row.getString(9);
    Generation generation =
        !generated.isEmpty()
            ? Generation.COMPUTED
            : identity.equals("a")
                ? Generation.IDENTITY_ALWAYS
                : identity.equals("d") || expression != null && Defaults.isSequence(expression)
                    ? Generation.IDENTITY
                    : Generation.NONE;
    boolean isStored = generation == Generation.NONE || generation == Generation.COMPUTED;
    return new Field(
        row.getString(2),
        type.logical(),
        row.getString(5),
        !row.getBoolean(6),
        expression == null || !isStored
            ? null
            : generation == Generation.COMPUTED
                ? new Field.Default(null, expression)
                : Defaults.of(expression, type.logical()),
        generation);
  }

  private static void constraint(Draft draft, ResultSet row) throws SQLException {
    List<String> fields = strings(row, 4);
    switch (row.getString(2)) {
      case "p" -> draft.key = fields;
      case "u" -> draft.addUnique(fields);
      case "f" ->
          draft.foreignKeys.add(
              new ForeignKey(
                  row.getString(3),
                  fields,
                  row.getString(5),
                  strings(row, 6),
                  action(row.getString(7)),
                  action(row.getString(8)),
                  row.getBoolean(9)));
      default -> draft.checks.add(row.getString(10));
    }
  }

  private static ForeignKey.Action action(String code) {
    return switch (code) {
      case "r" -> ForeignKey.Action.RESTRICT;
      case "c" -> ForeignKey.Action.CASCADE;
      case "n" -> ForeignKey.Action.SET_NULL;
      case "d" -> ForeignKey.Action.SET_DEFAULT;
      default -> ForeignKey.Action.NO_ACTION;
    };
  }

  private static void index(Draft draft, ResultSet row) throws SQLException {
    boolean isUnique = row.getBoolean(3);
    String method = row.getString(4);
    String definition = row.getString(8);
    // NULLS NOT DISTINCT forbids more than a unique set does.
    boolean isPlain = row.getBoolean(5) && !definition.contains(" NULLS NOT DISTINCT");
    List<String> fields = strings(row, 6);
    List<String> directions = strings(row, 7);
    if (isUnique && isPlain) {
      draft.addUnique(fields);
      return;
    }
    List<Index.Column> columns = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      columns.add(new Index.Column(fields.get(i), directions.get(i).equals("1")));
    }
    String operatorClass = row.getString(9);
    Optional<Map<String, String>> near =
        operatorClass == null || !draft.hasVectors(fields)
            ? Optional.empty()
            : VectorIndex.options(method, operatorClass, strings(row, 10));
    if (near.isPresent()) {
      draft.indexes.add(new Index(row.getString(2), columns, false, method, "", near.get()));
      return;
    }
    draft.indexes.add(
        new Index(
            row.getString(2),
            columns,
            isUnique,
            method.equals("btree") ? "" : method,
            isPlain ? "" : definition));
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? List.of() : Arrays.asList((String[]) array.getArray());
  }
}
