package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.richkernel.sampling.FailedCriterion;

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
    return failed(tolerance).isEmpty();
  }

  /** The criteria that fail at a relative standard error of the kernels. */
  public List<FailedCriterion> failed(double tolerance) {
    List<FailedCriterion> failed = new ArrayList<>();
    if (!(splitRhat <= LARGEST_RHAT)) {
      failed.add(criterion("R-hat %.3f > %.2f", splitRhat, LARGEST_RHAT));
    }
    if (!(effectiveSamples >= FEWEST_EFFECTIVE)) {
      failed.add(criterion("effective draws %.0f < %.0f", effectiveSamples, FEWEST_EFFECTIVE));
    }
    if (!(kernelError <= tolerance)) {
      failed.add(criterion("kernel error %.2g > %.2g", kernelError, tolerance));
    }
    return failed;
  }

  private static FailedCriterion criterion(String format, double number, double limit) {
    String text = String.format(Locale.ROOT, format, number, limit);
    return new FailedCriterion(text, text);
  }
}
