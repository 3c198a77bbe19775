package dev.waybill.stores.postgres;

import dev.waybill.model.LogicalType;
import dev.waybill.stores.postgres.ColumnType.Form;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The types of one database, from its own catalog, so that enums and domains are understood. */
final class TypeRegistry {
  private static final String TYPES =
      """
      SELECT t.oid, t.typname, n.nspname = 'pg_catalog', t.typtype, t.typcategory,
             t.typbasetype, t.typtypmod, t.typelem
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typtype = 'c')
      """;

  private static final int FULL_INTERVAL = 0x7FFF;

  private final Map<Long, Type> types = new HashMap<>();

  private record Type(
      String name,
      boolean isBuiltIn,
      char kind,
      char category,
      long base,
      int modifier,
      long element) {}

  static TypeRegistry load(Connection connection) throws SQLException {
    TypeRegistry registry = new TypeRegistry();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(TYPES)) {
      while (rows.next()) {
        registry.types.put(
            rows.getLong(1),
            new Type(
                rows.getString(2),
                rows.getBoolean(3),
                rows.getString(4).charAt(0),
                rows.getString(5).charAt(0),
                rows.getLong(6),
                rows.getInt(7),
                rows.getLong(8)));
      }
    }
    return registry;
  }

  ColumnType resolve(long oid, int modifier) {
    Type type = types.get(oid);
    if (type == null) {
      return simple(Form.CAST, oid, LogicalType.TEXT);
    }
    if (type.kind == 'd') {
      ColumnType base = resolve(type.base, type.modifier);
      return new ColumnType(
          base.form(), oid, base.limit(), base.scale(), base.element(), base.logical());
    }
    if (type.kind == 'e') {
      return simple(Form.TEXT, oid, LogicalType.TEXT);
    }
    if (type.category == 'A' && type.element != 0 && type.name.startsWith("_")) {
      ColumnType element = resolve(type.element, modifier);
      return element.isElement()
          ? new ColumnType(Form.ARRAY, oid, -1, 0, element, LogicalType.list(element.logical()))
          : simple(Form.CAST, oid, LogicalType.TEXT);
    }
    ColumnType known = type.isBuiltIn ? builtIn(type.name, oid, modifier) : null;
    if (known == null && !type.isBuiltIn && type.kind == 'b') {
      known = extension(type.name, oid, modifier);
    }
    return known == null ? simple(Form.CAST, oid, LogicalType.TEXT) : known;
  }

  private static ColumnType simple(Form form, long oid, LogicalType logical) {
    return new ColumnType(form, oid, -1, 0, null, logical);
  }

  private static @Nullable ColumnType extension(String name, long oid, int modifier) {
    return switch (name) {
      case "citext" -> simple(Form.TEXT, oid, LogicalType.TEXT);
      case "vector" -> vector(Form.VECTOR, oid, LogicalType.FLOAT32, modifier);
      case "halfvec" -> vector(Form.HALFVEC, oid, LogicalType.FLOAT32, modifier);
      // One of any dimension, or of a great one, is mostly zeros that would be made only to be
      // sent.
      case "sparsevec" ->
          modifier < 1 || modifier > PostgresTypes.LONGEST_VECTOR
              ? null
              : vector(Form.SPARSEVEC, oid, LogicalType.FLOAT32, modifier);
      default -> null;
    };
  }

  private static ColumnType vector(Form form, long oid, LogicalType element, int modifier) {
    return new ColumnType(
        form, oid, modifier, 0, null, LogicalType.vector(element, Math.max(0, modifier)));
  }

  private static @Nullable ColumnType builtIn(String name, long oid, int modifier) {
    return switch (name) {
      case "bool" -> simple(Form.BOOL, oid, LogicalType.BOOLEAN);
      case "int2" -> simple(Form.INT2, oid, LogicalType.INT16);
      case "int4" -> simple(Form.INT4, oid, LogicalType.INT32);
      case "int8" -> simple(Form.INT8, oid, LogicalType.INT64);
      case "oid" -> simple(Form.OID, oid, LogicalType.INT64);
      case "float4" -> simple(Form.FLOAT4, oid, LogicalType.FLOAT32);
      case "float8" -> simple(Form.FLOAT8, oid, LogicalType.FLOAT64);
      case "numeric" -> numeric(oid, modifier);
      case "text", "xml" -> simple(Form.TEXT, oid, LogicalType.TEXT);
      case "varchar" -> text(Form.TEXT, oid, modifier);
      case "bpchar" -> text(Form.BPCHAR, oid, modifier);
      case "name" -> simple(Form.NAME, oid, LogicalType.TEXT);
      case "bytea" -> simple(Form.BYTEA, oid, LogicalType.BYTES);
      case "uuid" -> simple(Form.UUID, oid, LogicalType.UUID);
      case "date" -> simple(Form.DATE, oid, LogicalType.DATE);
      case "time" -> temporal(Form.TIME, oid, modifier, LogicalType.TIME);
      case "timetz" -> temporal(Form.TIMETZ, oid, modifier, LogicalType.TIME);
      case "timestamp" -> temporal(Form.TIMESTAMP, oid, modifier, LogicalType.TIMESTAMP);
      case "timestamptz" -> temporal(Form.TIMESTAMPTZ, oid, modifier, LogicalType.INSTANT);
      case "interval" -> interval(oid, modifier);
      case "bit" ->
          modifier < 1 || modifier > PostgresTypes.LONGEST_BITS
              ? null
              : vector(Form.BIT, oid, LogicalType.BOOLEAN, modifier);
      case "json" -> simple(Form.JSON, oid, LogicalType.JSON);
      case "jsonb" -> simple(Form.JSONB, oid, LogicalType.JSON);
      default -> null;
    };
  }

  private static ColumnType numeric(long oid, int modifier) {
    if (modifier < 4) {
      return simple(Form.NUMERIC, oid, LogicalType.DECIMAL);
    }
    int precision = (modifier - 4) >> 16 & 0xFFFF;
    // Eleven bits, signed since PostgreSQL 15: numeric(3,-2).
    int scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024;
    return new ColumnType(
        Form.NUMERIC, oid, precision, scale, null, LogicalType.decimal(precision, scale));
  }

  private static ColumnType text(Form form, long oid, int modifier) {
    int limit = modifier < 4 ? -1 : modifier - 4;
    return new ColumnType(
        form, oid, limit, 0, null, limit < 0 ? LogicalType.TEXT : LogicalType.text(limit));
  }

  private static ColumnType temporal(Form form, long oid, int modifier, LogicalType logical) {
    int digits = modifier < 0 ? 6 : modifier;
    return new ColumnType(form, oid, digits, 0, null, logical.withFraction(digits));
  }

  private static ColumnType interval(long oid, int modifier) {
    int digits = modifier < 0 || (modifier & 0xFFFF) > 6 ? 6 : modifier & 0xFFFF;
    int range = modifier < 0 ? FULL_INTERVAL : modifier >> 16 & FULL_INTERVAL;
    return new ColumnType(
        Form.INTERVAL,
        oid,
        digits,
        range == FULL_INTERVAL ? 0 : range,
        null,
        LogicalType.INTERVAL.withFraction(digits));
  }
}
