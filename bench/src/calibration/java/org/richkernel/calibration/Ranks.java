package org.richkernel.calibration;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/**
 * Ranks of true values among draws of their posteriors, over simulated data sets: uniform on 0 to L
 * for L independent draws of the right posterior (Talts, Betancourt, Simpson, Vehtari and Gelman
 * 2018, arXiv:1804.06788).
 */
public final class Ranks {
  /** Uniform samples that a deviation is compared with. */
  private static final int REPLICAS = 4000;

  private final int draws;
  private final int[] counts; // of data sets by rank
  private int size;

  /**
   * @param draws L, of each posterior
   */
  public Ranks(int draws) {
    this.draws = draws;
    counts = new int[draws + 1];
  }

  /**
   * Takes a data set.
   *
   * @param truth value that the data were drawn from
   * @param posterior L independent draws given the data
   */
  public void add(double truth, double[] posterior) {
    if (posterior.length != draws || Double.isNaN(truth)) {
      throw new IllegalArgumentException("needs a number and " + draws + " draws");
    }
    counts[(int) Arrays.stream(posterior).filter(value -> value < truth).count()]++;
    size++;
  }

  /** Data sets taken. */
  public int size() {
    return size;
  }

  /** Mean rank as a share of L, 1/2 for the right posterior. */
  public double mean() {
    double sum = 0;
    for (int k = 0; k <= draws; k++) {
      sum += (double) k * counts[k] / draws;
    }
    return sum / size;
  }

  /**
   * Whether the ranks are uniform, by the simultaneous band of their distribution function
   * (Sailynoja, Burkner and Vehtari 2022, arXiv:2103.10522): the share of uniform samples of as
   * many data sets whose distribution function strays as far, measured by its smallest two-sided
   * binomial tail over all ranks. Below 0.05 the function leaves the 95 % band.
   */
  public double band() {
    double[][] tails = new double[draws][size + 1];
    for (int k = 0; k < draws; k++) {
      BinomialDistribution below = new BinomialDistribution(size, (k + 1.0) / (draws + 1));
      for (int c = 0; c <= size; c++) {
        double upper = c == 0 ? 1 : 1 - below.cumulativeProbability(c - 1);
        tails[k][c] = 2 * Math.min(below.cumulativeProbability(c), upper);
      }
    }
    double found = smallestTail(counts, tails);
    Random random = new Random(draws);
    int asFar = 1;
    int[] replica = new int[draws + 1];
    for (int r = 0; r < REPLICAS; r++) {
      Arrays.fill(replica, 0);
      for (int i = 0; i < size; i++) {
        replica[random.nextInt(draws + 1)]++;
      }
      asFar += smallestTail(replica, tails) <= found ? 1 : 0;
    }
    return asFar / (REPLICAS + 1.0);
  }

  private static double smallestTail(int[] counts, double[][] tails) {
    double smallest = 1;
    int below = 0;
    for (int k = 0; k < tails.length; k++) {
      below += counts[k];
      smallest = Math.min(smallest, tails[k][below]);
    }
    return smallest;
  }

  /**
   * The same by Pearson's chi-square.
   *
   * @param bins that L + 1 is a multiple of
   * @return probability of a larger chi-square
   */
  public double chiSquare(int bins) {
    int width = counts.length / bins;
    if (width * bins != counts.length) {
      throw new IllegalArgumentException(counts.length + " ranks do not fill " + bins + " bins");
    }
    double expected = (double) size / bins;
    double sum = 0;
    for (int b = 0; b < bins; b++) {
      int count = Arrays.stream(counts, b * width, (b + 1) * width).sum();
      sum += (count - expected) * (count - expected) / expected;
    }
    return 1 - new ChiSquaredDistribution(bins - 1).cumulativeProbability(sum);
  }
}
