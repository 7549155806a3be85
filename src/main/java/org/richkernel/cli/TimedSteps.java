package org.richkernel.cli;

import java.util.Locale;
import java.util.function.LongSupplier;
import org.richkernel.solver.Progress;
import org.richkernel.solver.StopSignal;

/** The first few steps of a run that is only planned, by the clock. */
final class TimedSteps implements Progress.Listener {
  private static final double NANOS = 1e-9;
  private static final int MOST_STEPS = 20;
  private static final double MOST_SECONDS = 0.3;

  private final LongSupplier clock;
  private final StopSignal stop;
  private final long start;
  private long first;
  private long last;
  private long steps = -1;
  private long total;
  private long begun;

  /**
   * @param clock nanoseconds
   * @param stop raised when enough steps were made
   */
  TimedSteps(LongSupplier clock, StopSignal stop) {
    this.clock = clock;
    this.stop = stop;
    this.start = clock.getAsLong();
  }

  @Override
  public void progress(Progress progress) {
    last = clock.getAsLong();
    if (steps < 0) {
      first = last;
      begun = progress.done();
    }
    steps = progress.done() - begun;
    total = progress.total();
    boolean timed = steps >= 1 && (last - first) * NANOS >= MOST_SECONDS;
    if (timed || steps >= MOST_STEPS) {
      stop.raise();
    }
  }

  /**
   * What they say of the whole run.
   *
   * @param complete whether the run came to its end
   */
  String line(boolean complete) {
    double spent = (clock.getAsLong() - start) * NANOS;
    if (complete) {
      return "time about " + Durations.words(spent) + ": it was tried";
    }
    if (steps < 1) {
      return "time not known: no step could be timed";
    }
    double step = (last - first) * NANOS / steps;
    double before = (first - start) * NANOS;
    return String.format(
        Locale.ROOT,
        "time at most about %s: steps of about %.2g s, at most %d of them",
        Durations.words(before + step * total),
        step,
        total);
  }
}
