package dev.waybill.stores.hnsw;

import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.util.List;

/** An index file of hnswlib: {@code hnsw:FILE[?space=l2|ip|cosine&dimension=N]}. Read only. */
public final class HnswAdapter implements StoreAdapter {
  /** Bytes of a record in a batch. */
  private static final int LARGEST = 64 << 20;

  static final Capabilities CAPABILITIES =
      new Capabilities(
          false,
          Capabilities.Transactions.NONE,
          Capabilities.Reading.MOVES_NOTICED,
          Capabilities.LedgerPlace.RUN_DIRECTORY,
          Capabilities.Visibility.FINISH,
          Capabilities.Keys.REQUIRED,
          Capabilities.Relationships.NONE,
          Capabilities.Documents.FLAT,
          Capabilities.Vectors.TYPED,
          0,
          LARGEST,
          HnswTypes.TABLE);

  @Override
  public String type() {
    return "hnsw";
  }

  @Override
  public List<String> schemes() {
    return List.of("hnsw");
  }

  @Override
  public Capabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return new HnswStore(HnswPlace.of(url));
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    throw new SpecException(
        "READ_ONLY_STORE",
        "An index file of hnswlib can be read but not written (" + url + ").",
        "see which can: waybill stores");
  }
}
