package dev.waybill.run;

import dev.waybill.model.SessionOptions;
import dev.waybill.plan.Nesting;
import dev.waybill.plan.Reembedding;
import dev.waybill.sidecar.SeenStore;
import dev.waybill.spi.Embeddings;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opens stores by URL, secrets resolved. Thread-safe. */
public interface Stores {
  /** Opens a store for reading; see {@link dev.waybill.spi.StoreAdapter#openSource}. */
  Store openStored(String url, Path workspace, int connections, SessionOptions session);

  /**
   * Opens a store for reading as a copy to another one sees it: without its sidecar, and where that
   * leads back to a store of the other's dialect, as it was there; nested values as wished.
   *
   * @param other URL of the other store; null to take everything as it is stored
   */
  SeenStore openSource(
      String url,
      @Nullable String other,
      Nesting nesting,
      Path workspace,
      int connections,
      SessionOptions session);

  /**
   * Opens the model that a plan was made with; see {@link dev.waybill.spi.EmbeddingsAdapter#open}.
   */
  Embeddings openEmbeddings(Reembedding reembedding);

  /** Opens a store for writing; see {@link dev.waybill.spi.StoreAdapter#openTarget}. */
  TargetStore openTarget(String url, Path workspace, int connections, SessionOptions session);
}
