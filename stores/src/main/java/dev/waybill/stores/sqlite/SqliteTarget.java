package dev.waybill.stores.sqlite;

import dev.waybill.model.*;
import dev.waybill.spi.*;
import java.nio.file.Path;
import java.util.List;

final class SqliteTarget implements TargetStore {
  SqliteTarget(Path file, Workspace workspace) {}

  @Override
  public Capabilities capabilities() {
    return SqliteAdapter.CAPABILITIES;
  }

  @Override
  public Catalog catalog() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Finding> findings() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Snapshot snapshot() {
    throw new UnsupportedOperationException();
  }

  @Override
  public TargetSession begin(RunHeader run, Ledger ledger) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
