package org.richkernel.network;

import java.util.Arrays;
import java.util.Optional;
import org.richkernel.compute.Activation;

/**
 * A network: L hidden layers, fully connected or convolutional, one activation, Gaussian prior.
 *
 * <p>h^1 = W^0 x / sqrt(D) + b^0, h^{l+1} = W^l phi(h^l) / sqrt(N) + b^l, f = w . phi(h^L) / (gamma
 * N), with W^l_ij ~ N(0, g_l) and b^l_i ~ N(0, g_b). So the covariance of the preactivations of
 * layer l + 1 is Sigma^{l+1} = g_l Phi^l + g_b, with Phi^0 = X X^T / D, and the readout kernel is
 * g_L Phi^L (no readout bias).
 *
 * <p>With {@link Convolutions} the layers act on the sites of images, and Sigma^{l+1} = g_l F Phi^l
 * + g_b with the map F of each layer.
 */
public final class NetworkSpec {
  /** Largest accepted number of hidden layers. */
  public static final int MAX_HIDDEN_LAYERS = 64;

  /** Smallest accepted variance; preactivations of a smaller one leave the range of float32. */
  private static final double LEAST_VARIANCE = 1e-30;

  private final int hiddenLayers;
  private final Activation activation;
  private final double[] weightVariance;
  private final double biasVariance;
  private final Optional<Convolutions> convolutions;

  private NetworkSpec(
      int hiddenLayers,
      Activation activation,
      double[] weightVariance,
      double biasVariance,
      Optional<Convolutions> convolutions) {
    for (double g : weightVariance) {
      if (!(g >= LEAST_VARIANCE) || Double.isInfinite(g)) {
        throw new InvalidProblemException(
            "weight-variance", g, "use a finite number of at least " + LEAST_VARIANCE);
      }
    }
    if (!(biasVariance >= 0) || Double.isInfinite(biasVariance)) {
      throw new InvalidProblemException(
          "bias-variance", biasVariance, "use a finite number of at least 0");
    }
    this.hiddenLayers = hiddenLayers;
    this.activation = activation;
    this.weightVariance = weightVariance;
    this.biasVariance = biasVariance;
    this.convolutions = convolutions;
  }

  /** A network with unit weight variances and no biases. */
  public static NetworkSpec of(int hiddenLayers, Activation activation) {
    if (hiddenLayers < 1 || hiddenLayers > MAX_HIDDEN_LAYERS) {
      throw new InvalidProblemException(
          "hidden-layers", hiddenLayers, "use 1 to " + MAX_HIDDEN_LAYERS);
    }
    double[] unit = new double[hiddenLayers + 1];
    Arrays.fill(unit, 1.0);
    return new NetworkSpec(hiddenLayers, activation, unit, 0, Optional.empty());
  }

  /** The same with one weight variance for all layers, input and readout included. */
  public NetworkSpec withWeightVariance(double g) {
    double[] all = new double[hiddenLayers + 1];
    Arrays.fill(all, g);
    return new NetworkSpec(hiddenLayers, activation, all, biasVariance, convolutions);
  }

  /** The same with weight variances g_0 (input) to g_L (readout). */
  public NetworkSpec withWeightVariances(double... perLayer) {
    if (perLayer.length != hiddenLayers + 1) {
      throw new InvalidProblemException(
          "weight-variance",
          Arrays.toString(perLayer),
          "give one number, or hidden-layers + 1 = " + (hiddenLayers + 1) + " of them");
    }
    return new NetworkSpec(hiddenLayers, activation, perLayer.clone(), biasVariance, convolutions);
  }

  /** The same with another variance of the biases of all hidden layers. */
  public NetworkSpec withBiasVariance(double variance) {
    return new NetworkSpec(hiddenLayers, activation, weightVariance, variance, convolutions);
  }

  /**
   * The same with convolutional layers.
   *
   * @throws InvalidProblemException if there are not as many as hidden layers
   */
  public NetworkSpec withConvolutions(Convolutions layers) {
    if (layers.layers().size() != hiddenLayers) {
      throw new InvalidProblemException(
          "hidden-layers",
          hiddenLayers,
          "it is the number of convolutions, " + layers.layers().size() + "; leave it out");
    }
    return new NetworkSpec(
        hiddenLayers, activation, weightVariance, biasVariance, Optional.of(layers));
  }

  /** L, the number of hidden layers. */
  public int hiddenLayers() {
    return hiddenLayers;
  }

  /** phi. */
  public Activation activation() {
    return activation;
  }

  /** g_l, l = 0 (input) to L (readout). */
  public double weightVariance(int layer) {
    return weightVariance[layer];
  }

  /** All weight variances, g_0 to g_L. */
  public double[] weightVariances() {
    return weightVariance.clone();
  }

  /** g_b. */
  public double biasVariance() {
    return biasVariance;
  }

  /** The convolutional layers; empty for a fully connected network. */
  public Optional<Convolutions> convolutions() {
    return convolutions;
  }

  /**
   * Refuses convolutions on behalf of a theory that does not support them.
   *
   * @param theory its name, for the message
   * @param instead advice for the message: a theory that supports them
   * @throws InvalidProblemException if this network is convolutional
   */
  public void requireDense(String theory, String instead) {
    convolutions.ifPresent(
        layers -> {
          throw new InvalidProblemException(
              "convolutions", layers.text(), theory + " has fully connected layers; " + instead);
        });
  }

  @Override
  public String toString() {
    return hiddenLayers
        + " hidden layer(s), "
        + activation.id()
        + ", weight variance "
        + Arrays.toString(weightVariance)
        + ", bias variance "
        + biasVariance
        + convolutions.map(layers -> ", convolutions " + layers).orElse("");
  }
}
