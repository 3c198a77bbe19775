package dev.waybill.stores.postgres;

import dev.waybill.model.DataException;
import dev.waybill.spi.ExchangingSession.Exchange;
import dev.waybill.spi.Ledger.Note;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Gives a table a column beside one of its own, fills it, indexes it, and has the two change names.
 * Each method is one transaction's work; the state is what the table's columns are called.
 */
final class VectorExchange {
  private static final String NEW = "_waybill_new";
  private static final String OLD = "_waybill_old";

  /** The beginning of a note's detail: an index that was dropped, then how it is made again. */
  static final String DROPPED_INDEX = "dropped for new vectors: ";

  /** Pages of the run's own table that are taken over in one transaction. */
  static final long PAGES = 512;

  /** What depends on a column beside its own indexes, or keeps it from being renamed away. */
  private static final String IN_THE_WAY =
      """
      WITH c AS (SELECT a.attrelid, a.attnum, r.relkind, r.relowner, r.relispartition,
                        a.attacl, a.atthasdef, a.attinhcount
                 FROM pg_catalog.pg_attribute a
                 JOIN pg_catalog.pg_class r ON r.oid = a.attrelid
                 WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attname = ?)
      SELECT 'its table is partitioned or inherits, or is not a plain table' FROM c
      WHERE relkind <> 'r' OR relispartition OR attinhcount > 0
         OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.attrelid)
      UNION ALL
      SELECT 'only the owner of its table may do that' FROM c
      WHERE NOT pg_catalog.pg_has_role(relowner, 'USAGE')
      UNION ALL
      SELECT 'policies hide some of its table''s rows' FROM c
      WHERE pg_catalog.row_security_active(attrelid)
      UNION ALL
      SELECT 'it has privileges of its own' FROM c WHERE attacl IS NOT NULL
      UNION ALL
      SELECT 'it has a default' FROM c WHERE atthasdef
      UNION ALL
      SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it'
      FROM c JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum
      WHERE d.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND i.indexrelid = d.objid AND i.indnatts = 1
                          AND i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.indisunique
                          AND i.indoption[0] = 0
                          AND i.indkey[0] = c.attnum)
      LIMIT 1
      """;

  private static final String INDEXES =
      """
      SELECT x.relname, m.amname, pg_catalog.quote_ident(n.nspname) || '.'
               || pg_catalog.quote_ident(o.opcname),
             array_to_string(x.reloptions, ', '), pg_catalog.pg_get_indexdef(x.oid),
             i.indisvalid
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      JOIN pg_catalog.pg_am m ON m.oid = x.relam
      JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
      JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = pg_catalog.to_regclass(?) AND i.indnatts = 1 AND a.attname = ?
      ORDER BY x.relname COLLATE "C"
      """;

  private final Connection connection;
  private final Statement statement;
  private final Location location;
  private final PostgresLedger ledger;
  private final Exchange exchange;
  private final String table;
  private final String fresh;
  private final String old;

  VectorExchange(
      Connection connection,
      Statement statement,
      Location location,
      PostgresLedger ledger,
      Exchange exchange) {
    this.connection = connection;
    this.statement = statement;
    this.location = location;
    this.ledger = ledger;
    this.exchange = exchange;
    this.table = Dialect.quote(location.schema(), exchange.collection());
    this.fresh = Dialect.fitted(exchange.field(), NEW);
    this.old = Dialect.fitted(exchange.field(), OLD);
  }

  /** An index over nothing but the column. */
  private record ColumnIndex(
      String name,
      String method,
      String operatorClass,
      String options,
      String definition,
      boolean isValid) {}

  /** Why a column cannot be exchanged, empty if it can. */
  static String fault(Connection connection, Location location, String collection, String field)
      throws SQLException {
    String table = Dialect.quote(location.schema(), collection);
    for (String suffix : List.of(OLD, NEW)) {
      String beside = Dialect.fitted(field, suffix);
      if (hasColumn(connection, table, beside)) {
        return "there is \""
            + beside
            + "\" beside it, of another run: roll that back or forget it (waybill runs)";
      }
    }
    try (PreparedStatement find = connection.prepareStatement(IN_THE_WAY)) {
      find.setString(1, table);
      find.setString(2, field);
      try (ResultSet row = find.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  private static boolean hasColumn(Connection connection, String table, String column)
      throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(?)"
                + " AND attname = ? AND NOT attisdropped")) {
      find.setString(1, table);
      find.setString(2, column);
      try (ResultSet row = find.executeQuery()) {
        return row.next();
      }
    }
  }

  boolean isExchanged() throws SQLException {
    return hasColumn(connection, table, old);
  }

  // --- before

