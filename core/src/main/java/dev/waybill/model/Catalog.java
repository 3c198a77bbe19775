package dev.waybill.model;

import java.util.List;
import java.util.Optional;

/**
 * What a store says it holds.
 *
 * @param store type and version of the store, for people
 * @param collections in the store's order
 * @param leftOut what is there but is not data of its own, or cannot be carried
 */
public record Catalog(String store, List<Collection> collections, List<LeftOut> leftOut) {

  /**
   * Something of the store that is no collection.
   *
   * @param name its name in the store
   * @param reason what it is and why it is left out
   * @param holdsData true if it holds data that exists nowhere else, so that leaving it out must be
   *     asked for
   */
  public record LeftOut(String name, String reason, boolean holdsData) {}

  public Catalog {
    collections = List.copyOf(collections);
    leftOut = List.copyOf(leftOut);
  }

  public Optional<Collection> collection(String name) {
    return collections.stream().filter(each -> each.name().equals(name)).findFirst();
  }
}
