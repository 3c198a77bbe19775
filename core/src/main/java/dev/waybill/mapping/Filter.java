package dev.waybill.mapping;

import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import java.util.List;

/**
 * Which records of a collection are taken: {@code status = 'active' and age >= 18}, as
 * docs/formats/plan.md describes it. Immutable and thread-safe.
 */
public final class Filter {
  private Filter() {}

  /**
   * Reads a filter.
   *
   * @param fields of the source's records, in their order
   * @throws IllegalArgumentException saying what is wrong and at which column
   */
  public static Filter parse(String text, List<Field> fields) {
    throw new IllegalArgumentException("no filters yet: " + text + fields);
  }

  /**
   * The records that match, in order.
   *
   * @return the batch itself if all do
   */
  public RecordBatch select(RecordBatch batch) {
    return batch;
  }
}
