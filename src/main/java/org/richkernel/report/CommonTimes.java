package org.richkernel.report;

import java.util.Arrays;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.result.Result;

/**
 * The training times that two courses share: those of the coarser one within the range of both. The
 * finer one is interpolated linearly between its steps. Steps are never matched by their numbers.
 */
final class CommonTimes {
  private final double[] own;
  private final double[] other;
  private final double[] common;

  private CommonTimes(double[] own, double[] other, double[] common) {
    this.own = own;
    this.other = other;
    this.common = common;
  }

  /** Shared times of two results; empty where one has no times, or they share less than two. */
  static Optional<CommonTimes> of(Result own, Result other) {
    Optional<double[]> a = own.array("time").map(Table::values);
    Optional<double[]> b = other.array("time").map(Table::values);
    return a.isEmpty() || b.isEmpty() ? Optional.empty() : of(a.get(), b.get());
  }

  /** Shared times of two increasing sequences. */
  static Optional<CommonTimes> of(double[] own, double[] other) {
    if (own.length < 2 || other.length < 2) {
      return Optional.empty();
    }
    double first = Math.max(own[0], other[0]);
    double last = Math.min(own[own.length - 1], other[other.length - 1]);
    double slack = 1e-9 * Math.max(1, Math.abs(last));
    double[] mine = within(own, first - slack, last + slack);
    double[] theirs = within(other, first - slack, last + slack);
    double[] common = mine.length <= theirs.length ? mine : theirs;
    return common.length < 2 ? Optional.empty() : Optional.of(new CommonTimes(own, other, common));
  }

  private static double[] within(double[] times, double first, double last) {
    return Arrays.stream(times).filter(t -> t >= first && t <= last).toArray();
  }

  double[] times() {
    return common.clone();
  }

  /** Whether nothing was interpolated. */
  boolean exact() {
    return Arrays.stream(common).allMatch(t -> contains(own, t) && contains(other, t));
  }

  private static boolean contains(double[] times, double t) {
    return Arrays.stream(times).anyMatch(s -> Math.abs(s - t) <= 1e-9 * Math.max(1, Math.abs(t)));
  }

  /** A course of the first result at the common times, one row a time. */
  double[] ofOwn(double[] values) {
    return at(own, values);
  }

  /** The same of the second result. */
  double[] ofOther(double[] values) {
    return at(other, values);
  }

  private double[] at(double[] times, double[] values) {
    int columns = values.length / times.length;
    double[] result = new double[common.length * columns];
    int step = 0;
    for (int i = 0; i < common.length; i++) {
      while (step + 2 < times.length && times[step + 1] < common[i]) {
        step++;
      }
      double share = (common[i] - times[step]) / (times[step + 1] - times[step]);
      double right = Math.max(0, Math.min(1, share));
      for (int c = 0; c < columns; c++) {
        double a = values[step * columns + c];
        double b = values[(step + 1) * columns + c];
        result[i * columns + c] = right == 0 ? a : right == 1 ? b : a + right * (b - a);
      }
    }
    return result;
  }
}
