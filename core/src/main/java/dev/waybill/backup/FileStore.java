package dev.waybill.backup;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.List;

/**
 * Records in a run's directory as a store to read.
 *
 * @param identity of the files
 * @param findings what stands in the way of using them
 */
record FileStore(
    Capabilities capabilities,
    String identity,
    Catalog catalog,
    List<Finding> findings,
    FileSnapshot.Records records)
    implements Store {

  @Override
  public List<Finding> findings(Collection collection) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    return new FileSnapshot(records);
  }

  @Override
  public void close() {}
}
