package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;

/**
 * The saddle point of deep linear networks with K outputs: the minima of {@link
 * LinearOutputsAction}, found from several starts.
 *
 * <p>At a minimum there is a rotation O of the outputs such that v_j^T C v_k = 0 for j != k, each
 * rotated output has its own t_k = gamma^2 m_k v_k^T C v_k, and
 *
 * <pre>  Phi^l = C + sum_k ((1 + t_k)^l - 1) / (v_k^T C v_k) C v_k v_k^T C.</pre>
 *
 * <p>The starts are rotations in which the outputs decouple at small or large t, with every output
 * at its own smallest, largest or least-action root; after a first-order transition there are
 * several minima, and the one of least action is the solution.
 */
public final class LinearOutputsSaddle {
  /** Largest number of outputs with starts from all combinations of roots. */
  private static final int MOST_COMBINED = 4;

  private static final double SAME = 1e-6;

  private final LinearOutputsAction action;
  private final KernelModes modes;
  private final double gamma;
  private final double kappa;
  private final List<LinearOutputsMinimum> minima;

  private LinearOutputsSaddle(KernelModes modes, int hiddenLayers, double gamma, double kappa) {
    this.modes = modes;
    this.gamma = gamma;
    this.kappa = kappa;
    action = new LinearOutputsAction(modes, hiddenLayers, gamma, kappa);
    minima = minima(hiddenLayers);
  }

  /**
   * Finds the minima.
   *
   * @param c kernel of the inputs, P x P, positive semidefinite
   * @param y targets, P x K
   * @param outputs K
   * @param hiddenLayers L &gt;= 1
   * @param gamma richness &gt;= 0
   * @param kappa noise &gt; 0
   */
  public static LinearOutputsSaddle solve(
      Backend backend,
      double[] c,
      double[] y,
      int outputs,
      int hiddenLayers,
      double gamma,
      double kappa) {
    return new LinearOutputsSaddle(
        KernelModes.of(backend, c, y, outputs), hiddenLayers, gamma, kappa);
  }

  /** All minima, of least action first; never empty. */
  public List<LinearOutputsMinimum> minima() {
    return minima;
  }

  /** The minimum of least action. */
  public LinearOutputsMinimum best() {
    return minima.get(0);
  }

  private List<LinearOutputsMinimum> minima(int hiddenLayers) {
    List<LinearOutputsMinimum> found = new ArrayList<>();
    for (RealMatrix rotation : rotations(hiddenLayers)) {
      for (double[] t : starts(rotation, hiddenLayers)) {
        RealMatrix start =
            rotation
                .multiply(MatrixUtils.createRealDiagonalMatrix(t))
                .multiply(rotation.transpose());
        LinearOutputsMinimum minimum = LinearOutputsMinimum.descend(action, start);
        if (found.stream().noneMatch(other -> other.isSameAs(minimum, SAME))) {
          found.add(minimum);
        }
      }
    }
    found.sort(Comparator.comparingDouble(LinearOutputsMinimum::action));
    return List.copyOf(found);
  }

  /** Rotations in which the outputs decouple if all have one scale m: m = 1, and a large m. */
  private List<RealMatrix> rotations(int hiddenLayers) {
    int outputs = action.outputs();
    RealMatrix none = MatrixUtils.createRealIdentityMatrix(outputs);
    List<RealMatrix> rotations = new ArrayList<>(List.of(none));
    double largest = 0;
    for (LinearSaddle.Root root : roots(none, 0, hiddenLayers)) {
      largest = Math.max(largest, root.t());
    }
    for (double t : new double[] {0, largest}) {
      double[] m = new double[outputs];
      Arrays.fill(m, Math.pow(1 + t, hiddenLayers));
      RealMatrix w = action.overlaps(none, m);
      rotations.add(new EigenDecomposition(symmetric(w)).getV());
    }
    return rotations;
  }

  private static RealMatrix symmetric(RealMatrix a) {
    return a.add(a.transpose()).scalarMultiply(0.5);
  }

