package dev.waybill.stores.json;

import dev.waybill.testkit.StoreTck;
import dev.waybill.testkit.TckStore;
import java.nio.file.Path;

/** A folder with a file for each collection keeps the laws of every store. */
class JsonFolderTckTest extends StoreTck {
  @Override
  protected TckStore freshStore(Path directory) {
    return TckStore.of(new JsonAdapter(), "json:" + directory.resolve("store") + "/?shape=lines");
  }

  @Override
  protected boolean isSeenOnceFinished() {
    return true;
  }
}
