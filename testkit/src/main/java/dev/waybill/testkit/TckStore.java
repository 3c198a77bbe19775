package dev.waybill.testkit;

import dev.waybill.spi.StoreAdapter;

/**
 * An empty store for one test.
 *
 * @param adapter the adapter under test
 * @param url where the store is, or will be once something is written to it
 * @param remove called at the end of the test: removes the store if it is not in the test's folder
 */
public record TckStore(StoreAdapter adapter, String url, Runnable remove) {
  /** A store that leaves nothing outside the test's folder. */
  public static TckStore of(StoreAdapter adapter, String url) {
    return new TckStore(adapter, url, () -> {});
  }
}
