package dev.waybill.e2e;

import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import dev.waybill.testkit.MemoryAdapter;
import dev.waybill.testkit.MemoryForm;
import java.util.List;

/** {@code documents:NAME}: stores of documents in memory, a kind of their own. */
public final class MemoryDocuments implements StoreAdapter {
  private static final MemoryAdapter SHARED =
      new MemoryAdapter(MemoryForm.DOCUMENT, Capabilities.Transactions.BATCH);

  @Override
  public String type() {
    return "documents";
  }

  @Override
  public List<String> schemes() {
    return List.of("documents");
  }

  @Override
  public Capabilities capabilities() {
    return SHARED.capabilities();
  }

  private static StoreUrl memory(StoreUrl url) {
    return StoreUrl.parse("memory:" + url.rest());
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return SHARED.openSource(memory(url), workspace);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    return SHARED.openTarget(memory(url), workspace);
  }
}
