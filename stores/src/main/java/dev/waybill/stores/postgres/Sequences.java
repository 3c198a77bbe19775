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
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Moves the sequences of numbered columns behind what was loaded. A sequence moves at once,
 * whatever becomes of the transaction, so it is noted first.
 */
final class Sequences {
  /**
   * Identity columns own theirs; a serial column's, or any other, is named by its default. One from
   * which a default only makes something else says nothing about the column's values.
   */
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
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = pg_catalog.to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
        AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('smallint'::pg_catalog.regtype,
              'integer'::pg_catalog.regtype, 'bigint'::pg_catalog.regtype)
        AND (a.attidentity <> ''
             OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\\(''.*''::regclass\\)$')
      ORDER BY 1, 2, 3
      """;

  private final Connection connection;
  private final Location location;
  private final @Nullable PostgresLedger ledger;

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

  /**
   * The sequences of a schema's tables.
   *
   * @param ledger where a move is noted; null if nothing is to be moved
   */
  Sequences(Connection connection, Location location, @Nullable PostgresLedger ledger) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
  }

  void moveBehind(Collection collection) throws SQLException {
    PostgresLedger notes = ledger;
    if (notes == null) {
      throw new IllegalStateException("no ledger");
    }
    for (Sequence sequence : of(collection)) {
      OptionalLong last = isAhead(sequence, collection);
      if (last.isPresent()) {
        Position old = position(connection, sequence.quoted());
        Position moved = new Position(last.getAsLong(), true);
        notes.note(new Note(Note.What.SEQUENCE_MOVED, sequence.quoted(), old + " -> " + moved));
        moveTo(sequence, last.getAsLong(), sequence.increment > 0);
      }
    }
  }

  /** The columns whose sequences would give a number that is taken. */
  List<String> behind(Collection collection) throws SQLException {
    List<String> columns = new ArrayList<>();
    for (Sequence sequence : of(collection)) {
      if (isAllowed(sequence, "SELECT") && isAhead(sequence, collection).isPresent()) {
        columns.add(sequence.column);
      }
    }
    return columns;
  }

  /** The sequences of a table that this user may not set, quoted. */
  List<String> fixed(Collection collection) throws SQLException {
    List<String> fixed = new ArrayList<>();
    for (Sequence sequence : of(collection)) {
      if (!isAllowed(sequence, "SELECT") || !isAllowed(sequence, "UPDATE")) {
        fixed.add(sequence.quoted());
      }
    }
    return fixed;
  }

  private boolean isAllowed(Sequence sequence, String privilege) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT pg_catalog.has_sequence_privilege(?, ?)")) {
      select.setString(1, sequence.quoted());
      select.setString(2, privilege);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private List<Sequence> of(Collection collection) throws SQLException {
    List<Sequence> sequences = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(OF_TABLE)) {
      select.setString(1, Dialect.quote(location.schema(), collection.name()));
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
    return sequences;
  }

  /** The column's last value, if the sequence has not come so far. */
  private OptionalLong isAhead(Sequence sequence, Collection collection) throws SQLException {
    boolean isRising = sequence.increment > 0;
    OptionalLong last = last(sequence, collection, isRising);
    // A value that the sequence could never give is no reason to move it there.
    if (last.isEmpty() || last.getAsLong() > sequence.max || last.getAsLong() < sequence.min) {
      return OptionalLong.empty();
    }
    Position at = position(connection, sequence.quoted());
    long value = last.getAsLong();
    boolean isBehind = isRising ? at.value > value : at.value < value;
    return at.value == value && at.isCalled || isBehind ? OptionalLong.empty() : last;
  }

  /** The largest (or, of a falling sequence, least) number in any scope of the settings. */
  private OptionalLong last(Sequence sequence, Collection collection, boolean isRising)
      throws SQLException {
    OptionalLong last = OptionalLong.empty();
    for (Map<String, String> scope : location.settings().scopes()) {
      SessionSettings.enterForSession(connection, scope);
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT "
                      + (isRising ? "max(" : "min(")
                      + Dialect.quote(sequence.column)
                      + ")::bigint FROM "
                      + Dialect.quote(location.schema(), collection.name()))) {
        row.next();
        long value = row.getLong(1);
        if (!row.wasNull()) {
          last =
              OptionalLong.of(
                  last.isEmpty()
                      ? value
                      : isRising
                          ? Math.max(value, last.getAsLong())
                          : Math.min(value, last.getAsLong()));
        }
      }
    }
    return last;
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
