package dev.waybill.stores.postgres;

import dev.waybill.model.Collection;
import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import dev.waybill.spi.RecordReader;
import dev.waybill.spi.ReferringCollection;
import java.util.ArrayList;
import java.util.List;

/** Rows of one table that refer to those of another, by one foreign key or several. */
final class ReferringTable implements ReferringCollection {
  private final PostgresSnapshot snapshot;
  private final Location location;
  private final Collection to;
  private final List<ReferringKey> keys;

  /**
   * @param keys foreign keys of one table
   */
  ReferringTable(
      PostgresSnapshot snapshot, Location location, Collection to, List<ReferringKey> keys) {
    this.snapshot = snapshot;
    this.location = location;
    this.to = to;
    this.keys = List.copyOf(keys);
  }

  private ReferringKey first() {
    return keys.get(0);
  }

  @Override
  public String name() {
    return isInCatalog() ? first().name() : first().schema() + "." + first().name();
  }

  @Override
  public boolean isInCatalog() {
    return first().schema().equals(location.schema());
  }

  @Override
  public RecordReader read(RecordBatch records, List<String> fields) {
    TableShape target = snapshot.shape(to);
    TableShape shape = snapshot.shape(first().schema(), first().name(), fields);
    List<ScopedReader.Query> queries = new ArrayList<>();
    for (ReferringKey key : keys) {
      List<String> identity = to.hasKey() ? to.key() : key.targetFields();
      // A field that a copy does not carry is not in whole records either.
      if (to.writtenNames().containsAll(identity)) {
        queries.add(query(key, target, shape, keySet(records, identity)));
      }
    }
    return queries.isEmpty()
        ? new Nothing()
        : snapshot.read(
            shape.numbered(snapshot.types()),
            target.hasRowSecurity() || shape.hasRowSecurity(),
            queries);
  }

  private KeySet keySet(RecordBatch records, List<String> identity) {
    List<Field> fields = new ArrayList<>();
    for (String name : identity) {
      fields.add(to.field(name).orElseThrow());
    }
    TableShape shape = snapshot.shape(to.withFields(fields));
    if (to.hasKey()) {
      return new KeySet(shape.columns(), records);
    }
    int[] positions = identity.stream().mapToInt(to.writtenNames()::indexOf).toArray();
    RecordBatch projected = new RecordBatch(positions.length);
    for (int record = 0; record < records.records(); record++) {
      records.project(record, positions, projected);
    }
    return new KeySet(shape.columns(), projected);
  }

  private static ScopedReader.Query query(
      ReferringKey key, TableShape target, TableShape shape, KeySet set) {
    String sql =
        "SELECT k.n - 1"
            + (shape.columns().isEmpty() ? "" : ", " + shape.reads("r"))
            + " FROM "
            + set.numbered("k")
            + " JOIN "
            + target.only()
            + " t ON "
            + set.matches("t", "k")
            + " JOIN "
            + key.table()
            + " r ON "
            + key.matches("r", "t");
    return connection -> {
      set.bind(connection);
      return sql;
    };
  }

  /** No records. */
  private static final class Nothing implements RecordReader {
    @Override
    public boolean read(RecordBatch into, int maxRecords, int maxBytes) {
      return false;
    }

    @Override
    public void close() {}
  }
}
