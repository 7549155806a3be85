package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.richkernel.network.InvalidProblemException;

/**
 * Distance of networks of several widths from their limit: the root mean square of f - f_inf over
 * networks and points, which falls as n^{-1/2}.
 *
 * @param step number of steps before the measurement
 * @param rows one for each width, increasing
 * @param limitStandardError root mean square over points of the error of the limit itself; its
 *     square is subtracted from the squared distances
 * @param law the line through the logarithms of the distances
 */
public record LimitDistance(int step, List<Row> rows, double limitStandardError, PowerLaw law) {
  private static final double EXPONENT = -0.5;

  /** Smallest distance, relative to the limit's error; replaces the root of a negative square. */
  private static final double LEAST = 0.5;

  /**
   * A width.
   *
   * @param distance root mean square over its networks and the points
   * @param standardError of the distance
   */
  public record Row(int width, int networks, double distance, double standardError) {}

  /** Takes a copy of the list. */
  public LimitDistance {
    rows = List.copyOf(rows);
  }

  /**
   * Distances after the last step.
   *
   * @param runs with one output and the same times, of at least two widths
   * @param limit f_inf of their points after that step
   * @param errors standard errors of the limit
   * @throws InvalidProblemException if the runs and the limit have different points
   */
  public static LimitDistance of(List<CoordinateRun> runs, double[] limit, double[] errors) {
    double noise = 0;
    for (double error : errors) {
      noise += error * error / errors.length;
    }
    Map<Integer, List<Double>> byWidth =
        runs.stream()
            .collect(
                Collectors.groupingBy(
                    CoordinateRun::width,
                    TreeMap::new,
                    Collectors.mapping(run -> square(run, limit), Collectors.toList())));
    double relative = relativeDeviation(byWidth);
    List<Row> rows = new ArrayList<>();
    for (Map.Entry<Integer, List<Double>> width : byWidth.entrySet()) {
      List<Double> squares = width.getValue();
      double mean = mean(squares);
      double distance = Math.sqrt(Math.max(mean - noise, LEAST * LEAST * noise));
      // d sqrt(q) = dq / (2 sqrt(q))
      double error =
          Math.hypot(mean * relative / Math.sqrt(squares.size()), noise) / (2 * distance);
      rows.add(new Row(width.getKey(), squares.size(), distance, error));
    }
    return new LimitDistance(
        runs.get(0).times().get(runs.get(0).steps()), rows, Math.sqrt(noise), law(rows));
  }

  private static PowerLaw law(List<Row> rows) {
    return PowerLaw.fit(
        rows.stream().mapToDouble(Row::width).toArray(),
        rows.stream().mapToDouble(row -> Math.log(row.distance())).toArray(),
        rows.stream().mapToDouble(row -> row.standardError() / row.distance()).toArray());
  }

  /** Mean over the points of (f - f_inf)^2. */
  private static double square(CoordinateRun run, double[] limit) {
    double[] outputs = run.outputs();
    int last = outputs.length - limit.length;
    if (outputs.length != limit.length * run.times().size()) {
      throw new InvalidProblemException(
          "the task", limit.length + " points", "give those of f in the dumps, with one output");
    }
    double sum = 0;
    for (int p = 0; p < limit.length; p++) {
      double off = outputs[last + p] - limit[p];
      sum += off * off;
    }
    return sum / limit.length;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
  }

  /** Relative standard deviation between the networks of a width, pooled over all widths. */
  private static double relativeDeviation(Map<Integer, List<Double>> byWidth) {
    double sum = 0;
    int freedom = 0;
    for (List<Double> squares : byWidth.values()) {
      double mean = mean(squares);
      for (double square : squares) {
        sum += (square / mean - 1) * (square / mean - 1);
      }
      freedom += squares.size() - 1;
    }
    return freedom == 0 ? 1 : Math.sqrt(sum / freedom);
  }

  /**
   * Whether the distance falls as predicted. It does not if the slope is off by more than 1/4 and
   * by more than chance explains in all but one of 370 cases.
   */
  public boolean tendsToLimit() {
    double off = Math.abs(law.slope() - EXPONENT);
    int freedom = rows.stream().mapToInt(row -> row.networks() - 1).sum();
    return !(off > Math.max(Slope.RESOLVED, Slope.chance(freedom) * law.slopeStandardError()));
  }
}
