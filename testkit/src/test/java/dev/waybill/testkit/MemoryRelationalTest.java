package dev.waybill.testkit;

import dev.waybill.spi.Capabilities.Transactions;
import java.nio.file.Path;

class MemoryRelationalTest extends StoreTck {
  @Override
  protected TckStore freshStore(Path directory) {
    return TckStore.of(new MemoryAdapter(MemoryForm.RELATIONAL, Transactions.BATCH), "memory:a");
  }
}
