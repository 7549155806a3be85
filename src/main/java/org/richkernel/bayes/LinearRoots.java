package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * The equation of one output of a deep linear network for its order parameter t (Lauditi, Bordelon
 * and Pehlevan, arXiv:2502.07998, linear networks):
 *
 * <pre>  t = gamma^2 m v^T C v,     v = (m C + kappa)^{-1} y,     m = (1 + t)^L.</pre>
 */
final class LinearRoots {
  private static final int GRID = 4000;
  private static final double ROOT_ACCURACY = 1e-14;

  private final double[] lambda;
  private final double[] z; // U^T y
  private final int hiddenLayers;
  private final double gamma;
  private final double kappa;

  /**
   * @param lambda eigenvalues of C = U diag(lambda) U^T, at least 0
   * @param z U^T y of the output, P numbers
   */
  LinearRoots(double[] lambda, double[] z, int hiddenLayers, double gamma, double kappa) {
    this.lambda = lambda;
    this.z = z;
    this.hiddenLayers = hiddenLayers;
    this.gamma = gamma;
    this.kappa = kappa;
  }

  /** S(t), the action per neuron. */
  double action(double t) {
    double m = Math.pow(1 + t, hiddenLayers);
    double fit = 0;
    for (int k = 0; k < z.length; k++) {
      fit += z[k] * z[k] / (m * lambda[k] + kappa);
    }
    return 0.5 * hiddenLayers * (t - Math.log1p(t)) + 0.5 * gamma * gamma * fit;
  }

  /** gamma^2 m v^T C v, which equals t at a root. */
  double pull(double t) {
    double m = Math.pow(1 + t, hiddenLayers);
    double sum = 0;
    for (int k = 0; k < z.length; k++) {
      double denominator = m * lambda[k] + kappa;
      // m lambda / denominator stays in [0, 1] however large m is
      sum += m * lambda[k] / denominator * (z[k] * z[k] / denominator);
    }
    return gamma * gamma * sum;
  }

  /** All roots, of least action first; never empty. */
  List<LinearSaddle.Root> all() {
    double square = 0;
    for (double component : z) {
      square += component * component;
    }
    // m lambda / (m lambda + kappa)^2 <= 1 / (4 kappa)
    double largest = gamma * gamma * square / (4 * kappa) * (1 + 1e-12);
    double start = pull(0);
    if (start == 0) {
      return List.of(new LinearSaddle.Root(0, action(0)));
    }
    double smallest = 1e-3 * Math.min(1, Math.min(start, largest));
    while (pull(smallest) < smallest) {
      smallest /= 10;
    }
    UnivariateFunction mismatch = t -> t - pull(t);
    List<LinearSaddle.Root> found = new ArrayList<>();
    double step = Math.log(largest / smallest) / GRID;
    double left = smallest;
    double leftValue = mismatch.value(left);
    for (int i = 1; i <= GRID; i++) {
      double right = i == GRID ? largest : smallest * Math.exp(i * step);
      double rightValue = mismatch.value(right);
      if (rightValue == 0) {
        found.add(new LinearSaddle.Root(right, action(right)));
      } else if (leftValue < 0 != rightValue < 0 && leftValue != 0) {
        double t = new BrentSolver(ROOT_ACCURACY, 1e-300).solve(1000, mismatch, left, right);
        found.add(new LinearSaddle.Root(t, action(t)));
      }
      left = right;
      leftValue = rightValue;
    }
    found.sort(Comparator.comparingDouble(LinearSaddle.Root::action));
    return List.copyOf(found);
  }
}
