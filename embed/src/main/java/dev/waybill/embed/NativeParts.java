package dev.waybill.embed;

import java.nio.file.Path;

/** What the tokenizer's library needs to be told before it is loaded. */
final class NativeParts {
  private NativeParts() {}

  /**
   * Has it unpack its native part beside the cache, not into the user's home, and speak to nobody.
   * What the user has set himself stays.
   */
  static void keepBeside(Path cache) {
    Path folder = cache.toAbsolutePath().resolveSibling("embed-native");
    set("DJL_CACHE_DIR", folder.toString());
    set("ENGINE_CACHE_DIR", folder.toString());
    set("OPT_OUT_TRACKING", "true");
    set("ai.djl.offline", "true");
  }

  private static void set(String name, String value) {
    if (System.getenv(name) == null && System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
