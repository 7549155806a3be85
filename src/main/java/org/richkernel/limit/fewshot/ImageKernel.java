package org.richkernel.limit.fewshot;

import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;
import org.richkernel.network.InvalidProblemException;

/**
 * Kernel of a one-hidden-layer ReLU network at its start, h = u x + b with u ~ N(0, sigma_w^2), b ~
 * N(0, sigma_b^2) and no factor 1 / d (Cho and Saul 2009):
 *
 * <pre>
 *   NNGP = E relu(h) relu(h'),   NTK = NNGP + sigma_v^2 (x . x') E relu'(h) relu'(h')
 * </pre>
 *
 * @param weightVariance sigma_w^2
 * @param biasVariance sigma_b^2
 * @param readoutVariance sigma_v^2, of the NTK
 */
public record ImageKernel(
    Kind kind, double weightVariance, double biasVariance, double readoutVariance) {
  /** Parameters that move. */
  public enum Kind {
    /** The readout alone. */
    NNGP,
    /** All but the biases. */
    NTK;

    /** Name on the command line. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The kernel with a name.
     *
     * @throws InvalidProblemException if there is no such kernel
     */
    public static Kind named(String name) {
      for (Kind kind : values()) {
        if (kind.id().equals(name)) {
          return kind;
        }
      }
      throw new InvalidProblemException("kernels", name, "use nngp, ntk or none");
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first invalid one
   */
  public ImageKernel {
    require(
        weightVariance > 0 && Double.isFinite(weightVariance), "weight-variance", weightVariance);
    require(biasVariance >= 0 && Double.isFinite(biasVariance), "bias-variance", biasVariance);
    require(
        readoutVariance >= 0 && Double.isFinite(readoutVariance),
        "readout-variance",
        readoutVariance);
  }

  private static void require(boolean holds, String field, double value) {
    if (!holds) {
      throw new InvalidProblemException(field, value, "use a positive number");
    }
  }

  /** Value of the last input, whose weight is the bias: sigma_b / sigma_w. */
  float biasInput() {
    return (float) Math.sqrt(biasVariance / weightVariance);
  }

  /**
   * Scratch for a kernel between m and n points, float64.
   *
   * @param inner m x n
   * @param slope m x n
   * @param rowVariance m x 1
   * @param columnVariance n x 1
   */
  record Scratch(Matrix inner, Matrix slope, Matrix rowVariance, Matrix columnVariance) {}

  /**
   * The kernel.
   *
   * @param x m x (d + 1), float64, the last one {@link #biasInput}
   * @param y n x (d + 1), float64
   * @param value receives the kernel, m x n, float64
   */
  void evaluate(Backend backend, Matrix x, Matrix y, Matrix value, Scratch scratch) {
    int m = x.rows();
    int n = y.rows();
    int d = x.columns() - 1;
    Matrix slope = scratch.slope().view(0, m, 0, n);
    Matrix rowVariance = scratch.rowVariance().rowRange(0, m);
    Matrix columnVariance = scratch.columnVariance().rowRange(0, n);
    backend.gemm(Transpose.NO, Transpose.YES, weightVariance, x, y, 0, value);
    backend.rowDot(x, x, rowVariance);
    backend.scale(weightVariance, rowVariance);
    backend.rowDot(y, y, columnVariance);
    backend.scale(weightVariance, columnVariance);
    backend.dualActivation(Activation.RELU, value, rowVariance, columnVariance, value, slope);
    if (kind == Kind.NTK) {
      Matrix inner = scratch.inner().view(0, m, 0, n);
      Matrix rows = x.view(0, m, 0, d);
      Matrix columns = y.view(0, n, 0, d);
      backend.gemm(Transpose.NO, Transpose.YES, readoutVariance, rows, columns, 0, inner);
      backend.multiply(slope, inner);
      backend.axpy(1, inner, value);
    }
  }
}
