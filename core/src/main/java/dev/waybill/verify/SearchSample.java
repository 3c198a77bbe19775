package dev.waybill.verify;

/**
 * Which vectors are searched for.
 *
 * @param queries how many of each field, 0 for no search
 * @param seed what, with the digests of their keys, chooses them: the same on either side
 */
public record SearchSample(int queries, long seed) {
  /** No search at all. */
  public static final SearchSample NONE = new SearchSample(0, 0);

  /** So many queries and their results fit into memory, whatever their dimension. */
  public static final int MOST = 1_000;

  public SearchSample {
    if (queries < 0 || queries > MOST) {
      throw new IllegalArgumentException(queries + " queries");
    }
  }

  /** Where a record stands among those that may be chosen: the least are. */
  long rank(dev.waybill.model.RecordDigest key) {
    long bits = key.high() ^ Long.rotateLeft(key.low(), 32) ^ seed * 0x9E3779B97F4A7C15L;
    bits = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
    return bits ^ bits >>> 31;
  }
}
