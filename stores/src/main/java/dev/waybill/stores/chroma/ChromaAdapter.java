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
 * Chroma: a folder, {@code chroma:DIR}, which is read, or a server, {@code
 * chroma+http://HOST:PORT}, which is written to as well.
 */
public final class ChromaAdapter implements StoreAdapter {
  /** Bytes of a record in a batch. */
  static final int LARGEST = 64 << 20;

  /** Of a folder. */
  static final Capabilities FOLDER = capabilities(false);

  /** Of a server. */
  static final Capabilities SERVER = capabilities(true);

  private static Capabilities capabilities(boolean canWrite) {
    return new Capabilities(
        canWrite,
        Capabilities.Transactions.NONE,
        Capabilities.Reading.MOVES_NOTICED,
        Capabilities.LedgerPlace.RUN_DIRECTORY,
        Capabilities.Visibility.FINISH,
        Capabilities.Keys.REQUIRED,
        Capabilities.Relationships.NONE,
        Capabilities.Documents.NESTED,
        Capabilities.Vectors.TYPED,
        ChromaTypes.LONGEST_VECTOR,
        canWrite ? Request.LARGEST : LARGEST,
        ChromaTypes.TABLE);
  }

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
    return SERVER;
  }

  @Override
  public Store openSource(StoreUrl url, Workspace workspace) {
    return url.scheme().equals("chroma")
        ? ChromaFolder.open(ChromaPlace.of(url), workspace)
        : ChromaServer.open(ServerPlace.of(url), workspace);
  }

  @Override
  public TargetStore openTarget(StoreUrl url, Workspace workspace) {
    if (!url.scheme().equals("chroma")) {
      return new ChromaTarget(ServerPlace.of(url), workspace);
    }
    throw new SpecException(
        "READ_ONLY_STORE",
        "A Chroma folder can be read but not written (" + url + ").",
        "start its server and write to that: chroma run --path DIR --port 8000, then"
            + " chroma+http://127.0.0.1:8000");
  }
}
