package org.richkernel.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;
import org.richkernel.solver.Progress;

/**
 * Upper estimate of the remaining time of a run, from the last quarter of the steps so far: steps
 * of an annealing take less time than steps with measurements. A run that converges ends earlier.
 */
final class TimeLeft {
  private static final double NANOS = 1e-9;

  /** Share of the steps made so far whose pace counts. */
  private static final double RECENT = 0.25;

  /** Steps that follow each other sooner share a mark. */
  private static final long MARK_NANOS = 50_000_000L;

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
  private final Deque<Mark> marks = new ArrayDeque<>(); // from the one whose pace counts

  /** When a step was done. */
  private record Mark(long done, long nanos) {}

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
      marks.clear();
    }
    done = progress.done();
    Mark from = mark(now);
    long steps = done - firstDone;
    double seconds = (now - first) * NANOS;
    boolean known =
        steps >= STEPS
            && seconds >= LEAST_SECONDS
            && (steps >= SHARE * (total - firstDone) || seconds >= LONG_SECONDS);
    return known && total > done
        ? OptionalDouble.of((total - done) * (now - from.nanos) * NANOS / (done - from.done))
        : OptionalDouble.empty();
  }

  /** Marks the step; returns the mark since which the pace counts. */
  private Mark mark(long now) {
    if (marks.isEmpty() || now - marks.getLast().nanos >= MARK_NANOS) {
      marks.add(new Mark(done, now));
    }
    double latest = done - Math.max(STEPS, RECENT * (done - firstDone));
    Mark from = marks.removeFirst();
    while (!marks.isEmpty()
        && marks.getFirst().done <= latest
        && now - marks.getFirst().nanos >= LEAST_SECONDS / NANOS) {
      from = marks.removeFirst();
    }
    marks.addFirst(from);
    return from;
  }
}
