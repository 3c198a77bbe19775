package dev.waybill.spi;

import java.util.List;

/** Opens one kind of store. Found by {@link java.util.ServiceLoader}; stateless and thread-safe. */
public interface StoreAdapter {
  /** The kind of store, one word in lower case: {@code sqlite}. */
  String type();

  /** The URL schemes that mean this store; the first is the usual one. */
  List<String> schemes();

  /** What a new store of this kind can do, before a version or extension narrows it. */
  Capabilities capabilities();

  /**
   * Opens a store for reading only. Nothing is changed or left behind, neither in the store nor
   * beside it.
   *
   * @throws dev.waybill.model.StoreException if the store is not there, cannot be reached or is not
   *     what the URL says
   * @throws dev.waybill.model.SpecException if the URL makes no sense
   */
  Store openSource(StoreUrl url, Workspace workspace);

  /**
   * Opens a store for writing. Until {@link TargetStore#begin} nothing is created or changed: a
   * store that is not there yet shows an empty catalog.
   *
   * @throws dev.waybill.model.StoreException as {@link #openSource}
   * @throws dev.waybill.model.SpecException as {@link #openSource}
   */
  TargetStore openTarget(StoreUrl url, Workspace workspace);
}
