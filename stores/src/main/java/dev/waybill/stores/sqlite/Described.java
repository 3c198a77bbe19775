package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.NativeDetail;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A table in the words of the neutral model. */
final class Described {
  /** Names of the properties that a table's {@link NativeDetail} has where they hold. */
  static final String WITHOUT_ROWID = "withoutRowid";

  static final String STRICT = "strict";
  static final String AUTOINCREMENT = "autoincrement";

  /** Followed by a column's name. */
  static final String COLLATION = "collation.";

  /** Followed by a column's name; its value is one of the two below. */
  static final String GENERATED = "generated.";

  static final String STORED = "stored";
  static final String VIRTUAL = "virtual";
  static final String YES = "true";

  private static final String BINARY = "BINARY";
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");
  private static final Pattern BARE_WORD =
      Pattern.compile("[A-Za-z_\\x80-\\uffff][\\w$\\x80-\\uffff]*");

  private final Connected connection;
  private final Table table;
  private final TableText text;

  private Described(Connected connection, Table table) {
    this.connection = connection;
    this.table = table;
    this.text = new TableText(table.sql());
  }

  /** Without estimates. */
  static Collection collection(Connected connection, Table table) throws SQLException {
    return new Described(connection, table).collection();
  }

  static boolean isVirtual(Table table) {
    return !new TableText(table.sql()).module().isEmpty();
  }

  private Collection collection() throws SQLException {
    Map<String, TableText.Computed> computed = text.computed();
    List<Field> fields = new ArrayList<>();
    for (Table.Column column : table.columns()) {
      fields.add(field(column, computed.get(column.name())));
    }
    List<List<String>> uniqueSets = new ArrayList<>();
    for (Table.UniqueIndex index : table.uniqueIndexes()) {
      if (!index.origin().equals("pk") && !uniqueSets.contains(index.columns())) {
        uniqueSets.add(index.columns());
      }
    }
    boolean isVirtual = isVirtual(table);
    return new Collection(
        table.name(),
        fields,
        table.key().stream().map(Table.Column::name).toList(),
        uniqueSets,
        isVirtual ? List.of() : foreignKeys(),
        isVirtual ? List.of() : indexes(),
        isVirtual ? List.of() : text.checks(),
        table.triggers(),
        null,
        -1,
        -1,
        isVirtual ? NativeDetail.NONE : detail(computed));
  }

  private NativeDetail detail(Map<String, TableText.Computed> computed) {
    Map<String, String> properties = new TreeMap<>();
    if (!table.hasRowid()) {
      properties.put(WITHOUT_ROWID, YES);
    }
    if (table.isStrict()) {
      properties.put(STRICT, YES);
    }
    if (text.isAutoincrement()) {
      properties.put(AUTOINCREMENT, YES);
    }
    text.collations()
        .forEach(
            (column, collation) -> {
              if (table.column(column) != null) {
                properties.put(COLLATION + column, collation);
              }
            });
    computed.forEach(
        (column, how) -> properties.put(GENERATED + column, how.isStored() ? STORED : VIRTUAL));
    return new NativeDetail(table.sql(), List.of(), properties);
  }

  private Field field(Table.Column column, TableText.@Nullable Computed computed) {
    Table.Column alias = table.rowidColumn();
    boolean isAlias = alias != null && alias.name().equals(column.name());
    boolean isKeyNeverNull = column.keyPosition() > 0 && !table.hasRowid();
    String defaultSql = column.defaultSql();
    Field.Default value = null;
    if (!column.isGenerated()) {
      value = defaultSql == null ? null : defaultOf(defaultSql);
    } else if (computed != null) {
      value = new Field.Default(null, computed.expression());
    }
    return new Field(
        column.name(),
        SqliteTypes.logical(column.declared(), table.isStrict()),
        column.declared(),
        !column.isNotNull() && !isAlias && !isKeyNeverNull,
        value,
        column.isGenerated()
            ? Field.Generation.COMPUTED
            : isAlias ? Field.Generation.IDENTITY : Field.Generation.NONE);
  }

  private static Field.@Nullable Default defaultOf(String sql) {
    String upper = sql.toUpperCase(Locale.ROOT);
    if (upper.equals("NULL")) {
      return null;
    }
    Words words = Words.of(sql);
    if (words.count() == 1 && (sql.startsWith("'") || sql.startsWith("\""))) {
      return new Field.Default(words.at(0).unquoted(), sql);
    }
    if (NUMBER.matcher(sql).matches()) {
      return new Field.Default(sql, sql);
    }
    return switch (upper) {
      case "TRUE" -> new Field.Default("1", sql);
      case "FALSE" -> new Field.Default("0", sql);
      case "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP" -> new Field.Default(null, sql);
      // SQLite takes a name for a string here.
      default -> new Field.Default(BARE_WORD.matcher(sql).matches() ? sql : null, sql);
    };
  }

  private List<ForeignKey> foreignKeys() throws SQLException {
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
              rows.stream().map(row -> exact(row[1])).toList(),
              parent == null ? rows.get(0)[0] : parent.name(),
              to,
              action(rows.get(0)[4]),
              action(rows.get(0)[3]),
              isTold && deferrables.get(foreignKeys.size())));
    }
    return foreignKeys;
  }

  private String exact(String name) {
    Table.Column column = table.column(name);
    return column == null ? name : column.name();
  }

  private static ForeignKey.Action action(String name) {
    return ForeignKey.Action.valueOf(name.replace(' ', '_'));
  }

  private static boolean isBinary(@Nullable String collation) {
    return BINARY.equalsIgnoreCase(collation);
  }

  private List<Index> indexes() throws SQLException {
    Map<String, List<Index.Column>> columns = new LinkedHashMap<>();
    Map<String, String> definitions = new LinkedHashMap<>();
    Map<String, String> collations = text.collations();
    Set<String> unique = new HashSet<>();
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
          boolean isPlain =
              column != null
                  && isBinary(rows.getString(6))
                  && isBinary(collations.getOrDefault(column, BINARY));
          if (rows.getBoolean(3) || !isPlain) {
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
                    Objects.requireNonNull(definitions.get(name)))));
    return indexes;
  }
}
