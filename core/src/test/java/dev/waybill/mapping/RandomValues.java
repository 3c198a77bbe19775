package dev.waybill.mapping;

import dev.waybill.model.Kind;
import dev.waybill.model.LogicalType;
import dev.waybill.model.RecordBatch;
import dev.waybill.model.Temporals;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Random;

/** Random values of a type, the edges of its range more often than chance would have them. */
final class RandomValues {
  private static final long[] EDGES = {
    0,
    1,
    -1,
    7,
    1_000,
    -1_000,
    1L << 53,
    (1L << 53) + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1_718_040_000L,
    1_718_040_000_123L,
    1_718_040_000_123_456L,
    9_223_372_036L,
    -9_223_372_037L
  };
  private static final double[] DOUBLES = {
    0.0,
    -0.0,
    1,
    0.1,
    0.1 + 0.2,
    1e-320,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    1e16,
    1e15,
    1e-5,
    1e-4,
    2.0E-3,
    5.684341886080802E-14,
    2e23,
    9007199254740993.0,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    1_718_040_000.123456,
    1_718_040_000.5,
    -0.25,
    1e300
  };
  private static final String[] TEXTS = {
    "",
    " ",
    "a",
    "ä",
    "😀",
    "a b",
    "x-y",
    "true",
    "false",
    "1",
    "-1",
    "007",
    "1.5",
    "1e5",
    "NaN",
    "DEADBEEF",
    "deadbeef",
    "abc",
    "QUJD",
    "QUI=",
    "QUI",
    "Qg==",
    "Qh==",
    "\0",
    "Yes",
    "no",
    "[]",
    "[1.5, 2]",
    "[0.1]",
    "[0.10000000149011612]",
    "[1e400]",
    "[null]",
    "{}",
    "[-0.0]",
    "5df41881-3aed-3515-88a7-2f4a814cf09e",
    "5DF41881-3AED-3515-88A7-2F4A814CF09E",
    "5df418813aed351588a72f4a814cf09e",
    "2024-05-01T10:00:00Z",
    "2024-05-01 10:00:00.5",
    "ab",
    "AB",
    "12",
    "2024-05-01T10:00:00.123456+02:00",
    "5DF418813AED351588A72F4A814CF09E",
    "[1, 2, 3]",
    "9223372036854775808",
    "-0",
    "+1",
    "-9223372036854775808",
    "İ",
    "ΑΣ"
  };

  private final Random random;

  RandomValues(Random random) {
    this.random = random;
  }

  /** A value that keeps within the type's bounds, as a source promises it. */
  void put(LogicalType type, RecordBatch out) {
    RecordBatch one = new RecordBatch(1);
    boolean isWithin = false;
    while (!isWithin) {
      one.clear();
      putAny(type, one);
      try {
        if (Bounds.has(type)) {
          Bounds.require(type, one, 0);
        }
        isWithin = true;
      } catch (ValueRefusal beyond) {
        isWithin = false;
      }
    }
    out.putValue(one, 0);
  }

  private void putAny(LogicalType type, RecordBatch out) {
    switch (type.kind()) {
      case BOOLEAN -> out.putBoolean(random.nextBoolean());
      case INT64 -> out.putInt64(integer());
      case FLOAT32 -> out.putFloat32((float) real());
      case FLOAT64 -> out.putFloat64(real());
      case DECIMAL -> out.putDecimal(decimal());
      case TEXT -> out.putText(text());
      case BYTES -> out.putBytes(bytes());
      case UUID -> out.putUuid(random.nextLong(), random.nextLong());
      case TIMESTAMP -> {
        long seconds = seconds();
        out.putTimestamp(seconds, Temporals.isInfinite(seconds) ? 0 : nanos());
      }
      case INSTANT -> {
        long seconds = seconds();
        int nanos = Temporals.isInfinite(seconds) ? 0 : nanos();
        out.putInstant(seconds, nanos, RecordBatch.NO_OFFSET);
      }
      case JSON -> out.putJson(text().getBytes(StandardCharsets.UTF_8));
      case LIST -> {
        RecordBatch elements = new RecordBatch(1);
        for (int i = random.nextInt(5); i > 0; i--) {
          put(Objects.requireNonNull(type.element()), elements);
        }
        out.putList(elements);
      }
      case VECTOR -> {
        Kind element = Objects.requireNonNull(type.element()).kind();
        int dimension = type.size() > 0 ? type.size() : random.nextInt(5);
        RecordBatch one = new RecordBatch(1);
        byte[] payload = new byte[1 + dimension * element.fixedLength()];
        payload[0] = element.tag();
        for (int i = 0; i < dimension; i++) {
          one.clear();
          put(Objects.requireNonNull(type.element()), one);
          System.arraycopy(
              one.bytes(), 1, payload, 1 + i * element.fixedLength(), element.fixedLength());
        }
        out.putVariable(Kind.VECTOR, payload, 0, payload.length);
      }
      default -> throw new IllegalArgumentException("no random " + type);
    }
  }

  private long integer() {
    return switch (random.nextInt(3)) {
      case 0 -> EDGES[random.nextInt(EDGES.length)];
      case 1 -> random.nextLong();
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  private double real() {
    return switch (random.nextInt(4)) {
      case 0 -> DOUBLES[random.nextInt(DOUBLES.length)];
      case 1 -> Double.longBitsToDouble(random.nextLong());
      case 2 -> Float.intBitsToFloat(random.nextInt());
      default -> random.nextInt(2_000_000_000) + random.nextInt(1_000_000) / 1e6;
    };
  }

  private String decimal() {
    return new BigDecimal(new BigInteger(random.nextInt(100), random), random.nextInt(12))
        .toPlainString();
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(5) * 4];
    random.nextBytes(bytes);
    return bytes;
  }

  private long seconds() {
    return switch (random.nextInt(4)) {
      case 0 -> RecordBatch.INFINITY;
      case 1 -> random.nextLong(-31_557_014_135_596_799L, 31_556_889_864_403_199L);
      case 2 -> random.nextLong(-9_300_000_000L, 9_300_000_000L);
      default -> random.nextLong(0, 4_000_000_000L);
    };
  }

  private int nanos() {
    int nanos = random.nextInt(1_000_000_000);
    int[] units = {1, 1_000, 1_000_000, 1_000_000_000};
    int unit = units[random.nextInt(units.length)];
    return nanos / unit * unit;
  }
}
