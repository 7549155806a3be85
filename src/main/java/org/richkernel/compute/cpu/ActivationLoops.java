package org.richkernel.compute.cpu;

/**
 * Activations and their derivatives on float tiles. tanh and erf are odd rational functions x
 * P(x^2) / Q(x^2) with the least largest relative error, exp(-z) is the reciprocal of a polynomial;
 * the largest error found over all magnitudes is 3.4e-7, relative for the values and absolute for
 * the derivatives. NaN stays NaN because Math.max and Math.min keep it.
 */
final class ActivationLoops {
  /** tanh differs from 1 by less than a quarter of an ulp from here on. */
  private static final float TANH_FLAT = 9f;

  private static final float TANH_P1 = 0.13084010779857635f;
  private static final float TANH_P2 = 0.003103956812992692f;
  private static final float TANH_P3 = 1.1154314961459022e-05f;
  private static final float TANH_P4 = -2.022525258382757e-08f;
  private static final float TANH_P5 = 5.277961054317437e-11f;
  private static final float TANH_P6 = -8.488741935937238e-14f;
  private static final float TANH_Q1 = 0.4641733765602112f;
  private static final float TANH_Q2 = 0.024495180696249008f;
  private static final float TANH_Q3 = 0.00025461462792009115f;

  /** erf differs from 1 by less than half an ulp from here on. */
  private static final float ERF_FLAT = 3.95f;

  private static final float ERF_P0 = 1.1283791065216064f;
  private static final float ERF_P1 = 0.19155021011829376f;
  private static final float ERF_P2 = 0.05287543311715126f;
  private static final float ERF_P3 = 0.00380815751850605f;
  private static final float ERF_P4 = 0.00028468776145018637f;
  private static final float ERF_P5 = 2.0259105895092944e-06f;
  private static final float ERF_Q1 = 0.5030896067619324f;
  private static final float ERF_Q2 = 0.1145595833659172f;
  private static final float ERF_Q3 = 0.015055081807076931f;
  private static final float ERF_Q4 = 0.0011707249796018004f;
  private static final float ERF_Q5 = 3.783182910410687e-05f;

  // sqrt(pi) / 2 exp(z) as a polynomial: the reciprocal is the derivative of erf at z = h^2
  private static final float BELL_0 = 0.8862269520759583f;
  private static final float BELL_1 = 0.8862257599830627f;
  private static final float BELL_2 = 0.4431392550468445f;
  private static final float BELL_3 = 0.14752097427845f;
  private static final float BELL_4 = 0.03754664584994316f;
  private static final float BELL_5 = 0.006212244741618633f;
  private static final float BELL_6 = 0.00258631375618279f;
  private static final float BELL_7 = -0.0008342785877175629f;
  private static final float BELL_8 = 0.0005230578826740384f;
  private static final float BELL_9 = -0.00016560476797167212f;
  private static final float BELL_10 = 3.8380272599169984e-05f;
  private static final float BELL_11 = -5.740537744713947e-06f;
  private static final float BELL_12 = 5.579844923886412e-07f;
  private static final float BELL_13 = -3.1077501461140855e-08f;
  private static final float BELL_14 = 8.041869392627632e-10f;

  private static final float TWO_TO_127 = 0x1p127f;

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
      h[i] = Math.max(Math.min(x * p / q, 1f), -1f);
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
      h[i] = Math.max(Math.min(x * p / q, 1f), -1f);
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
}
