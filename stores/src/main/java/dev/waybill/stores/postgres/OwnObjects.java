package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.NativeDetail.NativeObject;
import dev.waybill.model.StoreException;
import dev.waybill.spi.Ledger.Note;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the types and sequences that a table needs, inside the transaction that the connection is
 * in. What is there already and is the same is used; what this makes is in the ledger.
 */
final class OwnObjects {
  private static final Set<String> KINDS = Set.of("type", "domain", TableDetail.SEQUENCE);
  private static final Pattern QUALIFIED =
      Pattern.compile("(\"(?:[^\"]|\"\")+\"|[^\".]+)\\.(\"(?:[^\"]|\"\")+\"|[^\".]+)");

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;

  OwnObjects(Connection connection, Location location, PostgresLedger ledger) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
  }

  /** True if a note is about something that this class made. */
  static boolean isOwn(Note note) {
    return note.what() == Note.What.OBJECT_CREATED && KINDS.contains(note.detail());
  }

  void make(Collection collection, Statement statement) throws SQLException {
    for (NativeObject object : collection.detail().objects()) {
      String definition = SqlText.creation(object);
      if (!isThere(object)) {
        makeSchema(object, statement);
        String name = qualified(object.name());
        ledger.note(new Note(Note.What.OBJECT_CREATED, name, object.kind()));
        statement.execute(definition);
      }
    }
  }

  private String qualified(String name) {
    return QUALIFIED.matcher(name).matches() ? name : Dialect.quote(location.schema()) + "." + name;
  }

  private void makeSchema(NativeObject object, Statement statement) throws SQLException {
    Matcher matcher = QUALIFIED.matcher(object.name());
    if (matcher.matches()) {
      String quoted = matcher.group(1);
      String schema =
          quoted.startsWith("\"")
              ? quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"")
              : quoted;
      if (!Schemas.exists(connection, schema)) {
        statement.execute("CREATE SCHEMA " + Dialect.quote(schema));
        ledger.note(new Note(Note.What.OBJECT_CREATED, schema, Restoration.SCHEMA));
      }
    }
  }

  /**
   * True if it need not be made.
   *
   * @throws StoreException if something else has its name
   */
  private boolean isThere(NativeObject object) throws SQLException {
    if (object.kind().equals(TableDetail.SEQUENCE)) {
      // Not one that is merely visible: two schemas would count with one sequence.
      return switch (kindOfRelation(qualified(object.name()))) {
        case "" -> false;
        case "S" -> true;
        default -> throw another(object);
      };
    }
    long oid;
    try (PreparedStatement find =
        connection.prepareStatement("SELECT pg_catalog.to_regtype(?)::oid")) {
      find.setString(1, object.name());
      try (ResultSet row = find.executeQuery()) {
        row.next();
        oid = row.getLong(1);
      }
    }
    if (oid == 0) {
      return false;
    }
    Optional<NativeObject> there = OwnTypes.load(connection).object(oid);
    if (there.isEmpty() || !there.get().definition().equals(object.definition())) {
      throw another(object);
    }
    return true;
  }

  private String kindOfRelation(String name) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(?)")) {
      find.setString(1, name);
      try (ResultSet row = find.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  private StoreException another(NativeObject object) {
    return new StoreException(
        "OBJECT_DIFFERS",
        "PostgreSQL at "
            + location
            + " has another "
            + object.name()
            + " than the source's "
            + object.kind()
            + " of that name.",
        "compare the two definitions; or write to another schema: ?schema=NAME",
        false,
        null);
  }

  /** Gives sequences to the columns they go with. */
  void own(Collection collection, Statement statement) throws SQLException {
    for (var field : collection.fields()) {
      String sequence = TableDetail.get(collection, TableDetail.OWNS, field.name());
      if (sequence != null) {
        statement.execute(
            "ALTER SEQUENCE "
                + SqlText.single(TableDetail.OWNS, qualified(sequence))
                + " OWNED BY "
                + Dialect.quote(location.schema(), collection.name())
                + "."
                + Dialect.quote(field.name()));
      }
    }
  }

  /** Drops what a note says was made, unless somebody needs it or it is gone. */
  void drop(Note note, Statement statement) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      statement.execute("DROP " + note.detail() + " IF EXISTS " + note.name() + " RESTRICT");
      connection.releaseSavepoint(before);
    } catch (SQLException kept) {
      connection.rollback(before);
      if (!Schemas.STILL_NEEDED.equals(kept.getSQLState())) {
        throw kept;
      }
    }
  }
}
