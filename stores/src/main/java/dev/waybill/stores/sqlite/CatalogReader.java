package dev.waybill.stores.sqlite;

import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a database's schema as a catalog. */
final class CatalogReader {
  private static final Pattern VEC0_SHADOW =
      Pattern.compile(
          "_(?:chunks|rowids|info|auxiliary|vector_chunks\\d+|metadatachunks\\d+|metadatatext\\d+)");
  private static final Set<String> FULL_TEXT = Set.of("fts3", "fts4", "fts5");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");
  private static final long COUNTED_BYTES = 256L << 20;

  private final Connected connection;
  private final List<Collection> collections = new ArrayList<>();
  private final List<LeftOut> leftOut = new ArrayList<>();

  private CatalogReader(Connected connection) {
    this.connection = connection;
  }

  static Catalog read(Connected connection) throws SQLException {
    CatalogReader reader = new CatalogReader(connection);
    reader.all();
    return new Catalog(
        "SQLite " + connection.texts("SELECT sqlite_version()").get(0),
        reader.collections,
        reader.leftOut);
  }

  private void all() throws SQLException {
    List<String> names =
        connection.texts(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
                + " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                + " ORDER BY rowid");
    if (SqliteLedger.isThere(connection)) {
      names.removeAll(SqliteLedger.TABLES);
    }
    Map<String, Table> tables = new LinkedHashMap<>();
    for (String name : names) {
      Table table = Table.of(connection, name).orElse(null);
      if (table == null) {
        String sql = connection.texts("SELECT sql FROM sqlite_schema WHERE name = ?", name).get(0);
        table = new Table(name, "virtual", false, false, sql, List.of(), List.of(), List.of());
      }
      tables.put(name, table);
    }
    for (Table table : tables.values()) {
      Table owner = owner(table, tables);
      if (isVirtual(table)) {
        virtual(table);
      } else if (owner != null) {
        leftOut.add(
            new LeftOut(
                table.name(), "shadow of \"" + owner.name() + "\", which it serves", false));
      } else {
        collections.add(collection(table));
      }
    }
    named("view", "a view: no records of its own");
    named("trigger", "a trigger: what it does is not carried");
  }

  private static boolean isVirtual(Table table) {
    return !new TableText(table.sql()).module().isEmpty();
  }

  /**
   * The virtual table that a table serves. SQLite knows the shadow tables of the modules it has
   * loaded; those of sqlite-vec are known by their names (its documentation lists them). A table
   * that only looks like one of an unknown module's is taken for a table of its own, so that none
   * is lost.
   */
  private @Nullable Table owner(Table table, Map<String, Table> tables) {
    Table longest = null;
    for (Table each : tables.values()) {
      if (!each.name().equals(table.name())
          && table.name().startsWith(each.name() + "_")
          && isVirtual(each)
          && (table.kind().equals("shadow") || isShadowOfVec0(table, each))
          && (longest == null || each.name().length() > longest.name().length())) {
        longest = each;
      }
    }
    return longest;
  }

  private static boolean isShadowOfVec0(Table table, Table owner) {
    return new TableText(owner.sql()).module().equalsIgnoreCase("vec0")
        && VEC0_SHADOW.matcher(table.name().substring(owner.name().length())).matches();
  }

  private void named(String type, String reason) throws SQLException {
    for (String name :
        connection.texts("SELECT name FROM sqlite_schema WHERE type = ? ORDER BY rowid", type)) {
      leftOut.add(new LeftOut(name, reason, false));
    }
  }

  private void virtual(Table table) throws SQLException {
    TableText text = new TableText(table.sql());
    String module = text.module();
    if (FULL_TEXT.contains(module)) {
      String content = text.argument("content");
      if (content != null) {
        leftOut.add(
            new LeftOut(
                table.name(),
                content.isEmpty()
                    ? "a full-text index without text, filled by its application"
                    : "a full-text index of \"" + content + "\", rebuilt by its application",
                false));
      } else {
        fullTextWithContent(table);
      }
      return;
    }
    String why = unreadable(table);
    if (why != null) {
      leftOut.add(
          new LeftOut(
              table.name(), "a virtual table (" + module + ") that cannot be read: " + why, true));
      return;
    }
    if (module.equals("fts5vocab") || module.equals("fts4aux") || module.equals("dbstat")) {
      leftOut.add(new LeftOut(table.name(), "a view of an index: no records of its own", false));
      return;
    }
    collections.add(collection(table));
  }

  /**
   * An index that keeps its text itself is derived where triggers of one table fill it and it has
   * as many rows as that table; else it may hold what exists nowhere else.
   */
  private void fullTextWithContent(Table table) throws SQLException {
    Long rows = unreadable(table) == null ? count(table.name()) : null;
    if (rows != null && rows == 0) {
      leftOut.add(new LeftOut(table.name(), "a full-text index, empty", false));
      return;
    }
    for (String origin : filledBy(table.name())) {
      if (rows != null && rows.equals(count(origin))) {
        leftOut.add(
            new LeftOut(
                table.name(),
                "a full-text index of \"" + origin + "\", filled by triggers of that table",
                false));
        return;
      }
    }
    leftOut.add(new LeftOut(table.name(), "a full-text index that keeps its text itself", true));
  }

  private Long count(String table) throws SQLException {
    return java.util.Objects.requireNonNullElse(
        connection.number("SELECT count(*) FROM " + Sql.quoted(table)), 0L);
  }

  /** The tables with a trigger that inserts into a table. */
  private Set<String> filledBy(String name) throws SQLException {
    Pattern insert =
        Pattern.compile(
            "\\bINTO\\s+[\"'`\\[]?" + Pattern.quote(name) + "(?![\\w$])", Pattern.CASE_INSENSITIVE);
    Set<String> tables = new java.util.TreeSet<>();
    for (String table :
        connection.texts(
            "SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = ? ORDER BY 1", "trigger")) {
      for (String sql :
          connection.texts(
              "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", table)) {
        if (!table.equals(name) && insert.matcher(sql).find()) {
          tables.add(table);
        }
      }
    }
    return tables;
  }

  /** Why a virtual table cannot be read, or null if it can. */
  private @Nullable String unreadable(Table table) {
    try (PreparedStatement statement =
            connection.prepare("SELECT * FROM " + Sql.quoted(table.name()) + " LIMIT 1");
        ResultSet rows = statement.executeQuery()) {
      rows.next();
      return null;
    } catch (SQLException failure) {
      return SqliteErrors.reason(failure);
    }
  }

  private Collection collection(Table table) throws SQLException {
    List<Field> fields = table.columns().stream().map(column -> field(table, column)).toList();
    List<String> key = table.key().stream().map(Table.Column::name).toList();
    TableText text = new TableText(table.sql());
    boolean isVirtual = isVirtual(table);
    List<List<String>> uniqueSets = new ArrayList<>();
    for (Table.UniqueIndex index : table.uniqueIndexes()) {
      if (!index.origin().equals("pk") && !uniqueSets.contains(index.columns())) {
        uniqueSets.add(index.columns());
      }
    }
    long records = estimate(table);
    return new Collection(
        table.name(),
        fields,
        key,
        uniqueSets,
        isVirtual ? List.of() : foreignKeys(table, text),
        isVirtual ? List.of() : indexes(table),
        isVirtual ? List.of() : text.checks(),
        table.triggers(),
        null,
        records,
        -1);
  }

  private static Field field(Table table, Table.Column column) {
    Table.Column alias = table.rowidColumn();
    boolean isAlias = alias != null && alias.name().equals(column.name());
    boolean isKeyNeverNull = column.keyPosition() > 0 && !table.hasRowid();
    String defaultSql = column.defaultSql();
    return new Field(
        column.name(),
        SqliteTypes.logical(column.declared(), table.isStrict()),
        column.declared(),
        !column.isNotNull() && !isAlias && !isKeyNeverNull,
        defaultSql == null || column.isGenerated() ? null : defaultOf(defaultSql),
        column.isGenerated()
            ? Field.Generation.COMPUTED
            : isAlias ? Field.Generation.IDENTITY : Field.Generation.NONE);
  }

  private static Field.@Nullable Default defaultOf(String sql) {
    String upper = sql.toUpperCase(Locale.ROOT);
    if (upper.equals("NULL")) {
      return null;
    }
    if (sql.length() >= 2 && sql.startsWith("'") && sql.endsWith("'")) {
      return new Field.Default(sql.substring(1, sql.length() - 1).replace("''", "'"), sql);
    }
    if (NUMBER.matcher(sql).matches()) {
      return new Field.Default(sql, sql);
    }
    return switch (upper) {
      case "TRUE" -> new Field.Default("1", sql);
      case "FALSE" -> new Field.Default("0", sql);
      default -> new Field.Default(null, sql);
    };
  }

  private List<ForeignKey> foreignKeys(Table table, TableText text) throws SQLException {
    Map<Integer, List<String[]>> byId = new LinkedHashMap<>();
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete"
                + " FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq")) {
      statement.setString(1, table.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String[] row = new String[5];
          for (int i = 0; i < row.length; i++) {
            row[i] = rows.getString(i + 2);
          }
          byId.computeIfAbsent(rows.getInt(1), id -> new ArrayList<>()).add(row);
        }
      }
    }
    List<Boolean> deferrables = text.deferrables();
    boolean isTold = deferrables.size() == byId.size();
    List<ForeignKey> foreignKeys = new ArrayList<>();
    for (List<String[]> rows : byId.values()) {
      Table parent = Table.of(connection, rows.get(0)[0]).orElse(null);
      List<String> to = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        String column = rows.get(i)[2];
        if (column == null && parent != null && i < parent.key().size()) {
          column = parent.key().get(i).name();
        }
        if (column != null) {
          Table.Column exact = parent == null ? null : parent.column(column);
          to.add(exact == null ? column : exact.name());
        }
      }
      foreignKeys.add(
          new ForeignKey(
              "",
              rows.stream().map(row -> exact(table, row[1])).toList(),
              parent == null ? rows.get(0)[0] : parent.name(),
              to,
              action(rows.get(0)[4]),
              action(rows.get(0)[3]),
              isTold && deferrables.get(foreignKeys.size())));
    }
    return foreignKeys;
  }

  private static String exact(Table table, String name) {
    Table.Column column = table.column(name);
    return column == null ? name : column.name();
  }

  private static ForeignKey.Action action(String name) {
    return ForeignKey.Action.valueOf(name.replace(' ', '_'));
  }

  private List<Index> indexes(Table table) throws SQLException {
    Map<String, List<Index.Column>> columns = new LinkedHashMap<>();
    Map<String, String> definitions = new LinkedHashMap<>();
    Set<String> unique = new java.util.HashSet<>();
    try (PreparedStatement statement =
        connection.prepare(
            "SELECT i.name, i.\"unique\", i.partial, x.name, x.\"desc\", x.coll, s.sql"
                + " FROM pragma_index_list(?) i, pragma_index_xinfo(i.name) x, sqlite_schema s"
                + " WHERE i.origin = 'c' AND x.key AND s.type = 'index' AND s.name = i.name"
                + " ORDER BY i.seq DESC, x.seqno")) {
      statement.setString(1, table.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String name = rows.getString(1);
          List<Index.Column> indexed = columns.computeIfAbsent(name, none -> new ArrayList<>());
          definitions.putIfAbsent(name, "");
          if (rows.getBoolean(2)) {
            unique.add(name);
          }
          String column = rows.getString(4);
          if (column != null) {
            indexed.add(new Index.Column(column, rows.getBoolean(5)));
          }
          if (rows.getBoolean(3) || column == null || !"BINARY".equals(rows.getString(6))) {
            definitions.put(name, rows.getString(7));
          }
        }
      }
    }
    List<Index> indexes = new ArrayList<>();
    columns.forEach(
        (name, indexed) ->
            indexes.add(
                new Index(
                    name,
                    indexed,
                    unique.contains(name),
                    "",
                    java.util.Objects.requireNonNull(definitions.get(name)))));
    return indexes;
  }

  private long estimate(Table table) throws SQLException {
    if (isSmall()) {
      return count(connection, table);
    }
    Long counted = null;
    if (connection.number("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'") != null) {
      counted =
          connection.number(
              "SELECT max(CAST(substr(stat || ' ', 1, instr(stat || ' ', ' ')) AS INTEGER))"
                  + " FROM sqlite_stat1 WHERE tbl = ?",
              table.name());
    }
    String rowid = table.rowid();
    if (counted == null && rowid != null) {
      counted =
          connection.number(
              "SELECT max("
                  + rowid
                  + ") - min("
                  + rowid
                  + ") + 1 FROM "
                  + Sql.quoted(table.name()));
      counted = counted == null ? Long.valueOf(0) : counted;
    }
    return counted == null || counted < 0 ? -1 : counted;
  }

  private boolean isSmall() {
    Path file = connection.file();
    return file.toFile().length() <= COUNTED_BYTES && Files.exists(file);
  }

  static long count(Connected connection, Table table) throws SQLException {
    Long count = connection.number("SELECT count(*) FROM " + Sql.quoted(table.name()));
    return count == null ? 0 : count;
  }
}