  /** Makes the column beside, and drops the old indexes where that is wished. */
  void prepare() throws SQLException {
    if (!hasColumn(connection, table, fresh)) {
      String nativeType = exchange.made().field(exchange.field()).orElseThrow().nativeType();
      statement.execute(
          "ALTER TABLE "
              + table
              + " ADD COLUMN "
              + Dialect.quote(fresh)
              + " "
              + Dialect.type(nativeType));
    }
    if (exchange.isIndexDroppedFirst()) {
      for (ColumnIndex index : indexes(exchange.field())) {
        ledger.note(
            new Note(Note.What.OBJECT_CREATED, index.name(), DROPPED_INDEX + index.definition()));
        ledger.note(new Note(Note.What.OBJECT_CREATED, index.name(), DROPPED_INDEX + how(index)));
        statement.execute("DROP INDEX " + Dialect.quote(location.schema(), index.name()));
      }
    }
  }

  private static String how(ColumnIndex index) {
    return "= " + index.method() + "\n" + index.operatorClass() + "\n" + index.options();
  }

  long pages() throws SQLException {
    try (PreparedStatement size =
        connection.prepareStatement(
            "SELECT pg_catalog.pg_relation_size(pg_catalog.to_regclass(?))"
                + " / current_setting('block_size')::int")) {
      size.setString(1, made());
      try (ResultSet row = size.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private String made() {
    return Dialect.quote(location.schema(), exchange.made().name());
  }

  /** Takes over what some pages of the run's own table hold, as far as it is not there yet. */
  void fill(long firstPage, TypeRegistry types) throws SQLException {
    TableShape shape =
        TableShape.of(
            connection,
            types,
            location.schema(),
            exchange.collection(),
            exchange.made().key(),
            exchange.made().key());
    SuppressedTriggers triggers = SuppressedTriggers.begin(connection, shape, location);
    String to = Dialect.quote(fresh);
    String from = "s." + Dialect.quote(exchange.field());
    statement.executeUpdate(
        "UPDATE ONLY "
            + table
            + " AS c SET "
            + to
            + " = "
            + from
            + " FROM "
            + made()
            + " AS s WHERE "
            + sameKey()
            + " AND s.ctid >= '("
            + firstPage
            + ",0)'::tid AND s.ctid < '("
            + (firstPage + PAGES)
            + ",0)'::tid AND c."
            + to
            + " IS DISTINCT FROM "
            + from);
    triggers.end();
  }

  private String sameKey() {
    return exchange.made().key().stream()
        .map(Dialect::quote)
        .map(name -> "c." + name + " = s." + name)
        .collect(Collectors.joining(" AND "));
  }

  /** The statements that index the column as the old one is, or was before its indexes went. */
  List<String> indexStatements() throws SQLException {
    List<String> statements = new ArrayList<>();
    for (ColumnIndex index : wanted()) {
      String name = Dialect.fitted(index.name(), NEW);
      ColumnIndex there =
          indexes(fresh).stream().filter(each -> each.name().equals(name)).findFirst().orElse(null);
      if (there != null && there.isValid()) {
        continue;
      }
      if (there != null) {
        // What is left of CREATE INDEX CONCURRENTLY that was broken off.
        statements.add("DROP INDEX " + Dialect.quote(location.schema(), name));
      }
      statements.add(
          "CREATE INDEX "
              + (exchange.isConcurrent() ? "CONCURRENTLY " : "")
              + Dialect.quote(name)
              + " ON "
              + table
              + " USING "
              + Dialect.quote(index.method())
              + " ("
              + Dialect.quote(fresh)
              + " "
              + index.operatorClass()
              + ")"
              + (index.options().isEmpty() ? "" : " WITH (" + index.options() + ")"));
    }
    return statements;
  }

  private List<ColumnIndex> wanted() throws SQLException {
    List<ColumnIndex> wanted = new ArrayList<>(indexes(exchange.field()));
    for (Note note : ledger.notes()) {
      String prefix = DROPPED_INDEX + "= ";
      if (note.what() == Note.What.OBJECT_CREATED && note.detail().startsWith(prefix)) {
        String[] how = note.detail().substring(prefix.length()).split("\n", -1);
        wanted.removeIf(each -> each.name().equals(note.name()));
        wanted.add(new ColumnIndex(note.name(), how[0], how[1], how[2], "", true));
      }
    }
    return wanted;
  }

  private List<ColumnIndex> indexes(String column) throws SQLException {
    List<ColumnIndex> indexes = new ArrayList<>();
    try (PreparedStatement find = connection.prepareStatement(INDEXES)) {
      find.setString(1, table);
      find.setString(2, column);
      try (ResultSet row = find.executeQuery()) {
        while (row.next()) {
          @Nullable String options = row.getString(4);
          indexes.add(
              new ColumnIndex(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  options == null ? "" : options,
                  row.getString(5),
                  row.getBoolean(6)));
        }
      }
    }
    return indexes;
  }

  // --- the exchange

  /** Keeps others from writing until the transaction ends; they can read. */
  void lock() throws SQLException {
    statement.execute("LOCK TABLE ONLY " + table + " IN SHARE ROW EXCLUSIVE MODE");
  }

  /**
   * Has the columns and their indexes change names.
   *
   * @throws DataException if a record would be without a vector where it must have one
   */
  void rename() throws SQLException {
    requireFilled();
    boolean isRequired = isNotNull(exchange.field());
    if (isRequired) {
      requireNoNull();
      statement.execute(alter(fresh) + " SET NOT NULL");
    }
    List<ColumnIndex> wanted = wanted();
    List<ColumnIndex> before = indexes(exchange.field());
    statement.execute(renamed(exchange.field(), old));
    statement.execute(renamed(fresh, exchange.field()));
    if (isRequired) {
      statement.execute(alter(old) + " DROP NOT NULL");
    }
    for (ColumnIndex index : before) {
      renameIndex(index.name(), Dialect.fitted(index.name(), OLD));
    }
    for (ColumnIndex index : wanted) {
      renameIndex(Dialect.fitted(index.name(), NEW), index.name());
    }
  }

  private String alter(String column) {
    return "ALTER TABLE " + table + " ALTER COLUMN " + Dialect.quote(column);
  }

  private String renamed(String from, String to) {
    return "ALTER TABLE "
        + table
        + " RENAME COLUMN "
        + Dialect.quote(from)
        + " TO "
        + Dialect.quote(to);
  }

  private void renameIndex(String from, String to) throws SQLException {
    statement.execute(
        "ALTER INDEX "
            + Dialect.quote(location.schema(), from)
            + " RENAME TO "
            + Dialect.quote(to));
  }

  private boolean isNotNull(String column) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT attnotnull FROM pg_catalog.pg_attribute"
                + " WHERE attrelid = pg_catalog.to_regclass(?) AND attname = ?")) {
      find.setString(1, table);
      find.setString(2, column);
      try (ResultSet row = find.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  /** That the server holds in the table what the run's own table holds, by its own comparison. */
  private void requireFilled() throws SQLException {
    long different =
        count(
            " AS c FULL JOIN "
                + made()
                + " AS s ON "
                + sameKey()
                + " WHERE c."
                + Dialect.quote(fresh)
                + " IS DISTINCT FROM s."
                + Dialect.quote(exchange.field()));
    if (different > 0) {
      throw new DataException(
          "NOT_EQUAL",
          String.format(
              "%,d new vectors of %s are not those that were verified.",
              different, exchange.collection()),
          "if nobody else changed the table, this is a fault of Waybill's",
          -1,
          null);
    }
  }

  private void requireNoNull() throws SQLException {
    long empty = count(" AS c WHERE c." + Dialect.quote(fresh) + " IS NULL");
    if (empty > 0) {
      throw new DataException(
          "NULL_NOT_ALLOWED",
          String.format(
              "%,d records of %s have no text, so they get no vector, but %s may not be null.",
              empty, exchange.collection(), exchange.field()),
          "give them a text, or let the field be null",
          -1,
          null);
    }
  }

  private long count(String tail) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT count(*) FROM ONLY " + table + tail)) {
      row.next();
      return row.getLong(1);
    }
  }

  // --- and back

  /** Makes the old column and its indexes what they were. */
  void back() throws SQLException {
    if (!Schemas.hasRelation(connection, location.schema(), exchange.collection())) {
      return;
    }
    if (isExchanged()) {
      boolean isRequired = isNotNull(exchange.field());
      List<ColumnIndex> kept = indexes(old);
      List<String> names = indexes(exchange.field()).stream().map(ColumnIndex::name).toList();
      dropColumn(exchange.field());
      statement.execute(renamed(old, exchange.field()));
      if (isRequired) {
        statement.execute(alter(exchange.field()) + " SET NOT NULL");
      }
      for (ColumnIndex index : kept) {
        for (String name : names) {
          if (index.name().equals(Dialect.fitted(name, OLD))) {
            renameIndex(index.name(), name);
          }
        }
      }
    } else {
      dropColumn(fresh);
    }
    for (Note note : ledger.notes()) {
      if (note.what() == Note.What.OBJECT_CREATED
          && note.detail().startsWith(DROPPED_INDEX)
          && !note.detail().startsWith(DROPPED_INDEX + "= ")
          && !Schemas.hasRelation(connection, location.schema(), note.name())) {
        statement.execute(note.detail().substring(DROPPED_INDEX.length()));
      }
    }
  }

  /** Drops what is kept of the old column. */
  void release() throws SQLException {
    dropColumn(old);
  }

  private void dropColumn(String column) throws SQLException {
    if (hasColumn(connection, table, column)) {
      statement.execute("ALTER TABLE " + table + " DROP COLUMN " + Dialect.quote(column));
    }
  }
}
