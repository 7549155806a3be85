package org.richkernel.bayes;

import java.util.List;

/**
 * Why a solution may be believed, or not.
 *
 * @param residual |Y - (g Phi + kappa) v| / |Y| after extrapolation; at finite width, where that
 *     equation does not hold, the same as {@code equilibrium}
 * @param residualError its standard error, from the spread between chains
 * @param equilibrium relative violation of the integration by parts that samples of the saddle's
 *     density obey, in the layer where it exceeds its error most
 * @param equilibriumError its standard error
 * @param disagreement largest difference between two chains, in standard errors
 * @param largestShare largest share of a single sample in the fit; near 1 where the samples have
 *     condensed into a metastable state
 * @param effectiveSweeps fewest independent sweeps of a chain
 * @param layers the tests of each hidden layer; empty for closed forms
 */
public record Certificate(
    double residual,
    double residualError,
    double equilibrium,
    double equilibriumError,
    double disagreement,
    double largestShare,
    double effectiveSweeps,
    List<Layer> layers) {
  /** A population in which one sample has a larger share of the fit is not at the saddle. */
  private static final double LARGEST_SHARE = 0.5;

  /** Fewest independent samples per chain before the certificate counts. */
  private static final double MIN_EFFECTIVE_SWEEPS = 10;

  /** Chains whose means differ by more than this many standard errors do not agree. */
  private static final double AGREEMENT = 4;

  /**
   * Tests of one hidden layer.
   *
   * @param layer 1 to L
   * @param equilibrium relative violation of the integration by parts in this layer's fields
   * @param equilibriumError its standard error
   * @param disagreement largest difference between two chains' kernels, in standard errors
   */
  public record Layer(int layer, double equilibrium, double equilibriumError, double disagreement) {
    /** What the violation exceeds two standard errors by. */
    double excess() {
      return equilibrium - 2 * equilibriumError;
    }

    boolean meets(double tolerance) {
      return excess() <= tolerance && equilibriumError <= tolerance;
    }
  }

  /** Takes a copy of the list. */
  public Certificate {
    layers = List.copyOf(layers);
  }

  /** The certificate of a closed form whose equations hold to the given relative residual. */
  public static Certificate exact(double residual) {
    return new Certificate(residual, 0, 0, 0, 0, 0, Double.POSITIVE_INFINITY, List.of());
  }

  /** Whether every test is passed, with residual and errors below a tolerance. */
  boolean meets(double tolerance) {
    return residual <= tolerance
        && residualError <= tolerance
        && layers.stream().allMatch(layer -> layer.meets(tolerance))
        && effectiveSweeps >= MIN_EFFECTIVE_SWEEPS
        && disagreement <= AGREEMENT
        && largestShare <= LARGEST_SHARE;
  }
}
