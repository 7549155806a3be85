package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/**
 * The saddle point of deep linear networks with one output, in closed form.
 *
 * <p>With C the kernel of the inputs, t &gt;= 0 and m = (1 + t)^L, the matrix saddle equations
 * reduce to one dimension (Lauditi, Bordelon and Pehlevan, arXiv:2502.07998, linear networks):
 *
 * <pre>  v = (m C + kappa)^{-1} y,        t = gamma^2 m v^T C v,
 *   Phi^l = C + ((1 + t)^l - 1) / (v^T C v) C v v^T C,
 *   S(t) = (L/2) (t - ln(1 + t)) + (gamma^2 / 2) y^T (m C + kappa)^{-1} y.</pre>
 *
 * <p>dS/dt = 0 is the equation for t. For L = 1 its root is unique; deeper networks can have
 * several (a first-order transition), so all of (0, gamma^2 |y|^2 / (4 kappa)] is searched, every
 * root is refined and the one of least action is the answer. Following one root in gamma would stay
 * on a metastable branch. Cost: one eigendecomposition, then O(P) per evaluation.
 */
public final class LinearSaddle {
  private static final int GRID = 4000;
  private static final double ROOT_ACCURACY = 1e-14;

  private final int hiddenLayers;
  private final double gamma;
  private final double kappa;
  private final double[] lambda; // eigenvalues of C, clipped at 0
  private final double[] vectors; // Q, row-major P x P, eigenvectors in columns
  private final double[] z; // Q^T y
  private final List<Root> roots;

  /**
   * A solution of the saddle equation.
   *
   * @param t the order parameter
   * @param action S(t), per neuron
   */
  public record Root(double t, double action) {}

  private LinearSaddle(
      int hiddenLayers, double gamma, double kappa, double[] lambda, double[] vectors, double[] z) {
    this.hiddenLayers = hiddenLayers;
    this.gamma = gamma;
    this.kappa = kappa;
    this.lambda = lambda;
    this.vectors = vectors;
    this.z = z;
    this.roots = findRoots();
  }

  /**
   * Solves the saddle equation.
   *
   * @param c kernel of the inputs, row-major P x P, positive semidefinite
   * @param y targets, length P
   * @param hiddenLayers L &gt;= 1
   * @param gamma richness &gt;= 0
   * @param kappa noise &gt; 0
   */
  public static LinearSaddle solve(
      Backend backend, double[] c, double[] y, int hiddenLayers, double gamma, double kappa) {
    int points = y.length;
    double[] vectors = new double[points * points];
    double[] lambda = new double[points];
    try (Matrix a = backend.allocate(Precision.FLOAT64, points, points, "input kernel");
        Matrix values = backend.allocate(Precision.FLOAT64, 1, points, "input eigenvalues")) {
      backend.upload(c, a);
      backend.eigenSymmetric(a, values);
      backend.download(a, vectors);
      backend.download(values, lambda);
    }
    double[] z = new double[points];
    for (int i = 0; i < points; i++) {
      lambda[i] = Math.max(0, lambda[i]);
      for (int k = 0; k < points; k++) {
        z[k] += vectors[i * points + k] * y[i];
      }
    }
    return new LinearSaddle(hiddenLayers, gamma, kappa, lambda, vectors, z);
  }

  /**
   * All roots for one output whose modes are known, of least action first.
   *
   * @param lambda eigenvalues of C, at least 0
   * @param z components of the targets along the eigenvectors
   */
  static List<Root> roots(
      double[] lambda, double[] z, int hiddenLayers, double gamma, double kappa) {
    return new LinearSaddle(hiddenLayers, gamma, kappa, lambda, new double[0], z).roots();
  }

  /** All roots, of least action first; never empty. */
  public List<Root> roots() {
    return roots;
  }

  /** The order parameter t of least action. */
  public double t() {
    return roots.get(0).t();
  }

  /** m = (1 + t)^L: by how much the readout kernel is rescaled for predictions. */
  public double rescaling() {
    return Math.pow(1 + t(), hiddenLayers);
  }