  private List<LinearSaddle.Root> roots(RealMatrix rotation, int k, int hiddenLayers) {
    return new LinearRoots(modes.lambda(), action.rotated(rotation, k), hiddenLayers, gamma, kappa)
        .all();
  }

  /** Starting eigenvalues: every output at its own smallest, largest or least-action root. */
  private List<double[]> starts(RealMatrix rotation, int hiddenLayers) {
    int outputs = action.outputs();
    double[] low = new double[outputs];
    double[] high = new double[outputs];
    double[] best = new double[outputs];
    for (int k = 0; k < outputs; k++) {
      List<LinearSaddle.Root> roots = roots(rotation, k, hiddenLayers);
      low[k] = roots.stream().mapToDouble(LinearSaddle.Root::t).min().orElse(0);
      high[k] = roots.stream().mapToDouble(LinearSaddle.Root::t).max().orElse(0);
      best[k] = roots.get(0).t();
    }
    List<double[]> starts = new ArrayList<>(List.of(best, low, high));
    if (Arrays.equals(low, high)) {
      return starts;
    }
    if (outputs <= MOST_COMBINED) {
      for (int mask = 1; mask < (1 << outputs) - 1; mask++) {
        double[] mixed = low.clone();
        for (int k = 0; k < outputs; k++) {
          if ((mask >> k & 1) == 1) {
            mixed[k] = high[k];
          }
        }
        starts.add(mixed);
      }
    } else {
      for (int k = 0; k < outputs; k++) {
        double[] one = low.clone();
        one[k] = high[k];
        starts.add(one);
      }
    }
    return starts;
  }

  /** v_k in the eigenbasis of C for every rotated output, K x P. */
  private double[][] rotatedDuals(LinearOutputsMinimum minimum) {
    int outputs = action.outputs();
    double[] m = action.scales(minimum.t());
    double[][] v = new double[outputs][];
    for (int k = 0; k < outputs; k++) {
      v[k] = action.rotated(minimum.rotation(), k);
      for (int i = 0; i < modes.points(); i++) {
        v[k][i] /= m[k] * modes.lambda(i) + kappa;
      }
    }
    return v;
  }

  /** V = sum_k v_k o_k^T = (Phi^L + kappa)^{-1} Y at the best minimum, P x K. */
  public double[] dual() {
    return combined(null);
  }

  /**
   * A = sum_k m_k v_k o_k^T at the best minimum, P x K: f(x) = k_0(x)^T A with the kernel of the
   * inputs.
   */
  public double[] coefficients() {
    return combined(action.scales(best().t()));
  }

  private double[] combined(double @Nullable [] factors) {
    int outputs = action.outputs();
    int points = modes.points();
    double[][] v = rotatedDuals(best());
    double[] result = new double[points * outputs];
    for (int k = 0; k < outputs; k++) {
      double[] own = modes.toPoints(v[k]);
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < outputs; j++) {
          double weight = factors == null ? 1 : factors[k];
          result[i * outputs + j] += weight * own[i] * best().rotation().getEntry(j, k);
        }
      }
    }
    return result;
  }

  /** Phi^l at the best minimum, P x P, l = 0 (C itself) to L. */
  public double[] kernel(int layer) {
    double[][] v = rotatedDuals(best());
    List<double[]> images = new ArrayList<>();
    double[] weights = new double[v.length];
    for (int k = 0; k < v.length; k++) {
      double quadratic = 0; // v_k^T C v_k
      double[] image = new double[modes.points()];
      for (int i = 0; i < image.length; i++) {
        image[i] = modes.lambda(i) * v[k][i];
        quadratic += image[i] * v[k][i];
      }
      images.add(modes.toPoints(image));
      weights[k] = quadratic == 0 ? 0 : (Math.pow(1 + best().t()[k], layer) - 1) / quadratic;
    }
    return modes.raised(images, weights);
  }
}
