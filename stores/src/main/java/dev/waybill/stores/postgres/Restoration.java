package dev.waybill.stores.postgres;

import dev.waybill.spi.Ledger.Note;
import dev.waybill.stores.postgres.Sequences.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Puts back what a run's ledger notes beside records, newest first. May be repeated. */
final class Restoration {
  static final String SCHEMA = "schema";
  private static final String INDEX = "index of ";

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;

  Restoration(Connection connection, Location location, PostgresLedger ledger) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
  }

  /** The detail of a note about a collection's index. */
  static String index(String collection, int position) {
    return INDEX + collection + " #" + position;
  }

  /** The detail of a note about an index for one of a collection's unique sets. */
  static String uniqueIndex(String collection, int position) {
    return INDEX + collection + " #unique " + position;
  }

  /** True if a note is about an index of a collection. */
  static boolean isIndexOf(Note note, String collection) {
    String detail = note.detail();
    int number = detail.lastIndexOf(" #");
    return number >= 0 && detail.substring(0, number).equals(INDEX + collection);
  }

  void restore(Statement statement) throws SQLException {
    List<Note> notes = new ArrayList<>(ledger.notes());
    Collections.reverse(notes);
    for (Note note : notes) {
      switch (note.what()) {
        case SEQUENCE_MOVED -> sequence(note);
        case OBJECT_CREATED -> {
          if (note.detail().equals(SCHEMA)) {
            Schemas.dropIfEmpty(connection, statement, note.name());
          } else if (note.detail().startsWith(INDEX)) {
            index(note, statement);
          } else if (OwnObjects.isOwn(note)) {
            new OwnObjects(connection, location, ledger).drop(note, statement);
          }
        }
        case COLLECTION_CREATED, STORE_CREATED -> {}
      }
    }
  }

  private void sequence(Note note) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement("SELECT pg_catalog.to_regclass(?) IS NOT NULL")) {
      find.setString(1, note.name());
      try (ResultSet row = find.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          return;
        }
      }
    }
    String[] positions = note.detail().split(" -> ", 2);
    if (positions.length == 2) {
      Sequences.setIf(
          connection, note.name(), Position.parse(positions[1]), Position.parse(positions[0]));
    }
  }

  private void index(Note note, Statement statement) throws SQLException {
    String table = note.detail().substring(INDEX.length(), note.detail().lastIndexOf(" #"));
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(?)"
                + " AND indrelid = pg_catalog.to_regclass(?)")) {
      find.setString(1, Dialect.quote(location.schema(), note.name()));
      find.setString(2, Dialect.quote(location.schema(), table));
      try (ResultSet row = find.executeQuery()) {
        if (!row.next()) {
          return;
        }
      }
    }
    statement.execute("DROP INDEX " + Dialect.quote(location.schema(), note.name()));
  }
}
