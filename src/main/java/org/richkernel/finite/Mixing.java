package org.richkernel.finite;

/**
 * How well the chains of a posterior have mixed; the worst of the monitored scalars.
 *
 * @param splitRhat largest split R-hat
 * @param effectiveSamples fewest effective draws
 * @param kernelError largest relative standard error of a layer kernel in the Frobenius norm
 */
public record Mixing(double splitRhat, double effectiveSamples, double kernelError) {
  /** Chains beyond this do not agree. */
  public static final double LARGEST_RHAT = 1.05;

  /** Fewest effective draws that averages are taken from. */
  public static final double FEWEST_EFFECTIVE = 100;

  /** Whether the averages can be trusted to a relative standard error of the kernels. */
  boolean passes(double tolerance) {
    return splitRhat <= LARGEST_RHAT
        && effectiveSamples >= FEWEST_EFFECTIVE
        && kernelError <= tolerance;
  }
}
