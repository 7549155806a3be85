package org.richkernel.solver;

/**
 * Progress of a solver, sent after every iteration.
 *
 * @param phase name of the present phase, such as "burn-in S=500"
 * @param gamma richness of the solve, NaN without one
 * @param done work done so far, in units of {@code total}
 * @param total work expected at most
 * @param acceptance acceptance rate of the sampler, NaN without one
 * @param residual the latest residual, NaN before the first
 * @param goesOn reason to continue after the latest residual: the failed criterion, in short; empty
 *     where the steps are counted, and before the first
 */
public record Progress(
    String phase,
    double gamma,
    long done,
    long total,
    double acceptance,
    double residual,
    String goesOn) {

  /** Progress of a run that says no more than its residual. */
  public Progress(
      String phase, double gamma, long done, long total, double acceptance, double residual) {
    this(phase, gamma, done, total, acceptance, residual, "");
  }

  /** The same in a phase of another name. */
  public Progress withPhase(String name) {
    return new Progress(name, gamma, done, total, acceptance, residual, goesOn);
  }

  /** Receives progress. */
  @FunctionalInterface
  public interface Listener {
    /** Called on the solver's thread; must return quickly. */
    void progress(Progress progress);

    /** A listener that ignores everything. */
    static Listener silent() {
      return progress -> {};
    }
  }
}
