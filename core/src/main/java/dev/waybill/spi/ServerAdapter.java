package dev.waybill.spi;

/** An adapter whose stores are folders that a server of our own must run on. */
public interface ServerAdapter extends StoreAdapter {
  /**
   * Starts the server on the store's folder, made if missing, and leaves it running.
   *
   * @return how it can be reached and stopped; the same if it ran already
   * @throws dev.waybill.model.StoreException if it does not come up in time; it is then stopped
   */
  Address start(StoreUrl url);

  /**
   * Stops the server of the store's folder.
   *
   * @return false if none was running
   * @throws dev.waybill.model.StoreException if it does not stop in time
   */
  boolean stop(StoreUrl url);

  /**
   * How the server of a store that is there can be reached once it runs; starts nothing. The port
   * is the last one, another only if that is taken when it starts.
   */
  Address address(StoreUrl url);

  /**
   * Where a running server is.
   *
   * @param url to be used with {@code --from} and {@code --to}
   * @param client a command that opens it in the store's own client
   */
  record Address(String url, String client) {}
}
