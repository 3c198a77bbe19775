package dev.waybill.spi;

import dev.waybill.model.Collection;
import dev.waybill.model.Index;
import dev.waybill.model.RecordBatch;
import java.util.List;
import java.util.Optional;

/**
 * A read point of a store. Thread-safe; the readers it gives are not, and must be closed before it.
 *
 * <p>Batches hold the {@linkplain Collection#writtenFields() written fields} of the collection as
 * it was passed in, in its order: a caller may pass a collection with fewer or reordered fields.
 */
public interface Snapshot extends AutoCloseable {
  /**
   * Cuts a collection into chunks, in a defined order, without gap or overlap.
   *
   * @param records how many records a chunk should have, roughly
   * @return at least one chunk, also for an empty collection
   */
  List<Chunk> chunks(Collection collection, long records);

  /** Reads the records of a chunk in an order that is the same each time within this snapshot. */
  RecordReader read(Collection collection, Chunk chunk);

  /**
   * Reads the records that have one of the keys.
   *
   * @param collection has a key
   * @param keys records of the key's fields in the key's order
   * @return the records found, in any order, each once
   */
  RecordReader lookup(Collection collection, RecordBatch keys);

  /**
   * The collections with a foreign key to this one, itself perhaps among them, whether the store
   * enforces it now or not. None where a store has no foreign keys.
   *
   * @throws dev.waybill.model.StoreException if deleting records of the collection would reach
   *     others that cannot be seen
   */
  default List<ReferringCollection> referring(Collection collection) {
    return List.of();
  }

  /**
   * A search through an index over vectors, in this read point. Empty where the store cannot search
   * by it, or does not see the records as they are seen here.
   *
   * @param collection its records are given, as {@link #read} would
   */
  default Optional<NearestSearch> search(Collection collection, Index index) {
    return Optional.empty();
  }

  /** How many records there are, as the store itself counts. */
  long count(Collection collection);

  /** True if what was read may not be one state because the store changed meanwhile. */
  boolean hasMoved();

  @Override
  void close();
}
