package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A mean square over the networks of a width.
 *
 * @param networks number of networks
 * @param deviation standard deviation between them, NaN for a single one
 */
record WidthMean(int width, int networks, double meanSquare, double deviation) {
  /** One for each width whose mean square is finite and positive, increasing. */
  static List<WidthMean> of(Quantity quantity, List<CoordinateRun> runs, int step) {
    Map<Integer, List<Double>> byWidth = new TreeMap<>();
    for (CoordinateRun run : runs) {
      if (run.holds(quantity) && step <= run.steps()) {
        byWidth
            .computeIfAbsent(run.width(), width -> new ArrayList<>())
            .add(run.meanSquare(quantity, step));
      }
    }
    List<WidthMean> means = new ArrayList<>();
    byWidth.forEach(
        (width, squares) -> {
          double mean = squares.stream().mapToDouble(s -> s).average().orElse(0);
          double sum = squares.stream().mapToDouble(s -> (s - mean) * (s - mean)).sum();
          if (Double.isFinite(mean) && mean > 0 && Double.isFinite(sum)) {
            int count = squares.size();
            double deviation = count > 1 ? Math.sqrt(sum / (count - 1)) : Double.NaN;
            means.add(new WidthMean(width, count, mean, deviation));
          }
        });
    return means;
  }

  /** Degrees of freedom of {@link #relativeDeviation}. */
  static int freedom(List<WidthMean> means) {
    return means.stream().mapToInt(mean -> mean.networks() - 1).sum();
  }

  /**
   * Relative standard deviation between the networks of a width, pooled over all widths: three or
   * four networks of one width determine their own error poorly. 1 if no width has two networks.
   */
  static double relativeDeviation(List<WidthMean> means) {
    double sum = 0;
    for (WidthMean mean : means) {
      if (mean.networks() > 1) {
        double relative = mean.deviation() / mean.meanSquare();
        sum += (mean.networks() - 1) * relative * relative;
      }
    }
    int freedom = freedom(means);
    return freedom == 0 ? 1 : Math.sqrt(sum / freedom);
  }
}
