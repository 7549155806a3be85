package org.richkernel.compute;

/**
 * Activations and their derivatives on float tiles. tanh and erf are odd rational functions x
 * P(x^2) / Q(x^2) with the least largest relative error, exp(-z) is the reciprocal of a polynomial;
 * the largest error found over all magnitudes is 3.4e-7, relative for the values and absolute for
 * the derivatives. NaN stays NaN because Math.max and Math.min keep it.
 */
final class ActivationLoops {
  /**
   * Constant from here on, 1.2e-7 below 1. The form passes 1 only further out (at 8.33, found over
   * all floats), so its result needs no bound: Math.min and Math.max with their rules for NaN cost
   * as much as six fused multiplications.
   */
  private static final float TANH_FLAT = 8.2f;

  private static final float TANH_P1 = 1.3084011e-1f;
  private static final float TANH_P2 = 3.1039568e-3f;
  private static final float TANH_P3 = 1.1154315e-5f;
  private static final float TANH_P4 = -2.0225253e-8f;
  private static final float TANH_P5 = 5.277961e-11f;
  private static final float TANH_P6 = -8.488742e-14f;
  private static final float TANH_Q1 = 4.6417338e-1f;
  private static final float TANH_Q2 = 2.449518e-2f;
  private static final float TANH_Q3 = 2.5461463e-4f;

  /** Constant from here on, 1.2e-7 below 1; the form passes 1 at 3.654. */
  private static final float ERF_FLAT = 3.65f;

  private static final float ERF_P0 = 1.1283791f;
  private static final float ERF_P1 = 1.9155021e-1f;
  private static final float ERF_P2 = 5.2875433e-2f;
  private static final float ERF_P3 = 3.8081575e-3f;
  private static final float ERF_P4 = 2.8468776e-4f;
  private static final float ERF_P5 = 2.0259106e-6f;
  private static final float ERF_Q1 = 5.030896e-1f;
  private static final float ERF_Q2 = 1.1455958e-1f;
  private static final float ERF_Q3 = 1.5055082e-2f;
  private static final float ERF_Q4 = 1.170725e-3f;
  private static final float ERF_Q5 = 3.783183e-5f;

  // sqrt(pi) / 2 exp(z) as a polynomial: the reciprocal is the derivative of erf at z = h^2
  private static final float BELL_0 = 8.8622695e-1f;
  private static final float BELL_1 = 8.8622576e-1f;
  private static final float BELL_2 = 4.4313926e-1f;
  private static final float BELL_3 = 1.4752097e-1f;
  private static final float BELL_4 = 3.7546646e-2f;
  private static final float BELL_5 = 6.2122447e-3f;
  private static final float BELL_6 = 2.5863138e-3f;
  private static final float BELL_7 = -8.342786e-4f;
  private static final float BELL_8 = 5.230579e-4f;
  private static final float BELL_9 = -1.6560477e-4f;
  private static final float BELL_10 = 3.8380273e-5f;
  private static final float BELL_11 = -5.7405377e-6f;
  private static final float BELL_12 = 5.579845e-7f;
  private static final float BELL_13 = -3.10775e-8f;
  private static final float BELL_14 = 8.0418694e-10f;

  private static final float TWO_TO_127 = 0x1p127f;

  /** exp(-z) is 1e-38 from here on. */
  private static final float EXP_FLAT = 87f;

  private static final float LOG2_E = 1.44269504f;

  /** Adding and subtracting it rounds to the next integer. */
  private static final float TO_INTEGER = 12582912f;

  private static final float EXP2_1 = 6.93147182e-1f;
  private static final float EXP2_2 = 2.40226507e-1f;
  private static final float EXP2_3 = 5.55032715e-2f;
  private static final float EXP2_4 = 9.61802527e-3f;
  private static final float EXP2_5 = 1.34004327e-3f;
  private static final float EXP2_6 = 1.54697322e-4f;

