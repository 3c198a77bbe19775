package dev.waybill.spi;

import dev.waybill.model.Collection;
import dev.waybill.model.RecordBatch;
import java.util.Optional;

/**
 * Is given what a batch is about to overwrite or delete, before that lasts. Thread-safe.
 *
 * <p>Only of collections with a key: of others a run deletes what it wrote itself.
 */
public interface Overwritten {
  /** Keeps nothing: for a run that is taken back, and for what deletes only what the run wrote. */
  Overwritten NOT_KEPT =
      new Overwritten() {
        @Override
        public Optional<Collection> whole(Collection written) {
          return Optional.empty();
        }

        @Override
        public void keep(Collection whole, RecordBatch records) {}
      };

  /**
   * The records that are wanted: a collection that is written to with all the fields that it has in
   * the target, also those that the run does not fill; empty if none are.
   */
  Optional<Collection> whole(Collection written);

  /**
   * Makes them durable. They must be as the batch found them, so that nobody can have changed them
   * when it overwrites them. May be called several times for a batch, and again for one that
   * failed.
   *
   * @param whole as {@link #whole} gave it
   * @throws dev.waybill.model.StoreException if they cannot be kept; the batch must not be written
   */
  void keep(Collection whole, RecordBatch records);
}
