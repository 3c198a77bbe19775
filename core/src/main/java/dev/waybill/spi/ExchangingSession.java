package dev.waybill.spi;

import dev.waybill.model.Collection;
import java.util.function.BooleanSupplier;

/** A session that can put the values of a field in the place of another's at once. */
public interface ExchangingSession extends TargetSession {
  /**
   * Puts the values of a collection that this run made in the place of those of one that was there,
   * for all readers at once, and builds the indexes over them anew. May be repeated after a crash.
   *
   * @param isStill asked once nobody else can write to the collection: whether the new values are
   *     still those that belong there. It may read both collections, which are as they were
   * @return false if they are not; nothing that anybody sees has changed then
   * @throws dev.waybill.model.DataException if a value cannot stand in the field
   */
  boolean exchange(Exchange exchange, BooleanSupplier isStill);

  /** True if the exchange has been made, according to the store. */
  boolean isExchanged(Exchange exchange);

  /**
   * Makes everything as it was before {@link #exchange}, whether that came to its end or not. The
   * run's own collection is as it was then, or gone. May be repeated.
   */
  void exchangeBack(Exchange exchange);

  /** Gives up what would be needed for {@link #exchangeBack}; the new values stay. */
  void release(Exchange exchange);

  /**
   * What changes places.
   *
   * @param collection that was there
   * @param field of it
   * @param made the collection that the run has made: the fields of the other's key and one called
   *     as {@code field}, a record for each of the other's
   * @param isConcurrent whether others may write while an index is built, where the store can
   * @param isIndexDroppedFirst whether old indexes go before new ones are built
   */
  record Exchange(
      String collection,
      String field,
      Collection made,
      boolean isConcurrent,
      boolean isIndexDroppedFirst) {}
}