  /** |t - gamma^2 m v^T C v| / t at the root that was chosen; 0 where t = 0. */
  public double residual() {
    return t() == 0 ? 0 : Math.abs(t() - pull(t())) / t();
  }

  /** v = (m C + kappa)^{-1} y. */
  public double[] dual() {
    double m = rescaling();
    double[] coefficients = new double[lambda.length];
    for (int k = 0; k < lambda.length; k++) {
      coefficients[k] = z[k] / (m * lambda[k] + kappa);
    }
    return fromEigenbasis(coefficients);
  }

  /** Phi^l, row-major P x P, l = 0 (C itself) to L. */
  public double[] kernel(int layer) {
    int points = lambda.length;
    double m = rescaling();
    double quadratic = 0; // v^T C v
    double[] image = new double[points];
    for (int k = 0; k < points; k++) {
      double v = z[k] / (m * lambda[k] + kappa);
      quadratic += lambda[k] * v * v;
      image[k] = lambda[k] * v;
    }
    double[] cv = fromEigenbasis(image);
    double weight = quadratic == 0 ? 0 : (Math.pow(1 + t(), layer) - 1) / quadratic;
    double[] kernel = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = weight * cv[i] * cv[j];
        for (int k = 0; k < points; k++) {
          sum += vectors[i * points + k] * lambda[k] * vectors[j * points + k];
        }
        kernel[i * points + j] = sum;
        kernel[j * points + i] = sum;
      }
    }
    return kernel;
  }

  /** S(t), the action per neuron. */
  public double action(double t) {
    double m = Math.pow(1 + t, hiddenLayers);
    double fit = 0;
    for (int k = 0; k < lambda.length; k++) {
      fit += z[k] * z[k] / (m * lambda[k] + kappa);
    }
    return 0.5 * hiddenLayers * (t - Math.log1p(t)) + 0.5 * gamma * gamma * fit;
  }

  /** gamma^2 m v^T C v, which equals t at a root. */
  private double pull(double t) {
    double m = Math.pow(1 + t, hiddenLayers);
    double sum = 0;
    for (int k = 0; k < lambda.length; k++) {
      double denominator = m * lambda[k] + kappa;
      // m lambda / denominator stays in [0, 1] however large m is
      sum += m * lambda[k] / denominator * (z[k] * z[k] / denominator);
    }
    return gamma * gamma * sum;
  }

  private List<Root> findRoots() {
    double square = 0;
    for (double component : z) {
      square += component * component;
    }
    // m lambda / (m lambda + kappa)^2 <= 1 / (4 kappa)
    double largest = gamma * gamma * square / (4 * kappa) * (1 + 1e-12);
    double start = pull(0);
    if (start == 0) {
      return List.of(new Root(0, action(0)));
    }
    double smallest = 1e-3 * Math.min(1, Math.min(start, largest));
    while (pull(smallest) < smallest) {
      smallest /= 10;
    }
    UnivariateFunction mismatch = t -> t - pull(t);
    List<Root> found = new ArrayList<>();
    double step = Math.log(largest / smallest) / GRID;
    double left = smallest;
    double leftValue = mismatch.value(left);
    for (int i = 1; i <= GRID; i++) {
      double right = i == GRID ? largest : smallest * Math.exp(i * step);
      double rightValue = mismatch.value(right);
      if (rightValue == 0) {
        found.add(new Root(right, action(right)));
      } else if (leftValue < 0 != rightValue < 0 && leftValue != 0) {
        double t = new BrentSolver(ROOT_ACCURACY, 1e-300).solve(1000, mismatch, left, right);
        found.add(new Root(t, action(t)));
      }
      left = right;
      leftValue = rightValue;
    }
    found.sort(Comparator.comparingDouble(Root::action));
    return List.copyOf(found);
  }

  private double[] fromEigenbasis(double[] coefficients) {
    int points = lambda.length;
    double[] result = new double[points];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < points; k++) {
        result[i] += vectors[i * points + k] * coefficients[k];
      }
    }
    return result;
  }
}
