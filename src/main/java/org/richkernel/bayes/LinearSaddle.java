package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.Backend;

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
 * several (a first-order transition), so the solver searches all of (0, gamma^2 |y|^2 / (4 kappa)],
 * refines every root and takes the one of least action. Following one root in gamma could stay on a
 * metastable branch. Cost: one eigendecomposition, then O(P) per evaluation.
 */
public final class LinearSaddle {
  private final KernelModes modes;
  private final LinearRoots equation;
  private final int hiddenLayers;
  private final double kappa;
  private final List<Root> roots;

  /**
   * A solution of the saddle equation.
   *
   * @param t the order parameter
   * @param action S(t), per neuron
   */
  public record Root(double t, double action) {}

  private LinearSaddle(KernelModes modes, int hiddenLayers, double gamma, double kappa) {
    this.modes = modes;
    this.hiddenLayers = hiddenLayers;
    this.kappa = kappa;
    equation =
        new LinearRoots(
            modes.lambda(), modes.targets(new double[] {1}), hiddenLayers, gamma, kappa);
    roots = equation.all();
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
    return new LinearSaddle(KernelModes.of(backend, c, y, 1), hiddenLayers, gamma, kappa);
  }

  /** All roots, of least action first; never empty. */
  public List<Root> roots() {
    return roots;
  }

  /** The order parameter t of least action. */
  public double t() {
    return roots.get(0).t();
  }

  /** m = (1 + t)^L, the factor of the readout kernel in predictions. */
  public double rescaling() {
    return Math.pow(1 + t(), hiddenLayers);
  }

  /** |t - gamma^2 m v^T C v| / t at the chosen root; 0 for t = 0. */
  public double residual() {
    return t() == 0 ? 0 : Math.abs(t() - equation.pull(t())) / t();
  }

  /** v = (m C + kappa)^{-1} y. */
  public double[] dual() {
    double m = rescaling();
    double[] coefficients = new double[modes.points()];
    for (int k = 0; k < coefficients.length; k++) {
      coefficients[k] = modes.target(k, 0) / (m * modes.lambda(k) + kappa);
    }
    return modes.toPoints(coefficients);
  }

  /** Phi^l, row-major P x P, l = 0 (C itself) to L. */
  public double[] kernel(int layer) {
    int points = modes.points();
    double m = rescaling();
    double quadratic = 0; // v^T C v
    double[] image = new double[points];
    for (int k = 0; k < points; k++) {
      double v = modes.target(k, 0) / (m * modes.lambda(k) + kappa);
      quadratic += modes.lambda(k) * v * v;
      image[k] = modes.lambda(k) * v;
    }
    double[] cv = modes.toPoints(image);
    double weight = quadratic == 0 ? 0 : (Math.pow(1 + t(), layer) - 1) / quadratic;
    return modes.raised(List.of(cv), new double[] {weight});
  }

  /** S(t), the action per neuron. */
  public double action(double t) {
    return equation.action(t);
  }
}
