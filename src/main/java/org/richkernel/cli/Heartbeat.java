package org.richkernel.cli;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import org.richkernel.solver.Progress;

/**
 * Writes a line for each iteration (a new residual), for each new phase, and at least every ten
 * seconds; each line is flushed, so that the log of a batch job is never behind. The time that is
 * left is that of all steps that may be needed.
 */
final class Heartbeat implements ProgressDisplay {
  private static final long MOST_SILENCE_NANOS = 10_000_000_000L;

  private final Console console;
  private final LongSupplier clock;
  private final long start;
  private final TimeLeft left = new TimeLeft();
  private long last;
  private String phase = "";
  private double residual = Double.NaN;

  /**
   * @param clock nanoseconds
   */
  Heartbeat(Console console, LongSupplier clock) {
    this.console = console;
    this.clock = clock;
    this.start = clock.getAsLong();
    this.last = start;
  }

  @Override
  public void progress(Progress progress) {
    long now = clock.getAsLong();
    OptionalDouble seconds = left.after(progress, now);
    boolean news =
        !progress.phase().equals(phase) || Double.compare(progress.residual(), residual) != 0;
    if (news || now - last >= MOST_SILENCE_NANOS) {
      phase = progress.phase();
      residual = progress.residual();
      last = now;
      console.line(
          String.format(
              Locale.ROOT,
              "%8.1f s  %s%s",
              (now - start) * 1e-9,
              ProgressText.of(progress),
              seconds.isEmpty()
                  ? ""
                  : "  at most about " + Durations.words(seconds.getAsDouble()) + " left"));
    }
  }

  @Override
  public void close() {
    // lines stay where they are
  }
}
