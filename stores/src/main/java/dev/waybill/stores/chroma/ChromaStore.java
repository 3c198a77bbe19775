package dev.waybill.stores.chroma;

import dev.waybill.model.Catalog;
import dev.waybill.model.Collection;
import dev.waybill.model.Finding;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Snapshot;
import dev.waybill.spi.Store;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** An open folder or server. */
final class ChromaStore implements Store {
  private final String identity;
  private final Capabilities capabilities;
  private final Content content;
  private final Supplier<List<Finding>> findings;
  private final AtomicBoolean isOpen = new AtomicBoolean(true);

  ChromaStore(
      String identity,
      Capabilities capabilities,
      Content content,
      Supplier<List<Finding>> findings) {
    this.identity = identity;
    this.capabilities = capabilities;
    this.content = content;
    this.findings = findings;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public Catalog catalog() {
    return content.catalog();
  }

  @Override
  public List<Finding> findings() {
    return findings.get();
  }

  @Override
  public List<Finding> findings(Collection collection) {
    return List.of();
  }

  @Override
  public Snapshot snapshot() {
    return new ChromaSnapshot(content);
  }

  @Override
  public Kept keep() {
    content.use();
    AtomicBoolean isKept = new AtomicBoolean(true);
    return () -> {
      if (isKept.getAndSet(false)) {
        content.release();
      }
    };
  }

  @Override
  public void close() {
    if (isOpen.getAndSet(false)) {
      content.release();
    }
  }
}
