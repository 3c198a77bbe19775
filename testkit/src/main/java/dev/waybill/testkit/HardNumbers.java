package dev.waybill.testkit;

import java.util.List;

/** Booleans, integers, decimals and floats. */
final class HardNumbers {
  private HardNumbers() {}

  static void booleans(HardValues values) {
    values.add("true", batch -> batch.putBoolean(true));
    values.add("false", batch -> batch.putBoolean(false));
  }

  static void integers(HardValues values) {
    long[] numbers = {
      0,
      1,
      -1,
      2,
      7,
      9,
      10,
      99,
      100,
      -100,
      127,
      128,
      -128,
      -129,
      255,
      256,
      -256,
      999,
      1000,
      9999,
      10_000,
      -9999,
      -10_000,
      Short.MAX_VALUE - 1,
      Short.MAX_VALUE,
      Short.MIN_VALUE + 1,
      Short.MIN_VALUE,
      Short.MAX_VALUE + 1,
      Short.MIN_VALUE - 1,
      65_535,
      65_536,
      (1 << 24) + 1,
      -(1 << 24) - 1,
      99_999_999,
      Integer.MAX_VALUE - 1,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE + 1,
      Integer.MIN_VALUE,
      Integer.MAX_VALUE + 1L,
      Integer.MIN_VALUE - 1L,
      0xFFFF_FFFFL,
      1L << 32,
      1L << 53,
      (1L << 53) + 1,
      -(1L << 53) - 1,
      1_700_000_000_000L,
      999_999_999_999_999_999L,
      Long.MAX_VALUE - 1,
      Long.MAX_VALUE,
      Long.MIN_VALUE + 1,
      Long.MIN_VALUE
    };
    for (long number : numbers) {
      values.add("integer " + number, batch -> batch.putInt64(number));
    }
  }

  static void decimals(HardValues values) {
    for (String number :
        List.of(
            "0",
            "-0",
            "0.00",
            "0E+10",
            "1",
            "-1",
            "1.1",
            "1.10",
            "01.1",
            "1.00",
            "2E0",
            "1E+7",
            "1E-2",
            "10",
            "100",
            "10000",
            "99999999",
            "-12.50",
            "0.1",
            "0.10",
            "0.01",
            "-0.01",
            "0.99",
            "3.14",
            "33.33",
            "66.67",
            "12345678.9",
            "99999999.99",
            "-99999999.99",
            "0.00001",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "0.30000000000000004",
            "1E+30",
            "1E-30",
            "1234567890123456789012345678901234567890",
            "0.1234567890123456789012345678901234567890",
            "-98765432109876543210.01234567890123456789",
            "10000.0001",
            "NaN",
            "Infinity",
            "-Infinity")) {
      values.add("decimal " + number, batch -> batch.putDecimal(number));
    }
    values.add("a thousand nines", batch -> batch.putDecimal("9".repeat(1000)));
    values.add("1 and a thousand zeros", batch -> batch.putDecimal("1" + "0".repeat(1000)));
    values.add(
        "a thousand digits behind the point",
        batch -> batch.putDecimal("-0." + "0".repeat(999) + "1"));
    values.add("as large as numeric", batch -> batch.putDecimal("1E+131071"));
    values.add("larger than numeric", batch -> batch.putDecimal("1E+131072"));
    values.add("as fine as numeric", batch -> batch.putDecimal("1E-16383"));
    values.add("finer than numeric", batch -> batch.putDecimal("1E-16384"));
  }

  static void floats(HardValues values) {
    for (float number :
        new float[] {
          0f,
          -0f,
          1f,
          -1f,
          0.1f,
          0.3f,
          1f / 3,
          2f / 3,
          0.99999994f,
          1.0000001f,
          16_777_216f,
          16_777_218f,
          33_554_432f,
          1e7f,
          1e-7f,
          123_456.79f,
          Float.MIN_VALUE,
          -Float.MIN_VALUE,
          2 * Float.MIN_VALUE,
          Float.MIN_NORMAL,
          -Float.MIN_NORMAL,
          Math.nextDown(Float.MIN_NORMAL),
          1e-40f,
          3.4028233e38f,
          Float.MAX_VALUE,
          -Float.MAX_VALUE,
          9.999999e-38f,
          (float) Math.PI,
          Float.NaN,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY
        }) {
      values.add("float " + number, batch -> batch.putFloat32(number));
    }
    float payload = Float.intBitsToFloat(0x7FC0_1234);
    values.add("float NaN with a payload", batch -> batch.putFloat32(payload));
  }

  static void doubles(HardValues values) {
    for (double number :
        new double[] {
          0d,
          -0d,
          1d,
          -1d,
          0.1,
          0.1 + 0.2,
          0.3,
          1d / 3,
          2d / 3,
          Double.MIN_VALUE,
          -Double.MIN_VALUE,
          1e-320,
          Double.MIN_NORMAL,
          Math.nextDown(Double.MIN_NORMAL),
          1e308,
          Double.MAX_VALUE,
          -Double.MAX_VALUE,
          Math.nextDown(Double.MAX_VALUE),
          9007199254740991d,
          9007199254740992d,
          9007199254740994d,
          9.223372036854775807e18,
          -9.223372036854775808e18,
          1e15,
          1e16,
          1e21,
          1e22,
          1e23,
          123456789012345680d,
          5.0e-5,
          0.99999999999999989,
          1.0000000000000002,
          100.0,
          1234.5678901234567,
          Math.PI,
          Math.E,
          (double) 0.1f,
          3.5e38,
          1e-46,
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY
        }) {
      values.add("double " + number, batch -> batch.putFloat64(number));
    }
    double payload = Double.longBitsToDouble(0x7FF8_0000_0000_1234L);
    values.add("double NaN with a payload", batch -> batch.putFloat64(payload));
  }
}
