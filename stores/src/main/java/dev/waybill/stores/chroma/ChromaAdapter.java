package dev.waybill.stores.chroma;

import dev.waybill.model.SpecException;
import dev.waybill.spi.Capabilities;
import dev.waybill.spi.Store;
import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import dev.waybill.spi.TargetStore;
import dev.waybill.spi.Workspace;
import java.util.List;

/**
 * Chroma: a folder, {@code chroma:DIR}, or a server, {@code chroma+http://HOST:PORT}. Read only.
 */
public final class ChromaAdapter implements StoreAdapter {
  /** Bytes of a record in a batch. */
  static final int LARGEST = 64 << 20;

  static final Capabilities CAPABILITIES =
      new Capabilities(
          false,
          Capabilities.Transactions.NONE,
          Capabilities.Reading.MOVES_NOTICED,
          Capabilities.LedgerPlace.RUN_DIRECTORY,
          Capabilities.Visibility.FINISH,
          Capabilities.Keys.REQUIRED,
          Capabilities.Relationships.NONE,
          Capabilities.Documents.NESTED,
          Capabilities.Vectors.TYPED,
          0,
          LARGEST,
          ChromaTypes.TABLE);

  @Override
  public String type() {
    return "chroma";
  }

  @Override
  public List<String> schemes() {
    return List.of("chroma", "chroma+http", "chroma+https");
  }

  @Override
  public Capabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return url.scheme().equals("chroma")
        ? ChromaFolder.open(ChromaPlace.of(url), workspace)
        : ChromaServer.open(ServerPlace.of(url), workspace);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    throw new SpecException(
        "READ_ONLY_STORE",
        "A Chroma store can be read but not written yet (" + url + ").",
        "see which can: waybill stores");
  }
}
