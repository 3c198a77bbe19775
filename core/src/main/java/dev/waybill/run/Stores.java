package dev.waybill.run;

import dev.waybill.model.SessionOptions;
import dev.waybill.spi.Store;
import dev.waybill.spi.TargetStore;
import java.nio.file.Path;

/** Opens stores by URL, secrets resolved. Thread-safe. */
public interface Stores {
  /** Opens a store for reading; see {@link dev.waybill.spi.StoreAdapter#openSource}. */
  Store openSource(String url, Path workspace, int connections, SessionOptions session);

  /** Opens a store for writing; see {@link dev.waybill.spi.StoreAdapter#openTarget}. */
  TargetStore openTarget(String url, Path workspace, int connections, SessionOptions session);
}
