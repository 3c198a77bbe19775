package dev.waybill.stores.chroma;

import dev.waybill.testkit.StoreTck;
import dev.waybill.testkit.TckStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A server keeps the laws of every store. */
class ChromaTckIT extends StoreTck {
  @TempDir private static Path data;
  private static OwnServer server;

  @BeforeAll
  static void start() throws Exception {
    server = OwnServer.startOrGiven(data.resolve("chroma"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  protected TckStore freshStore(Path directory) {
    try {
      return TckStore.of(new ChromaAdapter(), server.freshDatabase());
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  @Override
  protected boolean isSeenOnceFinished() {
    return true;
  }
}
