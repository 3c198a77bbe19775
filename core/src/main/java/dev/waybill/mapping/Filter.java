package dev.waybill.mapping;

import dev.waybill.model.Field;
import dev.waybill.model.RecordBatch;
import java.util.List;

/**
 * Which records of a collection are taken: {@code status = 'active' and age >= 18}, as
 * docs/formats/mapping.md describes it. Immutable and thread-safe.
 */
public final class Filter {
  private final FilterTerm term;

  private Filter(FilterTerm term) {
    this.term = term;
  }

  /**
   * Reads a filter.
   *
   * @param fields of the source's records, in their order
   * @throws IllegalArgumentException saying what is wrong and at which column
   */
  public static Filter parse(String text, List<Field> fields) {
    return new Filter(new FilterParser(text, fields).parse());
  }

  /** True if the record matches; what is unknown, because a value is null, does not. */
  public boolean matches(RecordBatch batch, int record) {
    return term.test(batch, record) == FilterTerm.TRUE;
  }

  /**
   * The records that match, in order.
   *
   * @return the batch itself if all do
   */
  public RecordBatch select(RecordBatch batch) {
    int records = batch.records();
    int first = 0;
    while (first < records && matches(batch, first)) {
      first++;
    }
    if (first == records) {
      return batch;
    }
    RecordBatch selected = new RecordBatch(batch.width(), batch.size());
    for (int record = 0; record < first; record++) {
      selected.putRecord(batch, record);
    }
    for (int record = first + 1; record < records; record++) {
      if (matches(batch, record)) {
        selected.putRecord(batch, record);
      }
    }
    return selected;
  }
}
