package org.richkernel.solver;

/**
 * Where a solver stands; sent after every iteration.
 *
 * @param phase what is being done, such as "burn-in S=500"
 * @param gamma richness that is being solved for, NaN where there is none
 * @param done work done so far, in units of {@code total}
 * @param total work expected at most
 * @param acceptance acceptance rate of the sampler, NaN where there is none
 * @param residual the latest residual, NaN before the first
 */
public record Progress(
    String phase, double gamma, long done, long total, double acceptance, double residual) {

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
