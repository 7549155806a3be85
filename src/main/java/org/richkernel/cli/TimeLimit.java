package org.richkernel.cli;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.richkernel.solver.Progress;
import org.richkernel.solver.StopSignal;

/**
 * Stops a run as a signal does when the step that follows, and a checkpoint, might not end before a
 * limit. The time of a step is estimated as twice the longest so far.
 */
final class TimeLimit implements Progress.Listener {
  private static final double NANOS = 1e-9;

  private final Duration limit;
  private final LongSupplier clock;
  private final long start;
  private final StopSignal stop;
  private final Console console;
  private final DoubleSupplier checkpointSeconds;
  private long last = Long.MIN_VALUE;
  private long longest;

  /**
   * @param limit counted from {@code start}
   * @param clock nanoseconds
   * @param checkpointSeconds time that checkpoints have taken so far
   */
  TimeLimit(
      Duration limit,
      LongSupplier clock,
      long start,
      StopSignal stop,
      Console console,
      DoubleSupplier checkpointSeconds) {
    this.limit = limit;
    this.clock = clock;
    this.start = start;
    this.stop = stop;
    this.console = console;
    this.checkpointSeconds = checkpointSeconds;
  }

  @Override
  public void progress(Progress progress) {
    long now = clock.getAsLong();
    if (last != Long.MIN_VALUE) {
      longest = Math.max(longest, now - last);
    }
    last = now;
    double ahead = 2 * longest * NANOS + checkpointSeconds.getAsDouble();
    boolean enough = (now - start) * NANOS + ahead < limit.toNanos() * NANOS;
    if (!enough && !stop.isRaised()) {
      console.warn(
          "--time-limit of " + limit.toSeconds() + " s: stopping at this step, with a checkpoint");
      stop.raise();
    }
  }
}
