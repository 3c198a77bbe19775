package dev.waybill.stores.embeddedpostgres;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * How many open stores of this process use each folder's server; other processes see whether any
 * does. The last of all stops it if one of them started it; a server that ran before is left
 * running.
 */
final class Usage {
  private static final Map<Path, Usage> OPEN = new HashMap<>();

  private final FileChannel use;
  private int stores;

  private Usage(FileChannel use) {
    this.use = use;
  }

  static void begin(Cluster cluster) {
    synchronized (OPEN) {
      Usage usage = OPEN.get(cluster.folder());
      if (usage == null) {
        usage = new Usage(cluster.use());
        OPEN.put(cluster.folder(), usage);
      }
      usage.stores++;
    }
  }

  static void end(Cluster cluster) {
    synchronized (OPEN) {
      Usage usage = OPEN.get(cluster.folder());
      if (usage == null || --usage.stores > 0) {
        return;
      }
      OPEN.remove(cluster.folder());
      cluster.leave(usage.use);
    }
  }
}
