package dev.waybill.stores.json;

import dev.waybill.model.RecordDigest;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Records of a batch as the work takes them: their texts, each with the end of its line, and what
 * they are found by. Filled in their order. Not thread-safe.
 */
final class Encoded {
  static final int KEY = 16;

  private final JsonText lines;
  private final int[] ends;
  private final ByteBuffer keys;
  private int count;

  /**
   * @param lines where the texts go; cleared, and this one's only until the next batch is encoded
   */
  Encoded(int records, JsonText lines) {
    this.lines = lines;
    lines.clear();
    this.ends = new int[records];
    this.keys = ByteBuffer.allocate(KEY * records);
  }

  /** To be appended to, the text of the next record, until {@link #end} is called. */
  JsonText lines() {
    return lines;
  }

  void end(RecordDigest key) {
    lines.put('\n');
    ends[count++] = lines.size();
    keys.putLong(key.high()).putLong(key.low());
  }

  int records() {
    return count;
  }

  private int from(int record) {
    return record == 0 ? 0 : ends[record - 1];
  }

  byte[] text(int record) {
    return Arrays.copyOfRange(lines.bytes(), from(record), ends[record] - 1);
  }

  byte[] key(int record) {
    return Arrays.copyOfRange(keys.array(), record * KEY, (record + 1) * KEY);
  }

  RecordDigest keyDigest(int record) {
    return new RecordDigest(keys.getLong(record * KEY), keys.getLong(record * KEY + Long.BYTES));
  }

  /** Of all texts, without the ends of their lines, one behind the other. */
  byte[] lengths() {
    ByteBuffer lengths = ByteBuffer.allocate(Integer.BYTES * count);
    for (int i = 0; i < count; i++) {
      lengths.putInt(ends[i] - 1 - from(i));
    }
    return lengths.array();
  }

  byte[] keys() {
    return keys.array();
  }
}
