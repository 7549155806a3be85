package org.richkernel.bayes.multiscale;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;

/**
 * The one-loop term of a nonlinear network from neurons of the tree level (arXiv:2502.03210).
 *
 * <p>With ft = chi v, a = ft . phi, c = g / chi and averages over the tilted neurons, W(ft) = N ln
 * E exp(c a^2 / (2 N)) has
 *
 * <pre>  W''_ij = c E[phi_i phi_j] + (c^2 / N) Cov(a phi_i, a phi_j),
 *   W'''_ijk = (c^2 / N) (Cov(phi_i phi_j, a phi_k) + two more) + (c^3 / N^2) cum(a phi_i, a phi_j, a phi_k),
 *   M = kappa / chi + W'',   T_k = sum_ij (M^{-1})_ij W'''_ijk,   delta = M^{-1} T / 2,
 *   f(x) = tree + W''_x delta - T_x / 2,  which on the training points is -(kappa / chi) delta.
 * </pre>
 *
 * <p>The contraction needs no P^3 tensor: with p = M^{-1} E[a phi] and, per neuron, b = phi^T
 * M^{-1} phi and r = phi . p, T is a weighted average of phi. So the one-loop term at any point is
 * another readout of the same neurons.
 */
final class SampledOneLoop {
  private final double[] shift; // delta, P
  private final double[] readout; // one number per neuron

  private SampledOneLoop(double[] shift, double[] readout) {
    this.shift = shift;
    this.readout = readout;
  }

  /** Peak memory of {@link #of}. */
  static MemoryPlan plan(int points, int rank, int count) {
    return NeuronOutputs.activations(count, points)
        .addAll("", NeuronOutputs.forward(count, rank, points))
        .addAll("", scratch(points, count));
  }

  private static MemoryPlan scratch(int points, int count) {
    return new MemoryPlan()
        .add("weighted neurons", Precision.FLOAT32, count, points)
        .add("direction", Precision.FLOAT32, points, 1)
        .add("overlap", Precision.FLOAT32, count, 1)
        .add("inverse in float32", Precision.FLOAT32, points, points)
        .add("curvature", Precision.FLOAT64, points, points)
        .add("inverse", Precision.FLOAT64, points, points)
        .add("average", Precision.FLOAT64, 1, points)
        // the inverse and the curvature, and ten numbers for each neuron
        .addHost(8L * (2L * points * points + 10L * count));
  }

  /**
   * The one-loop term.
   *
   * @param neurons samples of the tree level, equally weighted
   * @param v dual vector of the tree level, P
   * @param g readout variance
   * @param chi scale
   */
  static SampledOneLoop of(
      Backend backend,
      NeuronOutputs neurons,
      Inputs train,
      double[] v,
      double g,
      double chi,
      int width,
      double kappa) {
    int points = train.rows();
    int count = neurons.count();
    double c = g / chi;
    try (Workspace activations = new Workspace(backend, NeuronOutputs.activations(count, points));
        Workspace memory = new Workspace(backend, scratch(points, count))) {
      Matrix phi = neurons.at(train, activations);
      Matrix scaled = memory.get("weighted neurons");
      Matrix vector = memory.get("direction");
      Matrix column = memory.get("overlap");
      Matrix narrow = memory.get("inverse in float32");
      Matrix m = memory.get("curvature");
      Matrix inverse = memory.get("inverse");
      Matrix line = memory.get("average");
      Averages average = new Averages(backend, phi, vector, column, line);
      double[] a = average.project(v);
      for (int n = 0; n < count; n++) {
        a[n] *= chi;
      }
      double[] mean = average.weighted(a); // E[a phi]

      // M = kappa / chi + c E[phi phi^T] + (c^2 / N) (E[a^2 phi phi^T] - mean mean^T)
      double slope = c * c / width;
      backend.gram(c / count, phi, 0, m);
      backend.copy(phi, scaled);
      backend.upload(a, column);
      backend.scaleRows(column, scaled);
      backend.gram(slope / count, scaled, 1, m);
      double[] curvature = new double[points * points];
      backend.download(m, curvature);
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) {
          curvature[i * points + j] -= slope * mean[i] * mean[j];
        }
        curvature[i * points + i] += kappa / chi;
      }
      backend.upload(curvature, m);
      backend.cholesky(m);
      backend.invertCholesky(1, m, inverse);
      double[] resolvent = new double[points * points];
      backend.download(inverse, resolvent);

