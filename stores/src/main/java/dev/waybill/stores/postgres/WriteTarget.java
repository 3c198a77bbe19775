package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The statements that write to one table by way of a temporary staging table. */
final class WriteTarget {
  private static final String STAGE = "pg_temp.waybill_stage";
  private static final String KEY_STAGE = "pg_temp.waybill_key_stage";

  final Collection collection;
  final TableShape shape;
  final int[] keyPositions;

  /** What is to be handed over before it is overwritten; null if nothing is. */
  final @Nullable Collection whole;

  /** The table as what is there is read from it. */
  final TableShape read;

  private final List<TableShape.Column> keyColumns;
  private boolean hasStage;
  private boolean hasKeyStage;

  /**
   * @param whole what is to be handed over before it is overwritten, null if nothing is
   * @param read the table with its fields; without it the same as {@code shape}
   */
  WriteTarget(
      Collection collection, TableShape shape, @Nullable Collection whole, TableShape read) {
    this.collection = collection;
    this.shape = shape;
    this.whole = whole;
    this.read = read;
    this.keyPositions = collection.keyPositions();
    this.keyColumns = new ArrayList<>();
    for (int position : keyPositions) {
      keyColumns.add(shape.columns().get(position));
    }
  }

  List<TableShape.Column> keyColumns() {
    return keyColumns;
  }

  /** The records that are written to, of those that are read. */
  RecordBatch written(RecordBatch existing) {
    if (read.names().equals(shape.names())) {
      return existing;
    }
    List<String> there = read.columns().stream().map(TableShape.Column::name).toList();
    int[] positions =
        shape.columns().stream().map(TableShape.Column::name).mapToInt(there::indexOf).toArray();
    RecordBatch written = new RecordBatch(positions.length);
    for (int record = 0; record < existing.records(); record++) {
      existing.project(record, positions, written);
    }
    return written;
  }

