package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.ForeignKey;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.Violation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds records of a table that the constraints and indexes of {@link Completion} do not allow,
 * over a connection of its own.
 */
final class LateViolations {
  private static final int AT_ONCE = 1_000;
  private static final int BYTES_AT_ONCE = 4 << 20;
  private static final Pattern CHECK =
      Pattern.compile("CHECK (\\(.*\\))(?: NO INHERIT)?", Pattern.DOTALL);
  private static final Pattern DEFERRABLE =
      Pattern.compile("(?: (?:NOT )?DEFERRABLE| INITIALLY (?:DEFERRED|IMMEDIATE))+$");

  private final Connection connection;
  private final Location location;
  private final Collection collection;
  private final TypeRegistry types;
  private final Violation.Consumer consumer;
  private final TableShape whole;
  private boolean isEnough;

  LateViolations(
      Connection connection,
      Location location,
      Collection collection,
      TypeRegistry types,
      Violation.Consumer consumer)
      throws SQLException {
    this.connection = connection;
    this.location = location;
    this.collection = collection;
    this.types = types;
    this.consumer = consumer;
    this.whole = TableShape.of(connection, types, location.schema(), collection);
  }

  void find(Violation.Rule rule) throws SQLException {
    switch (rule) {
      case KEY -> key();
      case CHECK -> checks();
      case FOREIGN_KEY -> foreignKeys();
      case UNIQUE -> unique();
    }
  }

  // --- records that are alike

  private void key() throws SQLException {
    if (!collection.hasKey()) {
      return;
    }
    Optional<TableDetail.Named> named =
        TableDetail.named(collection, TableDetail.key(collection.key()));
    boolean mayBeNull =
        collection.key().stream()
            .anyMatch(name -> collection.field(name).map(Field::isNullable).orElse(false));
    boolean areNullsAlike =
        named.isPresent()
            ? named.get().definition().contains(" NULLS NOT DISTINCT ")
            : mayBeNull && connection.getMetaData().getDatabaseMajorVersion() >= 15;
    report(
        "NOT_UNIQUE",
        "has the same key ("
            + String.join(", ", collection.key())
            + ") as another one, which was written before and stays",
        whole,
        true,
        repeated(whole, collection.key(), areNullsAlike, "t.tableoid, t.ctid"));
  }

  private void unique() throws SQLException {
    for (List<String> set : collection.uniqueSets()) {
      Optional<TableDetail.Named> named = TableDetail.named(collection, TableDetail.unique(set));
      String definition = named.map(TableDetail.Named::definition).orElse("");
      if (definition.contains("WITHOUT OVERLAPS")) {
        byTrial(named.map(TableDetail.Named::name).orElse(""), definition);
      } else {
        alike(set, definition.contains(" NULLS NOT DISTINCT "));
      }
    }
    for (Index index : collection.indexes()) {
      if (index.isUnique() && index.isPortable()) {
        alike(index.columns().stream().map(Index.Column::field).toList(), false);
      } else if (index.isUnique()) {
        byTrial(index.name(), "INDEX " + IndexDefinition.tail(index.definition()));
      }
    }
    for (String check : collection.checks()) {
      if (check.startsWith("EXCLUDE ")) {
        String name = TableDetail.get(collection, TableDetail.CHECK, check);
        byTrial(name == null ? "" : name, SqlText.single("a check", check));
      }
    }
  }

  private void alike(List<String> set, boolean areNullsAlike) throws SQLException {
    TableShape named = named();
    report(
        "NOT_UNIQUE",
        "has the same " + String.join(", ", set) + " as another, which stays",
        named,
        repeated(named, set, areNullsAlike, order()));
  }

  private String order() {
    String written = "t.tableoid, t.ctid";
    return collection.hasKey() ? qualified("t", collection.key()) + ", " + written : written;
  }

