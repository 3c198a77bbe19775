package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A table as it really is, seen through the fields that a copy carries. What a caller's collection
 * says about types is not trusted: binary COPY needs to know exactly.
 *
 * @param oid the table
 * @param isPartitioned whether its rows are in its partitions
 * @param hasRowSecurity whether policies guard its rows from this user
 * @param columns one for each written field, in order
 * @param sizeFilter what a query of the table {@code t} adds to its conditions so that it fails
 *     with {@link LargestRecord} instead of giving one that is too large
 */
record TableShape(
    long oid,
    boolean isPartitioned,
    boolean hasRowSecurity,
    String schema,
    String name,
    List<Column> columns,
    String sizeFilter) {

  /**
   * A column.
   *
   * @param nativeType as {@code format_type()} spells it
   * @param castType the same without its modifier: a cast with it would cut or pad in silence
   * @param isAlwaysIdentity whether a value is refused unless told to override
   */
  record Column(
      String name,
      ColumnType type,
      String nativeType,
      String castType,
      boolean isNotNull,
      boolean isAlwaysIdentity) {

    /** The column read, as an expression over a table's alias. */
    String read(String alias) {
      String column = alias + "." + Dialect.quote(name);
      // A cast of inet to text adds its mask; the output function does not. A composite value of
      // nulls is not null itself.
      return type.isCast()
          ? "CASE WHEN "
              + column
              + " IS DISTINCT FROM NULL THEN pg_catalog.format('%s', "
              + column
              + ") END"
          : column;
    }
  }

  private static final long INT8 = 20;

  private static final String COLUMNS =
      """
      SELECT c.oid, c.relkind = 'p', a.attname, a.atttypid, a.atttypmod,
             pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity = 'a',
             pg_catalog.format_type(a.atttypid, -1),
             c.relkind = 'p'
               OR coalesce(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0)), 0) > ?,
             pg_catalog.row_security_active(c.oid)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped
      """;

  /**
   * Looks the table up.
   *
   * @throws StoreException if the table or one of its columns is not there
   */
  static TableShape of(
      Connection connection, TypeRegistry types, String schema, Collection collection)
      throws SQLException {
    return of(
        connection, types, schema, collection.name(), collection.writtenNames(), collection.key());
  }

  /** The same by names. */
  static TableShape of(
      Connection connection,
      TypeRegistry types,
      String schema,
      String name,
      List<String> fields,
      List<String> keyFields)
      throws SQLException {
    Map<String, Column> found = new HashMap<>();
    long oid = 0;
    boolean isPartitioned = false;
    boolean mayBeLarge = false;
    boolean hasRowSecurity = false;
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setLong(1, LargestRecord.LEAST_STORED);
      statement.setString(2, schema);
      statement.setString(3, name);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          oid = rows.getLong(1);
          isPartitioned = rows.getBoolean(2);
          mayBeLarge = rows.getBoolean(10);
          hasRowSecurity = rows.getBoolean(11);
          found.put(
              rows.getString(3),
              new Column(
                  rows.getString(3),
                  types.resolve(rows.getLong(4), rows.getInt(5)),
                  rows.getString(6),
                  rows.getString(9),
                  rows.getBoolean(7),
                  rows.getBoolean(8)));
        }
      }
    }
    if (oid == 0) {
      throw changed("no table \"" + schema + "." + name + "\"");
    }
    List<Column> columns = new ArrayList<>();
    for (String field : fields) {
      Column column = found.get(field);
      if (column == null) {
        throw changed("no column \"" + field + "\" in \"" + name + "\"");
      }
      columns.add(column);
    }
    List<String> key = keyFields.stream().filter(found::containsKey).toList();
    return new TableShape(
        oid,
        isPartitioned,
        hasRowSecurity,
        schema,
        name,
        List.copyOf(columns),
        mayBeLarge ? LargestRecord.filter(columns, key) : "");
  }

  /** What a query gives that has a number of its own before the columns. */
  TableShape numbered(TypeRegistry types) {
    List<Column> all = new ArrayList<>();
    all.add(new Column("", types.resolve(INT8, -1), "bigint", "bigint", true, false));
    all.addAll(columns);
    return new TableShape(
        oid, isPartitioned, hasRowSecurity, schema, name, List.copyOf(all), sizeFilter);
  }

  private static StoreException changed(String what) {
    return new StoreException(
        "SCHEMA_CHANGED",
        "PostgreSQL has " + what + ".",
        "look what is there: waybill inspect URL",
        false,
        null);
  }

  /** The quoted table. */
  String quoted() {
    return Dialect.quote(schema, name);
  }

  /**
   * The table's own rows: without those of tables that inherit from it, which are collections of
   * their own.
   */
  String only() {
    return (isPartitioned ? "" : "ONLY ") + quoted();
  }

  /** All columns read, with commas, over a table's alias. */
  String reads(String alias) {
    return columns.stream().map(each -> each.read(alias)).collect(Collectors.joining(", "));
  }

  boolean hasCasts() {
    return columns.stream().anyMatch(column -> column.type().isCast());
  }

  List<ColumnType> types() {
    return columns.stream().map(Column::type).toList();
  }

  /** The columns' names, quoted, with commas. */
  String names() {
    return Dialect.quoteAll(columns.stream().map(Column::name).toList());
  }
}