      backend.copy(inverse, narrow);
      backend.gemm(Transpose.NO, Transpose.NO, 1, phi, narrow, 0, scaled);
      backend.rowDot(phi, scaled, column);
      double[] b = average.download();
      double[] p = product(resolvent, mean);
      double[] r = average.project(p);

      double[] weight = contraction(a, b, r, dot(mean, p), slope, c * slope / width);
      double[] t = average.weighted(weight);
      double[] delta = product(resolvent, t);
      for (int i = 0; i < points; i++) {
        delta[i] *= 0.5;
      }
      // W''_x delta - T_x / 2
      double[] s = average.project(delta);
      double along = dot(mean, delta);
      double[] readout = new double[count];
      for (int n = 0; n < count; n++) {
        readout[n] = (c * s[n] + slope * a[n] * (a[n] * s[n] - along) - 0.5 * weight[n]) / count;
      }
      return new SampledOneLoop(delta, readout);
    }
  }

  /**
   * Weight of each neuron in T = E[weight phi]:
   *
   * <pre>  slope (b - E b) a + 2 slope (a b - r) + third (B - E B) a,
   *   B = a^2 b - 2 a r + E[a phi] . p,   slope = c^2 / N,   third = c^3 / N^2.</pre>
   */
  private static double[] contraction(
      double[] a, double[] b, double[] r, double quadratic, double slope, double third) {
    int count = a.length;
    double meanB = 0;
    double meanCubic = 0;
    double[] cubic = new double[count];
    for (int n = 0; n < count; n++) {
      cubic[n] = a[n] * a[n] * b[n] - 2 * a[n] * r[n] + quadratic;
      meanB += b[n] / count;
      meanCubic += cubic[n] / count;
    }
    double[] weight = new double[count];
    for (int n = 0; n < count; n++) {
      weight[n] =
          slope * ((b[n] - meanB) * a[n] + 2 * (a[n] * b[n] - r[n]))
              + third * (cubic[n] - meanCubic) * a[n];
    }
    return weight;
  }

  /** Change of the training outputs, -(kappa / chi) delta. */
  double[] trainChange(double chi, double kappa) {
    double[] change = new double[shift.length];
    for (int i = 0; i < change.length; i++) {
      change[i] = -kappa / chi * shift[i];
    }
    return change;
  }

  /** Readout of the neurons for the change of the outputs at any point. */
  double[] readout() {
    return readout;
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  private static double[] product(double[] matrix, double[] x) {
    int n = x.length;
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        y[i] += matrix[i * n + j] * x[j];
      }
    }
    return y;
  }

  /** Projections of the neurons on a vector, and weighted averages of phi. */
  private record Averages(Backend backend, Matrix phi, Matrix vector, Matrix column, Matrix line) {
    /** phi x, one number per neuron. */
    double[] project(double[] x) {
      backend.upload(x, vector);
      backend.gemm(Transpose.NO, Transpose.NO, 1, phi, vector, 0, column);
      return download();
    }

    double[] download() {
      double[] values = new double[phi.rows()];
      backend.download(column, values);
      return values;
    }

    /** E[w phi]. */
    double[] weighted(double[] w) {
      backend.upload(w, column);
      backend.crossGram(1.0 / phi.rows(), column, phi, 0, line);
      double[] values = new double[phi.columns()];
      backend.download(line, values);
      return values;
    }
  }
}