  // ln(1 + e) / e for 0 <= e <= 1
  private static final float LOG_1 = -4.99999046e-1f;
  private static final float LOG_2 = 3.33300054e-1f;
  private static final float LOG_3 = -2.49545589e-1f;
  private static final float LOG_4 = 1.96781173e-1f;
  private static final float LOG_5 = -1.53118625e-1f;
  private static final float LOG_6 = 1.06142648e-1f;
  private static final float LOG_7 = -5.70642017e-2f;
  private static final float LOG_8 = 1.99071616e-2f;
  private static final float LOG_9 = -3.25637846e-3f;

  // NormCdf(-x) exp(x^2 / 2) in powers of 1 / (1 + MILLS x), the form of Abramowitz and Stegun
  // 26.2.17
  private static final float MILLS = 0.39f;
  private static final float MILLS_1 = 0.15143191f;
  private static final float MILLS_2 = 0.19439024f;
  private static final float MILLS_3 = -0.01648001f;
  private static final float MILLS_4 = 0.37492821f;
  private static final float MILLS_5 = -0.2580677f;
  private static final float MILLS_6 = 0.05379735f;

  private static final float ONE_OVER_SQRT_TWO_PI = 0.39894228f;

  /** The normal density is 1e-43 from here on. */
  private static final float NORMAL_FLAT = 14f;

  private ActivationLoops() {}

