package dev.waybill.model;

/** IEEE 754 half precision: 16 bits, of which every value is a float32 exactly. */
public final class HalfFloat {
  private static final int INFINITY = 0x7C00;
  private static final int LEAST_NORMAL = 0x0400;

  /** Of a float32 the bits that a half has no room for, and what lies half-way between two. */
  private static final int DROPPED = 13;

  private HalfFloat() {}

  /** The float32 that the bits of a half are. */
  public static float toFloat(int half) {
    int sign = (half & 0x8000) << 16;
    int magnitude = half & 0x7FFF;
    if (magnitude >= INFINITY) {
      return Float.intBitsToFloat(sign | 0x7F80_0000 | (magnitude & 0x3FF) << DROPPED);
    }
    if (magnitude >= LEAST_NORMAL) {
      return Float.intBitsToFloat(sign | (magnitude << DROPPED) + (112 << 23));
    }
    float denormal = magnitude * 0x1p-24f;
    return sign == 0 ? denormal : -denormal;
  }

  /** The bits of the nearest half, of two the even one; what is too large becomes infinite. */
  public static int nearest(float value) {
    int bits = Float.floatToIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return 0x7E00;
    }
    if (magnitude >= 65_520f) {
      return sign | INFINITY;
    }
    if (magnitude < 0x1p-14f) {
      // Adding 0.5 leaves as many digits as a denormal half has, rounded as it is to be.
      return sign | Float.floatToIntBits(magnitude + 0.5f) - Float.floatToIntBits(0.5f);
    }
    int exact = (bits & 0x7FFF_FFFF) - (112 << 23);
    int isOdd = exact >>> DROPPED & 1;
    return sign | exact + 0x0FFF + isOdd >>> DROPPED;
  }

  /** True if a half is this very float32. */
  public static boolean isExact(float value) {
    return Float.floatToIntBits(toFloat(nearest(value))) == Float.floatToIntBits(value);
  }
}
