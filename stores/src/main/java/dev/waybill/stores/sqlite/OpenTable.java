package dev.waybill.stores.sqlite;

import dev.waybill.model.Collection;
import dev.waybill.model.StoreException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A collection that is written to, with its prepared statements. */
final class OpenTable implements AutoCloseable {
  final Collection collection;
  final Table table;
  final TextForm text;
  final int[] all;
  final int[] key;
  final int[] allThenKey;
  final Table.Column[] columns;
  final int rowidField;
  final boolean isAutoincrement;
  final boolean isCreatedHere;
  final boolean isKeyUnique;
  final Statements insert;
  final Statements insertNew;
  final Statements update;
  final Statements delete;
  final KeyLookup lookup;
  final @Nullable Collection whole;
  final @Nullable KeyLookup wholeLookup;

  /**
   * @param whole what is to be handed over before it is overwritten, null if nothing is
   */
  OpenTable(
      SqliteSession session,
      Connected connection,
      Collection collection,
      Table table,
      @Nullable Collection whole)
      throws SQLException {
    this.collection = collection;
    this.table = table;
    text = TextForm.of(connection);
    List<String> names = collection.writtenNames();
    all = SqliteSnapshot.firstFields(names.size());
    key = collection.keyPositions();
    allThenKey = Arrays.copyOf(all, all.length + key.length);
    System.arraycopy(key, 0, allThenKey, all.length, key.length);
    columns = new Table.Column[names.size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = column(session, table, names.get(i));
    }
    Table.Column alias = table.rowidColumn();
    rowidField = alias == null ? -1 : Arrays.asList(columns).indexOf(alias);
    isAutoincrement = new TableText(table.sql()).isAutoincrement();
    isCreatedHere = session.isCreatedHere(connection, collection.name());
    isKeyUnique = collection.hasKey() && table.isUnique(collection.key());
    String into = Sql.quoted(table.name());
    String columnList = Sql.quoted(names);
    // OR ABORT overrules a table's own ON CONFLICT REPLACE, which would delete other records.
    insert =
        new Statements(
            connection,
            text,
            all.length,
            spelling ->
                "INSERT OR ABORT INTO "
                    + into
                    + "("
                    + columnList
                    + ") VALUES("
                    + list(spelling)
                    + ")");
    insertNew =
        new Statements(
            connection,
            text,
            all.length,
            spelling ->
                "INSERT OR ABORT INTO "
                    + into
                    + "("
                    + columnList
                    + ") VALUES("
                    + list(spelling)
                    + ") ON CONFLICT("
                    + Sql.quoted(collection.key())
                    + ") DO NOTHING");
    update =
        new Statements(
            connection,
            text,
            allThenKey.length,
            spelling -> {
              StringBuilder sql = new StringBuilder("UPDATE OR ABORT " + into + " SET ");
              for (int i = 0; i < all.length; i++) {
                sql.append(i == 0 ? "" : ", ")
                    .append(Sql.quoted(names.get(i)))
                    .append(" = ")
                    .append(spelling.parameter(i));
              }
              return sql + where(spelling, all.length);
            });
    delete =
        new Statements(
            connection, text, key.length, spelling -> "DELETE FROM " + into + where(spelling, 0));
    lookup = new KeyLookup(connection, text, table, collection);
    this.whole = whole;
    wholeLookup =
        whole == null || whole.writtenNames().equals(names)
            ? null
            : new KeyLookup(connection, text, table, whole);
  }

  private static Table.Column column(SqliteSession session, Table in, String name) {
    Table.Column column = in.column(name);
    if (column == null || column.isGenerated()) {
      throw new StoreException(
          "FIELD_MISSING",
          "\""
              + in.name()
              + "\" in "
              + session.file()
              + " has no column \""
              + name
              + "\" that can be written.",
          "make the plan anew: the target has changed",
          false,
          null);
    }
    return column;
  }

  private String list(Statements.Spelling spelling) {
    return Arrays.stream(all).mapToObj(spelling::parameter).collect(Collectors.joining(", "));
  }

  private String where(Statements.Spelling spelling, int first) {
    StringBuilder sql = new StringBuilder();
    for (int i = 0; i < key.length; i++) {
      sql.append(i == 0 ? " WHERE " : " AND ")
          .append(Sql.quoted(collection.key().get(i)))
          .append(" IS ")
          .append(spelling.parameter(first + i));
    }
    return sql.toString();
  }

  @Override
  public void close() throws SQLException {
    for (Statements each : List.of(insert, insertNew, update, delete)) {
      each.close();
    }
    lookup.close();
    if (wholeLookup != null) {
      wholeLookup.close();
    }
  }
}
