package dev.waybill.stores.embeddedpostgres;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * How many open stores of this process use each folder's server, so that the last one stops it if
 * the first one started it. A server that ran before is left running.
 */
final class Usage {
  private static final Map<Path, Usage> OPEN = new HashMap<>();

  private int stores;
  private boolean isOurs;

  private Usage() {}

  static void begin(Cluster cluster) {
    synchronized (OPEN) {
      Usage usage = OPEN.get(cluster.folder());
      if (usage == null) {
        usage = new Usage();
        usage.isOurs = cluster.start();
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
      if (usage.isOurs) {
        cluster.stop();
      }
    }
  }
}