  /** The staging table for whole records, or for keys only; made outside any batch. */
  String stage(Connection connection, boolean isOfKeys) throws SQLException {
    String stage = isOfKeys ? KEY_STAGE : STAGE;
    if (isOfKeys ? hasKeyStage : hasStage) {
      return stage;
    }
    List<TableShape.Column> columns = isOfKeys ? keyColumns : shape.columns();
    StringJoiner definitions = new StringJoiner(", ");
    for (int i = 0; i < columns.size(); i++) {
      TableShape.Column column = columns.get(i);
      definitions.add(
          (column.type().isCast() ? "NULL::text" : "t." + Dialect.quote(column.name()))
              + " AS c"
              + i);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + stage);
      statement.execute(
          "CREATE TEMPORARY TABLE "
              + stage.substring(stage.indexOf('.') + 1)
              + " ON COMMIT DELETE ROWS AS SELECT 0::integer AS ordinal, "
              + definitions
              + " FROM "
              + shape.only()
              + " t WITH NO DATA");
    }
    connection.commit();
    if (isOfKeys) {
      hasKeyStage = true;
    } else {
      hasStage = true;
    }
    return stage;
  }

  /** True if a unique index that is looked at row by row guards exactly the key. */
  boolean isKeyGuarded(Connection connection) throws SQLException {
    try (PreparedStatement find =
        connection.prepareStatement(
            """
            SELECT EXISTS (
              SELECT FROM pg_catalog.pg_index i
              WHERE i.indrelid = ? AND i.indisunique AND i.indisvalid AND i.indimmediate
                AND i.indpred IS NULL AND i.indexprs IS NULL
                AND ARRAY(SELECT a.attname::text
                          FROM generate_series(0, i.indnkeyatts - 1) AS s(p)
                          JOIN pg_catalog.pg_attribute a
                            ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.p]
                          ORDER BY 1)
                    = ARRAY(SELECT u.n FROM unnest(?::text[]) AS u(n) ORDER BY 1))
            """)) {
      find.setLong(1, shape.oid());
      find.setArray(2, connection.createArrayOf("text", collection.key().toArray()));
      try (ResultSet row = find.executeQuery()) {
        row.next();
        return row.getBoolean(1) && keyColumns.stream().allMatch(TableShape.Column::isNotNull);
      }
    }
  }

  boolean isEmpty(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT NOT EXISTS (SELECT FROM " + shape.only() + ")")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** What COPY straight into the table writes to. */
  String direct() {
    return shape.quoted() + " (" + shape.names() + ")";
  }

  /** What was staged for a column, as an expression over {@code s}; empty if nothing was. */
  String staged(String column) {
    for (int i = 0; i < shape.columns().size(); i++) {
      if (shape.columns().get(i).name().equals(column)) {
        return staged(shape.columns().get(i), i);
      }
    }
    return "";
  }

  /** Staged rows of which only some count; the parameter is the array of their numbers. */
  static String only(String stage) {
    return "(SELECT * FROM " + stage + " WHERE ordinal = ANY (?))";
  }

  private static String staged(TableShape.Column column, int position) {
    return staged("s", column, position);
  }

  private static String staged(String stage, TableShape.Column column, int position) {
    return stage + ".c" + position + (column.type().isCast() ? "::" + column.castType() : "");
  }

  /** The condition that a row {@code t} has the key of a staged row {@code s}. */
  private String matches(RecordBatch records, boolean isOfKeys) {
    return matches("t", "s", records, isOfKeys);
  }

  private String matches(String table, String stage, RecordBatch records, boolean isOfKeys) {
    StringJoiner conditions = new StringJoiner(" AND ");
    for (int i = 0; i < keyColumns.size(); i++) {
      TableShape.Column column = keyColumns.get(i);
      int position = isOfKeys ? i : keyPositions[i];
      conditions.add(
          table
              + "."
              + Dialect.quote(column.name())
              // An index serves "=" only.
              + (hasMissing(records, position) ? " IS NOT DISTINCT FROM " : " = ")
              + staged(stage, column, position));
    }
    return conditions.toString();
  }

  private static boolean hasMissing(RecordBatch records, int field) {
    for (int record = 0; record < records.records(); record++) {
      if (records.isMissingAt(records.at(record, field))) {
        return true;
      }
    }
    return false;
  }

  /** The records there are under the staged keys, numbered, and locked until the batch is done. */
  String existing(String stage, RecordBatch records, boolean isOfKeys) {
    return "SELECT s.ordinal, "
        + read.reads("t")
        + " FROM "
        + stage
        + " s JOIN "
        + shape.only()
        + " t ON "
        + matches(records, isOfKeys)
        + " FOR UPDATE OF t";
  }

  /** Inserts staged rows; the parameter is the array of their numbers, if only some go. */
  String insert(String stage, boolean isPart) {
    StringJoiner values = new StringJoiner(", ");
    for (int i = 0; i < shape.columns().size(); i++) {
      values.add(staged(shape.columns().get(i), i));
    }
    boolean overrides = shape.columns().stream().anyMatch(TableShape.Column::isAlwaysIdentity);
    return "INSERT INTO "
        + shape.quoted()
        + " ("
        + shape.names()
        + ")"
        + (overrides ? " OVERRIDING SYSTEM VALUE" : "")
        + " SELECT "
        + values
        + " FROM "
        + stage
        + " s"
        + (isPart ? " WHERE s.ordinal = ANY (?)" : "");
  }

  /** Updates from staged rows; the parameter is the array of their numbers. */
  String update(String stage, RecordBatch records) {
    StringJoiner assignments = new StringJoiner(", ");
    for (int i = 0; i < shape.columns().size(); i++) {
      TableShape.Column column = shape.columns().get(i);
      // Such a column cannot be assigned to, and as a part of the key it is equal anyway.
      if (!(column.isAlwaysIdentity() && keyColumns.contains(column))) {
        assignments.add(Dialect.quote(column.name()) + " = " + staged(column, i));
      }
    }
    return "UPDATE "
        + shape.only()
        + " t SET "
        + assignments
        + " FROM "
        + stage
        + " s WHERE "
        + matches(records, false)
        + " AND s.ordinal = ANY (?)";
  }

  /** Deletes by staged keys; the parameter is the array of their numbers. */
  String delete(String stage, RecordBatch keys) {
    return "DELETE FROM "
        + shape.only()
        + " t USING "
        + stage
        + " s WHERE "
        + matches(keys, true)
        + " AND s.ordinal = ANY (?)";
  }

  /**
   * The numbers of staged keys whose rows others refer to by a foreign key; the parameters are
   * arrays of the numbers of the keys that are to be deleted.
   */
  String referredTo(String stage, RecordBatch keys, ReferringKey key) {
    return "SELECT DISTINCT s.ordinal FROM "
        + stage
        + " s JOIN "
        + shape.only()
        + " t ON "
        + matches(keys, true)
        + " JOIN "
        + key.table()
        + " r ON "
        + key.matches("r", "t")
        + " WHERE s.ordinal = ANY (?)"
        + (key.isOfItself()
            ? " AND NOT EXISTS (SELECT FROM "
                + stage
                + " o WHERE "
                + matches("r", "o", keys, true)
                + " AND o.ordinal = ANY (?))"
            : "")
        + " ORDER BY 1";
  }

  /** Whether others refer by a foreign key to rows that {@link #deleteWhole} would delete. */
  String referredToWhole(String stage, ReferringKey key) {
    return foundWhole(stage)
        + " SELECT EXISTS (SELECT FROM found f JOIN "
        + shape.only()
        + " t ON t.tableoid = f.part AND t.ctid = f.place JOIN "
        + key.table()
        + " r ON "
        + key.matches("r", "t")
        + " WHERE f.position <= f.copies"
        + (key.isOfItself()
            ? " AND NOT EXISTS (SELECT FROM found o WHERE o.part = r.tableoid"
                + " AND o.place = r.ctid AND o.position <= o.copies)"
            : "")
        + ")";
  }

  /**
   * Deletes as many rows equal to each staged one as were staged, the last written first. Rows are
   * compared by their text form: it is exact, every type has it, and it can be hashed.
   */
  String deleteWhole(String stage) {
    return foundWhole(stage)
        + " DELETE FROM "
        + shape.only()
        + " t USING found f WHERE t.tableoid = f.part AND t.ctid = f.place"
        + " AND f.position <= f.copies";
  }

  private String foundWhole(String stage) {
    StringJoiner ofTable = new StringJoiner(", ", "ROW(", ")::text COLLATE \"C\"");
    StringJoiner ofStage = new StringJoiner(", ", "ROW(", ")::text COLLATE \"C\"");
    for (int i = 0; i < shape.columns().size(); i++) {
      ofTable.add("t." + Dialect.quote(shape.columns().get(i).name()));
      ofStage.add(staged(shape.columns().get(i), i));
    }
    return "WITH wanted AS (SELECT "
        + ofStage
        + " AS image, count(*) AS copies FROM "
        + stage
        + " s GROUP BY 1), found AS (SELECT t.tableoid AS part, t.ctid AS place, w.copies,"
        + " row_number() OVER (PARTITION BY w.image ORDER BY t.tableoid, t.ctid DESC) AS position"
        + " FROM "
        + shape.only()
        + " t JOIN wanted w ON "
        + ofTable
        + " = w.image)";
  }
}
