package org.richkernel.finite;

import org.richkernel.network.InvalidProblemException;

/**
 * What posterior of a finite network to sample and how well.
 *
 * @param gamma richness, at least 0
 * @param beta inverse noise, positive; the likelihood is exp(-beta N gamma^2 / 2 sum (y - f)^2)
 * @param width N, neurons of each hidden layer
 * @param chains independent Markov chains
 * @param readout whether the readout weights are integrated out or sampled
 * @param seed key of all random streams
 * @param tolerance largest relative standard error of the layer kernels
 * @param maxSweeps most trajectories per chain after burn-in
 */
public record LangevinOptions(
    double gamma,
    double beta,
    int width,
    int chains,
    Readout readout,
    long seed,
    double tolerance,
    int maxSweeps) {
  /** Beyond it forces overflow float32; rich networks have a gamma of order 1. */
  public static final double MAX_GAMMA = 1e12;

  /** Most chains that are accepted. */
  public static final int MAX_CHAINS = 256;

  public LangevinOptions {
    if (!(gamma >= 0) || gamma > MAX_GAMMA) {
      throw new InvalidProblemException("gamma", gamma, "use 0 to " + MAX_GAMMA);
    }
    if (gamma == 0 && readout == Readout.SAMPLED) {
      throw new InvalidProblemException(
          "gamma", gamma, "a sampled readout has outputs only for gamma above 0; integrate it out");
    }
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw new InvalidProblemException("beta", beta, "use a positive finite number");
    }
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    if (chains < 2 || chains > MAX_CHAINS) {
      throw new InvalidProblemException(
          "repeats", chains, "use 2 to " + MAX_CHAINS + " chains, so that they can be compared");
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    if (maxSweeps < 1) {
      throw new InvalidProblemException("max-sweeps", maxSweeps, "use at least 1");
    }
  }

  /** Four chains, readout integrated out, seed 0, tolerance 0.01, at most 2000 sweeps. */
  public static LangevinOptions of(double gamma, double beta, int width) {
    return new LangevinOptions(gamma, beta, width, 4, Readout.INTEGRATED, 0, 1e-2, 2000);
  }

  /** The same with another richness. */
  public LangevinOptions withGamma(double richness) {
    return new LangevinOptions(richness, beta, width, chains, readout, seed, tolerance, maxSweeps);
  }

  /** The same with another inverse noise. */
  public LangevinOptions withBeta(double inverseNoise) {
    return new LangevinOptions(
        gamma, inverseNoise, width, chains, readout, seed, tolerance, maxSweeps);
  }

  /** The same with another treatment of the readout. */
  public LangevinOptions withReadout(Readout treatment) {
    return new LangevinOptions(gamma, beta, width, chains, treatment, seed, tolerance, maxSweeps);
  }

  /** The same with another number of chains. */
  public LangevinOptions withChains(int count) {
    return new LangevinOptions(gamma, beta, width, count, readout, seed, tolerance, maxSweeps);
  }

  /** The same with another seed. */
  public LangevinOptions withSeed(long key) {
    return new LangevinOptions(gamma, beta, width, chains, readout, key, tolerance, maxSweeps);
  }

  /** The same with another tolerance. */
  public LangevinOptions withTolerance(double largest) {
    return new LangevinOptions(gamma, beta, width, chains, readout, seed, largest, maxSweeps);
  }

  /** The same with another largest number of sweeps. */
  public LangevinOptions withMaxSweeps(int most) {
    return new LangevinOptions(gamma, beta, width, chains, readout, seed, tolerance, most);
  }

  /** kappa = 1 / beta. */
  public double kappa() {
    return 1 / beta;
  }
}
