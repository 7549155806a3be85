package org.richkernel.bayes;

import org.richkernel.network.InvalidProblemException;

/**
 * Treatment of many training points.
 *
 * @param form of the readout
 * @param kernelsUpTo most points P whose P x P kernels are formed at the end of a solve in the dual
 *     form
 */
public record LargeData(ReadoutForm form, int kernelsUpTo) {
  /** Kernels of up to 5000 points, 200 MB each. */
  public static final int KERNELS_UP_TO = 5000;

  /** Most points whose kernel fits an array. */
  private static final int LARGEST_KERNEL = 46340;

  public LargeData {
    if (kernelsUpTo < 0 || kernelsUpTo > LARGEST_KERNEL) {
      throw new InvalidProblemException(
          "save-kernels-up-to", kernelsUpTo, "use 0 to " + LARGEST_KERNEL + " points");
    }
  }

  /** The cheaper form, and kernels of up to {@value #KERNELS_UP_TO} points. */
  public static LargeData usual() {
    return new LargeData(ReadoutForm.AUTO, KERNELS_UP_TO);
  }

  /** The primal form, whose kernels are there whatever their size. */
  public static LargeData primal() {
    return new LargeData(ReadoutForm.PRIMAL, KERNELS_UP_TO);
  }
}
