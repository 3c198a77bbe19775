package dev.waybill.stores.json;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Has many small files outlive the machine. Each waits for the disk and a file system writes down
 * many in one go, so that several at once take hardly longer than one.
 */
final class Syncing {
  private static final int AT_ONCE = 16;

  private Syncing() {}

  static void all(List<Path> files) throws IOException {
    int threads = Math.min(AT_ONCE, files.size());
    if (threads == 0) {
      return;
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int first = i;
        parts.add(pool.submit(() -> each(files, first, threads)));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof IOException io ? io : new IOException(failure.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    } finally {
      pool.shutdownNow();
    }
  }

  private static boolean each(List<Path> files, int first, int step) throws IOException {
    for (int i = first; i < files.size(); i += step) {
      Home.sync(files.get(i));
    }
    return true;
  }
}
