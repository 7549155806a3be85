package org.richkernel.bayes;

import org.richkernel.network.InvalidProblemException;

/**
 * What saddle point to find and how well.
 *
 * @param gamma richness, at least 0
 * @param beta inverse noise, kappa = 1/beta, positive
 * @param samples S, the larger number of preactivation samples of the extrapolation; a multiple of
 *     4
 * @param determinantWeight d of (d K / 2) ln det(g Phi + kappa): 0 for the saddle point of infinite
 *     width, 1 with S = N for the exact posterior of a network of width N (no extrapolation then)
 * @param seed key of all random streams
 * @param tolerance largest relative residual of the saddle equations
 * @param maxSweeps most sweeps per chain after burn-in
 * @param largeData form of the readout, and which kernels are formed
 */
public record SaddleOptions(
    double gamma,
    double beta,
    int samples,
    double determinantWeight,
    long seed,
    double tolerance,
    int maxSweeps,
    LargeData largeData) {
  /** Beyond it forces overflow float32; rich networks have a gamma of order 1. */
  public static final double MAX_GAMMA = 1e12;

  /** Fewest samples that the extrapolation accepts: S/4 must still be a population. */
  public static final int MIN_SAMPLES = 64;

  public SaddleOptions {
    if (!(gamma >= 0) || gamma > MAX_GAMMA) {
      throw new InvalidProblemException("gamma", gamma, "use 0 to " + MAX_GAMMA);
    }
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw new InvalidProblemException("beta", beta, "use a positive finite number");
    }
    if (determinantWeight != 0 && samples < 1) {
      throw new InvalidProblemException("samples", samples, "use the width N, at least 1");
    }
    if (determinantWeight == 0 && samples < MIN_SAMPLES) {
      throw new InvalidProblemException(
          "samples", samples, "use at least " + MIN_SAMPLES + ", a multiple of 4");
    }
    if (determinantWeight == 0 && samples % 4 != 0) {
      throw new InvalidProblemException(
          "samples", samples, "use a multiple of 4, such as " + (samples + 3) / 4 * 4);
    }
    if (!(determinantWeight >= 0) || Double.isInfinite(determinantWeight)) {
      throw new InvalidProblemException(
          "determinant-weight", determinantWeight, "use 0 for infinite width or 1");
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    if (maxSweeps < 1) {
      throw new InvalidProblemException("max-sweeps", maxSweeps, "use at least 1");
    }
  }

  /** The same in the primal form, whatever the number of points. */
  public SaddleOptions(
      double gamma,
      double beta,
      int samples,
      double determinantWeight,
      long seed,
      double tolerance,
      int maxSweeps) {
    this(gamma, beta, samples, determinantWeight, seed, tolerance, maxSweeps, LargeData.primal());
  }

  /** Saddle point of infinite width with the usual settings, in the primal form. */
  public static SaddleOptions of(double gamma, double beta) {
    return new SaddleOptions(gamma, beta, 2000, 0, 0, 1e-2, 2000);
  }

  /** The same with another richness. */
  public SaddleOptions withGamma(double richness) {
    return new SaddleOptions(
        richness, beta, samples, determinantWeight, seed, tolerance, maxSweeps, largeData);
  }

  /** The same with another inverse noise. */
  public SaddleOptions withBeta(double inverseNoise) {
    return new SaddleOptions(
        gamma, inverseNoise, samples, determinantWeight, seed, tolerance, maxSweeps, largeData);
  }

  /** The same with another number of samples. */
  public SaddleOptions withSamples(int count) {
    return new SaddleOptions(
        gamma, beta, count, determinantWeight, seed, tolerance, maxSweeps, largeData);
  }

  /** The same with another seed. */
  public SaddleOptions withSeed(long key) {
    return new SaddleOptions(
        gamma, beta, samples, determinantWeight, key, tolerance, maxSweeps, largeData);
  }

  /** The same with another tolerance. */
  public SaddleOptions withTolerance(double residual) {
    return new SaddleOptions(
        gamma, beta, samples, determinantWeight, seed, residual, maxSweeps, largeData);
  }

  /** The same with another budget. */
  public SaddleOptions withMaxSweeps(int sweeps) {
    return new SaddleOptions(
        gamma, beta, samples, determinantWeight, seed, tolerance, sweeps, largeData);
  }

  /** The same with the determinant weighted by d. */
  public SaddleOptions withDeterminantWeight(double d) {
    return new SaddleOptions(gamma, beta, samples, d, seed, tolerance, maxSweeps, largeData);
  }

  /** The same with another form of the readout. */
  public SaddleOptions withLargeData(LargeData about) {
    return new SaddleOptions(
        gamma, beta, samples, determinantWeight, seed, tolerance, maxSweeps, about);
  }

  /** Whether the answer is that of S to infinity; a determinant belongs to a finite width S. */
  public boolean extrapolates() {
    return determinantWeight == 0;
  }

  /** kappa = 1 / beta. */
  public double kappa() {
    return 1 / beta;
  }
}
