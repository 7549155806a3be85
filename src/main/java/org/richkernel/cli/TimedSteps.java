package org.richkernel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.richkernel.solver.Progress;
import org.richkernel.solver.StopSignal;

/** The first few steps of a run that is only planned, by the clock. */
final class TimedSteps implements Progress.Listener {
  private static final double NANOS = 1e-9;
  private static final int MOST_STEPS = 40;
  private static final double MOST_SECONDS = 1;

  private final LongSupplier clock;
  private final StopSignal stop;
  private final long start;
  private final List<Long> times = new ArrayList<>();
  private final List<Long> steps = new ArrayList<>();
  private long total;

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
    long now = clock.getAsLong();
    times.add(now);
    steps.add(progress.done());
    total = progress.total();
    long made = progress.done() - steps.get(0);
    boolean timed = made >= 1 && (now - times.get(0)) * NANOS >= MOST_SECONDS;
    if (timed || made >= MOST_STEPS) {
      stop.raise();
    }
  }

  /**
   * Estimate of the time of the whole run, from the later half of the steps, after the warm-up of
   * Java.
   *
   * @param complete whether all runs came to their end
   * @param runs number of runs; the steps are those of the first
   */
  String line(boolean complete, int runs) {
    double spent = (clock.getAsLong() - start) * NANOS;
    if (complete) {
      return "time about " + Durations.words(spent) + ": it was tried";
    }
    int last = steps.size() - 1;
    int middle = last / 2;
    if (last < 1 || steps.get(last) <= steps.get(middle)) {
      return "time not known: no step could be timed";
    }
    double step =
        (times.get(last) - times.get(middle)) * NANOS / (steps.get(last) - steps.get(middle));
    double before = (times.get(0) - start) * NANOS;
    return String.format(
        Locale.ROOT,
        "time at most about %s%s: steps of about %.2g s, at most %d of them",
        Durations.words(before + step * total),
        runs == 1 ? "" : " for the first of " + runs + " runs",
        step,
        total);
  }
}
