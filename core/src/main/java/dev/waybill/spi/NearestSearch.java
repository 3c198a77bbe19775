package dev.waybill.spi;

import dev.waybill.model.RecordBatch;

/**
 * Asks one index of a store for what is near to a vector, as the store's applications would ask.
 * Not thread-safe; to be closed before the snapshot it is of.
 */
public interface NearestSearch extends AutoCloseable {
  /** How exactly the store searches now, for people: {@code hnsw.ef_search=40}; else empty. */
  String setting();

  /**
   * Appends the records that the index finds nearest, in any order.
   *
   * @param query holds the vector as its value at {@code offset}, of the indexed field's type
   * @param count how many to find at most
   * @param into of the collection that the search was opened for
   */
  void find(RecordBatch query, int offset, int count, RecordBatch into);

  @Override
  void close();
}
