package org.richkernel.solver;

import java.util.Arrays;

/**
 * What several Markov chains of equal length say about each other, each cut into halves (Gelman et
 * al., Bayesian Data Analysis, 3rd ed., section 11.4; Vehtari et al. 2021, arXiv:1903.08008).
 */
public final class ParallelChains {
  private final double[][] halves;
  private final double within;
  private final double pooled; // var+

  /**
   * @param chains one scalar per iteration of each chain; at least 4 iterations, equally many in
   *     all; of an odd number the middle one is left out
   */
  public ParallelChains(double[][] chains) {
    int length = chains[0].length / 2;
    if (length < 2 || Arrays.stream(chains).anyMatch(c -> c.length != chains[0].length)) {
      throw new IllegalArgumentException("chains must have one length of at least 4");
    }
    halves = new double[2 * chains.length][];
    for (int c = 0; c < chains.length; c++) {
      halves[2 * c] = Arrays.copyOfRange(chains[c], 0, length);
      halves[2 * c + 1] =
          Arrays.copyOfRange(chains[c], chains[c].length - length, chains[c].length);
    }
    double sum = 0;
    double[] means = new double[halves.length];
    for (int m = 0; m < halves.length; m++) {
      means[m] = mean(halves[m]);
      sum += variance(halves[m]);
    }
    within = sum / halves.length;
    // var+ = (n - 1) / n W + B / n, with B / n the variance of the means
    pooled = (length - 1.0) / length * within + variance(means);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  private static double variance(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return sum / (values.length - 1);
  }

  /** Split R-hat, sqrt(var+ / W): 1 where the halves agree; 1 too for a constant. */
  public double splitRhat() {
    return pooled == 0 ? 1 : Math.sqrt(pooled / within);
  }

  /**
   * Effective number of independent draws in all chains, by Geyer's initial monotone sequence of
   * the pooled autocorrelations.
   */
  public double effectiveSamples() {
    int n = halves[0].length;
    double draws = (double) n * halves.length;
    if (pooled == 0) {
      return draws;
    }
    double tau = -1;
    double previous = Double.POSITIVE_INFINITY;
    for (int lag = 0; lag + 1 < n; lag += 2) {
      double pair = Math.min(previous, correlation(lag) + correlation(lag + 1));
      if (pair < 0) {
        break;
      }
      tau += 2 * pair;
      previous = pair;
    }
    // chains that alternate cannot be worth more than this many times their length
    return draws / Math.max(tau, 1 / Math.log10(draws));
  }

  /** rho_t = 1 - (W - mean_m s_m^2 rho_tm) / var+. */
  private double correlation(int lag) {
    double covariance = 0;
    for (double[] half : halves) {
      double mean = mean(half);
      double sum = 0;
      for (int i = lag; i < half.length; i++) {
        sum += (half[i] - mean) * (half[i - lag] - mean);
      }
      covariance += sum / (half.length - 1) / halves.length;
    }
    return 1 - (within - covariance) / pooled;
  }
}