  static void relu(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      h[i] = Math.max(h[i], 0f);
    }
  }

  /**
   * slope = 1 where h &gt; 0 and 0 elsewhere, without a branch: even the least h times 2^254 is
   * above 1.
   */
  static void reluSlope(float[] h, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] = Math.min(Math.max(h[i], 0f) * TWO_TO_127 * TWO_TO_127, 1f);
    }
  }

  /** slope = clamp(1/2 + h / (reach |pull|), 0, 1), from pull = slope. */
  static void reluSlidingSlope(float[] h, float[] reach, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      float width = Math.max(reach[i] * Math.abs(slope[i]), Float.MIN_NORMAL);
      slope[i] = Math.max(Math.min(0.5f + h[i] / width, 1f), 0f);
    }
  }

  static void tanh(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      float x = Math.max(Math.min(h[i], TANH_FLAT), -TANH_FLAT);
      float z = x * x;
      float p = Math.fma(z, TANH_P6, TANH_P5);
      p = Math.fma(p, z, TANH_P4);
      p = Math.fma(p, z, TANH_P3);
      p = Math.fma(p, z, TANH_P2);
      p = Math.fma(p, z, TANH_P1);
      p = Math.fma(p, z, 1f);
      float q = Math.fma(z, TANH_Q3, TANH_Q2);
      q = Math.fma(q, z, TANH_Q1);
      q = Math.fma(q, z, 1f);
      h[i] = x * p / q;
    }
  }

  /** slope = 1 - phi^2 from phi = tanh(h). */
  static void tanhSlope(float[] phi, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] = Math.fma(-phi[i], phi[i], 1f);
    }
  }

  static void erf(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      float x = Math.max(Math.min(h[i], ERF_FLAT), -ERF_FLAT);
      float z = x * x;
      float p = Math.fma(z, ERF_P5, ERF_P4);
      p = Math.fma(p, z, ERF_P3);
      p = Math.fma(p, z, ERF_P2);
      p = Math.fma(p, z, ERF_P1);
      p = Math.fma(p, z, ERF_P0);
      float q = Math.fma(z, ERF_Q5, ERF_Q4);
      q = Math.fma(q, z, ERF_Q3);
      q = Math.fma(q, z, ERF_Q2);
      q = Math.fma(q, z, ERF_Q1);
      q = Math.fma(q, z, 1f);
      h[i] = x * p / q;
    }
  }

  /** slope = 2 / sqrt(pi) exp(-h^2). */
  static void erfSlope(float[] h, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      float z = h[i] * h[i];
      float q = Math.fma(z, BELL_14, BELL_13);
      q = Math.fma(q, z, BELL_12);
      q = Math.fma(q, z, BELL_11);
      q = Math.fma(q, z, BELL_10);
      q = Math.fma(q, z, BELL_9);
      q = Math.fma(q, z, BELL_8);
      q = Math.fma(q, z, BELL_7);
      q = Math.fma(q, z, BELL_6);
      q = Math.fma(q, z, BELL_5);
      q = Math.fma(q, z, BELL_4);
      q = Math.fma(q, z, BELL_3);
      q = Math.fma(q, z, BELL_2);
      q = Math.fma(q, z, BELL_1);
      q = Math.fma(q, z, BELL_0);
      slope[i] = 1f / q;
    }
  }

  /** exp(-|x|), with an error of 2e-7 + 6e-8 |x| relative to it. */
  static float decay(float x) {
    float t = -LOG2_E * Math.min(Math.abs(x), EXP_FLAT);
    float whole = (t + TO_INTEGER) - TO_INTEGER;
    float part = t - whole;
    float p = Math.fma(part, EXP2_6, EXP2_5);
    p = Math.fma(p, part, EXP2_4);
    p = Math.fma(p, part, EXP2_3);
    p = Math.fma(p, part, EXP2_2);
    p = Math.fma(p, part, EXP2_1);
    p = Math.fma(p, part, 1f);
    return p * Float.intBitsToFloat(((int) whole + 127) << 23);
  }

  /** NormPdf(x). */
  static float normalDensity(float x) {
    float near = Math.min(Math.abs(x), NORMAL_FLAT);
    return ONE_OVER_SQRT_TWO_PI * decay(0.5f * near * near);
  }

  /** NormCdf(-|x|), with an absolute error of 1e-7. */
  static float normalTail(float x) {
    float near = Math.min(Math.abs(x), NORMAL_FLAT);
    float t = 1f / Math.fma(MILLS, near, 1f);
    float p = Math.fma(t, MILLS_6, MILLS_5);
    p = Math.fma(p, t, MILLS_4);
    p = Math.fma(p, t, MILLS_3);
    p = Math.fma(p, t, MILLS_2);
    p = Math.fma(p, t, MILLS_1);
    return p * t * decay(0.5f * near * near);
  }

  /** 1 where x &gt; 0 and 0 elsewhere, as {@link #reluSlope}. */
  private static float step(float x) {
    return Math.min(Math.max(x, 0f) * TWO_TO_127 * TWO_TO_127, 1f);
  }

  /** x NormCdf(x) = max(x, 0) - |x| NormCdf(-|x|), with an absolute error of 3e-7. */
  static float gelu(float x) {
    return Math.max(x, 0f) - Math.min(Math.abs(x), NORMAL_FLAT) * normalTail(x);
  }

  /** NormCdf(x) + x NormPdf(x). */
  static float geluSlope(float x) {
    float tail = normalTail(x);
    float near = Math.max(Math.min(x, NORMAL_FLAT), -NORMAL_FLAT);
    return Math.fma(step(x), 1f - 2f * tail, tail) + near * normalDensity(x);
  }

  /** ln(1 + exp(x)), with an absolute error of 3e-7. */
  static float softplus(float x) {
    float e = decay(x);
    float p = Math.fma(e, LOG_9, LOG_8);
    p = Math.fma(p, e, LOG_7);
    p = Math.fma(p, e, LOG_6);
    p = Math.fma(p, e, LOG_5);
    p = Math.fma(p, e, LOG_4);
    p = Math.fma(p, e, LOG_3);
    p = Math.fma(p, e, LOG_2);
    p = Math.fma(p, e, LOG_1);
    p = Math.fma(p, e, 1f);
    return Math.fma(p, e, Math.max(x, 0f));
  }

  /** 1 / (1 + exp(-x)). */
  static float sigmoid(float x) {
    float e = decay(x);
    return Math.fma(step(x), 1f - e, e) / (1f + e);
  }
}
