package org.richkernel.sampling;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.ranking.NaturalRanking;

/**
 * A scalar along several Markov chains of one law and equal length: mean, autocorrelation time
 * pooled over the chains, error, and agreement. Each chain is cut into halves, so that drift counts
 * as disagreement (Vehtari et al. 2021, arXiv:1903.08008).
 */
public final class ParallelChains {
  /** Smallest number of degrees of freedom of an error, at any autocorrelation time. */
  private static final double LEAST_FREEDOM = 3;

  private static final NormalDistribution NORMAL = new NormalDistribution(null, 0, 1);

  private final double[][] chains;
  private final double[][] halves;
  private final double within;
  private final double pooled; // var+

  /**
   * @param chains one scalar per iteration of each chain; at least 4 iterations, equally many in
   *     all; of an odd number the middle one is left out of the halves
   */
  public ParallelChains(double[][] chains) {
    if (chains[0].length < 4 || Arrays.stream(chains).anyMatch(c -> c.length != chains[0].length)) {
      throw new IllegalArgumentException("chains must have one length of at least 4");
    }
    this.chains = chains;
    halves = halves(chains);
    within = within(halves);
    pooled = pooled(halves, within);
  }

  /** The chains of recorded series. */
  public static ParallelChains of(List<MonteCarloSeries> series) {
    return new ParallelChains(
        series.stream().map(MonteCarloSeries::values).toArray(double[][]::new));
  }

  private static double[][] halves(double[][] chains) {
    double[][] halves = new double[2 * chains.length][];
    for (int c = 0; c < chains.length; c++) {
      int length = chains[c].length / 2;
      halves[2 * c] = Arrays.copyOfRange(chains[c], 0, length);
      halves[2 * c + 1] =
          Arrays.copyOfRange(chains[c], chains[c].length - length, chains[c].length);
    }
    return halves;
  }

  /** W, the mean variance within a half. */
  private static double within(double[][] halves) {
    return Arrays.stream(halves).mapToDouble(ParallelChains::variance).average().orElseThrow();
  }

  /** var+ = (n - 1) / n W + B / n, with B / n the variance of the means. */
  private static double pooled(double[][] halves, double within) {
    double[] means = Arrays.stream(halves).mapToDouble(ParallelChains::mean).toArray();
    return (halves[0].length - 1.0) / halves[0].length * within + variance(means);
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

  /** Mean over all chains. */
  public double mean() {
    return Arrays.stream(chains).mapToDouble(ParallelChains::mean).average().orElseThrow();
  }

  /** Variance of single draws, differences between the chains included. */
  public double variance() {
    return pooled;
  }

  /**
   * Split R-hat, the largest of that of the draws, of their ranks, and of the ranks of their
   * distances from the median: 1 where the halves agree in place and in width; 1 too for a
   * constant. Ranks are sensitive despite heavy tails; the draws themselves show a short transient
   * from far away, which ranks make small.
   */
  public double splitRhat() {
    double ranks = Math.max(rhat(normalScores(chains)), rhat(normalScores(folded(chains))));
    return Math.max(ranks, rhat(chains));
  }

  private static double rhat(double[][] chains) {
    double[][] halves = halves(chains);
    double within = within(halves);
    double pooled = pooled(halves, within);
    return pooled == 0 ? 1 : Math.sqrt(pooled / within);
  }

  /** Normal quantiles of the ranks among the draws of all chains (Blom's scores). */
  private static double[][] normalScores(double[][] chains) {
    double[] all = Arrays.stream(chains).flatMapToDouble(Arrays::stream).toArray();
    if (Arrays.stream(all).anyMatch(value -> Double.isNaN(value))) {
      throw new IllegalArgumentException("chains hold numbers that are NaN");
    }
    double[] ranks = new NaturalRanking().rank(all);
    double[][] scores = new double[chains.length][];
    int at = 0;
    for (int c = 0; c < chains.length; c++) {
      scores[c] = new double[chains[c].length];
      for (int i = 0; i < scores[c].length; i++) {
        double share = (ranks[at++] - 0.375) / (all.length + 0.25);
        scores[c][i] = NORMAL.inverseCumulativeProbability(share);
      }
    }
    return scores;
  }

  private static double[][] folded(double[][] chains) {
    double[] all = Arrays.stream(chains).flatMapToDouble(Arrays::stream).sorted().toArray();
    double median = (all[(all.length - 1) / 2] + all[all.length / 2]) / 2;
    return Arrays.stream(chains)
        .map(c -> Arrays.stream(c).map(value -> Math.abs(value - median)).toArray())
        .toArray(double[][]::new);
  }

  /**
   * Integrated autocorrelation time in iterations, from the correlations of all chains together by
   * Geyer's initial monotone sequence; differences between the chains lengthen it. Below 1 for
   * chains that alternate.
   */
  public double autocorrelationTime() {
    int n = halves[0].length;
    if (pooled == 0) {
      return 1;
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
    return Math.max(tau, 1 / Math.log10(draws()));
  }

  private double draws() {
    return (double) chains[0].length * chains.length;
  }

  /** Effective number of independent draws in all chains. */
  public double effectiveSamples() {
    return draws() / autocorrelationTime();
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

  /**
   * The mean with its variance var+ / n_eff. The variance has n_eff / 2 degrees of freedom, at
   * least {@value #LEAST_FREEDOM}, since the autocorrelation time is an estimate too.
   */
  public SampleMean sampleMean() {
    double effective = effectiveSamples();
    double freedom = Math.max(LEAST_FREEDOM, Math.min(effective, draws()) / 2);
    return new SampleMean(mean(), pooled / effective, freedom, effective, splitRhat());
  }
}
