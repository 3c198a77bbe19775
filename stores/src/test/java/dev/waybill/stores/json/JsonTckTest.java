package dev.waybill.stores.json;

import dev.waybill.testkit.StoreTck;
import dev.waybill.testkit.TckStore;
import java.nio.file.Path;

/** One file with several collections keeps the laws of every store. */
class JsonTckTest extends StoreTck {
  @Override
  protected TckStore freshStore(Path directory) {
    return TckStore.of(
        new JsonAdapter(), "json:" + directory.resolve("store.json") + "?shape=wrapper");
  }

  @Override
  protected boolean isSeenOnceFinished() {
    return true;
  }
}
