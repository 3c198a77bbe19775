package dev.waybill.model;

/**
 * The kinds of value that a record can carry. The tag is the first byte of every encoded value and
 * is part of the canonical form (docs/formats/canonical.md): it never changes its meaning.
 */
public enum Kind {
  /** No value, stated: SQL NULL, JSON null. */
  NULL(0, 0),
  /** The field is not there at all, as in a document without that member. */
  ABSENT(1, 0),
  BOOLEAN(2, 1),
  INT64(3, 8),
  /** ASCII decimal notation, scale kept: {@code 1.10}, {@code NaN}, {@code Infinity}. */
  DECIMAL(4, -1),
  FLOAT32(5, 4),
  FLOAT64(6, 8),
  /** UTF-8 bytes as the store gave them. */
  TEXT(7, -1),
  BYTES(8, -1),
  UUID(9, 16),
  /** Days since 1970-01-01, proleptic Gregorian; the extreme longs are the infinities. */
  DATE(10, 8),
  /** Nanoseconds of the day (0 to 24:00 inclusive), then the offset in seconds or none. */
  TIME(11, 12),
  /** Seconds since 1970-01-01T00:00:00 on a local line, then nanoseconds. */
  TIMESTAMP(12, 12),
  /** Seconds since the epoch in UTC, nanoseconds, then the offset the source wrote or none. */
  INSTANT(13, 16),
  /** Months, days, nanoseconds: three parts that do not convert into one another. */
  INTERVAL(14, 16),
  /** JSON text as the store gave it; compared by content. */
  JSON(15, -1),
  /** Element kind, then the elements. */
  VECTOR(16, -1),
  /** Number of elements, then the elements as values. */
  LIST(17, -1),
  /** Spatial reference id, then two or three doubles. */
  POINT(18, -1),
  /** Not a value's kind but a field's: the kind differs from record to record. */
  DYNAMIC(19, 0);

  private static final Kind[] BY_TAG = values();

  private final byte tag;
  private final int fixedLength;

  Kind(int tag, int fixedLength) {
    this.tag = (byte) tag;
    this.fixedLength = fixedLength;
  }

  public byte tag() {
    return tag;
  }

  /** Payload bytes after the tag, or −1 where a four-byte length precedes the payload. */
  public int fixedLength() {
    return fixedLength;
  }

  static Kind ofTag(byte tag) {
    return BY_TAG[tag];
  }
}
