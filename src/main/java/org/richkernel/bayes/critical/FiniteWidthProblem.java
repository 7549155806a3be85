package org.richkernel.bayes.critical;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelRounding;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network of finite width N and the data of its posterior.
 *
 * <p>C^0 = input covariance, C^l = bias_l + weight_l E[phi phi^T] for l = 1 .. L, and y ~ N(0, (C^L
 * + kappa) / chi): chi = 1 is standard scaling, chi = N mean-field scaling.
 *
 * @param activation phi
 * @param weight weight_l, l = 1 .. L at index l - 1; the last one belongs to the readout
 * @param bias bias_l, likewise
 * @param width N
 * @param chi scale of the readout
 * @param kappa noise variance, in units of the scale of the readout
 * @param inputCovariance C^0, row-major P x P
 * @param targets y, P x K
 */
@SuppressWarnings("ArrayRecordComponent")
public record FiniteWidthProblem(
    Activation activation,
    double[] weight,
    double[] bias,
    int width,
    double chi,
    double kappa,
    double[] inputCovariance,
    Targets targets) {
  /**
   * @throws InvalidProblemException for an activation other than relu, tanh, erf and linear, or if
   *     width, chi or kappa is not positive and finite
   * @throws IllegalArgumentException if the lengths of the arrays do not fit together
   */
  public FiniteWidthProblem {
    PairMoments.requireKnown(activation);
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    if (!(chi > 0) || Double.isInfinite(chi)) {
      throw new InvalidProblemException("chi", chi, "use a positive finite number");
    }
    if (!(kappa > 0) || Double.isInfinite(kappa)) {
      throw new InvalidProblemException("beta", 1 / kappa, "use a positive finite number");
    }
    if (weight.length == 0 || weight.length != bias.length) {
      throw new IllegalArgumentException(
          weight.length + " weight variances for " + bias.length + " bias variances");
    }
    if (inputCovariance.length != Math.multiplyExact(targets.rows(), targets.rows())) {
      throw new IllegalArgumentException(
          inputCovariance.length + " covariances for " + targets.rows() + " targets");
    }
  }

  /** The problem of a network without a readout bias on a data set. */
  public static FiniteWidthProblem of(
      NetworkSpec network, int width, double chi, double kappa, Inputs inputs, Targets targets) {
    int layers = network.hiddenLayers();
    double[] weight = new double[layers];
    double[] bias = new double[layers];
    for (int l = 1; l <= layers; l++) {
      weight[l - 1] = network.weightVariance(l);
      bias[l - 1] = l < layers ? network.biasVariance() : 0;
    }
    FiniteWidthProblem problem =
        new FiniteWidthProblem(
            network.activation(),
            weight,
            bias,
            width,
            chi,
            kappa,
            covariance(network, inputs, inputs),
            targets);
    KernelRounding.requireResolved(network, inputs, Precision.FLOAT32, kappa);
    return problem;
  }

  /** g_0 x . x' / D + g_b between two sets of points, row-major. */
  static double[] covariance(NetworkSpec network, Inputs rows, Inputs columns) {
    double[] c = new double[Math.multiplyExact(rows.rows(), columns.rows())];
    double scale = network.weightVariance(0) / rows.dimension();
    for (int i = 0; i < rows.rows(); i++) {
      for (int j = 0; j < columns.rows(); j++) {
        double sum = 0;
        for (int k = 0; k < rows.dimension(); k++) {
          sum += rows.at(i, k) * columns.at(j, k);
        }
        c[i * columns.rows() + j] = scale * sum + network.biasVariance();
      }
    }
    return c;
  }

  /** g_0 |x|^2 / D + g_b at every point. */
  static double[] variance(NetworkSpec network, Inputs inputs) {
    double[] variance = new double[inputs.rows()];
    for (int x = 0; x < variance.length; x++) {
      variance[x] = network.weightVariance(0) * inputs.meanSquare(x) + network.biasVariance();
    }
    return variance;
  }

  /** L. */
  public int layers() {
    return weight.length;
  }

  /** P. */
  public int points() {
    return targets.rows();
  }

  /** bias_l + weight_l phi, l = 1 .. L; a new array. */
  double[] covariance(int layer, double[] phi) {
    double[] c = new double[phi.length];
    for (int i = 0; i < c.length; i++) {
      c[i] = bias[layer - 1] + weight[layer - 1] * phi[i];
    }
    return c;
  }
}
