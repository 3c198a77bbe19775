package dev.waybill.stores.sqlite;

import dev.waybill.testkit.StoreTck;
import dev.waybill.testkit.TckStore;
import java.nio.file.Path;

/** SQLite keeps the laws of every store. */
class SqliteTckTest extends StoreTck {
  @Override
  protected TckStore freshStore(Path directory) {
    return TckStore.of(new SqliteAdapter(), "sqlite:" + directory.resolve("store.db"));
  }
}
