package org.richkernel.compute.cpu;

import java.util.Arrays;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Precision;

/** phi_ij = E_z f(h_ij + s_j z), z ~ N(0, 1), on float tiles. */
final class SmoothedActivation extends TiledTask {
  /** Positive nodes of the 16-point Gauss-Hermite rule for N(0, 1); each stands for +-x. */
  private static final float[] NODES = {
    0.3867606045005574f,
    1.1638291005549648f,
    1.9519803457163334f,
    2.7602450476307014f,
    3.6008736241715487f,
    4.492955302520011f,
    5.472225705949343f,
    6.630878198393129f
  };

  private static final float[] WEIGHTS = {
    0.286568521238012f,
    0.1583383727509497f,
    0.04728475235401406f,
    0.007266937601184749f,
    0.0005259849265739087f,
    1.530003216248732e-05f,
    1.309473216286817e-07f,
    1.4978147231618412e-10f
  };

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

  private static void tanh(float[] x, float[] s, float[] shifted, float[] sum, int n) {
    Arrays.fill(sum, 0, n, 0f);
    for (int k = 0; k < NODES.length; k++) {
      for (int side = -1; side <= 1; side += 2) {
        float node = side * NODES[k];
        for (int i = 0; i < n; i++) {
          shifted[i] = Math.fma(node, s[i], x[i]);
        }
        ActivationLoops.tanh(shifted, n);
        float weight = WEIGHTS[k];
        for (int i = 0; i < n; i++) {
          sum[i] = Math.fma(weight, shifted[i], sum[i]);
        }
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
