package dev.waybill.bench;

import dev.waybill.spi.StoreAdapter;
import dev.waybill.spi.StoreUrl;
import java.util.ServiceLoader;

/** The stores that are there. */
final class Adapters {
  private Adapters() {}

  static StoreAdapter of(StoreUrl url) {
    return ServiceLoader.load(StoreAdapter.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(each -> each.schemes().contains(url.scheme()))
        .findFirst()
        .orElseThrow();
  }
}
