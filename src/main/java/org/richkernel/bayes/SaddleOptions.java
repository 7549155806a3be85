package org.richkernel.bayes;

import java.util.Map;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Setting;
import org.richkernel.option.Settings;
import org.richkernel.stack.Conditions;

/**
 * Options of the saddle point and the accuracy of its sampling. A value out of range throws {@link
 * InvalidProblemException}.
 *
 * @param gamma richness, at least 0
 * @param beta inverse noise, kappa = 1/beta, positive
 * @param samples S, the larger number of preactivation samples of the extrapolation; a multiple of
 *     4, or the width N if determinantWeight is positive
 * @param determinantWeight d of (d K / 2) ln det(g Phi + kappa): 0 for the saddle point of infinite
 *     width, 1 with S = N for the exact posterior of a network of width N (no extrapolation then)
 * @param seed key of all random streams
 * @param tolerance largest relative residual of the saddle equations
 * @param maxSweeps largest number of sweeps per chain after burn-in
 * @param largeData form of the readout, and size of the computed kernels
 */
public record SaddleOptions(
    @Setting(
            label = "G",
            usual = "1",
            min = 0,
            max = SaddleOptions.MAX_GAMMA,
            help = "Richness, a pure number of at least 0; 0 is the lazy limit (NNGP).")
        double gamma,
    @Setting(
            label = "B",
            usual = SaddleOptions.USUAL_BETA,
            above = 0,
            help = "Inverse noise, in units of 1/target^2; the ridge is kappa = 1/beta.")
        double beta,
    @Setting(
            label = "S",
            usual = "2000",
            min = 1,
            allowed = "use at least 64, a multiple of 4, or a width of at least 1",
            help =
                "Preactivation samples, the larger number of the extrapolation from S/4 and S; a"
                    + " multiple of 4.")
        int samples,
    @Setting(
            label = "D",
            usual = "0",
            min = 0,
            allowed = "use 0 for infinite width, 1 for a finite one, or a number of at least 0",
            help =
                "Weight of the determinant in the action, a pure number: 0 for infinite width; 1"
                    + " for the posterior of a network whose width is --samples.")
        double determinantWeight,
    @Setting(label = "N", usual = "0", help = "Key of the random numbers, an integer.") long seed,
    @Setting(
            label = "T",
            usual = "0.01",
            above = 0,
            help = "Largest relative residual of the saddle equations, a pure number.")
        double tolerance,
    @Setting(
            label = "N",
            usual = "2000",
            min = 1,
            help = "Most sweeps of each chain after burn-in, an integer.")
        int maxSweeps,
    LargeData largeData) {
  /** Inverse noise if neither it nor a ridge is given. */
  public static final String USUAL_BETA = "100";

  /**
   * Largest gamma; forces at larger ones overflow float32. Rich networks have a gamma of order 1.
   */
  public static final double MAX_GAMMA = 1e12;

  /** Smallest number of samples for the extrapolation: S/4 must still be a population. */
  public static final int MIN_SAMPLES = 64;

  private static final Settings<SaddleOptions> SETTINGS = Settings.of(SaddleOptions.class);

  public SaddleOptions {
    SETTINGS.check(gamma, beta, samples, determinantWeight, seed, tolerance, maxSweeps, largeData);
    if (determinantWeight == 0 && samples < MIN_SAMPLES) {
      throw new InvalidProblemException(
          "samples", samples, "use at least " + MIN_SAMPLES + ", a multiple of 4");
    }
    if (determinantWeight == 0 && samples % 4 != 0) {
      throw new InvalidProblemException(
          "samples", samples, "use a multiple of 4, such as " + (samples + 3) / 4 * 4);
    }
  }

  /** The same in the primal form at any number of points. */
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

  /** The defaults of the command line. */
  public static SaddleOptions usual() {
    return SETTINGS.usual();
  }

  /** Saddle point of infinite width with the usual settings, in the primal form. */
  public static SaddleOptions of(double gamma, double beta) {
    return usual().withLargeData(LargeData.primal()).withGamma(gamma).withBeta(beta);
  }

  private SaddleOptions with(String component, Object value) {
    return SETTINGS.with(this, component, value);
  }

  /** The same with another richness. */
  public SaddleOptions withGamma(double richness) {
    return with("gamma", richness);
  }

  /** The same with another inverse noise. */
  public SaddleOptions withBeta(double inverseNoise) {
    return with("beta", inverseNoise);
  }

  /** The same with another number of samples. */
  public SaddleOptions withSamples(int count) {
    return with("samples", count);
  }

  /** The same with another seed. */
  public SaddleOptions withSeed(long key) {
    return with("seed", key);
  }

  /** The same with another tolerance. */
  public SaddleOptions withTolerance(double residual) {
    return with("tolerance", residual);
  }

  /** The same with another budget. */
  public SaddleOptions withMaxSweeps(int sweeps) {
    return with("maxSweeps", sweeps);
  }

  /** The same with the determinant weighted by d. */
  public SaddleOptions withDeterminantWeight(double d) {
    return with("determinantWeight", d);
  }

  /** The same with another form of the readout. */
  public SaddleOptions withLargeData(LargeData about) {
    return with("largeData", about);
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    return SETTINGS.describe(this);
  }

  /** Whether the result is extrapolated to infinite S; with a determinant S is a finite width. */
  public boolean extrapolates() {
    return determinantWeight == 0;
  }

  /** Richness and noise of the saddle point. */
  public Conditions conditions() {
    return new Conditions(gamma, kappa());
  }

  /** kappa = 1 / beta. */
  public double kappa() {
    return 1 / beta;
  }
}
