package org.richkernel.data;

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 bits of fraction. */
final class HalfFloat {
  private static final int FRACTION_BITS = 10;
  private static final int FRACTION = (1 << FRACTION_BITS) - 1;
  private static final int EXPONENT = 0x1f;
  private static final int BIAS = 15;
  private static final int INFINITY = EXPONENT << FRACTION_BITS;
  private static final int QUIET_NAN = INFINITY | 1 << (FRACTION_BITS - 1);
  private static final int LEAST_EXPONENT = 1 - BIAS;
  private static final int SIGN = 0x8000;

  private HalfFloat() {}

  /** The number of 16 bits; every one is a double. */
  static double value(short bits) {
    int exponent = bits >> FRACTION_BITS & EXPONENT;
    int fraction = bits & FRACTION;
    double magnitude;
    if (exponent == EXPONENT) {
      magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      magnitude = Math.scalb((double) fraction, LEAST_EXPONENT - FRACTION_BITS);
    } else {
      magnitude = Math.scalb((double) (FRACTION + 1 + fraction), exponent - BIAS - FRACTION_BITS);
    }
    return bits < 0 ? -magnitude : magnitude;
  }

  /** The bits of the nearest number, of two the even one; infinity from 65520 on. */
  static short bits(double value) {
    int sign = Math.copySign(1, value) < 0 ? SIGN : 0;
    if (Double.isNaN(value)) {
      return (short) (sign | QUIET_NAN);
    }
    double magnitude = Math.abs(value);
    int exponent = Math.max(Math.getExponent(magnitude), LEAST_EXPONENT);
    if (exponent > BIAS) {
      return (short) (sign | INFINITY);
    }
    // a fraction that rounds up to the next power of two carries into the exponent
    int units = (int) Math.rint(Math.scalb(magnitude, FRACTION_BITS - exponent));
    return (short) (sign | ((exponent - LEAST_EXPONENT) << FRACTION_BITS) + units);
  }
}
