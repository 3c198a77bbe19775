package dev.waybill.stores.postgres;

import dev.waybill.model.CanonicalForm;
import dev.waybill.model.Collection;
import dev.waybill.model.DataException;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.RecordDigest;
import dev.waybill.spi.Ledger.Note;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Looks whether a table is still as the run made and filled it, inside the transaction that the
 * connection is in. What refuses to be dropped without CASCADE the server tells by itself; here is
 * looked for what would go with the table unasked.
 */
final class DropCheck {
  private static final String TABLE =
      """
      WITH parts AS (
        SELECT pg_catalog.to_regclass(?)::oid AS relid
        UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(?)) t)
      SELECT c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND NOT c.relrowsecurity AND NOT c.relforcerowsecurity
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i
                               WHERE i.inhrelid = c.oid OR i.inhparent = c.oid AND c.relkind = 'r')
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_class l ON l.oid = p.relid
                               WHERE l.relrowsecurity OR l.relkind NOT IN ('r', 'p'))
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_trigger t ON t.tgrelid = p.relid
                               WHERE NOT t.tgisinternal)
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_rewrite r
                               ON r.ev_class = p.relid)
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_policy y
                               ON y.polrelid = p.relid)
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_publication_rel y
                               ON y.prrelid = p.relid)
               AND NOT EXISTS (SELECT FROM parts p JOIN pg_catalog.pg_statistic_ext s
                               ON s.stxrelid = p.relid),
             ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
             ARRAY(SELECT x.relname::text FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                   WHERE i.indrelid = c.oid
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                                     WHERE k.conindid = i.indexrelid
                                       AND k.contype IN ('p', 'u', 'x'))),
             NOT EXISTS (
               SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid
               WHERE s.relkind = 'S' AND d.deptype = 'a' AND d.refobjid = c.oid
                 AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                 AND s.oid <> ALL (ARRAY(SELECT coalesce(pg_catalog.to_regclass(u.name)::oid, 0)
                                         FROM unnest(?::text[]) AS u(name)))),
             ARRAY(SELECT '"' || pg_catalog.replace(l.relname, '"', '""') || '"'
                   FROM parts p JOIN pg_catalog.pg_class l ON l.oid = p.relid
                   WHERE p.relid <> c.oid)
      FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(?)
      """;

  private static final int BATCH_RECORDS = 1_000;
  private static final int BATCH_BYTES = 1 << 20;

  private final Connection connection;
  private final Location location;
  private final PostgresLedger ledger;
  private final TypeRegistry types;

  DropCheck(Connection connection, Location location, PostgresLedger ledger, TypeRegistry types) {
    this.connection = connection;
    this.location = location;
    this.ledger = ledger;
    this.types = types;
  }

  /** True if the table has exactly the columns and objects that the run gave it. */
  boolean isAsMade(Collection collection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(TABLE)) {
      String table = Dialect.quote(location.schema(), collection.name());
      select.setString(1, table);
      select.setString(2, table);
      select.setArray(3, connection.createArrayOf("text", sequences()));
      select.setString(4, table);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            && row.getBoolean(1)
            && row.getBoolean(4)
            && strings(row, 5).equals(partitions(collection))
            && strings(row, 2).equals(columns(collection))
            && indexes(collection).containsAll(strings(row, 3))
            && new Completion(connection, location, ledger).hasOnlyItsOwn(collection);
      }
    }
  }

  private static Set<String> strings(ResultSet row, int column) throws SQLException {
    return new HashSet<>(Arrays.asList((String[]) row.getArray(column).getArray()));
  }

  private static Set<String> columns(Collection collection) {
    return collection.fields().stream()
        .filter(TableDefinition::isMade)
        .map(Field::name)
        .collect(Collectors.toSet());
  }

  private Object[] sequences() {
    return ledger.notes().stream()
        .filter(note -> note.what() == Note.What.OBJECT_CREATED)
        .filter(note -> note.detail().equals(TableDetail.SEQUENCE))
        .map(Note::name)
        .toArray();
  }

  private static Set<String> partitions(Collection collection) {
    return TableDetail.partitions(collection).stream()
        .map(TableDetail.Partition::name)
        .collect(Collectors.toSet());
  }

  private Set<String> indexes(Collection collection) {
    List<Note> notes = ledger.notes();
    return notes.stream()
        .filter(note -> note.what() == Note.What.OBJECT_CREATED)
        .filter(note -> Restoration.isIndexOf(note, collection.name()))
        .map(Note::name)
        .collect(Collectors.toSet());
  }

  /** True if the table holds exactly these records. */
  boolean holds(Collection collection, long records, RecordDigest sum) throws SQLException {
    TableShape shape = TableShape.of(connection, types, location.schema(), collection);
    CanonicalForm canonical = new CanonicalForm();
    RecordBatch batch = new RecordBatch(shape.columns().size());
    RecordDigest found = RecordDigest.ZERO;
    long count = 0;
    try (CopyReader reader =
        new CopyReader(
            connection,
            kept -> {},
            location.toString(),
            shape,
            false,
            "SELECT "
                + shape.reads("t")
                + " FROM "
                + shape.only()
                + " t WHERE true"
                + shape.sizeFilter())) {
      while (reader.read(batch, BATCH_RECORDS, BATCH_BYTES)) {
        for (int record = 0; record < batch.records(); record++) {
          found = found.plus(canonical.digest(batch, record));
        }
        count += batch.records();
        batch.clear();
      }
    } catch (DataException unreadable) {
      // The run has written nothing that it could not read.
      return false;
    }
    return count == records && found.equals(sum);
  }
}
