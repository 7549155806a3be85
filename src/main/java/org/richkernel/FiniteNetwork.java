package org.richkernel;

import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.network.NetworkSpec;

/**
 * A network of finite width, the experiment to compare a theory with: its Bayesian posterior
 * ({@link #posterior}), or its training by gradient descent ({@link #training}).
 *
 * <p>h^1 = W^0 x / sqrt(D), h^{l+1} = W^l phi(h^l) / sqrt(N), f = w . phi(h^L) / (gamma N), as in
 * the theories; convolutions act on patches. Immutable; every setter returns a changed copy.
 */
public final class FiniteNetwork {
  private final NetworkSpec network;
  private final int width;
  private final int repeats;

  private FiniteNetwork(NetworkSpec network, int width, int repeats) {
    this.network = network;
    this.width = width;
    this.repeats = repeats;
  }

  /**
   * A network whose hidden layers have N neurons each, repeated 4 times.
   *
   * @param width N
   */
  public static FiniteNetwork of(NetworkSpec network, int width) {
    return new FiniteNetwork(network, width, 4);
  }

  /** Sets the number of independent networks to train, or of Markov chains to sample. */
  public FiniteNetwork repeats(int count) {
    return new FiniteNetwork(network, width, count);
  }

  /**
   * The posterior with the likelihood exp(-beta N gamma^2 / 2 sum (y - f)^2); gamma = 1, beta = 100
   * unless changed.
   *
   * @throws org.richkernel.network.InvalidProblemException for a width or a number of repeats that
   *     make no sense
   */
  public FinitePosterior posterior() {
    return new FinitePosterior(network, LangevinOptions.of(1, 100, width).withChains(repeats));
  }

  /**
   * Gradient descent with step size N gamma^2 eta from weights of unit variance; gamma = 1, 100
   * steps of 0.1 unless changed.
   *
   * @throws org.richkernel.network.InvalidProblemException for a width or a number of repeats that
   *     make no sense
   */
  public FiniteTraining training() {
    return FiniteTraining.of(network, new GradientDescentNetwork(width, repeats), width, repeats);
  }
}
