package org.richkernel.bayes.sweep;

import java.util.Locale;
import org.richkernel.sampling.Estimate;

/**
 * How far a solution is from the saddle point by the measure of independent neurons at its tilt.
 *
 * @param correction tr Y^T dv, by which y.v is off to first order; the error is that of the neurons
 *     alone
 * @param drift correction of the late averages less that of the early ones
 * @param fit y.v of the solution
 * @param tolerance of the problem
 * @param mixed whether nothing says that the neurons missed a part of the density: false for wells
 *     that were not looked for, and where neurons that start in the solution stay apart from those
 *     that start in the prior
 * @param neurons that were drawn
 * @param sweeps that they made
 * @param acceptance share of their last moves that was accepted
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
   * Largest correction in standard errors: one sound fit in a thousand exceeds it, where its error
   * bar is true.
   */
  private static final double LARGEST_Z = 3.3;

  /** Whether other neurons at the tilt of the same v say the same, by the errors of the neurons. */
  boolean agreesWith(AuditResult other) {
    double apart = Math.abs(correction.value() - other.correction.value());
    return apart <= LARGEST_Z * Math.hypot(correction.error(), other.correction.error())
        || apart <= tolerance * Math.abs(fit.value());
  }

  /** The same of neurons that are known not to have mixed. */
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

  /** Its standard error. */
  public double relativeError() {
    return Math.abs(standardError() / fit.value());
  }

  /** What an audit says of a solution. */
  public enum Outcome {
    /** The neurons confirm it. */
    PASSED,
    /** They refute it; it does not count as converged. */
    FAILED,
    /** They do not confirm it, but may be at fault themselves; it stands as it is. */
    UNDECIDED
  }

  /**
   * Passed if the correction is at most 3.3 standard errors, and both it and its error are at most
   * the tolerance: an audit with a larger error would pass anything. The neurons must have arrived,
   * or their correction says nothing. Otherwise failed, or undecided where the neurons have not
   * mixed, which may be the reason; that makes no neurons run away.
   */
  public Outcome outcome() {
    // numbers that are not finite do not pass
    if (Math.abs(z()) <= LARGEST_Z
        && relativeResidual() <= tolerance
        && relativeError() <= tolerance
        && arrived()) {
      return Outcome.PASSED;
    }
    return mixed || !Double.isFinite(correction.value()) ? Outcome.FAILED : Outcome.UNDECIDED;
  }

  /** Whether the correction did not drift while it was averaged. */
  public boolean arrived() {
    return Math.abs(drift.value()) <= LARGEST_Z * drift.error();
  }

  /** In one clause, the criterion that failed, or that none did, and why nothing is decided. */
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
