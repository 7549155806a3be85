package org.richkernel.finite;

import java.util.Map;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Setting;
import org.richkernel.option.Settings;

/**
 * Options of the posterior of a finite network: richness, noise, width and accuracy of the
 * sampling.
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
    @Setting(
            label = "G",
            usual = "1",
            min = 0,
            max = LangevinOptions.MAX_GAMMA,
            help = "Richness, a pure number of at least 0.")
        double gamma,
    @Setting(
            label = "B",
            usual = "100",
            above = 0,
            help = "Inverse noise, in units of 1/target^2; the ridge is kappa = 1/beta.")
        double beta,
    @Setting(
            label = "N",
            usual = "1024",
            min = 1,
            allowed = "use at least 1 neuron",
            help = "Number of neurons of each hidden layer.")
        int width,
    @Setting(
            name = "repeats",
            label = "R",
            usual = "4",
            min = 2,
            max = LangevinOptions.MAX_CHAINS,
            allowed =
                "use 2 to " + LangevinOptions.MAX_CHAINS + " chains, so that they can be compared",
            help = "Number of independent Markov chains.")
        int chains,
    @Setting(
            name = "readout-weights",
            label = "HOW",
            usual = "integrated",
            help =
                "integrated (the readout weights are integrated out exactly, the hidden weights"
                    + " sampled) or sampled (all weights; much smaller steps).")
        Readout readout,
    @Setting(label = "N", usual = "0", help = "Key of the random numbers, an integer.") long seed,
    @Setting(
            label = "T",
            usual = "0.01",
            above = 0,
            help = "Largest relative standard error of the layer kernels, a pure number.")
        double tolerance,
    @Setting(
            label = "N",
            usual = "2000",
            min = 1,
            help = "Largest number of trajectories of each chain after burn-in.")
        int maxSweeps) {
  /**
   * Largest gamma; forces at larger ones overflow float32. Rich networks have a gamma of order 1.
   */
  public static final double MAX_GAMMA = 1e12;

  /** Largest accepted number of chains. */
  public static final int MAX_CHAINS = 256;

  private static final Settings<LangevinOptions> SETTINGS = Settings.of(LangevinOptions.class);

  /**
   * @throws InvalidProblemException naming an option out of range, or for a sampled readout at
   *     gamma = 0
   */
  public LangevinOptions {
    SETTINGS.check(gamma, beta, width, chains, readout, seed, tolerance, maxSweeps);
    if (gamma == 0 && readout == Readout.SAMPLED) {
      throw new InvalidProblemException(
          "gamma", gamma, "a sampled readout has outputs only for gamma above 0; integrate it out");
    }
  }

  /** Four chains, readout integrated out, seed 0, tolerance 0.01, at most 2000 sweeps. */
  public static LangevinOptions of(double gamma, double beta, int width) {
    return SETTINGS.read(Map.of("gamma", gamma, "beta", beta, "width", width));
  }

  /** The same with options changed by their names on the command line. */
  public LangevinOptions with(Map<String, ?> values) {
    return SETTINGS.with(this, values);
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    return SETTINGS.describe(this);
  }

  private LangevinOptions with(String component, Object value) {
    return SETTINGS.with(this, component, value);
  }

  /** The same with another richness. */
  public LangevinOptions withGamma(double richness) {
    return with("gamma", richness);
  }

  /** The same with another inverse noise. */
  public LangevinOptions withBeta(double inverseNoise) {
    return with("beta", inverseNoise);
  }

  /** The same with another treatment of the readout. */
  public LangevinOptions withReadout(Readout treatment) {
    return with("readout", treatment);
  }

  /** The same with another number of chains. */
  public LangevinOptions withChains(int count) {
    return with("chains", count);
  }

  /** The same with another seed. */
  public LangevinOptions withSeed(long key) {
    return with("seed", key);
  }

  /** The same with another tolerance. */
  public LangevinOptions withTolerance(double largest) {
    return with("tolerance", largest);
  }

  /** The same with another largest number of sweeps. */
  public LangevinOptions withMaxSweeps(int most) {
    return with("maxSweeps", most);
  }

  /** kappa = 1 / beta. */
  public double kappa() {
    return 1 / beta;
  }
}
