package dev.waybill.verify;

import dev.waybill.model.RecordDigest;
import java.util.HashMap;
import java.util.Map;

/**
 * Source records that did not go and are known not to be in the target: by the digest of the whole
 * record in comparable form and as often as it stayed behind, so that no other record is excused.
 * Immutable.
 */
public final class Except {
  /** Nothing stayed behind. */
  public static final Except NOTHING = new Except(Map.of());

  private final Map<RecordDigest, Integer> wholes;

  public Except(Map<RecordDigest, Integer> wholes) {
    this.wholes = Map.copyOf(wholes);
  }

  /** One reading of all records. Thread-safe. */
  Pass pass() {
    return new Pass(new HashMap<>(wholes));
  }

  /** What is left to be excused in one reading. */
  static final class Pass {
    private final Map<RecordDigest, Integer> left;

    private Pass(Map<RecordDigest, Integer> left) {
      this.left = left;
    }

    /** True if the record stayed behind; it is then excused once. */
    synchronized boolean take(RecordDigest whole) {
      if (left.isEmpty()) {
        return false;
      }
      Integer times = left.get(whole);
      if (times == null) {
        return false;
      }
      if (times == 1) {
        left.remove(whole);
      } else {
        left.put(whole, times - 1);
      }
      return true;
    }
  }
}
