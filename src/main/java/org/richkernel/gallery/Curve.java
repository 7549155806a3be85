package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;

/** Numbers with errors over an option of a sweep. */
record Curve(double[] xs, List<Measured> ys) {
  /** The curve of a number over an option. */
  static Curve of(
      List<Results.Swept> runs, String option, Function<Results.Swept, Measured> number) {
    return new Curve(
        runs.stream().mapToDouble(run -> run.number(option)).toArray(),
        runs.stream().map(number).toList());
  }

  double[] values() {
    return ys.stream().mapToDouble(Measured::value).toArray();
  }

  double[] errors() {
    return ys.stream().mapToDouble(Measured::error).toArray();
  }

  /** The number at a place. */
  Measured at(double x) {
    for (int i = 0; i < xs.length; i++) {
      if (xs[i] == x) {
        return ys.get(i);
      }
    }
    throw new IllegalArgumentException("no number at " + x + " among " + Arrays.toString(xs));
  }

  Measured first() {
    return ys.get(0);
  }

  Measured last() {
    return ys.get(ys.size() - 1);
  }

  double lastX() {
    return xs[xs.length - 1];
  }

  /**
   * Expects this curve's points to be within an allowance of another one.
   *
   * @param option name of the abscissa
   */
  Check near(String expected, String option, String other, Curve theory, double allowance) {
    List<Check> parts = new ArrayList<>();
    for (int i = 0; i < xs.length; i++) {
      String place = option + " " + Numbers.brief(xs[i]) + ": networks";
      parts.add(Check.near("", place, ys.get(i), other, theory.at(xs[i]), allowance));
    }
    return Check.all(expected, parts);
  }

  /** Draws a line with points and error bars. */
  void line(Plot plot, String name, String color) {
    plot.pointsWithErrors(name, color, xs, values(), errors());
  }

  /** Draws points with error bars alone. */
  void points(Plot plot, String name, String color) {
    plot.measurements(name, color, xs, values(), errors());
  }

  /** Draws a dashed line. */
  void dashed(Plot plot, String name, String color) {
    plot.dashed(name, color, xs, values());
  }
}
