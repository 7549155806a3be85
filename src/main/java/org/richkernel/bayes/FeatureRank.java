package org.richkernel.bayes;

import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;

/**
 * Independent features that the covariance of a layer above the first is made of, and the columns
 * of its fields. With fewer features than columns the covariance is singular, which weights do not
 * mind and a Cholesky factor does; with as many its smallest eigenvalue is of order 1 / columns^2,
 * and trajectories through the factor stand still.
 *
 * @param features independent rows, at most
 * @param columns of the fields
 * @param grows whether more samples would give more features
 */
record FeatureRank(long features, int columns, boolean grows) {
  /** Features that a column takes (measured, bench/results/deep-fit.md). */
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
   * Between convolutional layers l - 1 and l: a feature for each sample and offset, and of an
   * offset no more than the sites of all images that it reaches.
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

  /** Most independent rows of phi: those of a linear network are combinations of the inputs. */
  private static int mostOf(NetworkSpec network, int rank, int columns) {
    boolean combined = network.activation().equals(Activation.LINEAR) && rank < columns;
    return combined ? rank : Integer.MAX_VALUE;
  }

  private static int bias(NetworkSpec network) {
    return network.biasVariance() > 0 ? 1 : 0;
  }

  /** Features a column. */
  double share() {
    return (double) features / columns;
  }

  /** Whether trajectories move in whitened fields. */
  boolean isRegular() {
    return share() >= MARGIN;
  }

  /** Mend for a factorization that failed for want of features. */
  String mend() {
    String cause = columns + " fields of " + features + " features have a singular covariance";
    String more =
        String.format(Locale.ROOT, ", or %.1f times as many samples", MARGIN / share() + 0.05);
    return cause + "; use --fields weights" + (grows ? more : "");
  }
}
