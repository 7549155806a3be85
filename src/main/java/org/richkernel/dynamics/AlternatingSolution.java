package org.richkernel.dynamics;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Result of the alternating solver with the course of its passes.
 *
 * @param dynamics outputs and kernels; those of the last pass if the passes did not converge
 * @param residuals relative change in each pass, for each population in turn; infinite in a pass
 *     that diverged
 * @param divergedPass pass, from 1, in which the order parameters diverged; empty if they did not
 */
public record AlternatingSolution(
    DynamicsSolution dynamics, List<double[]> residuals, OptionalInt divergedPass) {
  public AlternatingSolution {
    residuals = List.copyOf(residuals);
  }

  /**
   * The relative change in the last pass of the last population, to compare with the tolerance;
   * infinite after a divergence, NaN before the first pass.
   */
  public double residual() {
    double[] last = residuals.isEmpty() ? new double[0] : residuals.get(residuals.size() - 1);
    return last.length == 0 ? Double.NaN : last[last.length - 1];
  }

  /** The reason for the end of the passes, in one line. */
  public String outcome() {
    if (divergedPass.isPresent()) {
      return "the passes diverged in pass "
          + divergedPass.getAsInt()
          + "; lower the damping, or use the causal solver";
    }
    int passes = residuals.isEmpty() ? 0 : residuals.get(residuals.size() - 1).length;
    return switch (dynamics.reason()) {
      case CONVERGED ->
          String.format(Locale.ROOT, "at rest after %d passes (%.1e)", passes, residual());
      case INTERRUPTED -> "stopped after " + passes + " passes";
      default ->
          String.format(
              Locale.ROOT,
              "not at rest after %d passes (%.1e); allow more passes or samples",
              passes,
              residual());
    };
  }
}
