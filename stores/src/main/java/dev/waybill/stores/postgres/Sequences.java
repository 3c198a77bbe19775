package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.spi.Ledger.Note;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves the sequences of numbered columns behind what was loaded. A sequence moves at once,
 * whatever becomes of the transaction, so it is noted first.
 */
final class Sequences {
  /** Identity columns own theirs; a serial column's, or any other, is named by its default. */
  private static final String OF_TABLE =
      """
      SELECT DISTINCT a.attname, sn.nspname, s.relname, q.seqincrement, q.seqmax,
             q.seqmin
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      JOIN pg_catalog.pg_depend p
        ON (a.attidentity <> '' AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i')
        OR (p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
            AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
      JOIN pg_catalog.pg_class s
        ON s.relkind = 'S' AND s.oid = CASE WHEN a.attidentity <> '' THEN p.objid ELSE p.refobjid END
      JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
      JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
      WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY 1, 2, 3
      """;

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;

  /** Where a sequence stands. */
  record Position(long value, boolean isCalled) {
    @Override
    public String toString() {
      return value + (isCalled ? "" : " uncalled");
    }

    static Position parse(String text) {
      String[] parts = text.split(" ", 2);
      return new Position(Long.parseLong(parts[0]), parts.length == 1);
    }
  }

  private record Sequence(
      String column, String schema, String name, long increment, long max, long min) {
    String quoted() {
      return Dialect.quote(schema, name);
    }
  }

  Sequences(Connection connection, Location location, PostgresLedger ledger) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
  }

  void moveBehind(Collection collection) throws SQLException {
    String table = Dialect.quote(location.schema(), collection.name());
    List<Sequence> sequences = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(OF_TABLE)) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          sequences.add(
              new Sequence(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  row.getLong(4),
                  row.getLong(5),
                  row.getLong(6)));
        }
      }
    }
    for (Sequence sequence : sequences) {
      move(sequence, table);
    }
  }

  private void move(Sequence sequence, String table) throws SQLException {
    boolean isRising = sequence.increment > 0;
    long last;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT "
                    + (isRising ? "max(" : "min(")
                    + Dialect.quote(sequence.column)
                    + ")::bigint FROM "
                    + table)) {
      row.next();
      last = row.getLong(1);
      if (row.wasNull()) {
        return;
      }
    }
    // A value that the sequence could never give is no reason to move it there.
    if (last > sequence.max || last < sequence.min) {
      return;
    }
    Position old = position(connection, sequence.quoted());
    if (old.value == last && old.isCalled || (isRising ? old.value > last : old.value < last)) {
      return;
    }
    Position moved = new Position(last, true);
    ledger.note(new Note(Note.What.SEQUENCE_MOVED, sequence.quoted(), old + " -> " + moved));
    moveTo(sequence, last, isRising);
  }

  /** In one statement, so that a value which somebody takes meanwhile is never given again. */
  private void moveTo(Sequence sequence, long last, boolean isRising) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT pg_catalog.setval(?::pg_catalog.regclass, "
                + (isRising ? "GREATEST" : "LEAST")
                + "(s.last_value, ?), true) FROM "
                + sequence.quoted()
                + " s WHERE s.last_value "
                + (isRising ? "<" : ">")
                + " ? OR s.last_value = ? AND NOT s.is_called")) {
      statement.setString(1, sequence.quoted());
      statement.setLong(2, last);
      statement.setLong(3, last);
      statement.setLong(4, last);
      statement.execute();
    }
  }

  /** Where the sequence stands; the name is quoted. */
  static Position position(Connection connection, String sequence) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT last_value, is_called FROM " + sequence)) {
      row.next();
      return new Position(row.getLong(1), row.getBoolean(2));
    }
  }

  /** Sets a sequence, in one statement, if it stands where it is expected. */
  static void setIf(Connection connection, String sequence, Position expected, Position position)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT pg_catalog.setval(?::pg_catalog.regclass, ?, ?) FROM "
                + sequence
                + " s WHERE s.last_value = ? AND s.is_called = ?")) {
      statement.setString(1, sequence);
      statement.setLong(2, position.value());
      statement.setBoolean(3, position.isCalled());
      statement.setLong(4, expected.value());
      statement.setBoolean(5, expected.isCalled());
      statement.execute();
    }
  }
}