  private String repeated(TableShape read, List<String> set, boolean areNullsAlike, String order) {
    String whereNotNull =
        set.stream()
            .map(name -> "t." + Dialect.quote(name) + " IS NOT NULL")
            .collect(Collectors.joining(" AND ", " WHERE ", ""));
    return "SELECT "
        + read.reads("t")
        + " FROM (SELECT t.*, row_number() OVER (PARTITION BY "
        + qualified("t", set)
        + " ORDER BY "
        + order
        + ") AS waybill_nth FROM "
        + whole.only()
        + " t"
        + (areNullsAlike ? "" : whereNotNull)
        + ") t WHERE t.waybill_nth > 1";
  }

  /**
   * What only the server knows how to compare: the rows are put one after the other into a table of
   * this connection alone that has the very constraint; those that do not get in are the ones.
   */
  private void byTrial(String name, String definition) throws SQLException {
    if (isEnough) {
      return;
    }
    boolean isIndex = definition.startsWith("INDEX ");
    String trial = "pg_temp.waybill_trial";
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + trial);
      statement.execute("CREATE TEMPORARY TABLE waybill_trial (LIKE " + whole.quoted() + ")");
      statement.execute(
          isIndex
              ? "CREATE UNIQUE INDEX ON " + trial + definition.substring("INDEX".length())
              : "ALTER TABLE " + trial + " ADD " + DEFERRABLE.matcher(definition).replaceAll(""));
      statement.execute("ALTER TABLE " + trial + " ADD waybill_part oid, ADD waybill_place tid");
      statement.executeUpdate(
          "INSERT INTO "
              + trial
              + " SELECT t.*, t.tableoid, t.ctid FROM "
              + whole.only()
              + " t ORDER BY "
              + order()
              + " ON CONFLICT DO NOTHING");
      TableShape named = named();
      report(
          isIndex || definition.startsWith("UNIQUE") ? "NOT_UNIQUE" : "EXCLUSION_VIOLATED",
          "cannot stand beside another, which stays, by \"" + name + "\"",
          named,
          "SELECT "
              + named.reads("t")
              + " FROM "
              + whole.only()
              + " t WHERE NOT EXISTS (SELECT FROM "
              + trial
              + " r WHERE r.waybill_place = t.ctid AND r.waybill_part = t.tableoid)");
      statement.execute("DROP TABLE IF EXISTS " + trial);
    }
  }

  // --- records by themselves

  private void checks() throws SQLException {
    for (String check : collection.checks()) {
      Matcher matcher = CHECK.matcher(check);
      if (!matcher.matches()) {
        // NOT VALID, NOT ENFORCED: it is not held against what is there.
        continue;
      }
      String name = TableDetail.get(collection, TableDetail.CHECK, check);
      TableShape named = named();
      report(
          "CHECK_VIOLATED",
          "violates "
              + (name == null ? "the check " + check : "the check \"" + name + "\": " + check),
          named,
          "SELECT "
              + named.reads("t")
              + " FROM (SELECT * FROM "
              + whole.only()
              + " WHERE NOT "
              + SqlText.single("a check", matcher.group(1))
              + ") t");
    }
  }

  private void foreignKeys() throws SQLException {
    for (ForeignKey key : collection.foreignKeys()) {
      String text = TableDetail.get(collection, TableDetail.FOREIGN_KEY, key.name());
      if (text == null || !text.contains("NOT VALID")) {
        dangling(key, text != null && text.contains("MATCH FULL"));
      }
    }
  }

  private void dangling(ForeignKey key, boolean isFull) throws SQLException {
    List<String> targets =
        key.targetFields().isEmpty() ? primaryKey(key.targetCollection()) : key.targetFields();
    if (targets.size() != key.fields().size()) {
      return;
    }
    String parent = Dialect.quote(location.schema(), key.targetCollection());
    String allThere = nulls(key.fields(), " IS NOT NULL", " AND ");
    String nowhere =
        "("
            + allThere
            + " AND NOT EXISTS (SELECT FROM "
            + parent
            + " p WHERE "
            + points("p", targets, "c", key.fields())
            + "))"
            + (isFull
                ? " OR (("
                    + nulls(key.fields(), " IS NULL", " OR ")
                    + ") AND ("
                    + nulls(key.fields(), " IS NOT NULL", " OR ")
                    + "))"
                : "");
    TableShape named = named();
    boolean isOfItself = key.targetCollection().equals(collection.name()) && collection.hasKey();
    report(
        "FOREIGN_KEY_VIOLATED",
        "points with "
            + String.join(", ", key.fields())
            + " at no record of \""
            + key.targetCollection()
            + "\""
            + (key.name().isEmpty() ? "" : " (" + key.name() + ")"),
        named,
        isOfItself
            ? withFollowers(named, nowhere, targets, key.fields())
            : "SELECT " + named.reads("c") + " FROM " + whole.only() + " c WHERE " + nowhere);
  }

  private String withFollowers(
      TableShape named, String nowhere, List<String> targets, List<String> fields) {
    List<String> own = collection.key();
    StringJoiner isThat = new StringJoiner(" AND ");
    for (String name : own) {
      isThat.add("p." + Dialect.quote(name) + " IS NOT DISTINCT FROM g." + Dialect.quote(name));
    }
    return "WITH RECURSIVE gone AS (SELECT "
        + qualified("c", own)
        + " FROM "
        + whole.only()
        + " c WHERE "
        + nowhere
        + " UNION SELECT "
        + qualified("c", own)
        + " FROM gone g JOIN "
        + whole.only()
        + " p ON "
        + isThat
        + " JOIN "
        + whole.only()
        + " c ON "
        + points("p", targets, "c", fields)
        + ") SELECT "
        + named.reads("g")
        + " FROM gone g";
  }

  private static String points(
      String parent, List<String> targets, String child, List<String> fields) {
    StringJoiner points = new StringJoiner(" AND ");
    for (int i = 0; i < fields.size(); i++) {
      points.add(
          parent
              + "."
              + Dialect.quote(targets.get(i))
              + " = "
              + child
              + "."
              + Dialect.quote(fields.get(i)));
    }
    return points.toString();
  }

  private static String nulls(List<String> fields, String test, String joined) {
    return fields.stream()
        .map(name -> "c." + Dialect.quote(name) + test)
        .collect(Collectors.joining(joined));
  }

  private List<String> primaryKey(String table) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            """
            SELECT ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
                         JOIN pg_catalog.pg_attribute a
                           ON a.attrelid = k.conrelid AND a.attnum = u.n
                         ORDER BY u.i)
            FROM pg_catalog.pg_constraint k
            WHERE k.conrelid = pg_catalog.to_regclass(?) AND k.contype = 'p'
            """)) {
      select.setString(1, Dialect.quote(location.schema(), table));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Arrays.asList((String[]) row.getArray(1).getArray()) : List.of();
      }
    }
  }

  // --- naming

  private static String qualified(String alias, List<String> names) {
    return names.stream()
        .map(name -> alias + "." + Dialect.quote(name))
        .collect(Collectors.joining(", "));
  }

  /** The key's fields, or all where there is no key. */
  private TableShape named() throws SQLException {
    if (!collection.hasKey()) {
      return whole;
    }
    List<Field> fields = new ArrayList<>();
    for (String name : collection.key()) {
      collection.field(name).ifPresent(fields::add);
    }
    return TableShape.of(connection, types, location.schema(), collection.withFields(fields));
  }

  private void report(String code, String reason, TableShape read, String query)
      throws SQLException {
    report(code, reason, read, !collection.hasKey(), query);
  }

  private void report(String code, String reason, TableShape read, boolean isWhole, String query)
      throws SQLException {
    if (isEnough) {
      return;
    }
    try (CopyReader reader =
        new CopyReader(connection, kept -> {}, location.toString(), read, false, query)) {
      RecordBatch found = new RecordBatch(read.columns().size());
      while (!isEnough && reader.read(found, AT_ONCE, BYTES_AT_ONCE)) {
        isEnough = !consumer.accept(new Violation(code, reason, found, isWhole));
        found = new RecordBatch(read.columns().size());
      }
    }
  }
}
