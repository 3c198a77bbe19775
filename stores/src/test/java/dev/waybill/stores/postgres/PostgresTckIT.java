package dev.waybill.stores.postgres;

import dev.waybill.testkit.StoreTck;
import dev.waybill.testkit.TckStore;
import java.nio.file.Path;

/** The laws of every store, kept by PostgreSQL with pgvector. */
class PostgresTckIT extends StoreTck {
  @Override
  protected TckStore freshStore(Path directory) {
    TestDatabase database = new TestDatabase();
    if (database.offers("vector")) {
      database.run("CREATE EXTENSION vector");
    }
    return new TckStore(new PostgresAdapter(), database.url(), database::close);
  }
}
