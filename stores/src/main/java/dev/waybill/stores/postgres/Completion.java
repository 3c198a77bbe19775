package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.spi.Ledger.Note;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Gives loaded tables their constraints and indexes. Each method works inside the transaction that
 * the connection is in and leaves out what is there already, so that it may be repeated.
 */
final class Completion {
  private static final String CONSTRAINTS =
      """
      SELECT k.contype,
             ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n
                   ORDER BY u.i),
             f.relname,
             ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n
                   ORDER BY u.i)
      FROM pg_catalog.pg_constraint k LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
      WHERE k.conrelid = pg_catalog.to_regclass(?) AND k.contype IN ('p', 'u', 'f')
      """;

  private static final int MOST_SUFFIXES = 10_000;

  /** What the server may sort in without spilling; its own default is 64 MB. */
  private static final String SORTING = "256MB";

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;

  Completion(Connection connection, Location location, PostgresLedger ledger) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
  }

  /** A constraint that is there: kind, columns, and for a foreign key what it points at. */
  private record Constraint(
      String kind, List<String> fields, String targetCollection, List<String> targetFields) {}

  private Set<Constraint> constraints(Collection collection) throws SQLException {
    Set<Constraint> found = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(CONSTRAINTS)) {
      select.setString(1, table(collection));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String target = row.getString(3);
          found.add(
              new Constraint(
                  row.getString(1),
                  strings(row, 2),
                  target == null ? "" : target,
                  strings(row, 4)));
        }
      }
    }
    return found;
  }

  /** True if the table has no constraint but those that this class gives it. */
  boolean hasOnlyItsOwn(Collection collection) throws SQLException {
    Set<List<String>> unique = new HashSet<>(collection.uniqueSets());
    unique.add(collection.key());
    for (Constraint constraint : constraints(collection)) {
      boolean isOwn =
          constraint.kind.equals("f")
              ? collection.foreignKeys().stream().anyMatch(key -> isSame(key, constraint))
              : unique.contains(constraint.fields);
      if (!isOwn) {
        return false;
      }
    }
    // The server may spell a check otherwise than it was given.
    return checks(collection).size() <= new HashSet<>(collection.checks()).size();
  }

  private static boolean isSame(ForeignKey key, Constraint constraint) {
    return key.fields().equals(constraint.fields)
        && key.targetCollection().equals(constraint.targetCollection)
        && (key.targetFields().isEmpty() || key.targetFields().equals(constraint.targetFields));
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }

  private String table(Collection collection) {
    return Dialect.quote(location.schema(), collection.name());
  }

  private static Constraint own(String kind, List<String> fields) {
    return new Constraint(kind, fields, "", List.of());
  }

  /** Lets the server sort in more memory until the transaction ends, if it is set to less. */
  void takeRoom(Statement statement) throws SQLException {
    statement.execute(
        "SELECT pg_catalog.set_config('maintenance_work_mem', '"
            + SORTING
            + "', true) WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting("
            + "'maintenance_work_mem')) < pg_catalog.pg_size_bytes('"
            + SORTING
            + "')");
  }

  /** The key: primary, unless one of its fields may be null. */
  void key(Collection collection, Statement statement) throws SQLException {
    if (!collection.hasKey()) {
      return;
    }
    List<String> key = collection.key();
    Set<Constraint> there = constraints(collection);
    if (there.contains(own("p", key)) || there.contains(own("u", key))) {
      return;
    }
    boolean mayBeNull =
        key.stream().anyMatch(name -> collection.field(name).map(Field::isNullable).orElse(false));
    if (addNamed(collection, TableDetail.key(key), statement)) {
      return;
    }
    String kind =
        !mayBeNull
            ? "PRIMARY KEY "
            : connection.getMetaData().getDatabaseMajorVersion() >= 15
                ? "UNIQUE NULLS NOT DISTINCT "
                : "UNIQUE ";
    statement.execute(
        "ALTER TABLE " + table(collection) + " ADD " + kind + "(" + Dialect.quoteAll(key) + ")");
  }

  /** Adds a constraint as another PostgreSQL had it; false if nothing is known of that. */
  private boolean addNamed(Collection collection, String property, Statement statement)
      throws SQLException {
    Optional<TableDetail.Named> named = TableDetail.named(collection, property);
    if (named.isEmpty()) {
      return false;
    }
    String name = named.get().name();
    boolean isFree = !Schemas.hasRelation(connection, location.schema(), name);
    statement.execute(
        "ALTER TABLE "
            + table(collection)
            + " ADD "
            + (isFree ? "CONSTRAINT " + Dialect.quote(name) + " " : "")
            + named.get().definition());
    return true;
  }

  void uniqueSets(Collection collection, Statement statement) throws SQLException {
    Set<Constraint> there = constraints(collection);
    for (List<String> set : collection.uniqueSets()) {
      if (isIndex(collection, set)) {
        continue;
      }
      boolean isMissing = there.add(own("u", set)) && !there.contains(own("p", set));
      if (isMissing && !addNamed(collection, TableDetail.unique(set), statement)) {
        statement.execute(
            "ALTER TABLE " + table(collection) + " ADD UNIQUE (" + Dialect.quoteAll(set) + ")");
      }
    }
  }

  /** True if the set is guarded by an index that is no constraint. */
  private static boolean isIndex(Collection collection, List<String> set) {
    String text = collection.detail().properties().get(TableDetail.unique(set));
    return text != null && text.startsWith(TableDetail.INDEX);
  }

  private List<String> checks(Collection collection) throws SQLException {
    List<String> there = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint"
                + " WHERE conrelid = pg_catalog.to_regclass(?) AND contype IN ('c', 'x')")) {
      select.setString(1, table(collection));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          there.add(row.getString(1));
        }
      }
    }
    return there;
  }

  /** The store's own checks, as {@code pg_get_constraintdef()} spells them. */
  void checks(Collection collection, Statement statement) throws SQLException {
    Set<String> there = new HashSet<>(checks(collection));
    for (String check : collection.checks()) {
      if (there.add(check)) {
        String name = TableDetail.get(collection, TableDetail.CHECK, check);
        statement.execute(
            "ALTER TABLE "
                + table(collection)
                + " ADD "
                + (name == null ? "" : "CONSTRAINT " + Dialect.quote(name) + " ")
                + SqlText.single("a check", check));
      }
    }
  }

  void foreignKeys(Collection collection, Statement statement) throws SQLException {
    Set<Constraint> there = constraints(collection);
    for (ForeignKey key : collection.foreignKeys()) {
      Constraint wanted =
          new Constraint("f", key.fields(), key.targetCollection(), key.targetFields());
      if (!there.add(wanted)) {
        continue;
      }
      String name =
          key.name().isEmpty()
              ? ""
              : " CONSTRAINT " + Dialect.quote(freeConstraintName(collection, key.name()));
      statement.execute(
          "ALTER TABLE "
              + table(collection)
              + " ADD"
              + name
              + " FOREIGN KEY ("
              + Dialect.quoteAll(key.fields())
              + ") REFERENCES "
              + Dialect.quote(location.schema(), key.targetCollection())
              + (key.targetFields().isEmpty()
                  ? ""
                  : " (" + Dialect.quoteAll(key.targetFields()) + ")")
              + further(collection, key, "MATCH FULL")
              + " ON DELETE "
              + action(key.onDelete())
              + " ON UPDATE "
              + action(key.onUpdate())
              + (key.isDeferrable() ? " DEFERRABLE" : "")
              + further(collection, key, "INITIALLY DEFERRED")
              + further(collection, key, "NOT VALID"));
    }
  }

  /** A clause that only another PostgreSQL's foreign key has. */
  private static String further(Collection collection, ForeignKey key, String clause) {
    String text = TableDetail.get(collection, TableDetail.FOREIGN_KEY, key.name());
    return text != null && text.contains(clause) ? " " + clause : "";
  }

  private static String action(ForeignKey.Action action) {
    return action.name().replace('_', ' ');
  }

  private String freeConstraintName(Collection collection, String name) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            "SELECT FROM pg_catalog.pg_constraint"
                + " WHERE conrelid = pg_catalog.to_regclass(?) AND conname = ?")) {
      return free(
          name,
          candidate -> {
            find.setString(1, table(collection));
            find.setString(2, candidate);
            try (ResultSet row = find.executeQuery()) {
              return !row.next();
            }
          });
    }
  }

  /** Makes the indexes that the ledger does not note yet. */
  void indexes(Collection collection, Statement statement) throws SQLException {
    Set<String> noted =
        ledger.notes().stream()
            .filter(note -> note.what() == Note.What.OBJECT_CREATED)
            .map(Note::detail)
            .collect(Collectors.toSet());
    for (int i = 0; i < collection.indexes().size(); i++) {
      Index index = collection.indexes().get(i);
      String detail = Restoration.index(collection.name(), i);
      if (!noted.contains(detail)) {
        index(collection, index, detail, statement);
      }
    }
    for (int i = 0; i < collection.uniqueSets().size(); i++) {
      List<String> set = collection.uniqueSets().get(i);
      String detail = Restoration.uniqueIndex(collection.name(), i);
      if (isIndex(collection, set) && !noted.contains(detail)) {
        String text = collection.detail().properties().get(TableDetail.unique(set));
        String name = text == null ? "" : text.substring(TableDetail.INDEX.length());
        List<Index.Column> columns =
            set.stream().map(field -> new Index.Column(field, false)).toList();
        index(collection, new Index(name, columns, true, "", ""), detail, statement);
      }
    }
  }

  private void index(Collection collection, Index index, String detail, Statement statement)
      throws SQLException {
    String name =
        free(
            index.name().isEmpty() ? collection.name() + "_idx" : index.name(),
            candidate -> !Schemas.hasRelation(connection, location.schema(), candidate));
    ledger.note(new Note(Note.What.OBJECT_CREATED, name, detail));
    statement.execute(
        "CREATE "
            + (index.isUnique() ? "UNIQUE " : "")
            + "INDEX "
            + Dialect.quote(name)
            + " ON "
            + table(collection)
            + " "
            + (!index.isPortable()
                ? IndexDefinition.tail(index.definition())
                : VectorIndex.isOne(index.method()) ? near(collection, index) : columns(index)));
  }

  private static String near(Collection collection, Index index) {
    String field = index.columns().isEmpty() ? "" : index.columns().get(0).field();
    return VectorIndex.tail(index, collection.field(field).orElseThrow());
  }

  private static String columns(Index index) {
    return index.columns().stream()
        .map(each -> Dialect.quote(each.field()) + (each.isDescending() ? " DESC" : ""))
        .collect(
            Collectors.joining(
                ", ",
                (index.method().isEmpty() ? "" : "USING " + Dialect.quote(index.method()) + " ")
                    + "(",
                ")"));
  }

  private interface IsFree {
    boolean test(String name) throws SQLException;
  }

  private static String free(String name, IsFree isFree) throws SQLException {
    for (int i = 1; i < MOST_SUFFIXES; i++) {
      String candidate = Dialect.fitted(name, i == 1 ? "" : "_" + i);
      if (isFree.test(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException("no free name like " + name);
  }
}
