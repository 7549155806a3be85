package org.richkernel.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoxMullerTest {
  private static final int N = 4096;

  private final float[] exponent = new float[N];
  private final float[] mantissa = new float[N];
  private final float[] angle = new float[N];
  private final float[] a = new float[N];
  private final float[] b = new float[N];

  /** Words over the whole range, with all those near 0 and 2^32. */
  private static long word(int i) {
    if (i < 256) {
      return i;
    }
    if (i >= N - 256) {
      return 0xffffffffL - (N - 1 - i);
    }
    return (i * 0x9E3779B97F4A7C15L) >>> 32;
  }

  @Test
  void radiusIsWithinTwoUlp() {
    long[] even = new long[N];
    long[] odd = new long[N];
    for (int i = 0; i < N; i++) {
      even[i] = word(i);
    }
    BoxMuller.split(even, odd, N, exponent, mantissa, angle, a, b);
    BoxMuller.radius(exponent, mantissa, N);
    for (int i = 0; i < N; i++) {
      double u = BoxMuller.uniform(even[i]);
      assertThat(u).isGreaterThan(0).isLessThanOrEqualTo(1);
      double exact = Math.sqrt(-2 * Math.log(u));
      assertThat(Math.abs(exponent[i] - exact))
          .as("u = %s", u)
          .isLessThanOrEqualTo(2 * (double) Math.ulp((float) exact));
    }
  }

  @Test
  void sineAndCosineAreWithinOneUlpOfOne() {
    long[] even = new long[N];
    long[] odd = new long[N];
    for (int i = 0; i < N; i++) {
      odd[i] = word(i);
    }
    BoxMuller.split(even, odd, N, exponent, mantissa, angle, a, b);
    float[] one = new float[N];
    java.util.Arrays.fill(one, 1f);
    BoxMuller.turn(one, angle, a, b, N);
    for (int i = 0; i < N; i++) {
      double exact = 2 * Math.PI * 0x1p-32 * odd[i];
      assertThat(Math.abs(a[i] - Math.cos(exact))).isLessThan(0x1p-23);
      assertThat(Math.abs(b[i] - Math.sin(exact))).isLessThan(0x1p-23);
    }
  }
}
