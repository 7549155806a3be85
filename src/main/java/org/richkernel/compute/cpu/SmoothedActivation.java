package org.richkernel.compute.cpu;

import java.util.Arrays;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** phi_ij = E_z f(h_ij + s_j z), z ~ N(0, 1), on float tiles. */
final class SmoothedActivation extends TiledTask {
  /** Normal weights beyond this many deviations are dropped; they hold 2e-9. */
  private static final double REACH = 6;

  /**
   * Spacing of the trapezoidal rule that leaves an error of exp(-2 pi^2 / 0.49) for the normal
   * density.
   */
  private static final double WIDEST_SPACING = 0.7;

  /**
   * The poles of tanh(h + s z) lie pi / (2 s) off the real axis, so a spacing of d leaves an error
   * of exp(pi^2 / (8 s^2) - pi^2 / (s d)): at most 1e-7 with both bounds.
   */
  private static final double SPACING_TIMES_DEVIATION = 0.5;

  /** Wider noise than this is treated with the spacing for this width. */
  private static final double WIDEST_RESOLVED = 1000;

  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  /** Beyond this many widths the normal density underflows the rounding of the rest. */
  private static final float FAR = 9f;

  private final WorkerTeam team;
  private Activation f;
  private CpuMatrix h;
  private CpuMatrix deviation;
  private CpuMatrix phi;

  SmoothedActivation(WorkerTeam team) {
    this.team = team;
  }

  void apply(Activation activation, CpuMatrix input, CpuMatrix columnDeviation, CpuMatrix output) {
    Operands.alike("activateSmoothed", input, output);
    Operands.precision("activateSmoothed", Precision.FLOAT32, input);
    Operands.precision("activateSmoothed", Precision.FLOAT32, columnDeviation);
    Operands.shape("activateSmoothed", columnDeviation, 1, input.columns());
    f = activation;
    h = input;
    deviation = columnDeviation;
    phi = output;
    byRows(input);
    team.run(this);
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    h.read(h.at(row, column), w.f0, n);
    deviation.read(column, w.f1, n);
    switch (f) {
      case RELU -> relu(w.f0, w.f1, w.f2, w.f3, n);
      case TANH -> tanh(w.f0, w.f1, w.f2, w.f3, n);
      case ERF -> erf(w.f0, w.f1, n);
      case LINEAR -> {
        // The mean of h + s z is h.
      }
    }
    phi.write(phi.at(row, column), w.f0, n);
  }

  /**
   * h NormCdf(h/s) + s NormPdf(h/s) = h/2 (1 + erf(t)) + s/sqrt(2 pi) exp(-t^2), t = h/(s sqrt 2).
   */
  private static void relu(float[] x, float[] s, float[] t, float[] bell, int n) {
    for (int i = 0; i < n; i++) {
      float width = Math.max(s[i], Float.MIN_NORMAL);
      t[i] = Math.max(-FAR, Math.min(FAR, x[i] * SQRT_HALF / width));
    }
    // 2/sqrt(pi) exp(-t^2)
    ActivationLoops.erfSlope(t, bell, n);
    ActivationLoops.erf(t, n);
    float pdf = 0.5f * SQRT_HALF;
    for (int i = 0; i < n; i++) {
      float smooth = Math.fma(0.5f * x[i], 1f + t[i], pdf * s[i] * bell[i]);
      x[i] = smooth;
    }
  }

  /** Trapezoidal rule in z, fine enough for the widest column of the tile. */
  private static void tanh(float[] x, float[] s, float[] shifted, float[] sum, int n) {
    float widest = 0;
    for (int i = 0; i < n; i++) {
      // a NaN is no width to go by, but must not spoil its neighbours
      widest = s[i] > widest ? s[i] : widest;
    }
    double spacing =
        Math.min(WIDEST_SPACING, SPACING_TIMES_DEVIATION / Math.min(widest, WIDEST_RESOLVED));
    int half = (int) Math.ceil(REACH / spacing);
    Arrays.fill(sum, 0, n, 0f);
    for (int k = -half; k <= half; k++) {
      double z = k * spacing;
      float node = (float) z;
      for (int i = 0; i < n; i++) {
        shifted[i] = Math.fma(node, s[i], x[i]);
      }
      ActivationLoops.tanh(shifted, n);
      float weight = (float) (spacing / Math.sqrt(2 * Math.PI) * Math.exp(-0.5 * z * z));
      for (int i = 0; i < n; i++) {
        sum[i] = Math.fma(weight, shifted[i], sum[i]);
      }
    }
    System.arraycopy(sum, 0, x, 0, n);
  }

  /** erf(h / sqrt(1 + 2 s^2)). */
  private static void erf(float[] x, float[] s, int n) {
    for (int i = 0; i < n; i++) {
      x[i] /= (float) Math.sqrt(1f + 2f * s[i] * s[i]);
    }
    ActivationLoops.erf(x, n);
  }
}
