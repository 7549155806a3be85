package org.richkernel.bayes.sweep;

import java.util.Locale;
import org.richkernel.sampling.Estimate;

/**
 * Distance of a solution from the saddle point, measured by independent neurons at its tilt.
 *
 * @param correction tr Y^T dv, the first-order error of y.v, with the standard error of the neurons
 *     alone
 * @param drift correction of the late averages minus that of the early ones
 * @param fit y.v of the solution
 * @param tolerance of the problem
 * @param mixed false if the neurons may have missed a part of the density: if wells were not
 *     searched, or if neurons started in the solution differ from those started in the prior
 * @param neurons number of neurons
 * @param sweeps number of sweeps
 * @param acceptance accepted fraction of their last moves
 * @param seconds wall-clock time
 */
public record AuditResult(
    Estimate correction,
    Estimate drift,
    Estimate fit,
    double tolerance,
    boolean mixed,
    int neurons,
    int sweeps,
    double acceptance,
    double seconds) {

  /**
   * Largest correction in standard errors; one correct fit in a thousand exceeds it if its error
   * bar is right.
   */
  private static final double LARGEST_Z = 3.3;

  /**
   * Whether other neurons at the tilt of the same v agree, within the errors of the neurons or
   * within the tolerance.
   */
  boolean agreesWith(AuditResult other) {
    double apart = Math.abs(correction.value() - other.correction.value());
    return apart <= LARGEST_Z * Math.hypot(correction.error(), other.correction.error())
        || apart <= tolerance * Math.abs(fit.value());
  }

  /** The same for neurons that have not mixed. */
  AuditResult unmixed() {
    return new AuditResult(
        correction, drift, fit, tolerance, false, neurons, sweeps, acceptance, seconds);
  }

  /** Standard error of the correction: that of the neurons and that of the fit together. */
  public double standardError() {
    return Math.hypot(correction.error(), fit.error());
  }

  /** The correction in standard errors. */
  public double z() {
    return correction.value() / standardError();
  }

  /** |tr Y^T dv| / |tr Y^T v|. */
  public double relativeResidual() {
    return Math.abs(correction.value() / fit.value());
  }

  /** Standard error of {@link #relativeResidual}. */
  public double relativeError() {
    return Math.abs(standardError() / fit.value());
  }

  /** Outcome of an audit. */
  public enum Outcome {
    /** The neurons confirm the solution. */
    PASSED,
    /** The neurons refute the solution; it does not count as converged. */
    FAILED,
    /**
     * The neurons do not confirm the solution, but may not have mixed; the solution keeps its
     * status.
     */
    UNDECIDED
  }

  /**
   * Passed if the correction is at most 3.3 standard errors, both it and its error are at most the
   * tolerance, and the neurons have arrived. (An audit with a larger error would pass any
   * solution.) Otherwise undecided if the neurons have not mixed, else failed. Neurons that run
   * away always fail, as poor mixing does not cause this.
   */
  public Outcome outcome() {
    // values that are not finite do not pass
    if (Math.abs(z()) <= LARGEST_Z
        && relativeResidual() <= tolerance
        && relativeError() <= tolerance
        && arrived()) {
      return Outcome.PASSED;
    }
    return mixed || !Double.isFinite(correction.value()) ? Outcome.FAILED : Outcome.UNDECIDED;
  }

  /** Whether the correction did not drift during the average. */
  public boolean arrived() {
    return Math.abs(drift.value()) <= LARGEST_Z * drift.error();
  }

  /**
   * The numbers with the failed criterion, or the reason why the audit is undecided, in one clause.
   */
  public String verdict() {
    if (!Double.isFinite(correction.value())) {
      return "neurons run away at the tilt of the fitted v, which therefore is no saddle point";
    }
    String numbers =
        String.format(
            Locale.ROOT,
            "independent neurons correct y.v by %.2g +- %.1g of it (z = %.1f)",
            Math.signum(correction.value()) * relativeResidual(),
            relativeError(),
            z());
    return switch (outcome()) {
      case PASSED -> numbers;
      case FAILED -> numbers + ", " + failure();
      case UNDECIDED ->
          "undecided, independent neurons may not have reached all of the density: "
              + numbers
              + ", "
              + failure();
    };
  }

  private String failure() {
    if (!arrived()) {
      return "and still drift: they do not reach the wells of the tilted density";
    }
    if (!(relativeError() <= tolerance)) {
      return "an error above the tolerance";
    }
    return relativeResidual() > tolerance
        ? "more than the tolerance"
        : "more than 3.3 standard errors";
  }
}
