package org.richkernel.bayes;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The action of a deep linear network with K outputs as a function of one symmetric K x K matrix T
 * (Lauditi, Bordelon and Pehlevan, arXiv:2502.07998):
 *
 * <pre>  S(T) = (L/2) tr (T - ln(1 + T))
 *        + (gamma^2/2) vec(Y)^T [(1 + T)^L (x) C + kappa]^{-1} vec(Y).</pre>
 *
 * <p>With T = O diag(t) O^T, m_k = (1 + t_k)^L, and v_k = (m_k C + kappa)^{-1} Y o_k, the second
 * term is (gamma^2/2) sum_k o_k^T Y^T v_k, and in the basis of O
 *
 * <pre>  dS/dT_jk = (L/2) delta_jk t_k / (1 + t_k) - (gamma^2/2) D_jk v_j^T C v_k,
 *   D_jk = (m_j - m_k) / (t_j - t_k), the divided difference of (1 + t)^L.</pre>
 */
final class LinearOutputsAction {
  private final int hiddenLayers;
  private final double gammaSquare;
  private final double kappa;
  private final KernelModes modes;
  private final double[] lambda; // eigenvalues of C, at least 0
  private final int outputs;

  LinearOutputsAction(KernelModes modes, int hiddenLayers, double gamma, double kappa) {
    this.hiddenLayers = hiddenLayers;
    this.gammaSquare = gamma * gamma;
    this.kappa = kappa;
    this.modes = modes;
    lambda = modes.lambda();
    outputs = modes.outputs();
  }

  /** A point T with its eigenvalues t, eigenvectors O (in columns), action and gradient. */
  @SuppressWarnings("ArrayRecordComponent")
  record Point(RealMatrix matrix, double[] t, RealMatrix rotation, double action) {}

  /** K. */
  int outputs() {
    return outputs;
  }

  /** Evaluates S; infinite where 1 + T is not positive. */
  Point at(RealMatrix matrix) {
    EigenDecomposition eigen = new EigenDecomposition(matrix);
    double[] t = eigen.getRealEigenvalues();
    RealMatrix o = eigen.getV();
    double action = 0;
    for (int k = 0; k < outputs; k++) {
      if (!(t[k] > -1)) {
        return new Point(matrix, t, o, Double.POSITIVE_INFINITY);
      }
      action += 0.5 * hiddenLayers * (t[k] - Math.log1p(t[k]));
      double[] rotated = rotated(o, k);
      double m = Math.pow(1 + t[k], hiddenLayers);
      for (int i = 0; i < lambda.length; i++) {
        action += 0.5 * gammaSquare * rotated[i] * rotated[i] / (m * lambda[i] + kappa);
      }
    }
    return new Point(matrix, t, o, action);
  }

  /** z o_k: the modes of a rotated output. */
  double[] rotated(RealMatrix o, int k) {
    return modes.targets(o.getColumn(k));
  }

  /** v_j^T C v_k in the basis of O, K x K, for readout scales m_k. */
  RealMatrix overlaps(RealMatrix o, double[] m) {
    double[][] v = new double[outputs][];
    for (int k = 0; k < outputs; k++) {
      v[k] = rotated(o, k);
      for (int i = 0; i < lambda.length; i++) {
        v[k][i] /= m[k] * lambda[i] + kappa;
      }
    }
    RealMatrix w = new Array2DRowRealMatrix(outputs, outputs);
    for (int j = 0; j < outputs; j++) {
      for (int k = 0; k < outputs; k++) {
        double sum = 0;
        for (int i = 0; i < lambda.length; i++) {
          sum += lambda[i] * v[j][i] * v[k][i];
        }
        w.setEntry(j, k, sum);
      }
    }
    return w;
  }

  /** m_k = (1 + t_k)^L. */
  double[] scales(double[] t) {
    double[] m = new double[t.length];
    for (int k = 0; k < m.length; k++) {
      m[k] = Math.pow(1 + t[k], hiddenLayers);
    }
    return m;
  }

  /** dS/dT, symmetric K x K. */
  RealMatrix gradient(Point point) {
    double[] t = point.t();
    RealMatrix w = overlaps(point.rotation(), scales(t));
    RealMatrix inner = new Array2DRowRealMatrix(outputs, outputs);
    for (int j = 0; j < outputs; j++) {
      for (int k = 0; k < outputs; k++) {
        double slope = dividedDifference(t[j], t[k]);
        double value = -0.5 * gammaSquare * slope * w.getEntry(j, k);
        if (j == k) {
          value += 0.5 * hiddenLayers * t[k] / (1 + t[k]);
        }
        inner.setEntry(j, k, value);
      }
    }
    return point.rotation().multiply(inner).multiply(point.rotation().transpose());
  }

  /**
   * Residual of the saddle equations, 0 at a minimum: the larger of the mismatches of the readout
   * and of the order parameters,
   *
   * <pre>  |Y - (Phi^L + kappa) V| / |Y|   and   |t - p| / |t|,   p_k = gamma^2 m_k v_k^T C v_k,
   * </pre>
   *
   * <p>with Phi^L = C + sum_j (m_j - 1) / (v_j^T C v_j) C v_j v_j^T C. Since (m_k C + kappa) v_k =
   * Y o_k, the mismatch of the readout is - sum_{j != k} (m_j - 1) (v_j^T C v_k) / (v_j^T C v_j) C
   * v_j for output k.
   */
  double residual(Point point) {
    double[] t = point.t();
    double[] m = scales(t);
    RealMatrix w = overlaps(point.rotation(), m);
    double mismatch = 0;
    double size = 0;
    double missed = 0;
    double targets = 0;
    for (int k = 0; k < outputs; k++) {
      double pull = gammaSquare * m[k] * w.getEntry(k, k);
      mismatch += (t[k] - pull) * (t[k] - pull);
      size += t[k] * t[k];
      double[] left = new double[lambda.length];
      for (int j = 0; j < outputs; j++) {
        if (j != k && w.getEntry(j, j) > 0) {
          double weight = (m[j] - 1) * w.getEntry(j, k) / w.getEntry(j, j);
          double[] z = rotated(point.rotation(), j);
          for (int i = 0; i < left.length; i++) {
            left[i] += weight * lambda[i] * z[i] / (m[j] * lambda[i] + kappa);
          }
        }
      }
      double[] own = rotated(point.rotation(), k);
      for (int i = 0; i < left.length; i++) {
        missed += left[i] * left[i];
        targets += own[i] * own[i];
      }
    }
    double readout = targets == 0 ? 0 : Math.sqrt(missed / targets);
    double order = mismatch == 0 ? 0 : Math.sqrt(mismatch / size);
    return Math.max(readout, order);
  }

  /** sum_{n < L} (1 + a)^n (1 + b)^(L - 1 - n), which is L (1 + a)^{L-1} for a = b. */
  private double dividedDifference(double a, double b) {
    double sum = 0;
    for (int n = 0; n < hiddenLayers; n++) {
      sum += Math.pow(1 + a, n) * Math.pow(1 + b, hiddenLayers - 1 - n);
    }
    return sum;
  }
}
