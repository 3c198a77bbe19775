package dev.waybill.stores.postgres;

import dev.waybill.model.Index;
import dev.waybill.model.Kind;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.NearestSearch;
import dev.waybill.spi.RecordReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks one of pgvector's indexes, in a snapshot's transaction and with whatever the server has set
 * for searching. A search of a few records, which the server would rather do without the index, is
 * kept from reading the whole table.
 */
final class IndexSearch implements NearestSearch {
  private static final String QUERY = "waybill.query";

  private static final Map<String, String> OPERATORS =
      Map.of(
          "l2", "<->", "ip", "<#>", "cosine", "<=>", "l1", "<+>", "hamming", "<~>", "jaccard",
          "<%>");

  private static final Map<String, String> SETTINGS =
      Map.of("hnsw", "hnsw.ef_search", "ivfflat", "ivfflat.probes");

  private final Connection connection;
  private final Consumer<Connection> cut;
  private final String where;
  private final TableShape shape;
  private final TableShape.Column column;
  private final String operator;
  private final String setting;

  private IndexSearch(
      Connection connection,
      Consumer<Connection> cut,
      String where,
      TableShape shape,
      TableShape.Column column,
      String operator,
      String setting) {
    this.connection = connection;
    this.cut = cut;
    this.where = where;
    this.shape = shape;
    this.column = column;
    this.operator = operator;
    this.setting = setting;
  }

  /**
   * A search through an index; empty if the server would not use it.
   *
   * @param connection in the snapshot's transaction, and this search's own
   * @param column the index's field
   * @param cut takes the connection when the search is closed
   */
  static Optional<NearestSearch> open(
      Connection connection,
      Consumer<Connection> cut,
      String where,
      TableShape shape,
      TableShape.Column column,
      Index index)
      throws SQLException {
    String operator = OPERATORS.get(index.options().getOrDefault(Index.METRIC, ""));
    String setting = SETTINGS.get(index.method());
    if (operator == null || setting == null) {
      return Optional.empty();
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL enable_seqscan TO off");
      statement.execute("SET LOCAL enable_sort TO off");
    }
    IndexSearch search = new IndexSearch(connection, cut, where, shape, column, operator, setting);
    if (!search.isThrough(index.name())) {
      return Optional.empty();
    }
    return Optional.of(
        new IndexSearch(
            connection,
            cut,
            where,
            shape,
            column,
            operator,
            setting + "=" + search.current(setting)));
  }

  private String query(int count) {
    return "SELECT "
        + shape.reads("t")
        + " FROM "
        + shape.only()
        + " t WHERE true"
        + shape.sizeFilter()
        + " ORDER BY t."
        + Dialect.quote(column.name())
        + " "
        + operator
        + " pg_catalog.current_setting('"
        + QUERY
        + "', true)::"
        + column.castType()
        + " LIMIT "
        + count;
  }

  private boolean isThrough(String index) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet lines = statement.executeQuery("EXPLAIN " + query(1))) {
      boolean isFound = false;
      while (lines.next()) {
        String line = lines.getString(1);
        isFound |=
            line.contains("Index Scan using " + index + " on ")
                || line.contains("Index Scan using " + Dialect.quote(index) + " on ");
      }
      return isFound;
    }
  }

  private String current(String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT pg_catalog.current_setting(?, true)")) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return String.valueOf(row.getString(1));
      }
    }
  }

  @Override
  public String setting() {
    return setting;
  }

  @Override
  public void find(RecordBatch query, int offset, int count, RecordBatch into) {
    try {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT pg_catalog.set_config(?, ?, true)")) {
        statement.setString(1, QUERY);
        statement.setString(2, text(query, offset));
        statement.execute();
      }
      try (RecordReader reader =
          new CopyReader(connection, back -> {}, where, shape, false, query(count))) {
        while (reader.read(into, Integer.MAX_VALUE, Integer.MAX_VALUE)) {
          continue;
        }
      }
    } catch (SQLException failure) {
      throw ServerErrors.store(failure, "search \"" + shape.name() + "\" by its index", where);
    }
  }

  /** A vector as the column's type is written. */
  private String text(RecordBatch batch, int at) {
    String type = PostgresTypes.plainName(column.nativeType());
    if (batch.vectorElementAt(at) == Kind.FLOAT32 && type.equals("sparsevec")) {
      float[] elements = batch.float32VectorAt(at);
      StringBuilder text = new StringBuilder("{");
      for (int i = 0; i < elements.length; i++) {
        if (elements[i] != 0) {
          text.append(text.length() == 1 ? "" : ",").append(i + 1).append(':').append(elements[i]);
        }
      }
      return text.append("}/").append(elements.length).toString();
    }
    return KeySet.vector(batch, at);
  }

  @Override
  public void close() {
    cut.accept(connection);
  }
}
