package dev.waybill.model;

/** The first 128 bits of the SHA-256 of a record in canonical form, big-endian. */
public record RecordDigest(long high, long low) {
  /** The sum of no digests. */
  public static final RecordDigest ZERO = new RecordDigest(0, 0);

  /** The sum of both modulo 2^128. */
  public RecordDigest plus(RecordDigest other) {
    long sum = low + other.low;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new RecordDigest(high + other.high + carry, sum);
  }

  /** This without the other, modulo 2^128. */
  public RecordDigest minus(RecordDigest other) {
    long borrow = Long.compareUnsigned(low, other.low) < 0 ? 1 : 0;
    return new RecordDigest(high - other.high - borrow, low - other.low);
  }

  /** 32 hexadecimal digits. */
  @Override
  public String toString() {
    return String.format("%016x%016x", high, low);
  }

  /**
   * Reads {@link #toString()} back.
   *
   * @throws IllegalArgumentException if the text is not 32 hexadecimal digits
   */
  public static RecordDigest parse(String hex) {
    if (hex.length() != 32) {
      throw new IllegalArgumentException("not a digest: " + hex);
    }
    return new RecordDigest(
        Long.parseUnsignedLong(hex, 0, 16, 16), Long.parseUnsignedLong(hex, 16, 32, 16));
  }
}
