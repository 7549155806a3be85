package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.richkernel.sampling.FailedCriterion;

/**
 * Mixing of the chains of a posterior: the worst values over the monitored scalars.
 *
 * @param splitRhat largest split R-hat
 * @param effectiveSamples smallest number of effective draws
 * @param kernelError largest relative standard error of a layer kernel in the Frobenius norm
 */
public record Mixing(double splitRhat, double effectiveSamples, double kernelError) {
  /** Largest split R-hat of chains that agree. */
  public static final double LARGEST_RHAT = 1.05;

  /** Smallest accepted number of effective draws. */
  public static final double FEWEST_EFFECTIVE = 100;

  /** Whether the chains agree and the kernels have at most this relative standard error. */
  boolean passes(double tolerance) {
    return failed(tolerance).isEmpty();
  }

  /** The failed criteria, with this largest relative standard error of the kernels. */
  public List<FailedCriterion> failed(double tolerance) {
    List<FailedCriterion> failed = new ArrayList<>();
    if (!(splitRhat <= LARGEST_RHAT)) {
      failed.add(
          criterion(
              "R-hat %.3f > %.2f",
              "the chains disagree: split R-hat %.3f (at most %.2f wanted)",
              splitRhat,
              LARGEST_RHAT));
    }
    if (!(effectiveSamples >= FEWEST_EFFECTIVE)) {
      failed.add(
          criterion(
              "effective draws %.0f < %.0f",
              "the chains are too short: %.0f effective draws (%.0f wanted)",
              effectiveSamples,
              FEWEST_EFFECTIVE));
    }
    if (!(kernelError <= tolerance)) {
      failed.add(
          criterion(
              "kernel error %.2g > %.2g",
              "the kernels are known to %.2g (a tolerance of %.2g wanted)",
              kernelError,
              tolerance));
    }
    return failed;
  }

  private static FailedCriterion criterion(String brief, String text, double number, double limit) {
    return new FailedCriterion(
        String.format(Locale.ROOT, brief, number, limit),
        String.format(Locale.ROOT, text, number, limit));
  }
}
