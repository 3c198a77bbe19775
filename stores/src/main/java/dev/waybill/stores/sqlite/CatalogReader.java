package dev.waybill.stores.sqlite;

import dev.waybill.model.Catalog;
import dev.waybill.model.Catalog.LeftOut;
import dev.waybill.model.Collection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
        reader.withBytes(),
        reader.leftOut);
  }

  /**
   * SQLite does not say how much a table takes without reading it. The file's used pages are shared
   * among all by their records, or evenly where these are unknown, so that the sum is right.
   */
  private List<Collection> withBytes() throws SQLException {
    Long used =
        connection.number(
            "SELECT (c.page_count - f.freelist_count) * s.page_size FROM pragma_page_count c,"
                + " pragma_freelist_count f, pragma_page_size s");
    boolean isCounted = collections.stream().allMatch(each -> each.estimatedRecords() >= 0);
    double all = isCounted ? collections.stream().mapToLong(Collection::estimatedRecords).sum() : 0;
    List<Collection> sized = new ArrayList<>();
    for (Collection each : collections) {
      double share = all == 0 ? 1.0 / collections.size() : each.estimatedRecords() / all;
      sized.add(
          each.withEstimates(
              each.estimatedRecords(), used == null ? -1 : Math.round(used * share)));
    }
    return sized;
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
      if (Described.isVirtual(table)) {
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
          && Described.isVirtual(each)
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
        connection.texts("SELECT name FROM sqlite_schema WHERE type = ? ORDER BY name", type)) {
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
    Vec0 vectors = Vec0.of(table.name(), table.sql()).orElse(null);
    String why = vectors == null ? unreadable(table) : vectors.fault(connection);
    if (vectors != null && why == null) {
      collections.add(vectors.collection().withEstimates(vectors.count(connection), -1));
      return;
    }
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
    return Described.collection(connection, table).withEstimates(estimate(table), -1);
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
      // Two questions: SQLite looks one of them up, but reads the whole table for both in one.
      String of = rowid + ") FROM " + Sql.quoted(table.name());
      counted = connection.number("SELECT (SELECT max(" + of + ") - (SELECT min(" + of + ") + 1");
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
