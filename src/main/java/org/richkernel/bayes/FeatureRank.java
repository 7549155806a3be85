package org.richkernel.bayes;

import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;

/**
 * Number of independent features in the covariance of a layer above the first, and number of
 * columns of its fields. With fewer features than columns the covariance is singular: weights work,
 * a Cholesky factor fails. With as many the smallest eigenvalue is of order 1 / columns^2, and
 * trajectories through the factor do not move.
 *
 * @param features upper bound on the number of independent rows
 * @param columns of the fields
 * @param grows whether more samples would give more features
 */
record FeatureRank(long features, int columns, boolean grows) {
  /**
   * Smallest number of features per column for a regular factor (measured,
   * bench/results/deep-fit.md).
   */
  private static final double MARGIN = 1.25;

  /**
   * Between dense layers: a feature for each sample, and one for a bias.
   *
   * @param points P
   * @param rank r of the inputs
   */
  static FeatureRank of(NetworkSpec network, int points, int rank, int samples) {
    int most = mostOf(network, rank, points);
    return new FeatureRank(Math.min(samples, most) + bias(network), points, samples < most);
  }

  /**
   * Between convolutional layers l - 1 and l: a feature for each sample and offset; at an offset at
   * most the number of sites of all images that read an input there.
   */
  static FeatureRank of(NetworkSpec network, ConvolutionShape shape, int l, int samples) {
    int most = mostOf(network, shape.rank(), shape.columns(1));
    long features = bias(network);
    for (int sites : shape.maps().get(l - 1).sitesOfOffsets()) {
      int reached = Math.multiplyExact(shape.points(), sites);
      features += Math.min(Math.min(samples, most), reached);
    }
    return new FeatureRank(features, shape.columns(l), samples < most);
  }

  /**
   * Largest number of independent rows of phi: in a linear network they are combinations of the
   * inputs.
   */
  private static int mostOf(NetworkSpec network, int rank, int columns) {
    boolean combined = network.activation().equals(Activation.LINEAR) && rank < columns;
    return combined ? rank : Integer.MAX_VALUE;
  }

  private static int bias(NetworkSpec network) {
    return network.biasVariance() > 0 ? 1 : 0;
  }

  /** Features per column. */
  double share() {
    return (double) features / columns;
  }

  /** Whether trajectories move in whitened fields. */
  boolean isRegular() {
    return share() >= MARGIN;
  }

  /** Advice after a factorization that failed for lack of features. */
  String mend() {
    String cause = columns + " fields of " + features + " features have a singular covariance";
    String more =
        String.format(Locale.ROOT, ", or %.1f times as many samples", MARGIN / share() + 0.05);
    return cause + "; use --fields weights" + (grows ? more : "");
  }

  /** Advice before a solve whose smallest population has so few features. */
  String caution() {
    return String.format(
        Locale.ROOT,
        "whitened: %d fields have %d features in the smallest population, so few that trajectories"
            + " hardly move; use --fields weights%s",
        columns,
        features,
        grows ? ", or more --samples" : "");
  }
}
