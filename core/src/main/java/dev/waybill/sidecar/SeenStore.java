package dev.waybill.sidecar;

import dev.waybill.spi.Store;
import java.util.Set;

/** A store as a copy to another one sees it. */
public interface SeenStore extends Store {
  /** The collections that are seen in the other store's dialect, by their names there. */
  Set<String> restored();

  /** The collections, as they are seen, of which more is known than a copy of them would tell. */
  Set<String> carried();

  /** Those among {@link #carried} of which there may be single values as well. */
  Set<String> carriedValues();

  /** The store as its sidecar tells, without any view over it. */
  RestoringStore restoring();

  /** The dialect in which a collection is seen. */
  String speaks(String collection);

  /** The dialect in which the store's own native types are. */
  String dialect();
}
