package dev.waybill.stores.postgres;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Places of rows that were read already: a row that several scopes show is read once. Takes about a
 * bit for each row of the range that is read.
 */
final class SeenRows {
  private static final int BLOCKS = 12;

  private final Map<Long, BitSet> seen = new HashMap<>();

  /** True if the row was not seen before. */
  boolean add(int table, int block, int offset) {
    long range = (long) table << 32 | block >>> BLOCKS;
    BitSet rows = seen.computeIfAbsent(range, each -> new BitSet());
    int row = (offset << BLOCKS) + (block & (1 << BLOCKS) - 1);
    boolean isNew = !rows.get(row);
    rows.set(row);
    return isNew;
  }
}
