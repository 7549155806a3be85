package org.richkernel.cli;

import java.util.OptionalDouble;
import org.richkernel.solver.Progress;

/**
 * The time that a run would still take if every step that may be needed were made, by the steps
 * made so far. A run that converges ends before.
 */
final class TimeLeft {
  private static final double NANOS = 1e-9;

  /** Fewest steps, and least time, that are extrapolated. */
  private static final int STEPS = 3;

  private static final double LEAST_SECONDS = 2;

  /** Least share of all steps, unless they take long: early ones may be cheaper than later ones. */
  private static final double SHARE = 0.05;

  private static final double LONG_SECONDS = 30;

  private long first;
  private long firstDone = -1;
  private long total;
  private long done;

  /**
   * Seconds left, at most and about; empty while too little is known.
   *
   * @param now nanoseconds
   */
  OptionalDouble after(Progress progress, long now) {
    if (firstDone < 0 || progress.total() != total || progress.done() < done) {
      first = now; // another solve, whose steps are others
      firstDone = progress.done();
      total = progress.total();
    }
    done = progress.done();
    long steps = done - firstDone;
    double seconds = (now - first) * NANOS;
    boolean known =
        steps >= STEPS
            && seconds >= LEAST_SECONDS
            && (steps >= SHARE * (total - firstDone) || seconds >= LONG_SECONDS);
    return known && total > done
        ? OptionalDouble.of((total - done) * seconds / steps)
        : OptionalDouble.empty();
  }
}
