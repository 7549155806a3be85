package org.richkernel.network;

import java.util.Locale;

/**
 * A kernel whose rounding acts like a jitter that is not small against the ridge kappa: the result
 * would be that of another ridge. Thrown if the jitter is above a tenth of kappa.
 */
public final class UnresolvedKernelException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Largest jitter, or rounding of a kernel, relative to the ridge. */
  private static final double LARGEST_SHARE = 0.1;

  /** Largest mean square of inputs of order 1: 1 for standardized columns, with a margin. */
  private static final double ORDER_ONE = 10;

  private final String finding;
  private final boolean large;

  /**
   * A refusal.
   *
   * @param meanSquare mean of |x|^2 / D over the inputs
   * @param jitter needed on the diagonal, or the rounding of the entries
   * @param kappa the ridge
   */
  public UnresolvedKernelException(double meanSquare, double jitter, double kappa) {
    this(
        String.format(
            Locale.ROOT,
            "the inputs are of mean |x|^2/D = %.2g, so rounding acts on their kernel like a jitter"
                + " of %.2g, which is not small against kappa = %.2g",
            meanSquare,
            jitter,
            kappa),
        meanSquare > ORDER_ONE);
  }

  /** A refusal of inputs of order 1, in words. */
  public UnresolvedKernelException(String finding) {
    this(finding, false);
  }

  private UnresolvedKernelException(String finding, boolean large) {
    super(finding + "; " + (large ? "scale the inputs to order 1, or " : "") + "raise kappa");
    this.finding = finding;
    this.large = large;
  }

  /**
   * A fit whose predictions depend on the rounding of the kernel.
   *
   * @param meanSquare mean of |x|^2 / D over the inputs
   * @param jitter rounding of the entries
   * @param share change of the predictions by rounding, relative to the targets
   * @param kappa the ridge
   */
  public static UnresolvedKernelException ofPredictions(
      double meanSquare, double jitter, double share, double kappa) {
    if (meanSquare > ORDER_ONE) {
      return new UnresolvedKernelException(meanSquare, jitter, kappa);
    }
    return new UnresolvedKernelException(
        String.format(
            Locale.ROOT,
            "rounding of the kernel moves the predictions by %.1g of the targets at kappa = %.2g,"
                + " as it does where rows that are almost alike have different targets",
            share,
            kappa),
        false);
  }

  /** The problem, without the advice. */
  public String finding() {
    return finding;
  }

  /** Whether the inputs may be at fault: they are above order 1, or their size is not known. */
  public boolean isOfLargeInputs() {
    return large;
  }

  /**
   * Refuses a jitter that is not small against the ridge.
   *
   * @param inputs of the kernel
   * @param jitter as for the constructor
   * @throws UnresolvedKernelException if the jitter is above a tenth of kappa
   */
  public static void requireSmall(Inputs inputs, double jitter, double kappa) {
    if (!(jitter <= LARGEST_SHARE * kappa)) {
      throw new UnresolvedKernelException(inputs.meanSquare(), jitter, kappa);
    }
  }

  /**
   * Refuses the jitter of a layer's covariance.
   *
   * @throws UnresolvedKernelException if the jitter is above a tenth of kappa
   */
  public static void requireSmall(double jitter, double kappa) {
    if (!(jitter <= LARGEST_SHARE * kappa)) {
      throw new UnresolvedKernelException(
          String.format(
              Locale.ROOT,
              "the covariance of a hidden layer needs a jitter of %.2g, which is not small against"
                  + " kappa = %.2g",
              jitter,
              kappa),
          true);
    }
  }
}
