package dev.waybill.stores.sqlite;

import dev.waybill.model.DataException;
import dev.waybill.spi.ExchangingSession.Exchange;
import java.sql.SQLException;
import java.util.stream.Collectors;

/**
 * Has the values of a column and those of the run's own table change places, in the caller's
 * transaction. The state is whether that table has a column for the old ones.
 */
final class ValueExchange {
  private static final String BEFORE = "waybill_before";

  private final Connected connection;
  private final Exchange exchange;
  private final String table;
  private final String made;

  ValueExchange(Connected connection, Exchange exchange) {
    this.connection = connection;
    this.exchange = exchange;
    this.table = "main." + Sql.quoted(exchange.collection());
    this.made = "main." + Sql.quoted(exchange.made().name());
  }

  boolean isExchanged() throws SQLException {
    return connection.number(
            "SELECT 1 FROM pragma_table_info(?) WHERE name = ?", exchange.made().name(), BEFORE)
        != null;
  }

  void exchange() throws SQLException {
    connection.run("ALTER TABLE " + made + " ADD COLUMN " + Sql.quoted(BEFORE));
    connection.run("UPDATE " + made + " AS s SET " + Sql.quoted(BEFORE) + " = " + fromTable());
    take(exchange.field());
    Long different =
        connection.number(
            "SELECT count(*) FROM "
                + table
                + " AS c LEFT JOIN "
                + made
                + " AS s ON "
                + sameKey()
                + " WHERE c."
                + Sql.quoted(exchange.field())
                + " IS NOT s."
                + Sql.quoted(exchange.field()));
    if (different == null || different > 0) {
      throw new DataException(
          "NOT_EQUAL",
          "New vectors of " + exchange.collection() + " are not those that were verified.",
          "if the field converts what is written to it, give it the type BLOB",
          -1,
          null);
    }
  }

  void back() throws SQLException {
    if (isExchanged()) {
      take(BEFORE);
      connection.run("ALTER TABLE " + made + " DROP COLUMN " + Sql.quoted(BEFORE));
    }
  }

  private String fromTable() {
    return "(SELECT c."
        + Sql.quoted(exchange.field())
        + " FROM "
        + table
        + " AS c WHERE "
        + sameKey()
        + ")";
  }

  /** No trigger of the table fires: nobody has changed a record, only its vector is another. */
  private void take(String column) throws SQLException {
    SuppressedTriggers triggers = SuppressedTriggers.of(connection, exchange.collection());
    connection.run(
        "UPDATE "
            + table
            + " AS c SET "
            + Sql.quoted(exchange.field())
            + " = s."
            + Sql.quoted(column)
            + " FROM "
            + made
            + " AS s WHERE "
            + sameKey());
    triggers.makeAgain();
  }

  private String sameKey() {
    return exchange.made().key().stream()
        .map(Sql::quoted)
        .map(name -> "c." + name + " = s." + name)
        .collect(Collectors.joining(" AND "));
  }
}
