package org.richkernel.compute.cpu;

/**
 * Two standard normals from two random words, in float32. Another implementation that follows the
 * steps below gets the same bits: only fused multiply-adds, products, square roots, conversions of
 * integers (each rounded to nearest) and exact integer operations occur.
 *
 * <pre>
 * u    = fma(float(w_even), 2^-32, 2^-33)           w_even unsigned; u in (0, 1]
 * ix   = bits(u) - 0x3f3504f3;  e = float(ix &gt;&gt; 23)
 * f    = float((ix &amp; 0x7fffff) + 0x3f3504f3) - 1    mantissa in [sqrt(1/2), sqrt(2)), minus 1
 * z    = f f
 * q    = LN_8; q = fma(q, f, LN_7) .. fma(q, f, LN_0)
 * y    = fma(e, LN2_LOW, (f z) q); y = fma(-0.5, z, y); ln = fma(e, LN2_HIGH, f + y)
 * r    = sqrt(-2 ln)
 * k    = (w_odd + 0x20000000) &gt;&gt;&gt; 30                nearest quarter turn
 * x    = float(w_odd - (k &lt;&lt; 30)) QUARTER            signed remainder, |x| &lt;= pi/4
 * z    = x x
 * s    = fma(x z, fma(fma(SIN_2, z, SIN_1), z, SIN_0), x)
 * c    = fma(z z, fma(fma(COS_2, z, COS_1), z, COS_0), fma(-0.5, z, 1))
 * n_0  = r fma(A_k, c, -(B_k s)),  n_1 = r fma(A_k, s, B_k c)
 * A    = (1, 0, -1, 0), B = (0, 1, 0, -1)           cosine and sine of k quarter turns
 * </pre>
 *
 * <p>The polynomials are those of the Cephes library (S. Moshier). Against float64 the largest
 * errors are below 2 ulp for ln on (0, 1), and 1 ulp of 1 for sine and cosine.
 */
final class BoxMuller {
  static final float LN_8 = 7.0376836e-2f;
  static final float LN_7 = -1.151461e-1f;
  static final float LN_6 = 1.16769984e-1f;
  static final float LN_5 = -1.2420141e-1f;
  static final float LN_4 = 1.4249323e-1f;
  static final float LN_3 = -1.6668057e-1f;
  static final float LN_2 = 2.0000714e-1f;
  static final float LN_1 = -2.4999994e-1f;
  static final float LN_0 = 3.333333e-1f;
  static final float LN2_LOW = -2.1219444e-4f;
  static final float LN2_HIGH = 6.933594e-1f;
  static final float SIN_2 = -1.9515296e-4f;
  static final float SIN_1 = 8.332161e-3f;
  static final float SIN_0 = -1.6666655e-1f;
  static final float COS_2 = 2.4433157e-5f;
  static final float COS_1 = -1.3887316e-3f;
  static final float COS_0 = 4.1666646e-2f;

  /** pi / 2 per 2^30, the angle of one unit of the second word. */
  static final float QUARTER = (float) (Math.PI / 2) * 0x1p-30f;

  private static final int SQRT_HALF = 0x3f3504f3;
  private static final float[] A = {1f, 0f, -1f, 0f};
  private static final float[] B = {0f, 1f, 0f, -1f};

  private BoxMuller() {}

  /** (w + 0.5) 2^-32 for an unsigned word. */
  static float uniform(long word) {
    return Math.fma((float) word, 0x1p-32f, 0x1p-33f);
  }

  /**
   * Splits the words into inputs of the vectorised passes; the compiler does not vectorise integers
   * with them.
   */
  static void split(
      long[] even,
      long[] odd,
      int n,
      float[] exponent,
      float[] mantissa,
      float[] angle,
      float[] a,
      float[] b) {
    for (int i = 0; i < n; i++) {
      int ix = Float.floatToRawIntBits(uniform(even[i])) - SQRT_HALF;
      exponent[i] = ix >> 23;
      mantissa[i] = Float.intBitsToFloat((ix & 0x7fffff) + SQRT_HALF) - 1f;
      int w = (int) odd[i];
      int k = (w + 0x20000000) >>> 30;
      angle[i] = (float) (w - (k << 30)) * QUARTER;
      a[i] = A[k];
      b[i] = B[k];
    }
  }

  /** Radius sqrt(-2 ln u), which replaces the exponents. */
  static void radius(float[] exponent, float[] mantissa, int n) {
    for (int i = 0; i < n; i++) {
      float f = mantissa[i];
      float e = exponent[i];
      float z = f * f;
      float q = Math.fma(LN_8, f, LN_7);
      q = Math.fma(q, f, LN_6);
      q = Math.fma(q, f, LN_5);
      q = Math.fma(q, f, LN_4);
      q = Math.fma(q, f, LN_3);
      q = Math.fma(q, f, LN_2);
      q = Math.fma(q, f, LN_1);
      q = Math.fma(q, f, LN_0);
      float y = Math.fma(e, LN2_LOW, f * z * q);
      y = Math.fma(-0.5f, z, y);
      float ln = Math.fma(e, LN2_HIGH, f + y);
      exponent[i] = (float) Math.sqrt(-2f * ln);
    }
  }

  /** Turns angles into radius times cosine (which replaces a) and sine (which replaces b). */
  static void turn(float[] radius, float[] angle, float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      float x = angle[i];
      float z = x * x;
      float s = Math.fma(SIN_2, z, SIN_1);
      s = Math.fma(s, z, SIN_0);
      s = Math.fma(x * z, s, x);
      float c = Math.fma(COS_2, z, COS_1);
      c = Math.fma(c, z, COS_0);
      c = Math.fma(z * z, c, Math.fma(-0.5f, z, 1f));
      float ca = a[i];
      float sa = b[i];
      a[i] = radius[i] * Math.fma(ca, c, -(sa * s));
      b[i] = radius[i] * Math.fma(ca, s, sa * c);
    }
  }
}
