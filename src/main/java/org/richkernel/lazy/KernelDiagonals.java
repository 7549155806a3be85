package org.richkernel.lazy;

import java.util.Arrays;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

/**
 * Diagonals of the kernels of every layer, point by point.
 *
 * <p>A diagonal needs no other point: the preactivation variance of layer l + 1 is a^{l+1} = g_l
 * E[phi^2] + g_b with the expectation over N(0, a^l), and the tangent kernel follows theta^{l+1} =
 * a^{l+1} + g_l theta^l E[phi'^2].
 */
final class KernelDiagonals {
  /** Largest variance whose product with another one is finite by far. */
  private static final double LARGEST_VARIANCE = 1e150;

  private final double[][] preactivation;
  private final double[] nngp;
  private final double[] ntk;

  /**
   * @param preactivation Sigma^l of equal points and sites, for l = 1 to L
   * @param nngp that of the readout kernel of one kind
   * @param ntk and of the other
   */
  KernelDiagonals(double[][] preactivation, double[] nngp, double[] ntk) {
    this.preactivation = preactivation;
    this.nngp = nngp;
    this.ntk = ntk;
  }

  /**
   * The diagonals at these points.
   *
   * @throws InvalidProblemException if a variance overflows; the message names the layer
   */
  static KernelDiagonals of(NetworkSpec network, Inputs inputs) {
    if (network.convolutions().isPresent()) {
      return SiteDiagonals.of(network, inputs);
    }
    int depth = network.hiddenLayers();
    int points = inputs.rows();
    double[][] preactivation = new double[depth][points];
    double[] sigma = new double[points];
    for (int i = 0; i < points; i++) {
      sigma[i] = network.weightVariance(0) * inputs.meanSquare(i) + network.biasVariance();
    }
    double[] theta = sigma.clone();
    for (int l = 1; l <= depth; l++) {
      requireFinite(sigma, l);
      preactivation[l - 1] = sigma.clone();
      ActivationMoments moments = new ActivationMoments(network.activation(), largest(sigma));
      double bias = l < depth ? network.biasVariance() : 0;
      for (int i = 0; i < points; i++) {
        double value = moments.value(preactivation[l - 1][i]);
        double slope = moments.slope(preactivation[l - 1][i]);
        sigma[i] = network.weightVariance(l) * value + bias;
        theta[i] = sigma[i] + network.weightVariance(l) * theta[i] * slope;
      }
    }
    requireFinite(theta, depth + 1);
    return new KernelDiagonals(preactivation, sigma, theta);
  }

  /**
   * Sigma^l_ii, the preactivation variances of layer l = 1..L, or Sigma^l_aa, points times sites of
   * the layer; not a copy.
   */
  double[] preactivation(int layer) {
    return preactivation[layer - 1];
  }

  /** The same for the points {@code first .. first + count - 1}. */
  double[] preactivation(int layer, int first, int count) {
    return Arrays.copyOfRange(preactivation[layer - 1], first, first + count);
  }

  /**
   * The diagonal of the readout kernel, in a convolutional network with a pooled readout a bound
   * that it does not exceed; a copy.
   */
  double[] readout(KernelKind kind) {
    return kind == KernelKind.NNGP ? nngp.clone() : ntk.clone();
  }

  /** The largest preactivation variance of layer l, 0 for no points. */
  double largestPreactivation(int layer) {
    return largest(preactivation[layer - 1]);
  }

  /** The largest of some numbers that are not negative, 0 for none. */
  static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  private static void requireFinite(double[] values, int layer) {
    int at = firstOverflow(values);
    if (at >= 0) {
      throw overflow(layer, at, values[at]);
    }
  }

  /** Where the first variance stands that is too large, -1 for none. */
  static int firstOverflow(double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] <= LARGEST_VARIANCE)) {
        return i;
      }
    }
    return -1;
  }

  /** A variance that is too large, to be thrown. */
  static InvalidProblemException overflow(int layer, int row, double value) {
    return new InvalidProblemException(
        "kernel of layer " + layer + " in row " + (row + 1) + " of the inputs",
        value,
        "it overflows, at most 1e150 can be used; lower the weight variance or standardize the"
            + " inputs");
  }
}
